package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// Check judges the facts as of now.
func Check(f Facts, now time.Time) *finding.Report {
	if len(f.Marks) == 0 {
		f.Marks = DefaultMarks()
	}
	c := &checker{Facts: f, now: now, report: &finding.Report{Check: "stagger", CheckedAt: now}}
	c.marks = f.Marks
	if f.Pool != nil {
		c.openPool()
	}
	c.openFiles()
	if f.Pool != nil {
		c.checkTaints()
		c.checkNodes()
		c.checkPods()
		c.checkRoom()
	}
	for i := range c.workloads {
		c.checkWorkload(&c.workloads[i])
	}
	c.checkBudgets()
	c.checkFiles()
	c.tellMissing()
	c.addSubjects()
	return c.report
}

// checker is a report in the making.
type checker struct {
	Facts
	now    time.Time
	report *finding.Report
	// marks are the taints to tolerate: the pool's own where it has some.
	marks []Mark
	// tainted is whether a node of the pool has one of the marks.
	tainted bool
	dated   []bool // of each node: whether it is known when it dies of age
	deaths  []death
	window  time.Duration

	workloads []workload
	budgets   []budget
}

// workload is one of the cluster or of a file.
type workload struct {
	pool.Workload
	object finding.Object
	file   bool
	// system is whether it is of Kubernetes itself, whose replicas are not the user's.
	system bool
	// ready are its ready pods by node of the pool.
	ready map[int]int
	// budgets are those that select pods of it: indices into checker.budgets; several
	// is whether one pod has more than one.
	budgets  []int
	several  bool
	labels   map[string]string // of its pods, where they are known
	priority string
	preStop  time.Duration
}

// replicas is how many there are to be: those that are wanted, where that is known,
// else those that are ready.
func (w *workload) replicas() int {
	if w.Desired >= 0 {
		return w.Desired
	}
	return w.Ready
}

// served reports whether it is of a kind whose replicas stand in for each other. A Job
// begins anew, and a DaemonSet has its pods everywhere.
func (w *workload) served() bool {
	return !slices.Contains([]string{"Job", "CronJob", "DaemonSet", "Pod"}, w.Kind)
}

func (c *checker) add(f finding.Finding) { c.report.Findings = append(c.report.Findings, f) }

// poolObject is what findings about the pool as a whole are about.
func (c *checker) poolObject() finding.Object {
	return finding.Object{Kind: "NodePool", Name: c.Pool.Name}
}

func nodeObject(name string) finding.Object {
	return finding.Object{APIVersion: "v1", Kind: "Node", Name: name}
}

// judged reports whether the user wants to know of a namespace; a manifest may be in
// none yet.
func (c *checker) judged(namespace string) bool {
	return len(c.Namespaces) == 0 || namespace == "" || slices.Contains(c.Namespaces, namespace)
}

func (c *checker) tellMissing() {
	about := finding.Object{Kind: "Cluster"}
	missing := c.Missing
	if c.Pool != nil {
		about = c.poolObject()
		missing = append(slices.Clone(c.Pool.Missing), missing...)
	}
	for _, sentence := range missing {
		what := strings.TrimPrefix(sentence, "Skipped: ")
		if what != "" {
			what = strings.ToUpper(what[:1]) + what[1:]
		}
		c.add(finding.Finding{ID: Unseen, Severity: finding.Skipped, Object: about, What: what})
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// some is a list for people of at most ten names.
func some(names []string) string {
	const most = 10
	if more := len(names) - most; more > 0 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
