//go:build !windows

package byhand

import (
	"bytes"
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/spread"
)

// world is the small cluster that the programs of testdata/bin play on, and the
// script that runs there. Its time is its own: nothing really waits.
type world struct {
	t    *testing.T
	dir  string
	out  bytes.Buffer
	plan Plan
	env  []string
}

// epoch is when a world begins: 3 minutes before the sample's step.
var epoch = sample().Printed

func newWorld(t *testing.T, nodes ...string) *world {
	w := &world{t: t, dir: t.TempDir(), plan: sample()}
	for _, dir := range []string{"births", "broken", "hang", "change"} {
		w.must(os.Mkdir(filepath.Join(w.dir, dir), 0o755))
	}
	w.set("now", strconv.FormatInt(epoch.Unix(), 10))
	w.set("group", "projects/1/zones/europe-west1-b/instanceGroupManagers/grp")
	w.set("claims", "claim-gke-a|gke-a|gce://shop/europe-west1-b/gke-a")
	for _, node := range nodes {
		w.must(os.MkdirAll(filepath.Join(w.dir, "nodes", node), 0o755))
		short := strings.TrimPrefix(node, "gke-")
		for field, value := range map[string]string{"uid": "uid-" + short, "boot": "boot-" + short, "version": "7", "ready": "True", "created": "2026-11-20T00:00:00Z"} {
			w.set("nodes/"+node+"/"+field, value)
		}
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) set(file, text string) {
	w.t.Helper()
	w.must(os.WriteFile(filepath.Join(w.dir, file), []byte(text+"\n"), 0o644))
}

// get is a file of the world; empty when there is none.
func (w *world) get(file string) string {
	text, _ := os.ReadFile(filepath.Join(w.dir, file))
	return strings.TrimSpace(string(text))
}

func (w *world) remove(file string) {
	w.t.Helper()
	w.must(os.Remove(filepath.Join(w.dir, file)))
}

// changes are the calls that change something, since the last time.
func (w *world) changes() []string {
	var all []string
	for call := range strings.Lines(w.get("calls")) {
		call = strings.TrimSpace(call)
		if !strings.Contains(call, " get node") && !strings.Contains(call, " describe ") {
			all = append(all, call)
		}
	}
	w.set("calls", "")
	return all
}

// playedDir is where the programs are that are played.
func playedDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata/bin")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// start runs the plan's script. STAGGER_BASH names another bash.
func (w *world) start() *exec.Cmd {
	w.t.Helper()
	path := filepath.Join(w.dir, "script")
	w.must(os.WriteFile(path, []byte(write(w.t, w.plan)), 0o644))
	// A signal that is ignored here, as under nohup, could not be trapped there.
	cmd := exec.Command("env", "--default-signal=INT,HUP,TERM", tool.Find(w.t, cmp.Or(os.Getenv("STAGGER_BASH"), "bash")), path)
	cmd.Env = append(os.Environ(), "WORLD="+w.dir, "PATH="+playedDir(w.t)+":"+os.Getenv("PATH"), "DRY_RUN=", "STAGGER_NOTES=", "STAGGER_LATEST=")
	cmd.Env = append(cmd.Env, w.env...)
	w.out.Reset()
	cmd.Stdout, cmd.Stderr = &w.out, &w.out
	cmd.WaitDelay = 5 * time.Second
	w.must(cmd.Start())
	w.t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// end waits for the script, and returns its exit status.
func (w *world) end(cmd *exec.Cmd) int {
	w.t.Helper()
	timer := time.AfterFunc(3*time.Minute, func() {
		w.t.Error("the script does not end")
		_ = cmd.Process.Kill()
	})
	defer timer.Stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// run runs the script to its end, which has to have this exit status.
func (w *world) run(status int) {
	w.t.Helper()
	if got := w.end(w.start()); got != status {
		w.t.Fatalf("exit status %d, want %d:\n%s", got, status, w.out.String())
	}
}

func (w *world) wantChanges(want ...string) {
	w.t.Helper()
	if got := w.changes(); !slices.Equal(got, want) {
		w.t.Errorf("called:\n%s\nwant\n%s\nsaid:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"), w.out.String())
	}
}

func (w *world) wantSaid(text string) {
	w.t.Helper()
	if !strings.Contains(w.out.String(), text) {
		w.t.Errorf("said:\n%s\nwant %q in it", w.out.String(), text)
	}
}

// What is called for a node that nothing goes wrong with.
func cordon(node string) string { return "kubectl cordon " + node }
func drain(node string) string {
	return "kubectl drain " + node + " --ignore-daemonsets --timeout=15m0s"
}
func recreate(node string) string {
	return "gcloud compute instance-groups managed recreate-instances grp --instances=" + node + " --zone=europe-west1-b --project=shop --quiet"
}
func remove(node string) string   { return "kubectl delete --raw /api/v1/nodes/" + node + " -f -" }
func uncordon(node string) string { return "kubectl uncordon " + node }

func TestReplaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a", "gke-b")
	w.plan = plans()["gke"]
	w.plan.Steps[1].Reason = spread.Crowded
	w.run(0)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), recreate("gke-a"), remove("gke-a"), cordon("gke-b"), drain("gke-b"), recreate("gke-b"), remove("gke-b"))
	for i, node := range []string{"gke-a", "gke-b"} {
		at := w.plan.Steps[i].At.Unix()
		born, err := strconv.ParseInt(strings.TrimPrefix(w.get("nodes/"+node+"/uid"), "uid-"), 10, 64)
		if err != nil || born < at+10 || born > at+30 {
			t.Errorf("%s is back at %d, %v, want soon after %d", node, born, err, at+10)
		}
		if w.get("nodes/"+node+"/cordoned") != "" {
			t.Errorf("%s is cordoned", node)
		}
	}
	w.run(0)
	w.wantChanges()
	w.wantSaid("gke-a: replaced by an earlier run")
	w.remove("script.notes") // then the machines tell
	w.run(0)
	w.wantChanges()
	w.wantSaid("gke-b: another machine has taken its place already")
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a", "gke-b")
	w.plan, w.env = plans()["gke"], []string{"DRY_RUN=1"}
	w.run(0)
	w.wantChanges()
	w.wantSaid("would run: " + recreate("gke-b"))
	if w.get("script.notes") != "" || w.get("now") != strconv.FormatInt(epoch.Unix(), 10) {
		t.Errorf("notes %q, waited until %s", w.get("script.notes"), w.get("now"))
	}
}

