package pool

import (
	"fmt"
	"time"
)

// How long preemptible machines live: Compute Engine ends them 24 h after their
// start, Yandex Cloud at a moment of its choice between 22 and 24 h.
const (
	gceLife    = 24 * time.Hour
	yandexLife = 22 * time.Hour
)

// lifetimeOf says how a machine ends, by what its cloud says of it, else by its
// node's labels, and at which age (0: none is known). expireAfter is Karpenter's;
// 0 is never.
func lifetimeOf(labels map[string]string, expireAfter time.Duration, cloud Lifetime) (Lifetime, time.Duration) {
	life := cloud
	if life == "" {
		life = labelledLifetime(labels)
	}
	age := expireAfter
	if life == Preemptible {
		limit := gceLife
		if labels[yandexPreemptible] != "" || labels[yandexPool] != "" {
			limit = yandexLife
		}
		if age == 0 || age > limit {
			age = limit
		}
	}
	if life == Permanent && age > 0 {
		life = Expiring
	}
	return life, age
}

func labelledLifetime(labels map[string]string) Lifetime {
	_, interruptible := labels[capiInterruptible]
	switch {
	case labels[gkePreemptible] == "true", labels[gkeProvisioning] == "preemptible", labels[yandexPreemptible] == "true":
		return Preemptible
	case labels[gkeSpot] == "true", labels[gkeProvisioning] == "spot", labels[karpenterCapacity] == "spot",
		labels[eksCapacity] == "SPOT", labels[aksPriority] == "spot", interruptible:
		return Spot
	}
	return Permanent
}

// parseExpiry reads a NodeClaim's expireAfter; 0 is never.
func parseExpiry(text string) (time.Duration, error) {
	if text == "" || text == "Never" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("expireAfter %q is neither a duration nor Never", text)
	}
	return d, nil
}
