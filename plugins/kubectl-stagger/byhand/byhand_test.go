package byhand

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is a plan for one node of Compute Engine.
func sample() Plan {
	printed := time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC)
	return Plan{
		Pool: "preempt", Via: ViaAPI, Window: 20 * time.Minute, LowerBound: 1,
		Steps: []Step{{Node: "gke-a", ProviderID: "gce://shop/europe-west1-b/gke-a", UID: "uid-a", BootID: "boot-a",
			At: printed.Add(3 * time.Minute), Reason: spread.Crowded}},
		Drain:      []string{"--ignore-daemonsets", "--timeout=15m0s"},
		Invocation: "kubectl stagger nodepool preempt --print-script", Printed: printed,
	}
}

// plans are the golden files' plans.
func plans() map[string]Plan {
	gke, karpenter, capi, command := sample(), sample(), sample(), sample()
	gke.Steps = append(gke.Steps, gke.Steps[0])
	gke.Steps[1].Node, gke.Steps[1].UID, gke.Steps[1].BootID, gke.Steps[1].Reason = "gke-b", "uid-b", "boot-b", spread.Reborn
	gke.Steps[1].ProviderID, gke.Steps[1].At = "gce://shop/europe-west1-b/gke-b", gke.Steps[0].At.Add(4*time.Minute)
	karpenter.Via, karpenter.Drain, karpenter.Steps[0].ProviderID = ViaKarpenter, nil, "aws:///eu-west-1a/i-1"
	karpenter.LowerBound, karpenter.Window = 0, 0 // as of a plan that an earlier run has made
	capi.Via, capi.Selector, capi.Patience = ViaClusterAPI, "pool in (a,b)", time.Hour
	capi.KubectlArgs = []string{"--kubeconfig=/home/me/my config", "--context=it's"}
	command.Via, command.Selector, command.Command = ViaExec, "pool=a", `remake "$STAGGER_NODE" # it's $HOME`
	command.Pool, command.Invocation = "evil\nrm -rf /", "kubectl stagger 'a\nrm -rf /'"
	command.Steps[0] = Step{Node: "it's; rm -rf / $(id) `id`", UID: "u", ProviderID: "a\nb", At: command.Printed, Reason: spread.Crowded}
	return map[string]Plan{"gke": gke, "karpenter": karpenter, "capi": capi, "command": command}
}

func write(t *testing.T, plan Plan) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, plan); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, plan := range plans() {
		got := write(t, plan)
		path := filepath.Join("testdata", name+".sh")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is printed; look at `git diff` after -update:\n%s", path, got)
		}
	}
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Plan){
		"no steps":                         func(p *Plan) { p.Steps = nil },
		`makes the machines anew: "auto"`:  func(p *Plan) { p.Via = "auto" },
		"no command":                       func(p *Plan) { p.Via = ViaExec },
		"without a selector":               func(p *Plan) { p.Via = ViaClusterAPI },
		`node "": its name`:                func(p *Plan) { p.Steps[0].Node = "" },
		`node "gke-a": its name`:           func(p *Plan) { p.Steps[0].UID = "" },
		`"aws:///a/i" is not`:              func(p *Plan) { p.Steps[0].ProviderID = "aws:///a/i" },
		`"gce://p/z/--flag" is not`:        func(p *Plan) { p.Steps[0].ProviderID = "gce://p/z/--flag" },
		`"gce://p/z/a\nb" is not`:          func(p *Plan) { p.Steps[0].ProviderID = "gce://p/z/a\nb" },
		`node gke-a: its provider ID "gce`: func(p *Plan) { p.Steps[0].ProviderID = "gce://p/z" },
	} {
		plan := sample()
		change(&plan)
		var b strings.Builder
		if err := Write(&b, plan); err == nil || !strings.Contains(err.Error(), want) || b.Len() > 0 {
			t.Errorf("%v, want %q in it; written: %q", err, want, b.String())
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	t.Parallel()
	if err := Write(full{}, sample()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
}

// TestLint: what is printed is what a reviewer's tools expect.
func TestLint(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{
		{tool.Find(t, "bash"), "-n"},
		{tool.Find(t, "shellcheck"), "-s", "bash", "-"},
		{tool.Find(t, "go"), "run", "mvdan.cc/sh/v3/cmd/shfmt@v3.12.0", "-d", "-i", "2", "-ci"},
	} {
		for name, plan := range plans() {
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Stdin = strings.NewReader(write(t, plan))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, command[0], err, out)
			}
		}
	}
}
