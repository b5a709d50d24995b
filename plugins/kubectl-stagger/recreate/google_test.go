package recreate

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate/gcetest"
)

func TestRecreateAsksTheGroup(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ group, scope string }{
		"zonal":    {zonalGroup, "projects/my-proj/zones/europe-west1-b"},
		"regional": {regionalGroup, "projects/my-proj/regions/europe-west1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gcetest.Start(t)
			news := make(chan uint64, 1)
			s.SetHooks(gcetest.Hooks{Recreated: func(name string, id uint64) {
				if name == "node-1" {
					news <- id
				}
			}})
			vm := member("node-1")
			vm.Group = test.group
			old := s.AddVM(vm)
			g := newGoogle(t, s, false)
			op := mustRecreate(t, g, targetOf(vm))
			if op.Name == "" || op.Scope != test.scope || op.Group != test.group || op.Notice != "" {
				t.Errorf("operation %+v, want one in %s of %s", op, test.scope, test.group)
			}
			if err := done(t, g, op); err != nil {
				t.Fatal(err)
			}
			select {
			case id := <-news:
				if id == old {
					t.Error("the VM has the id that it had")
				}
			case <-time.After(20 * time.Second):
				t.Fatal("no VM was made")
			}
			if n := s.Count(gcetest.DeleteVM); n != 0 {
				t.Errorf("%d VMs were deleted past their group", n)
			}
			for _, c := range s.Calls() {
				if c.Name == gcetest.Recreate && c.Body != `{"instances":["zones/europe-west1-b/instances/node-1"]}` {
					t.Errorf("body %s", c.Body)
				}
				if c.UserAgent != "test/1" || c.Authorized {
					t.Errorf("call %+v: want user agent test/1 and no credentials", c)
				}
			}
		})
	}
}

func TestDoneSaysWhenTheOperationIs(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	s.SetTimes(gcetest.Times{Operation: time.Hour})
	vm := member("node-1")
	s.AddVM(vm)
	g := newGoogle(t, s, false)
	op := mustRecreate(t, g, targetOf(vm))
	if over, err := g.Done(t.Context(), op); over || err != nil {
		t.Errorf("Done of an operation that runs: %v, %v", over, err)
	}
	op.Name = "operation-forgotten"
	if over, err := g.Done(t.Context(), op); !over || err != nil {
		t.Errorf("Done of an operation that is forgotten: %v, %v", over, err)
	}
	before := len(s.Calls())
	for _, bad := range []Operation{{Name: "x", Scope: "projects/p/../q"}, {Name: "../../z", Scope: op.Scope}, {Name: "x"}, {Name: "--format=x", Scope: op.Scope}} {
		if _, err := g.Done(t.Context(), bad); err == nil {
			t.Errorf("Done(%+v) took it for an operation", bad)
		}
	}
	if _, err := g.Done(t.Context(), Operation{}); err != nil || len(s.Calls()) != before {
		t.Errorf("what is no operation was asked about, or err %v", err)
	}
}

func TestOperationThatFails(t *testing.T) {
	t.Parallel()
	for reason, advice := range map[string]string{
		"QUOTA_EXCEEDED":                            "ask for more",
		"ZONE_RESOURCE_POOL_EXHAUSTED":              "another zone",
		"ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS": "another zone",
	} {
		s := gcetest.Start(t)
		s.FailOperation(gcetest.Problem{Code: reason, Message: "there is none"})
		vm := member("node-1")
		s.AddVM(vm)
		g := newGoogle(t, s, false)
		err := done(t, g, mustRecreate(t, g, targetOf(vm)))
		answer := wantAnswer(t, err)
		if answer.Reason != reason || answer.Message != "there is none" || !strings.Contains(answer.Advice, advice) {
			t.Errorf("%+v, want reason %s and advice %q", answer, reason, advice)
		}
	}
}

func TestRecreateOfWhatHappenedAlready(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	vm := member("node-1")
	s.AddVM(vm)
	g := newGoogle(t, s, false)

	gone := targetOf(member("never-was"))
	if op := mustRecreate(t, g, gone); op.Name != "" || !strings.Contains(op.Notice, "gone already") {
		t.Errorf("a VM that is gone: %+v", op)
	}
	other := targetOf(vm)
	other.InstanceID = "17"
	if op := mustRecreate(t, g, other); op.Name != "" || !strings.Contains(op.Notice, "another one already") {
		t.Errorf("a name that has another VM: %+v", op)
	}
	if n := s.Count(gcetest.Recreate); n != 0 {
		t.Fatalf("%d VMs that nobody meant were made anew", n)
	}
	s.SetTimes(gcetest.Times{Operation: time.Hour})
	mustRecreate(t, g, targetOf(vm))
	if op := mustRecreate(t, g, targetOf(vm)); op.Name != "" || op.Group != zonalGroup || !strings.Contains(op.Notice, "already") {
		t.Errorf("a VM that is being made anew (409): %+v", op)
	}
}

func TestRecreateWithTheRightToDeleteOnly(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	s.Deny("compute.instanceGroupManagers.update")
	vm := member("node-1")
	old := s.AddVM(vm)
	g := newGoogle(t, s, false)
	op := mustRecreate(t, g, targetOf(vm))
	if op.Group != zonalGroup || !strings.Contains(op.Notice, "compute.instanceGroupManagers.update") {
		t.Errorf("operation %+v, want the group and a notice of the missing right", op)
	}
	if err := done(t, g, op); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another VM", func() bool {
		now, ok := s.VM("my-proj", "europe-west1-b", "node-1")
		return ok && now.ID != old
	})

	s.NoRepair(zonalGroup)
	_, err := g.Recreate(t.Context(), targetOf(vm))
	wantError(t, err, "compute.instanceGroupManagers.update", "DO_NOTHING")
	if n := s.Count(gcetest.DeleteVM); n != 1 {
		t.Errorf("%d deletions, want the 1 before the group stopped to repair", n)
	}
	s.Deny("compute.instanceGroupManagers.get") // then it cannot be known, and groups repair
	s.Deny("compute.instances.delete")
	_, err = g.Recreate(t.Context(), targetOf(vm))
	wantError(t, err, "node node-1", "compute.instanceGroupManagers.update", "compute.instances.delete", "roles/compute.instanceAdmin.v1")
	if answer := wantAnswer(t, err); answer.Code != http.StatusForbidden {
		t.Errorf("code %d, want 403", answer.Code)
	}
}

