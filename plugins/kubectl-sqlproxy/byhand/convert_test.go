package byhand

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
)

func conversion() Convert {
	object := func(apiVersion, kind, name string) manifest.Object {
		return manifest.Object{APIVersion: apiVersion, Kind: kind, Name: name, Value: map[string]any{
			"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name},
		}}
	}
	return Convert{
		Namespace: "shop", Deployments: []string{"sql-proxy"},
		Shared:  []manifest.Object{object("apps/v1", "Deployment", "sql-proxy"), object("v1", "Service", "sql-proxy-orders")},
		Clients: []manifest.Object{object("apps/v1", "Deployment", "web"), object("batch/v1", "CronJob", "report"), object("v1", "Pod", "once")},
		ToDo:    []string{"deployment/web: its $(args) name `localhost`\nand more"}, Timeout: 5 * time.Minute,
		KubectlArgs: []string{"--context=a b"}, Invocation: "kubectl sqlproxy convert deploy/web --print-script", Printed: time.Unix(1_800_000_000, 0).UTC(),
	}
}

// fakeKubectl answers as a cluster in which only deployment web and the namespace are, and
// notes what it is asked.
const fakeKubectl = `#!/bin/bash
echo "$*" >>"$LOG"
case "$*" in
*"get namespace shop"*) ;;
*"get deployment.apps/web "*) echo "kind: Deployment # of before" ;;
*"get --namespace shop -f -"*) grep -q "name: web" ;;
*" get "*) exit 1 ;;
*"replace"* | *"create"*) echo "  $(grep name:)" >>"$LOG" ;;
esac
`

func TestConvertScript(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := WriteConvert(&b, conversion()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script, log := filepath.Join(dir, "convert.sh"), filepath.Join(dir, "log")
	for path, text := range map[string]string{script: b.String(), filepath.Join(dir, "kubectl"): fakeKubectl} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if said, err := exec.CommandContext(t.Context(), tool.Find(t, "shellcheck"), script).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	run := func() (string, error) {
		cmd := exec.CommandContext(t.Context(), "bash", script)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "LOG=" + log, "YES=1"}
		said, err := cmd.CombinedOutput()
		return string(said), err
	}
	said, err := run()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if !strings.Contains(said, "pod/once cannot be changed") {
		t.Errorf("of the pod it says nothing:\n%s", said)
	}
	before, err := os.ReadFile(filepath.Join(dir, "before-deployment-apps-web.yaml"))
	if err != nil || !strings.Contains(string(before), "of before") {
		t.Errorf("what there was is not kept: %q, %v", before, err)
	}
	asked, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for line := range strings.Lines(string(asked)) {
		if line = strings.TrimSpace(strings.TrimPrefix(line, "--context=a b ")); !strings.HasPrefix(line, "get ") {
			order = append(order, line)
		}
	}
	want := []string{
		"create --namespace shop -f -", "name: sql-proxy", "create --namespace shop -f -", "name: sql-proxy-orders",
		"rollout status deployment.apps/sql-proxy --namespace shop --timeout 5m0s",
		"replace --namespace shop -f -", "name: web", "rollout status deployment.apps/web --namespace shop --timeout 5m0s",
		"create --namespace shop -f -", "name: report",
	}
	if strings.Join(order, "\n") != strings.Join(want, "\n") {
		t.Errorf("it did\n%s\nwant\n%s", strings.Join(order, "\n"), strings.Join(want, "\n"))
	}
	// A second run must not take the new one for what there was.
	if said, err := run(); err == nil || !strings.Contains(said, "is there already") {
		t.Errorf("%v\n%s", err, said)
	}
}

// What a name in a file holds is never run.
func TestConvertScriptHostile(t *testing.T) {
	t.Parallel()
	bad := "$(touch evil)`touch evil`; touch evil; '\"\ntouch evil\n"
	c := conversion()
	c.Namespace, c.Deployments, c.ToDo, c.Invocation = bad, []string{bad}, []string{bad}, strings.TrimSpace(bad)
	for i := range c.Shared {
		c.Shared[i].Name = bad
	}
	for i := range c.Clients {
		c.Clients[i].Name = bad
	}
	var b bytes.Buffer
	if err := WriteConvert(&b, c); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// A kubectl to which all goes well, so that the script is run to its end.
	if err := os.WriteFile(filepath.Join(dir, "kubectl"), []byte("#!/bin/sh\nexit 0\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-c", b.String())
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "YES=1"}
	if said, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(said), "is there already") {
		t.Errorf("%v\n%s", err, said) // each of them is kept in one file, as they have one name
	}
	if _, err := os.Stat(filepath.Join(dir, "evil")); err == nil {
		t.Error("it was run")
	}
}

func TestConvertScriptOfNothing(t *testing.T) {
	t.Parallel()
	if err := WriteConvert(&bytes.Buffer{}, Convert{}); err == nil {
		t.Error("there is nothing to do, and a script")
	}
}
