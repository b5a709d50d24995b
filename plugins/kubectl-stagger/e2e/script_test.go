//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// fakeGcloud is the part of gcloud that the script uses, over the scripted API.
const fakeGcloud = `#!/usr/bin/env bash
set -euo pipefail
for arg in "$@"; do
  case $arg in
    --project=* | --zone=* | --instances=*) declare "${arg:2}" ;;
  esac
done
zone=$ENDPOINT/projects/${project:?}/zones/${zone:?}
case "$1 $2 $3" in
  "compute instances describe")
    curl -fsS "$zone/instances/$4" | grep -o 'projects/[0-9]*/zones/[^"]*/instanceGroupManagers/[^"]*'
    ;;
  "compute instance-groups managed")
    curl -fsS -d "{\"instances\":[\"zones/${zone##*/}/instances/${instances:?}\"]}" "$zone/instanceGroupManagers/$5/recreateInstances" >/dev/null
    ;;
  *)
    echo "fake gcloud: $*" >&2
    exit 1
    ;;
esac
`

// The script that --print-script prints does what the plugin would do.
func TestPrintedScript(t *testing.T) {
	ns := realcluster.New(t)
	const size = 4
	p := newPool(t, ns, size, 0)
	ns.Apply(p.deployment("web", 8), budget("web", "", "1"), p.daemonSet("agent"))
	ns.Running("app=web", 8)
	counted(ns, "web", 8)
	pods, nodes := watchPods(t, ns), watchNodes(t, p)

	print := p.start(t, "nodepool", append(quick(20*time.Second), "--print-script")...)
	expectCode(t, print, 0)
	folder := t.TempDir()
	script := filepath.Join(folder, "spread.sh")
	for name, text := range map[string]string{"spread.sh": print.Stdout(), "gcloud": fakeGcloud} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("bash", "-n", script).CombinedOutput(); err != nil {
		t.Fatalf("bash -n: %v\n%s", err, out)
	}
	// A window of two seconds is shorter than a drain that a budget holds up.
	run := ns.StartCommand([]string{"ENDPOINT=" + p.cloud.URL(), "STAGGER_LATEST=120"}, "bash", "-c", `PATH="$1:$PATH" exec bash "$1/spread.sh"`, "bash", folder)
	if code := run.WaitFor(patience); code != 0 {
		t.Errorf("the script: exit code %d", code)
	}
	p.expectReplaced(t, nodes, size-1)
	pods.atLeast("web", 7)
	if after := crowded(p.deaths(t, 24*time.Hour), 24*time.Hour+time.Second, 2*time.Second); after > 1 {
		t.Errorf("a window of 2s takes %d nodes, want 1", after)
	}
}
