//go:build e2e && acme

package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
)

// acmeReport is what `kubectl certcheck certificate/NAME -o json` says.
type acmeReport struct {
	code     int
	text     string
	Subjects []struct {
		Kind, Name string
		Object     finding.Object
		Verdict    finding.Severity
		Findings   []finding.Ref
	}
	Findings []finding.Finding
}

// certcheck checks one Certificate.
func (n *acmeNamespace) certcheck(name string) *acmeReport {
	n.t.Helper()
	run := n.Start("certcheck", "certificate/"+name, "-o", "json")
	r := &acmeReport{code: run.Wait(), text: run.Stdout()}
	if err := json.Unmarshal([]byte(r.text), r); err != nil {
		n.t.Fatalf("exit code %d, %v: %s", r.code, err, run.Stderr())
	}
	if strings.Contains(r.text+run.Stderr(), n.keys.SecretAccessKey) {
		n.t.Error("the secret access key is in the output")
	}
	return r
}

// root returns the finding that the Certificate's verdict comes from.
func (r *acmeReport) root() *finding.Finding {
	if len(r.Subjects) == 0 || len(r.Subjects[0].Findings) == 0 {
		return nil
	}
	i := slices.IndexFunc(r.Findings, func(f finding.Finding) bool { return f.Ref() == r.Subjects[0].Findings[0] })
	return &r.Findings[i]
}

// follow returns the id of what a finding follows from in the end.
func (r *acmeReport) follow(f finding.Finding) string {
	for f.Because != nil {
		f = r.Findings[slices.IndexFunc(r.Findings, func(g finding.Finding) bool { return g.Ref() == *f.Because })]
	}
	return f.ID
}

// errors lists the errors' ids, each with what it follows from in the end: "CRT01<CRED09".
func (r *acmeReport) errors() []string {
	var all []string
	for _, f := range r.Findings {
		if f.Severity == finding.Error {
			all = append(all, f.ID+"<"+r.follow(f))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// finds waits until the root cause is the one that is wanted and every error follows from
// it, and returns it.
func (n *acmeNamespace) finds(name, id string, limit time.Duration) *finding.Finding {
	n.t.Helper()
	var found *finding.Finding
	n.Until("the root cause "+id, limit, func() error {
		time.Sleep(time.Second)
		r := n.certcheck(name)
		found = r.root()
		if found == nil || found.ID != id {
			return fmt.Errorf("%s", r.text)
		}
		if r.code != 3 {
			return fmt.Errorf("exit code %d", r.code)
		}
		if i := slices.IndexFunc(r.errors(), func(e string) bool { return !strings.HasSuffix(e, "<"+id) }); i >= 0 {
			return fmt.Errorf("an error of its own: %s\n%s", r.errors()[i], r.text)
		}
		return nil
	})
	return found
}

// heals waits until the Certificate is ready and certcheck finds no error.
func (n *acmeNamespace) heals(name string) {
	n.t.Helper()
	n.Kubectl("wait", "-n", n.Name, "certificate/"+name, "--for=condition=Ready", "--timeout=100s")
	n.Until("exit code 0", 10*time.Second, func() error {
		if r := n.certcheck(name); r.code != 0 {
			return fmt.Errorf("exit code %d: %s", r.code, r.text)
		}
		return nil
	})
}
