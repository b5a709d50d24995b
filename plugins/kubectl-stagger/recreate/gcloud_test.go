package recreate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

// fakeGcloud puts a program named gcloud into a folder. It writes its arguments, a
// line for each, to the file calls, and then does what the script says, with the
// words compute to the verb in $verb.
func fakeGcloud(t *testing.T, script string) (dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	dir = t.TempDir()
	text := `#!/bin/sh
echo "$*" >> "` + dir + `/calls"
verb=$(for a in "$@"; do case $a in (compute|instances|instance-groups|managed|operations|describe|list|delete|recreate-instances|list-instances) printf '%s ' "$a";; (*) break;; esac; done)
` + script
	if err := os.WriteFile(filepath.Join(dir, "gcloud"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func gcloudCalls(t *testing.T, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

const describeMember = `case $verb in
"compute instances describe ") cat <<'END'
{"name": "node-1", "id": "42", "status": "RUNNING", "metadata": {"items": [{"key": "kube-env", "value": "do-not-show-this"},
 {"key": "created-by", "value": "projects/123/regions/europe-west1/instanceGroupManagers/spread"}]}}
END
;;
`

func TestGcloudRecreates(t *testing.T) {
	dir := fakeGcloud(t, describeMember+`
"compute instance-groups managed recreate-instances ") echo '[{"instanceName": "node-1", "status": "SUCCESS"}]';;
"compute operations describe ") echo '{"name": "op-1", "status": "RUNNING"}';;
"compute instance-groups managed list-instances ") echo '[{"instance": "https://www.googleapis.com/compute/v1/projects/p/zones/z-a/instances/node-1", "currentAction": "RECREATING",
  "lastAttempt": {"errors": {"errors": [{"code": "QUOTA_EXCEEDED", "message": "no CPUS"}]}}}]';;
esac`)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	g := NewGcloud("", false)
	target := Target{Node: "node-1", ProviderID: "gce://p/z-a/node-1"}
	op := mustRecreate(t, g, target)
	if want := (Operation{Group: "projects/p/regions/europe-west1/instanceGroupManagers/spread"}); op != want {
		t.Errorf("operation %+v, want %+v", op, want)
	}
	if over, err := g.Done(t.Context(), op); !over || err != nil {
		t.Errorf("Done: %v, %v; gcloud waits for its operations itself", over, err)
	}
	if over, err := g.Done(t.Context(), Operation{Name: "op-1", Scope: "projects/p/regions/europe-west1"}); over || err != nil {
		t.Errorf("Done of an operation that was begun through the API: %v, %v", over, err)
	}
	if answer := wantAnswer(t, g.Trouble(t.Context(), target, op)); answer.Reason != "QUOTA_EXCEEDED" {
		t.Errorf("trouble %+v", answer)
	}
	calls := gcloudCalls(t, dir)
	for _, want := range []string{
		"compute instances describe node-1 --zone=z-a --project=p --format=json(",
		"compute instance-groups managed recreate-instances spread --region=europe-west1 --project=p --instances=node-1 --format=json --quiet",
		"compute operations describe op-1 --region=europe-west1 --project=p",
		"compute instance-groups managed list-instances spread --region=europe-west1 --project=p",
	} {
		if !strings.Contains(calls, want) {
			t.Errorf("gcloud was not called with %q, but with:\n%s", want, calls)
		}
	}
}

func TestGcloudLists(t *testing.T) {
	dir := fakeGcloud(t, `echo '[{"name": "node-1", "id": "42", "lastStartTimestamp": "2026-01-01T00:00:00.000-08:00", "scheduling": {"preemptible": true}}, {"name": "other", "id": "43"}]'`)
	vms, err := NewGcloud(filepath.Join(dir, "gcloud"), false).VMs(t.Context(), []pool.Node{nodeOf("node-1", "gce://p/z-a/node-1"), nodeOf("gone", "gce://p/z-a/gone"), nodeOf("x", "")})
	vm := vms["node-1"]
	if err != nil || len(vms) != 1 || vm.InstanceID != "42" || vm.Lifetime != pool.Preemptible || !vm.Started.Equal(time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v, %v", vms, err)
	}
	if calls := gcloudCalls(t, dir); !strings.Contains(calls, "compute instances list --zones=z-a --project=p --format=json(") || strings.Contains(calls, "metadata") {
		t.Errorf("called with %s", calls)
	}
}

func TestGcloudWithTheRightToDeleteOnly(t *testing.T) {
	dir := fakeGcloud(t, describeMember+`
"compute instance-groups managed recreate-instances ") echo "ERROR: (gcloud.compute) Some requests did not succeed:
 - Required 'compute.instanceGroupManagers.update' permission for 'projects/p/x'" >&2; exit 1;;
"compute instance-groups managed describe ") echo '{"instanceLifecyclePolicy": {"defaultActionOnFailure": "REPAIR"}}';;
esac`)
	op := mustRecreate(t, NewGcloud(filepath.Join(dir, "gcloud"), false), Target{Node: "node-1", ProviderID: "gce://p/z-a/node-1"})
	if !strings.Contains(op.Notice, "compute.instanceGroupManagers.update") || !strings.Contains(gcloudCalls(t, dir), "compute instances delete node-1 --zone=z-a --project=p --format=json --quiet") {
		t.Errorf("operation %+v after:\n%s", op, gcloudCalls(t, dir))
	}
}

func TestGcloudErrors(t *testing.T) {
	target := Target{Node: "node-1", ProviderID: "gce://p/z-a/node-1"}
	for name, test := range map[string]struct {
		script string
		words  []string // none: no error
	}{
		"VM is gone": {`echo "ERROR: (gcloud.compute.instances.describe) Could not fetch resource:
 - The resource 'projects/p/zones/z-a/instances/node-1' was not found" >&2; exit 1`, nil},
		"no right": {`echo "ERROR: (gcloud) Could not fetch resource: - Required 'compute.instances.get' permission for 'x'" >&2; exit 1`,
			[]string{"node node-1", "compute instances describe node-1", "compute.instances.get", "grant the account a role"}},
		"not logged in": {`echo "ERROR: (gcloud) You do not currently have an active account selected." >&2; exit 1`, []string{"active account", "gcloud auth login"}},
		"a long text":   {`i=0; while [ $i -lt 2000 ]; do echo "noise $i" >&2; i=$((i+1)); done; echo "the reason" >&2; exit 3`, []string{"the reason"}},
		"no text":       {`exit 4`, []string{"exit status 4"}},
		"HTTP status":   {`echo "ERROR: (gcloud) HTTPError 500: Internal error" >&2; exit 1`, []string{"Internal error"}},
		"no JSON":       {`echo "Listed 0 items."`, []string{"no such JSON"}},
		"failed member": {describeMember + `*) echo '[{"instanceName": "node-1", "status": "MEMBER_NOT_FOUND"}]';; esac`, []string{"node node-1", "MEMBER_NOT_FOUND"}},
	} {
		dir := fakeGcloud(t, test.script)
		_, err := NewGcloud(filepath.Join(dir, "gcloud"), false).Recreate(t.Context(), target)
		if len(test.words) == 0 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		t.Run(name, func(t *testing.T) {
			wantError(t, err, test.words...)
			if len(err.Error()) > 2*maxText {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
	_, err := NewGcloud("no-such-gcloud", false).Recreate(t.Context(), target)
	wantError(t, err, "no-such-gcloud", "install the Google Cloud CLI")
}

func TestGcloudIsEndedWithItsContext(t *testing.T) {
	dir := fakeGcloud(t, `sleep 300 & wait`)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := NewGcloud(filepath.Join(dir, "gcloud"), false).Recreate(ctx, Target{Node: "n", ProviderID: "gce://p/z/n"})
		failed <- err
	}()
	eventually(t, "gcloud", func() bool { _, err := os.Stat(filepath.Join(dir, "calls")); return err == nil })
	cancel()
	select {
	case err := <-failed:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want that it was cancelled", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
}
