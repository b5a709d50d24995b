package pool

import "time"

// slack is by how much a machine may be older than it can be, or younger than now:
// clocks differ, and clouds take their time.
const slack = 10 * time.Minute

// witnesses are the times from which a machine's start may be known; zero where
// there is none.
type witnesses struct {
	cloud     time.Time // the VM's last start
	claim     time.Time // creation of the NodeClaim
	machine   time.Time // creation of the Machine
	node      time.Time // creation of the Node object
	ready     time.Time // since when the node is Ready
	container time.Time // start of the oldest container that runs, as hear keeps it
}

// hear takes the start of a container that runs on the node. One from before the
// machine can have started is of the machine before it, and does not count.
func (w *witnesses) hear(container time.Time, maxAge time.Duration, now time.Time) {
	if container.IsZero() || (maxAge > 0 && now.Sub(container) >= maxAge) {
		return
	}
	if w.container.IsZero() || container.Before(w.container) {
		w.container = container
	}
}

// start weighs the witnesses, the most trustworthy first. The Node object is one only
// as long as it is not older than a machine can be: a cloud that makes a machine anew
// under the same name leaves the object, and with it the time of its creation, as
// it was. Without a limit of age (0) it cannot be told, and the object is believed.
// ahead reports that the start is so far in the future that it is not believed.
func (w *witnesses) start(maxAge time.Duration, now time.Time) (s Start, ahead bool) {
	switch {
	case !w.cloud.IsZero():
		s = Start{w.cloud, FromCloud}
	case !w.claim.IsZero():
		s = Start{w.claim, FromNodeClaim}
	case !w.machine.IsZero():
		s = Start{w.machine, FromMachine}
	case !w.node.IsZero() && (maxAge == 0 || now.Sub(w.node) <= maxAge+slack):
		s = Start{w.node, FromNode}
	default:
		s = w.estimate(maxAge, now)
	}
	if s.At.After(now.Add(slack)) {
		return Start{Source: Unknown}, true
	}
	return s, false
}

// estimate takes the earlier of what the kubelet says of itself and of its
// containers: the machine started before both.
func (w *witnesses) estimate(maxAge time.Duration, now time.Time) Start {
	s := Start{Source: Unknown}
	if !w.ready.IsZero() && now.Sub(w.ready) < maxAge {
		s = Start{w.ready, FromReady}
	}
	if !w.container.IsZero() && (s.Source == Unknown || w.container.Before(s.At)) {
		s = Start{w.container, FromContainers}
	}
	return s
}
