package diagnose

import (
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// recently is how old an event may be that is told: the API keeps them for an hour.
const recently = time.Hour

// lastEvent is the newest recent event about a pod of a reason, whose message begins with
// a text; nil if there is none.
func (c *checker) lastEvent(kind, namespace, name, reason, begins string) *snapshot.Event {
	var last *snapshot.Event
	for _, e := range c.EventsOf(kind, namespace, name) {
		if e.Reason == reason && strings.HasPrefix(e.Message, begins) && c.Now.Sub(e.Last) <= recently {
			last = e
		}
	}
	return last
}

// unhealthy is the last that a kubelet said of failures of a probe of the proxy's pods.
func (c *checker) unhealthy(s *subject, word string) []finding.Evidence {
	for _, p := range s.livePods() {
		if e := c.lastEvent("Pod", p.Namespace, p.Name, "Unhealthy", word+" probe"); e != nil {
			return quote("event Unhealthy of pod/"+p.Name, e.Message)
		}
	}
	return nil
}
