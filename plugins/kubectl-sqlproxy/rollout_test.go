package main

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// deadline is a Deployment that makes no progress.
func deadline(d *appsv1.Deployment) {
	stuck(d)
	d.Status.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded", Message: `ReplicaSet "sql-proxy-1" has timed out progressing.`}}
}

// changing matches what is applied of a resource, but for dry runs.
func changing(plural string) kubetest.Match {
	patch := kubetest.Call("patch", plural)
	return func(r *http.Request) bool { return patch(r) && r.URL.Query().Get("dryRun") == "" }
}

// crashing is a pod whose proxy ends with an error, over and over.
func (w *installWorld) crashing(name string) {
	w.t.Helper()
	w.Must(w.Create(podOf(name, kubetest.WithOwner("apps/v1", "ReplicaSet", "sql-proxy-1", "uid-1"))))
	c := w.Container("shop", name, "proxy")
	c.WriteErr(`{"severity":"ERROR","message":"The proxy has encountered a terminal error: unable to start: failed to get instance: Error 404"}`)
	c.Crash(1)
}

func TestRolloutFailureIsExplained(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.plays(deadline)
	w.crashing("sql-proxy-1-a")
	_, talk, err := w.run(one("--yes", "--prune")...)
	refused(t, err, "the rollout makes no progress any more: 0 of 2 available", "pod sql-proxy-1-a proxy waits: CrashLoopBackOff; proxy has ended with exit code 1 (Error)")
	var exit *cli.Exit
	if errors.As(err, &exit) || cli.ExitCode(t.Context(), err) != cli.CodeError {
		t.Errorf("exit code %d", cli.ExitCode(t.Context(), err))
	}
	has(t, talk, "✗ deployment/sql-proxy", "rollout-stuck", "crash", "exit code 1", "fix: ")
}

func TestRolloutTakesTooLong(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.plays(stuck)
	w.Must(w.Create(podOf("sql-proxy-1-a", kubetest.WithWaiting("ContainerCreating")), podOf("sql-proxy-1-b", kubetest.OnNode(""))))
	w.Must(w.EditPod("shop", "sql-proxy-1-b", func(p *corev1.Pod) {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Message: "0/1 nodes are available"}}
	}))
	_, talk, err := w.run(one("--yes", "--timeout", "6s")...)
	refused(t, err, "after 6s it is not done: 0 of 2 available", "pod sql-proxy-1-a proxy waits: ContainerCreating", "pod sql-proxy-1-b has no node: 0/1 nodes are available")
	has(t, talk, "sqlproxy: rollout: 0 of 2 available; pod sql-proxy-1-a proxy waits: ContainerCreating")
}

// The API may be away for a while, and the pods come late.
func TestRolloutGoesOn(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.plays(stuck)
	m := w.start(one("--yes")...)
	m.Says("rollout: 0 of 2 available")
	w.Fault(kubetest.Fault{Match: kubetest.Call("get", "deployments"), Times: 3, Status: 500})
	m.Says("the cluster does not answer, trying again")
	d := w.deployment()
	available(d)
	w.Must(w.Update(d))
	if err := m.Wait(); err != nil {
		t.Fatal(err)
	}
	has(t, m.Err.String(), "the proxy runs")
}

// An apply that was interrupted during the rollout is gone on with.
func TestRolloutIsWaitedForAgain(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.plays(stuck)
	m := w.start(one("--yes")...)
	m.Says("rollout: 0 of 2 available")
	if err := m.Stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	m = w.start(one()...)
	m.Says("rollout: 0 of 2 available")
	d := w.deployment()
	available(d)
	w.Must(w.Update(d))
	if err := m.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestApplyWithoutWaiting(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.plays(stuck)
	if _, talk, err := w.run(one("--yes", "--wait=false")...); err != nil {
		t.Errorf("%v\n%s", err, talk)
	}
}

// An interrupt ends it between two objects, and it says how far it has come.
func TestApplyIsInterrupted(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	slow := w.Fault(kubetest.Fault{Match: changing("poddisruptionbudgets"), Delay: 500 * time.Millisecond})
	m := w.start(one("--yes")...)
	m.Says("service/sql-proxy-orders created")
	if err := m.Stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	has(t, m.Err.String(), "3 of 5 objects are applied; the same command goes on where this one ended", "poddisruptionbudget.policy/sql-proxy created")
	slow.Remove()
	out, _, err := w.run(one("--yes")...)
	if err != nil {
		t.Fatal(err)
	}
	has(t, out, "unchanged  poddisruptionbudget.policy/sql-proxy\n", "create     deployment.apps/sql-proxy\n")
}

// What fails in the middle says what was done before.
func TestApplyFailsHalfway(t *testing.T) {
	t.Parallel()
	w := newInstallWorld(t)
	w.Fault(kubetest.Fault{Match: changing("services"), Status: 409, Message: "somebody was quicker"})
	_, talk, err := w.run(one("--yes")...)
	refused(t, err, "Service sql-proxy-orders: ", "somebody was quicker")
	has(t, talk, "sqlproxy: 1 of 5 objects are applied; the same command goes on where this one ended")
}