// A step whose machine will have died by its time is for the next machine.
func TestReborn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-b")
	w.plan = plans()["gke"]
	w.plan.Steps = w.plan.Steps[1:]
	w.set("nodes/gke-b/boot", "boot-of-the-next")
	w.run(0)
	w.wantChanges(cordon("gke-b"), drain("gke-b"), recreate("gke-b"), remove("gke-b"))
	w.run(0)
	w.wantChanges() // and not for the one after that
}

// When the machine that was to be drained has died since, its turn is over.
func TestRebornAndDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-b")
	w.plan = plans()["gke"]
	w.plan.Steps = w.plan.Steps[1:]
	w.set("broken/drain", "")
	w.run(1)
	w.wantChanges(cordon("gke-b"), drain("gke-b"), uncordon("gke-b"))
	w.remove("broken/drain")
	w.set("nodes/gke-b/boot", "new-boot")
	w.run(0)
	w.wantChanges()
}

// The Node object may live on, with its cordon, when the machine is quick.
func TestNodeObjectIsTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a")
	w.set("change/delete", "echo new-boot >nodes/gke-a/boot; echo 8 >nodes/gke-a/version; rm births/gke-a")
	w.run(0)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), recreate("gke-a"), remove("gke-a"), uncordon("gke-a"))
	if w.get("nodes/gke-a/uid") != "uid-a" || w.get("nodes/gke-a/cordoned") != "" {
		t.Errorf("UID %q, cordoned %q", w.get("nodes/gke-a/uid"), w.get("nodes/gke-a/cordoned"))
	}
}

// A Node that only changed is deleted in its new version.
func TestNodeObjectChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a")
	w.set("change/delete", "echo 8 >nodes/gke-a/version")
	w.run(0)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), recreate("gke-a"), remove("gke-a"), remove("gke-a"))
}

// A machine that dies in the drain is not made anew once more.
func TestDiesWhileDrained(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a")
	w.set("change/drain", "echo new-boot >nodes/gke-a/boot")
	w.run(0)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), uncordon("gke-a"))
}

func TestFailures(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		broken string
		said   string
		want   []string
	}{
		{"drain", "gke-a could not be drained", []string{cordon("gke-a"), drain("gke-a"), uncordon("gke-a")}},
		{"recreate", "could not be made anew", []string{cordon("gke-a"), drain("gke-a"), recreate("gke-a"), uncordon("gke-a")}},
		{"cordon", "cordon is broken", []string{cordon("gke-a"), uncordon("gke-a")}},
		{"get", "get is broken", nil},
	} {
		w := newWorld(t, "gke-a", "gke-b")
		w.plan = plans()["gke"]
		w.set("broken/"+test.broken, "")
		if test.broken == "cordon" {
			w.set("nodes/gke-a/cordoned", "") // for uncordon to find
		}
		w.run(1)
		w.wantChanges(test.want...)
		w.wantSaid(test.said)
		if got := w.get("nodes/gke-a/cordoned"); got != "" {
			t.Errorf("%s: the node is cordoned", test.broken)
		}
		// Again, and all is done.
		w.remove("broken/" + test.broken)
		w.run(0)
		if got := w.changes(); len(got) != 8 || got[0] != cordon("gke-a") {
			t.Errorf("%s, again: %q", test.broken, got)
		}
	}
}

