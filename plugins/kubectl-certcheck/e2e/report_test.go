//go:build e2e

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// report is what -o json prints, as far as the tests look at it.
type report struct {
	t        *testing.T
	w        *world
	code     int
	stderr   string
	Verdict  finding.Severity
	Subjects []struct {
		Object   finding.Object
		Verdict  finding.Severity
		Findings []finding.Ref
	}
	Findings []finding.Finding
}

// run runs `kubectl certcheck ARGS` to its end.
func (w *world) run(args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	return w.runAs(nil, args...)
}

// runAs is run in another environment. Whatever it prints must not hold key material.
func (w *world) runAs(env []string, args ...string) (code int, stdout, stderr string) {
	w.t.Helper()
	r := w.start(env, args...)
	code = r.Wait()
	w.guard(args, r)
	return code, r.Stdout(), r.Stderr()
}

func (w *world) start(env []string, args ...string) *realcluster.Run {
	w.t.Helper()
	return w.ns.StartCommand(append([]string{"SSL_CERT_FILE=" + w.roots}, env...), "kubectl", append([]string{"certcheck"}, args...)...)
}

// guard fails the test when a run has printed a secret. A script may name what it
// leaves out.
func (w *world) guard(args []string, r *realcluster.Run) {
	w.t.Helper()
	all := r.Stdout() + r.Stderr()
	if strings.Contains(all, "PRIVATE KEY") && !slices.Contains(args, "--print-script") {
		w.t.Errorf("certcheck %s prints a private key", strings.Join(args, " "))
	}
	for _, trace := range *w.secrets {
		if strings.Contains(all, trace) {
			w.t.Errorf("certcheck %s prints a part of a secret", strings.Join(args, " "))
			return
		}
	}
}

// check runs certcheck in the doors' namespace, or where args say, and reads its report.
func (w *world) check(args ...string) *report {
	w.t.Helper()
	return w.checkAs(nil, args...)
}

func (w *world) checkAs(env []string, args ...string) *report {
	w.t.Helper()
	if !slices.ContainsFunc(args, func(a string) bool { return a == "-n" || a == "-A" || a == "-f" }) {
		args = append(args, "-n", w.shop)
	}
	args = append(args, "-o", "json")
	code, out, stderr := w.runAs(env, args...)
	return w.read(code, out, stderr)
}

// read reads the report of a run.
func (w *world) read(code int, out, stderr string) *report {
	w.t.Helper()
	r := &report{t: w.t, w: w, code: code, stderr: stderr}
	if err := json.Unmarshal([]byte(out), r); err != nil {
		w.t.Fatalf("exit code %d, not JSON: %v\n%s%s", code, err, out, stderr)
	}
	return r
}

// exits expects an exit code.
func (r *report) exits(want int) *report {
	r.t.Helper()
	if r.code != want {
		r.t.Errorf("exit code %d, want %d; stderr: %s\n%s", r.code, want, r.stderr, r.text())
	}
	return r
}

// own are the findings, worse than a remark, about objects of the test's namespaces.
// Others share the cluster.
func (r *report) own() []finding.Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f finding.Finding) bool {
		return f.Severity == finding.Info || !r.w.has(f.Object)
	})
}

// finds expects that a door has one root cause, and that all else that was found about
// the test's objects follows from it. Without ids the door is ok and nothing was found.
func (r *report) finds(door, root string, follows ...string) *report {
	r.t.Helper()
	verdict, first := r.subject(door)
	var roots, rest []string
	for _, f := range r.own() {
		if f.Because == nil {
			roots = append(roots, f.ID)
		} else {
			rest = append(rest, f.ID)
		}
	}
	slices.Sort(rest)
	rest = slices.Compact(rest)
	if root == "" {
		if len(roots)+len(rest) > 0 || verdict != finding.OK {
			r.t.Errorf("%s: %s, found %s, want nothing\n%s", door, verdict, append(roots, rest...), r.text())
		}
		return r
	}
	slices.Sort(follows)
	if first != root || !slices.Equal(roots, []string{root}) || !slices.Equal(rest, follows) || verdict == finding.OK {
		r.t.Errorf("%s: %s by %s; roots %s, want [%s]; follow %s, want %s\n%s", door, verdict, first, roots, root, rest, follows, r.text())
	}
	return r
}

// remarks expects a finding that does not count.
func (r *report) remarks(id string) *report {
	r.t.Helper()
	if !slices.ContainsFunc(r.Findings, func(f finding.Finding) bool {
		return f.ID == id && f.Severity == finding.Info && r.w.has(f.Object)
	}) {
		r.t.Errorf("no remark %s\n%s", id, r.text())
	}
	return r
}

// subject returns the verdict of a door, KIND/NAME or KIND.GROUP/NAME, and its root cause.
func (r *report) subject(door string) (verdict finding.Severity, root string) {
	r.t.Helper()
	kind, name, _ := strings.Cut(door, "/")
	kind, group, _ := strings.Cut(kind, ".")
	for _, s := range r.Subjects {
		o := s.Object
		if o.Kind == kind && o.Name == name && strings.HasPrefix(o.APIVersion, group) && r.w.has(o) {
			if len(s.Findings) > 0 {
				root = s.Findings[0].ID
			}
			return s.Verdict, root
		}
	}
	r.t.Errorf("%s is not among the %d subjects\n%s", door, len(r.Subjects), r.text())
	return "", ""
}

// has returns the findings of an id about the test's objects.
func (r *report) has(id string) []finding.Finding {
	return slices.DeleteFunc(r.own(), func(f finding.Finding) bool { return f.ID != id })
}

// ids are those of own, each once, in order.
func (r *report) ids() []string {
	var all []string
	for _, f := range r.own() {
		all = append(all, f.ID)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// text is the report for a failure's message.
func (r *report) text() string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString("  " + f.ID + " " + string(f.Severity) + " " + f.Object.Kind + " " + f.Object.Namespace + "/" + f.Object.Name + ": " + f.What)
		if f.Because != nil {
			b.WriteString(" <- " + f.Because.ID)
		}
		b.WriteString("\n")
	}
	return b.String()
}
