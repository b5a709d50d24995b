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
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is a plan for one server and a key in a file.
func sample(t *testing.T) Plan {
	t.Helper()
	instance, err := manifest.ParseInstance(proxy.V2, "shop:europe-west1:orders=postgres")
	if err != nil {
		t.Fatal(err)
	}
	set, err := manifest.Build(manifest.Config{
		Name: "sql-proxy", Namespace: "shop", Program: proxy.Program{Engine: proxy.V2, Version: proxy.Version{Major: 2, Minor: 25, Patch: 3}}, Image: "cloud-sql-proxy:2.25.3",
		Instances: []manifest.Instance{instance}, Identity: manifest.Identity{Secret: manifest.SecretKey{Name: "sql-proxy-credentials", Key: "key.json"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return Plan{
		Name: "sql-proxy", Namespace: "shop", Objects: set.Objects, Timeout: 5 * time.Minute,
		Invocation: "kubectl sqlproxy apply --instance shop:europe-west1:orders=postgres --key-file key.json --print-script",
		Printed:    time.Date(2026, 11, 26, 9, 5, 0, 0, time.UTC),
		Keys: []Key{{Secret: "sql-proxy-credentials", Key: "key.json", File: "key.json",
			Labels: map[string]string{"app.kubernetes.io/managed-by": "kubectl-sqlproxy", "app.kubernetes.io/instance": "sql-proxy"}}},
	}
}

// plans are the golden files' plans.
func plans(t *testing.T) map[string]Plan {
	full, small, evil := sample(t), sample(t), sample(t)
	full.Prune, full.Force = true, true
	full.KubectlArgs = []string{"--kubeconfig=/home/me/my config", "--context=it's"}
	small.Keys, small.Timeout, small.Secrets = nil, 0, []string{"sql-proxy-credentials"}
	bad := "$(touch evil)`touch evil`; touch evil; '\"\ntouch evil\n"
	evil.Invocation, evil.KubectlArgs, evil.Secrets = strings.TrimSpace(bad), []string{"--context=" + bad}, []string{bad, "--help"}
	evil.Name, evil.Namespace, evil.Prune = bad, bad, true
	evil.Keys = []Key{{Secret: bad, Key: bad, File: bad, Labels: map[string]string{bad: bad}}}
	return map[string]Plan{"full": full, "small": small, "hostile": evil}
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
	for name, plan := range plans(t) {
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

func TestScriptsPassShellcheck(t *testing.T) {
	t.Parallel()
	shellcheck := tool.Find(t, "shellcheck")
	for name, plan := range plans(t) {
		cmd := exec.Command(shellcheck, "-s", "bash", "-")
		cmd.Stdin = strings.NewReader(write(t, plan))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if out, err := exec.Command(shellcheck, "functions.sh", "rollout.sh", "prune.sh").CombinedOutput(); err != nil {
		t.Errorf("the parts: %v\n%s", err, out)
	}
}

func TestNoScript(t *testing.T) {
	t.Parallel()
	none := sample(t)
	none.Objects = none.Objects[:1]
	var b strings.Builder
	if err := Write(&b, none); err == nil || err.Error() != "no script: there is no Deployment to apply" || b.Len() > 0 {
		t.Errorf("%v; written: %q", err, b.String())
	}
	if err := Write(full{}, sample(t)); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }
