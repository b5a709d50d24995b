package incluster

import (
	"strings"
	"testing"
	"time"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	for every, want := range map[time.Duration]string{
		time.Minute: "* * * * *", 2 * time.Minute: "*/2 * * * *", 10 * time.Minute: "*/10 * * * *", 30 * time.Minute: "*/30 * * * *",
		time.Hour: "0 * * * *", 2 * time.Hour: "0 */2 * * *", 12 * time.Hour: "0 */12 * * *", 24 * time.Hour: "0 0 * * *",
	} {
		if got, err := schedule(every); err != nil || got != want {
			t.Errorf("%v: %q, %v, want %q", every, got, err, want)
		}
	}
	for _, bad := range []time.Duration{0, -time.Minute, time.Second, 59 * time.Second, 90 * time.Second, 7 * time.Minute, 45 * time.Minute,
		61 * time.Minute, 90 * time.Minute, 5 * time.Hour, 13 * time.Hour, 25 * time.Hour, 48 * time.Hour} {
		if got, err := schedule(bad); err == nil || !strings.Contains(err.Error(), "--every") {
			t.Errorf("%v: %q, %v", bad, got, err)
		}
	}
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	if _, err := Objects(sample()); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		"--image is needed":         func(c *Config) { c.Image = "" },
		`--image "a b"`:             func(c *Config) { c.Image = "a b" },
		`--image "a\nb"`:            func(c *Config) { c.Image = "a\nb" },
		"--every 7m0s":              func(c *Config) { c.Every = 7 * time.Minute },
		"(--name): a lowercase":     func(c *Config) { c.Name = "Stagger_x" },
		"at most 52 characters":     func(c *Config) { c.Name = strings.Repeat("x", 53) },
		"(--namespace)":             func(c *Config) { c.Namespace = "kube.system" },
		"(--lease-namespace)":       func(c *Config) { c.LeaseNamespace = "" },
		"the pool's name":           func(c *Config) { c.Pool = "a\n---\nb" },
		"which pool?":               func(c *Config) { c.Pool = "" },
		"(--pool-label)":            func(c *Config) { c.PoolLabels = []string{"a b"} },
		"who makes machines anew":   func(c *Config) { c.Via = "auto" },
		"time for the last drain":   func(c *Config) { c.Slack = 0 },
		`--gsa "me"`:                func(c *Config) { c.GSA = "me" },
		`--gsa "a@example.com"`:     func(c *Config) { c.GSA = "a@example.com" },
		`.gserviceaccount.com;x"`:   func(c *Config) { c.GSA = "a@p.iam.gserviceaccount.com;x" },
		"$(id)@p.iam":               func(c *Config) { c.GSA = "$(id)@p.iam.gserviceaccount.com" },
		"--gsa \"--flag@p":          func(c *Config) { c.GSA = "--flag@p.iam.gserviceaccount.com" },
		`"@p.iam.gserviceaccount.c`: func(c *Config) { c.GSA = "@p.iam.gserviceaccount.com" },
	} {
		c := sample()
		change(&c)
		objects, err := Objects(c)
		if err == nil || !strings.Contains(err.Error(), want) || objects != nil {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	_, err := Objects(Config{})
	for _, want := range []string{"--name", "--namespace", "--image", "--every", "which pool?"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want all complaints at once, and %q", err, want)
		}
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	with := func(change func(*Config)) string {
		c := sample()
		change(&c)
		return strings.Join(Advice(c), "\n")
	}
	for name, test := range map[string]struct {
		text    string
		in, not []string
	}{
		"an account of the project": {with(func(c *Config) { c.GSA = "spread@shop.iam.gserviceaccount.com" }),
			[]string{"service-accounts create spread --project=shop", "'--member=serviceAccount:shop.svc.id.goog[kube-system/stagger-preempt]'", "compute.instanceGroupManagers.update"},
			[]string{"PROJECT_ID", "compute.instances.delete"}},
		"none": {with(func(*Config) {}), []string{"give --gsa", "--project=PROJECT_ID"}, nil},
		"one that is there": {with(func(c *Config) { c.GSA = "1-compute@developer.gserviceaccount.com" }),
			[]string{"serviceAccount:1-compute@developer"}, []string{"service-accounts create"}},
		"deleting":         {with(func(c *Config) { c.AssumeRepair = true }), []string{"compute.instances.delete"}, nil},
		"no cloud":         {with(func(c *Config) { c.Via = ViaKarpenter }), []string{"PATH."}, []string{"gcloud", "compute."}},
		"without labels":   {with(func(c *Config) { c.PoolLabels = nil }), nil, []string{"room"}},
		"with gcloud":      {with(func(c *Config) { c.Via = ViaGcloud }), []string{"PATH, and gcloud."}, nil},
		"by hand":          {with(func(c *Config) { c.Via = ViaExec }), []string{"What the command may do"}, nil},
		"in the cluster":   {with(func(c *Config) { c.Via = ViaClusterAPI }), []string{"The Machines have to be"}, nil},
		"every so minutes": {with(func(c *Config) { c.Every = time.Hour }), []string{"every 60m"}, nil},
	} {
		for _, want := range test.in {
			if !strings.Contains(test.text, want) {
				t.Errorf("%s: want %q in\n%s", name, want, test.text)
			}
		}
		for _, not := range test.not {
			if strings.Contains(test.text, not) {
				t.Errorf("%s: want no %q in\n%s", name, not, test.text)
			}
		}
	}
}