func TestVMOfNoGroup(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	lone := gcetest.VM{Project: "my-proj", Zone: "europe-west1-b", Name: "lone"}
	s.AddVM(lone)
	careful, told := newGoogle(t, s, false), newGoogle(t, s, true)
	_, err := careful.Recreate(t.Context(), targetOf(lone))
	wantError(t, err, "node lone", "no managed instance group")
	wantError(t, careful.Check(t.Context(), []Target{targetOf(lone)}), "node lone", "no managed instance group")
	if s.Count(gcetest.DeleteVM) != 0 {
		t.Fatal("a VM that nothing would make anew was deleted")
	}
	if err := told.Check(t.Context(), []Target{targetOf(lone)}); err != nil {
		t.Errorf("check, when told that something repairs: %v", err)
	}
	op := mustRecreate(t, told, targetOf(lone))
	if err := done(t, told, op); err != nil || op.Scope != "projects/my-proj/zones/europe-west1-b" {
		t.Errorf("operation %+v: %v", op, err)
	}

	vm := member("node-1") // may not be read, but deleted
	s.AddVM(vm)
	s.Deny("compute.instances.get")
	if err := told.Check(t.Context(), []Target{targetOf(vm)}); err != nil {
		t.Error(err)
	}
	mustRecreate(t, told, targetOf(vm))
	if n := s.Count(gcetest.DeleteVM); n != 2 {
		t.Errorf("%d deletions, want 2", n)
	}
}

func TestGroupThatIsGone(t *testing.T) {
	t.Parallel()
	s := gcetest.Start(t)
	vm := member("node-1")
	s.AddVM(vm)
	s.DeleteGroup(zonalGroup)
	g := newGoogle(t, s, false)
	_, err := g.Recreate(t.Context(), targetOf(vm))
	wantError(t, err, "node node-1", "gke-c-p-grp is gone")
	wantError(t, g.Check(t.Context(), []Target{targetOf(vm)}), "node node-1", "gke-c-p-grp is gone")
	if s.Count(gcetest.DeleteVM) != 0 {
		t.Error("a VM that nothing would make anew was deleted")
	}
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	for name, group := range map[string]string{"zonal": zonalGroup, "regional": regionalGroup} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := gcetest.Start(t)
			s.SetPageSize(1)
			s.Hold(&gcetest.Problem{Code: "QUOTA_EXCEEDED", Message: "Quota 'CPUS' exceeded. Limit: 24.0 in region europe-west1."})
			vm, twin := member("node-2"), member("node-1")
			vm.Group, twin.Group = group, group
			s.AddVM(vm)
			s.AddVM(twin)
			g := newGoogle(t, s, false)
			if err := g.Trouble(t.Context(), targetOf(vm), Operation{}); err != nil {
				t.Errorf("trouble of a VM that was never seen: %v", err)
			}
			op := mustRecreate(t, g, targetOf(vm))
			later := newGoogle(t, s, false) // another process, which has the operation only
			for _, g := range []*Google{g, later} {
				var err error
				eventually(t, "trouble", func() bool { err = g.Trouble(t.Context(), targetOf(vm), op); return err != nil })
				if answer := wantAnswer(t, err); answer.Code != 0 || answer.Reason != "QUOTA_EXCEEDED" || !strings.Contains(answer.Message, "CPUS") || answer.Advice == "" {
					t.Errorf("%+v", answer)
				}
			}
			if err := g.Trouble(t.Context(), targetOf(vm), Operation{}); err == nil {
				t.Error("the group of a VM that was made anew by this process is not known without the operation")
			}
			if err := g.Trouble(t.Context(), targetOf(twin), op); err != nil {
				t.Errorf("trouble of another VM of the group: %v", err)
			}
			s.Resume()
			eventually(t, "the end of the trouble", func() bool { return g.Trouble(t.Context(), targetOf(vm), op) == nil })

			s.Deny("compute.instanceGroupManagers.get")
			err := g.Trouble(t.Context(), targetOf(vm), op)
			wantError(t, err, "could not be asked", "compute.instanceGroupManagers.get")
			if answer := wantAnswer(t, err); answer.Code != http.StatusForbidden {
				t.Errorf("code %d tells it from trouble, want 403", answer.Code)
			}
		})
	}
}

func TestErrorsOfThePastAreNoTrouble(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]bool{"NONE": false, "CREATING": true, "RECREATING": true} {
		api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"managedInstances": [{"instance": "https://x/projects/my-proj/zones/europe-west1-b/instances/node-1", "currentAction": %q,
				"lastAttempt": {"errors": {"errors": [{"code": "QUOTA_EXCEEDED", "message": "no CPUS"}]}}}]}`, action) //nolint:errcheck // a test's server
		}))
		g, err := NewGCE(GCEOptions{Endpoint: api.URL, Anonymous: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Trouble(t.Context(), targetOf(member("node-1")), Operation{Group: zonalGroup}); (err != nil) != want {
			t.Errorf("currentAction %s: trouble %v, want some: %v", action, err, want)
		}
		api.Close()
	}
}
