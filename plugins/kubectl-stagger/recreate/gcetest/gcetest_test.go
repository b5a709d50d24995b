package gcetest

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"
)

const groupPath = "projects/p/zones/z/instanceGroupManagers/g"

func vmNamed(name string) VM { return VM{Project: "p", Zone: "z", Name: name, Group: groupPath} }

// call sends a request and decodes the answer.
func call(t *testing.T, s *Server, method, path string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL()+"/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	var body map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

func receive(t *testing.T, what string, from <-chan string) {
	t.Helper()
	select {
	case <-from:
	case <-time.After(20 * time.Second):
		t.Fatalf("never came: %s", what)
	}
}

func TestPreemptedVMComesBack(t *testing.T) {
	t.Parallel()
	s := Start(t)
	gone, back := make(chan string, 1), make(chan string, 1)
	s.SetHooks(Hooks{Gone: func(v VM) { gone <- v.Name }, Recreated: func(name string, _ uint64) { back <- name }})
	old := s.AddVM(vmNamed("a"))
	s.Hold(nil)
	if err := s.Preempt("p", "z", "a"); err != nil {
		t.Fatal(err)
	}
	receive(t, "the end of the VM", gone)
	if _, ok := s.VM("p", "z", "a"); ok {
		t.Error("a VM is there while groups make none")
	}
	s.Resume()
	receive(t, "the next VM", back)
	if v, ok := s.VM("p", "z", "a"); !ok || v.ID == old || v.Status != "RUNNING" {
		t.Errorf("%+v, %v; want another one that runs", v, ok)
	}
	if err := s.Preempt("p", "z", "b"); err == nil {
		t.Error("a VM that is not there was preempted")
	}
}

func TestDeletedVMOfAGroupThatDoesNotRepair(t *testing.T) {
	t.Parallel()
	s := Start(t)
	gone := make(chan string, 1)
	s.SetHooks(Hooks{Gone: func(v VM) { gone <- v.Name }, Recreated: func(string, uint64) { t.Error("a VM came") }})
	s.NoRepair(groupPath)
	s.AddVM(vmNamed("a"))
	if status, op := call(t, s, http.MethodDelete, "projects/p/zones/z/instances/a"); status != http.StatusOK || op["status"] != "RUNNING" {
		t.Errorf("%d %v", status, op)
	}
	receive(t, "the end of the VM", gone)
	if status, body := call(t, s, http.MethodGet, "projects/p/zones/z/instances/a"); status != http.StatusNotFound || body["error"] == nil {
		t.Errorf("%d %v, want 404 with Google's form of an error", status, body)
	}
}

func TestSecondDeletionIsAConflict(t *testing.T) {
	t.Parallel()
	s := Start(t)
	s.SetTimes(Times{Operation: time.Hour})
	s.AddVM(vmNamed("a"))
	path := "projects/p/zones/z/instances/a?requestId="
	_, first := call(t, s, http.MethodDelete, path+"1")
	if status, again := call(t, s, http.MethodDelete, path+"1"); status != http.StatusOK || again["name"] != first["name"] {
		t.Errorf("the same request again: %d %v, want operation %v", status, again, first["name"])
	}
	if status, _ := call(t, s, http.MethodDelete, path+"2"); status != http.StatusConflict {
		t.Errorf("another request: %d, want 409", status)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.SetTimes(Times{Operation: time.Hour})
	s.AddVM(vmNamed("a"))
	call(t, s, http.MethodDelete, "projects/p/zones/z/instances/a")
	s.Fault(Fault{Stall: true})
	go http.Get(s.URL() + "/projects/p/zones/z/instances/a") //nolint:errcheck,noctx // it gets no answer
	for s.Count(GetVM) == 0 {
		time.Sleep(time.Millisecond)
	}
	closed := make(chan string)
	go func() { s.Close(); close(closed) }()
	receive(t, "the end", closed)
}
