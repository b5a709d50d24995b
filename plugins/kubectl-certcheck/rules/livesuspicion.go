package rules

import (
	"slices"

	"github.com/kubechores/kubechores/pkg/finding"
)

// liveSuspicion reports whether a finding only suspects, by the age of pods, that an old
// certificate is served.
func liveSuspicion(id string) bool { return slices.Contains([]string{"GWF05", "GWF06", "POD01"}, id) }

// liveConfirms makes what was suspected follow from what was seen.
func (c *checker) liveConfirms(seen finding.Ref) {
	for i := range c.found {
		if f := &c.found[i]; liveSuspicion(f.ID) && f.Object == seen.Object && f.Because == nil {
			f.Because = &seen
		}
	}
}

// liveRefutes drops what was suspected, where the pods were seen to serve what they
// should.
func (c *checker) liveRefutes(door finding.Object) {
	c.found = slices.DeleteFunc(c.found, func(f found) bool {
		suspected := liveSuspicion(f.ID) && f.Object == door
		if suspected {
			delete(c.named, f.Ref())
		}
		return suspected
	})
}

// liveAllSame reports whether all pods of a door serve the certificate of the one Secret
// that they should.
func liveAllSame(d *liveDoor) bool {
	for _, s := range d.served {
		if s.Result.Failure != nil || s.Pod.Name == "" || len(s.Secrets) != 1 {
			return false
		}
	}
	return !slices.ContainsFunc(d.views, func(v liveView) bool { return v.relation != liveSame })
}
