package spread

import (
	"fmt"
	"strings"
	"time"
)

// Infeasible says that no schedule was found that keeps the options. Nodes fit
// for certain when Nodes <= Max*Allowed/Window and Nodes <= Allowed/Apart.
type Infeasible struct {
	Nodes       int
	Max         int
	Window      time.Duration
	Concurrency int
	// Apart is the least time between two drains: (DrainTime+Boot)/Concurrency.
	Apart time.Duration
	// Allowed is how much time of a turn is left for replacements by Hours,
	// DrainTime and Horizon.
	Allowed time.Duration
	// Limited is whether Hours or Horizon leave less than a whole turn.
	Limited bool
	// Reborn is how many nodes are starting anew at the only time that is left for
	// them; the others would fit.
	Reborn int
	// Change are the changes of which each is enough for the window or, where both
	// stand in the way, for its part of the problem.
	Change []string
}

func (e *Infeasible) Error() string {
	text := fmt.Sprintf("no schedule found that spreads %d nodes: %s", e.Nodes, e.cause())
	if len(e.Change) > 0 {
		text += "; " + strings.Join(e.Change, ", or ")
	}
	return text
}

func (e *Infeasible) cause() string {
	switch {
	case e.Reborn > 0:
		return fmt.Sprintf("%s would be starting anew, after dying of age, when the turn to move comes", count(e.Reborn, "node"))
	case e.Allowed <= 0:
		return "no allowed time is long enough for a drain"
	case e.tooSlow():
		return fmt.Sprintf("one drain every %v makes %d in the %v that may be used", e.Apart, e.Allowed/e.Apart, e.Allowed)
	}
	return fmt.Sprintf("at most %d in any %v makes %d in the %v that may be used",
		e.Max, e.Window, e.fit(), e.Allowed)
}

func (e *Infeasible) tooSlow() bool { return int64(e.Nodes) > int64(e.Allowed/e.Apart) }

// fit is Max*Allowed/Window.
func (e *Infeasible) fit() int64 {
	return int64(float64(e.Max) * float64(e.Allowed) / float64(e.Window))
}

// advise fills in Change.
func (e *Infeasible) advise() {
	if e.Reborn > 0 {
		e.Change = append(e.Change, "shorten the window")
	} else if e.Allowed > 0 {
		n := time.Duration(e.Nodes)
		if e.tooSlow() {
			drains := (n*e.Apart + e.Allowed - 1) / e.Allowed
			e.Change = append(e.Change, fmt.Sprintf("drain %d nodes at once", drains*time.Duration(e.Concurrency)))
		} else {
			if w := time.Duration(float64(e.Allowed) * float64(e.Max) / float64(n)).Truncate(time.Second); w > 0 {
				e.Change = append(e.Change, fmt.Sprintf("shorten the window to %v", w))
			}
			most := (float64(n)*float64(e.Window) + float64(e.Allowed) - 1) / float64(e.Allowed)
			e.Change = append(e.Change, fmt.Sprintf("allow %d nodes per window", int(most)))
		}
	}
	if e.Limited {
		e.Change = append(e.Change, "allow more hours")
	}
}