// A cordon of somebody else's stays.
func TestCordonOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a")
	w.set("nodes/gke-a/cordoned", "true")
	w.set("broken/drain", "")
	w.run(1)
	w.wantChanges(drain("gke-a"))
	w.remove("broken/drain")
	w.set("change/delete", "echo new-boot >nodes/gke-a/boot; echo 8 >nodes/gke-a/version; rm births/gke-a")
	w.run(0)
	w.wantChanges(drain("gke-a"), recreate("gke-a"), remove("gke-a"))
}

// So does one that comes after a drain that failed.
func TestLaterCordonOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a")
	w.set("broken/drain", "")
	w.run(1)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), uncordon("gke-a"))
	w.set("nodes/gke-a/cordoned", "true")
	w.run(1)
	w.wantChanges(drain("gke-a"))
}

func TestNoOtherMachineComes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a")
	w.plan.Patience = 20 * time.Second
	w.set("change/delete", "rm births/gke-a")
	w.run(1)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), recreate("gke-a"), remove("gke-a"))
	w.wantSaid("no other machine is Ready after 20 seconds")
	w.set("births/gke-a", "0")
	w.run(0) // goes on with waiting
	w.wantChanges()
	w.wantSaid("gke-a: replaced")
}

func TestTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a", "gke-b")
	w.plan = plans()["gke"]
	w.set("now", strconv.FormatInt(w.plan.Steps[0].At.Add(21*time.Minute).Unix(), 10))
	w.run(1)
	w.wantChanges(cordon("gke-b"), drain("gke-b"), recreate("gke-b"), remove("gke-b"))
	w.wantSaid("it was too late for gke-a; print a new plan")
	w.env = []string{"STAGGER_LATEST=100000"}
	w.run(0)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), recreate("gke-a"), remove("gke-a"))
}

func TestGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-b")
	w.run(0)
	w.wantChanges()
	w.wantSaid("gke-a: it is gone")
}

// interrupt ends the script by a signal while a program hangs.
func (w *world) interrupt(at string, signal syscall.Signal, status int) {
	w.t.Helper()
	w.set("hang/"+at, "")
	cmd := w.start()
	for deadline := time.Now().Add(2 * time.Minute); w.get("hang/"+at) == ""; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("it never comes to " + at)
		}
	}
	pid, err := strconv.Atoi(w.get("hang/" + at))
	w.must(err)
	w.must(cmd.Process.Signal(signal))
	if got := w.end(cmd); got != status {
		w.t.Errorf("%v: exit status %d, want %d:\n%s", signal, got, status, w.out.String())
	}
	if err := syscall.Kill(pid, 0); signal != syscall.SIGKILL && !errors.Is(err, syscall.ESRCH) {
		w.t.Errorf("%s is still running: %v", at, err)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	w.remove("hang/" + at)
}

func TestInterruptedDrain(t *testing.T) {
	t.Parallel()
	for signal, status := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		w := newWorld(t, "gke-a")
		w.interrupt("drain", signal, status)
		w.wantChanges(cordon("gke-a"), drain("gke-a"), uncordon("gke-a"))
		w.run(0)
		w.wantChanges(cordon("gke-a"), drain("gke-a"), recreate("gke-a"), remove("gke-a"))
	}
}

func TestInterruptedRecreation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "gke-a")
	w.interrupt("recreate", syscall.SIGINT, 130)
	w.wantChanges(cordon("gke-a"), drain("gke-a"), recreate("gke-a"))
	w.wantSaid("run this again")
	w.run(0) // the machine is the old one: it is asked once more
	w.wantChanges(drain("gke-a"), recreate("gke-a"), remove("gke-a"))
}

