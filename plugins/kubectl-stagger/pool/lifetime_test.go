package pool

import (
	"testing"
	"time"
)

func TestLifetime(t *testing.T) {
	const hour = time.Hour
	type labels = map[string]string
	for name, tc := range map[string]struct {
		labels labels
		expiry time.Duration
		cloud  Lifetime
		want   Lifetime
		age    time.Duration
	}{
		"GKE preemptible":               {labels: labels{gkePreemptible: "true"}, want: Preemptible, age: 24 * hour},
		"GKE provisioning":              {labels: labels{gkeProvisioning: "preemptible"}, want: Preemptible, age: 24 * hour},
		"GKE spot":                      {labels: labels{gkeSpot: "true"}, want: Spot},
		"GKE provisioning spot":         {labels: labels{gkeProvisioning: "spot"}, want: Spot},
		"GKE standard":                  {labels: labels{gkeProvisioning: "standard", gkePool: "p"}, want: Permanent},
		"not preemptible":               {labels: labels{gkePreemptible: "false"}, want: Permanent},
		"Yandex":                        {labels: labels{yandexPreemptible: "true", yandexPool: "x"}, want: Preemptible, age: 22 * hour},
		"Yandex by its cloud":           {labels: labels{yandexPool: "x"}, cloud: Preemptible, want: Preemptible, age: 22 * hour},
		"EKS spot":                      {labels: labels{eksCapacity: "SPOT"}, want: Spot},
		"EKS on demand":                 {labels: labels{eksCapacity: "ON_DEMAND"}, want: Permanent},
		"AKS spot":                      {labels: labels{aksPriority: "spot"}, want: Spot},
		"Cluster API spot":              {labels: labels{capiInterruptible: ""}, want: Spot},
		"Karpenter spot, for ever":      {labels: labels{karpenterCapacity: "spot"}, want: Spot},
		"Karpenter spot, expiring":      {labels: labels{karpenterCapacity: "spot"}, expiry: 720 * hour, want: Spot, age: 720 * hour},
		"Karpenter on demand, expiring": {labels: labels{karpenterCapacity: "on-demand"}, expiry: 720 * hour, want: Expiring, age: 720 * hour},
		"preemptible and expiring":      {labels: labels{gkePreemptible: "true"}, expiry: 5 * hour, want: Preemptible, age: 5 * hour},
		"preemptible before it expires": {labels: labels{gkePreemptible: "true"}, expiry: 99 * hour, want: Preemptible, age: 24 * hour},
		"no labels":                     {want: Permanent},
		"the cloud says preemptible":    {labels: labels{gkeSpot: "true"}, cloud: Preemptible, want: Preemptible, age: 24 * hour},
		"the cloud says spot":           {labels: labels{gkePreemptible: "true"}, cloud: Spot, want: Spot},
		"the cloud says permanent":      {labels: labels{gkePreemptible: "true"}, cloud: Permanent, want: Permanent},
		"permanent, but it expires":     {labels: labels{gkePreemptible: "true"}, cloud: Permanent, expiry: hour, want: Expiring, age: hour},
	} {
		if life, age := lifetimeOf(tc.labels, tc.expiry, tc.cloud); life != tc.want || age != tc.age {
			t.Errorf("%s: %s %s, want %s %s", name, life, age, tc.want, tc.age)
		}
	}
}

func TestParseExpiry(t *testing.T) {
	for text, want := range map[string]time.Duration{"": 0, "Never": 0, "720h": 720 * time.Hour, "1h30m": 90 * time.Minute, "90s": 90 * time.Second} {
		if got, err := parseExpiry(text); got != want || err != nil {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"never", "30d", "-5h", "12", " 5h"} {
		if got, err := parseExpiry(text); err == nil || got != 0 {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func FuzzParseExpiry(f *testing.F) {
	for _, text := range []string{"", "Never", "720h", "30d", "-1h", "9999999999h"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := parseExpiry(text)
		if d < 0 || (err != nil && d != 0) {
			t.Errorf("%q: %s, %v", text, d, err)
		}
		if again, err := parseExpiry(d.String()); d > 0 && (again != d || err != nil) {
			t.Errorf("%q is %s, which is read as %s, %v", text, d, again, err)
		}
	})
}
