package simulate

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

type kind int

const (
	birth    kind = iota // of a VM
	death                // of a VM, of age or preempted
	drain                // begins
	drained              // the VM is deleted
	burst                // takes many VMs
	planning             // plans anew
)

// event happens at a time; those of one time in the order in which they were made.
type event struct {
	at   time.Duration // after the epoch
	seq  int
	kind kind
	node int
	// life is the VM that is meant, for deaths and drains of that VM only; plan is
	// the plan that a drain belongs to, 0 for none.
	life, plan int
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// node is a name; VMs come and go under it.
type node struct {
	start    time.Duration // of the VM that is there, or is to come
	life     int           // counts VMs
	up       bool
	draining bool
}

type loss struct {
	at      time.Duration
	drained bool
}

type world struct {
	Config
	nodes  []node
	events events
	seq    int
	plans  int
	losses []loss
	err    error
	// Two sources, so that all strategies meet the same bursts.
	noise, choice *rand.Rand
}

func newWorld(c Config) *world {
	return &world{
		Config: c, nodes: make([]node, c.Nodes),
		noise: rand.New(rand.NewPCG(c.Seed, 1)), choice: rand.New(rand.NewPCG(c.Seed, 2)),
	}
}

func (w *world) push(e event) {
	w.seq++
	e.seq = w.seq
	heap.Push(&w.events, e)
}

func (w *world) run() error {
	for i := range w.nodes {
		w.born(i, -w.Age, w.Age)
	}
	if w.Strategy == Once || w.Strategy == Daily || w.Strategy == Rolling {
		w.push(event{kind: planning})
	}
	w.nextBurst(0)
	end := time.Duration(w.Days) * day
	for len(w.events) > 0 && w.err == nil {
		e := heap.Pop(&w.events).(event)
		if e.at >= end {
			break
		}
		w.happen(e)
	}
	return w.err
}

func (w *world) happen(e event) {
	switch e.kind {
	case birth:
		w.born(e.node, e.at, 0)
	case death:
		if n := w.nodes[e.node]; n.up && n.life == e.life {
			w.die(e.node, e.at, false)
		}
	case drain:
		w.beginDrain(e)
	case drained:
		if n := w.nodes[e.node]; n.up && n.life == e.life {
			w.die(e.node, e.at, true)
		}
	case burst:
		for i, n := range w.nodes {
			if hit := w.noise.Float64() < w.Noise.Burst; hit && n.up {
				w.die(i, e.at, false)
			}
		}
		w.nextBurst(e.at)
	case planning:
		w.plan(e.at)
	}
}

func (w *world) nextBurst(now time.Duration) {
	if w.Noise.Burst > 0 && w.Noise.Bursts > 0 {
		wait := w.noise.ExpFloat64() / w.Noise.Bursts * float64(day)
		w.push(event{at: now + time.Duration(wait) + 1, kind: burst})
	}
}

// born starts a VM at the given time, which is already of the given age.
func (w *world) born(i int, at, age time.Duration) {
	n := &w.nodes[i]
	n.life++
	n.start, n.up, n.draining = at, true, false
	w.push(event{at: at + w.lifetime(age), kind: death, node: i, life: n.life})
	if w.Strategy == Random {
		half := w.Options.Life / 2
		kill := at + half + time.Duration(w.choice.Int64N(int64(half))) + time.Duration(w.choice.Int64N(int64(10*time.Minute)))
		w.push(event{at: max(kill, 0), kind: drain, node: i, life: n.life})
	}
}

// lifetime is how long a VM lives that is known to reach an age.
func (w *world) lifetime(age time.Duration) time.Duration {
	life := w.Options.Life
	for range 100 {
		lives := life
		if w.Noise.Weekly > 0 {
			rate := -math.Log(1-w.Noise.Weekly) / float64(7*day)
			lives = min(lives, atMost(w.noise.ExpFloat64()/rate, life))
		}
		if w.Noise.Bathtub {
			if w.noise.Float64() < 0.5 {
				lives = min(lives, atMost(w.noise.ExpFloat64()*float64(life)/24, life))
			} else {
				lives = min(lives, life-atMost(w.noise.ExpFloat64()*float64(life)/30, life))
			}
		}
		if lives > age || age == 0 {
			return lives
		}
	}
	return life
}

func atMost(x float64, most time.Duration) time.Duration {
	return time.Duration(min(x, float64(most)))
}

func (w *world) die(i int, at time.Duration, drained bool) {
	n := &w.nodes[i]
	n.up = false
	n.start = at + w.Options.Boot
	w.losses = append(w.losses, loss{at, drained})
	w.push(event{at: n.start, kind: birth, node: i})
}

func (w *world) beginDrain(e event) {
	n := &w.nodes[e.node]
	switch {
	case e.life != 0 && n.life != e.life, e.plan != 0 && w.plans != e.plan, n.up && n.draining:
		return
	case !n.up: // the step is the name's: its next VM is meant
		e.at = n.start
		w.push(e)
		return
	}
	n.draining = true
	w.push(event{at: e.at + w.Options.DrainTime, kind: drained, node: e.node, life: n.life})
}

// plan makes a new plan, which takes the place of the one before.
func (w *world) plan(now time.Duration) {
	pool := spread.Pool{Nodes: make([]spread.Node, len(w.nodes))}
	for i, n := range w.nodes {
		start := n.start
		if n.draining && n.up {
			start = now // about to be
		}
		pool.Nodes[i] = spread.Node{Name: fmt.Sprintf("%06d", i), Start: epoch.Add(start)}
	}
	o := w.Options
	o.Mode = spread.Once
	if w.Strategy == Rolling {
		o.Mode = spread.Rolling
	}
	p, err := spread.Schedule(pool, o, epoch.Add(now))
	if err != nil {
		w.err = err
		return
	}
	w.plans++
	for _, s := range p.Steps {
		var i int
		if _, err := fmt.Sscanf(s.Node, "%d", &i); err != nil {
			w.err = err
			return
		}
		e := event{at: s.At.Sub(epoch), kind: drain, node: i, plan: w.plans}
		if s.Reason == spread.Due { // a VM that takes its place before that is young
			e.life = w.nodes[i].life
			if n := w.nodes[i]; !n.up || n.draining {
				e.life++
			}
		}
		w.push(e)
	}
	switch w.Strategy {
	case Daily:
		w.push(event{at: now + day, kind: planning})
	case Rolling:
		w.push(event{at: now + w.Options.Life/4, kind: planning})
	}
}

func (w *world) result() Result {
	var (
		r       Result
		from    = time.Duration(w.Skip) * day
		days    = w.Days - w.Skip
		most    = make([]int, days)
		first   int
		counted []loss
	)
	for _, l := range w.losses {
		if l.at >= from {
			counted = append(counted, l)
		}
	}
	for i, l := range counted {
		if !l.drained {
			r.Ungraceful++
		}
		for counted[first].at <= l.at-peak {
			first++
		}
		d := int((l.at - from) / day)
		most[d] = max(most[d], i-first+1)
	}
	for _, m := range most {
		r.Lost += float64(m)
	}
	r.Lost /= float64(days)
	r.Kills = float64(len(counted)) / float64(w.Nodes) / float64(days)
	if len(counted) > 0 {
		r.Ungraceful /= float64(len(counted))
	}
	return r
}
