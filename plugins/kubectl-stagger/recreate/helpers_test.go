package recreate

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

const (
	zonalGroup    = "projects/my-proj/zones/europe-west1-b/instanceGroupManagers/gke-c-p-grp"
	regionalGroup = "projects/my-proj/regions/europe-west1/instanceGroupManagers/spread"
)

// member is a preemptible VM of a zonal group.
func member(name string) gcetest.VM {
	return gcetest.VM{Project: "my-proj", Zone: "europe-west1-b", Name: name, Group: zonalGroup, Preemptible: true}
}

// targetOf is the node of a VM, which has the VM's name.
func targetOf(vm gcetest.VM) Target { return Target{Node: vm.Name, ProviderID: vm.ProviderID()} }

// newGoogle asks a stand-in, and tries again within milliseconds.
func newGoogle(t *testing.T, s *gcetest.Server, assumeRepair bool) *Google {
	t.Helper()
	g, err := NewGCE(GCEOptions{Endpoint: s.URL(), Anonymous: true, AssumeRepair: assumeRepair, UserAgent: "test/1"})
	if err != nil {
		t.Fatal(err)
	}
	g.api.(*rest).retry = retry{total: 20 * time.Second, first: time.Millisecond}
	return g
}

// wantError fails the test unless err has all the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q lacks %q", err, word)
		}
	}
	if strings.Contains(err.Error(), gcetest.Secret) {
		t.Errorf("error %q shows metadata of the VM", err)
	}
}

// wantAnswer fails the test unless err holds an *Error, which it returns.
func wantAnswer(t *testing.T, err error) *Error {
	t.Helper()
	var answer *Error
	if !errors.As(err, &answer) {
		t.Fatalf("error %v holds no *Error", err)
	}
	return answer
}

// eventually waits for something that another goroutine brings about.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never came: %s", what)
		}
	}
}

// done waits until the operation has been carried out.
func done(t *testing.T, r Recreator, op Operation) error {
	t.Helper()
	var failed error
	eventually(t, "the end of the operation", func() bool {
		over, err := r.Done(t.Context(), op)
		failed = err
		return over || err != nil
	})
	return failed
}

func mustRecreate(t *testing.T, r Recreator, target Target) Operation {
	t.Helper()
	op, err := r.Recreate(context.WithoutCancel(t.Context()), target)
	if err != nil {
		t.Fatal(err)
	}
	return op
}