// A script that is killed has left its cordon; the next run knows whose it is.
func TestKilled(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func(*world){
		"nothing happens":  func(*world) {},
		"the machine dies": func(w *world) { w.set("nodes/gke-a/boot", "new-boot") },
		"it gets too late": func(w *world) {
			w.set("now", strconv.FormatInt(w.plan.Steps[0].At.Add(24*time.Hour).Unix(), 10))
		},
	} {
		w := newWorld(t, "gke-a")
		w.interrupt("drain", syscall.SIGKILL, -1)
		w.wantChanges(cordon("gke-a"), drain("gke-a"))
		if w.get("nodes/gke-a/cordoned") == "" {
			t.Fatal("it is not cordoned")
		}
		between(w)
		switch name {
		case "nothing happens":
			w.run(0)
			w.wantChanges(drain("gke-a"), recreate("gke-a"), remove("gke-a"))
		case "the machine dies":
			w.run(0)
			w.wantChanges(uncordon("gke-a"))
		default:
			w.run(1)
			w.wantChanges(uncordon("gke-a"))
		}
		if w.get("nodes/gke-a/cordoned") != "" {
			t.Errorf("%s: it stays cordoned", name)
		}
	}
}

func TestOtherWays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*world)
		want   []string
		status int
	}{
		"a regional group": {func(w *world) { w.set("group", "projects/1/regions/europe-west1/instanceGroupManagers/grp") },
			[]string{strings.Replace(recreate("gke-a"), "zone=europe-west1-b", "region=europe-west1", 1), remove("gke-a")}, 0},
		"no group, which may be": {func(w *world) { w.set("group", ""); w.plan.AssumeRepair = true },
			[]string{"gcloud compute instances delete gke-a --zone=europe-west1-b --project=shop --quiet", remove("gke-a")}, 0},
		"Karpenter": {func(w *world) { w.plan.Via = ViaKarpenter },
			[]string{"kubectl delete nodeclaims.karpenter.sh claim-gke-a --wait=false"}, 0},
		"Cluster API": {func(w *world) { w.plan.Via, w.plan.Selector = ViaClusterAPI, "pool=a" },
			[]string{"kubectl delete machines.cluster.x-k8s.io machine-gke-a --namespace infra --wait=false"}, 0},
		"a command": {func(w *world) {
			w.plan.Via, w.plan.Command = ViaExec, `echo "it $STAGGER_NODE $STAGGER_UID $STAGGER_PROVIDER_ID" >>"$WORLD/calls"; echo 0 >"$WORLD/births/$STAGGER_NODE"`
		}, []string{"it gke-a uid-a gce://shop/europe-west1-b/gke-a", remove("gke-a")}, 0},
		"a context": {func(w *world) { w.plan.Via, w.plan.KubectlArgs = ViaKarpenter, []string{"--context=it's"} },
			[]string{"kubectl --context=it's delete nodeclaims.karpenter.sh claim-gke-a --wait=false"}, 0},
		"a command and another name": {func(w *world) {
			w.plan.Via, w.plan.Selector, w.plan.Command = ViaExec, "pool=a", `echo 0 >"$WORLD/births/other"`
		}, []string{remove("gke-a")}, 0},
	} {
		w := newWorld(t, "gke-a", "gke-b")
		test.change(w)
		w.run(test.status)
		if got := w.changes(); len(got) < 2 || !slices.Equal(got[2:], test.want) {
			t.Errorf("%s: called:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}

// What has no machine that could be made anew is not touched.
func TestNothingToRemake(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*world){
		"no group":              func(w *world) { w.set("group", "") },
		"an odd group":          func(w *world) { w.set("group", "projects/1/zones/z/instanceGroupManagers/--all") },
		"no NodeClaim":          func(w *world) { w.plan.Via = ViaKarpenter; w.set("claims", "claim-x|x|") },
		"another machine's":     func(w *world) { w.plan.Via = ViaKarpenter; w.set("claims", "claim-gke-a|gke-a|gce://other") },
		"a group of other kind": func(w *world) { w.set("group", "projects/1/global/x/y/grp") },
	} {
		w := newWorld(t, "gke-a")
		change(w)
		w.run(1)
		if got := w.changes(); len(got) > 0 {
			t.Errorf("%s: called %q", name, got)
		}
	}
}

// Names that mean something to a shell do nothing there.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.plan = plans()["command"]
	evil := "$(touch evil)`touch evil`; touch evil; '\"\ntouch evil\n"
	w.plan.Pool, w.plan.Invocation, w.plan.Command, w.plan.Selector = evil, evil, "true "+evil, evil
	w.plan.Steps[0] = Step{Node: evil, UID: evil, BootID: evil, ProviderID: evil, At: epoch, Reason: spread.Reason(evil)}
	w.plan.Drain, w.plan.KubectlArgs = []string{evil}, []string{"--context=" + evil}
	w.run(0)
	w.wantSaid("it is gone")
	if _, err := os.Stat("evil"); err == nil || w.get("evil") != "" {
		t.Error("it was run")
	}
}
