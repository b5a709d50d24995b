package main

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kubetest"
)

// The context that fails may be the last for which the end was waiting.
func TestUntilDoneEndsWhenTheOtherContextFails(t *testing.T) {
	t.Parallel()
	a, b := kubetest.Start(t), kubetest.Start(t)
	c := webPod(t, a, "web-0")
	writeLines(c, 1, 5)
	c.Terminate(0)
	if err := a.EditPod("shop", "web-0", func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }); err != nil {
		t.Fatal(err)
	}
	b.Fault(kubetest.Fault{Match: kubetest.Lists("pods"), Delay: time.Second, Status: 403}) // when all of a is known
	config := joinKubeconfigs(t, map[string]*kubetest.Server{"a": a, "b": b})
	m := startWith(t, "--kubeconfig", config, "--context", "a,b", "-n", "shop", "web-.", "--until-done")
	if err := m.Wait(); cli.ExitCode(t.Context(), err) != cli.CodeError {
		t.Errorf("a context was left out, so exit code 1 is expected: %v", err)
	}
	m.expectAll("a shop web-0", "app", 1, 5)
	m.Says("context b is left out")
}

// A context that fails with some of its namespaces told of must not be counted
// for namespaces of others: their pods would come as new ones, which are read
// from their first line whatever --tail says.
func TestContextThatFailsHalfwayDoesNotCutTheFirstLookShort(t *testing.T) {
	t.Parallel()
	a, b := kubetest.Start(t), kubetest.Start(t)
	for _, srv := range []*kubetest.Server{a, b} {
		writeLines(webPod(t, srv, "web-0"), 1, 5)
		if err := srv.Create(kubetest.Pod("pay", "web-9", kubetest.WithContainers("app"))); err != nil {
			t.Fatal(err)
		}
	}
	writeLines(b.Container("pay", "web-9", "app"), 1, 100)
	inPay := kubetest.And(kubetest.Lists("pods"), kubetest.Request("", "/api/v1/namespaces/pay/*"))
	a.Fault(kubetest.Fault{Match: inPay, Delay: 500 * time.Millisecond, Status: 403}) // when the rest is known,
	b.Fault(kubetest.Fault{Match: inPay, Delay: 1500 * time.Millisecond, Times: 1})   // and long before this
	config := joinKubeconfigs(t, map[string]*kubetest.Server{"a": a, "b": b})
	m := startWith(t, "--kubeconfig", config, "--context", "a,b", "-n", "shop,pay", "web-.", "--tail", "1")
	m.expectAll("b pay web-9", "app", 100, 100)
	m.expectAll("b shop web-0", "app", 5, 5)
	m.Says("context a is left out")
}
