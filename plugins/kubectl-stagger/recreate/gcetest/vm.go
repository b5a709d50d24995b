package gcetest

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// VM is a virtual machine.
type VM struct {
	Project, Zone, Name string
	// Group is the managed group that made it, like
	// projects/PROJECT/zones/ZONE/instanceGroupManagers/NAME, or with regions/REGION;
	// empty for a VM that nobody would make anew.
	Group string

	ID          uint64    // made by the server unless given
	Status      string    // RUNNING unless given
	Created     time.Time // now unless given
	Started     time.Time // Created unless given
	Preemptible bool
	Spot        bool
}

func (v VM) path() string {
	return "projects/" + v.Project + "/zones/" + v.Zone + "/instances/" + v.Name
}

// ProviderID is what a Node of this VM has in spec.providerID.
func (v VM) ProviderID() string { return "gce://" + v.Project + "/" + v.Zone + "/" + v.Name }

// group is a managed instance group.
type group struct {
	path    string
	repairs bool
	members map[string]*member // by the path of the VM
}

// member is a VM of a group, there or on its way.
type member struct {
	action  string
	problem *Problem // of the last attempt to make it
}

// number is the project number that metadata has in place of the project's ID.
const number = "123456789012"

// createdBy is the group as the VM's metadata names it.
func (v VM) createdBy() string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(v.Group, "projects/"), "/")
	return "projects/" + number + "/" + rest
}

// AddVM adds a VM, and its group where that is new, and returns the VM's id.
func (s *Server) AddVM(v VM) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put(v)
}

// put stores a VM, with what is not given filled in.
func (s *Server) put(v VM) uint64 {
	if v.ID == 0 {
		s.nextID++
		v.ID = s.nextID
	}
	if v.Status == "" {
		v.Status = "RUNNING"
	}
	if v.Created.IsZero() {
		v.Created = time.Now()
	}
	if v.Started.IsZero() {
		v.Started = v.Created
	}
	s.vms[v.path()] = &v
	if v.Group != "" {
		s.groupAt(v.Group).members[v.path()] = &member{action: "NONE"}
	}
	return v.ID
}

func (s *Server) groupAt(path string) *group {
	if s.groups[path] == nil {
		s.groups[path] = &group{path: path, repairs: true, members: map[string]*member{}}
	}
	return s.groups[path]
}

// NoRepair makes a group leave VMs missing that it was not asked to make anew.
func (s *Server) NoRepair(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groupAt(path).repairs = false
}

// DeleteGroup takes a group away; its VMs stay.
func (s *Server) DeleteGroup(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.groups, path)
}

// VM returns a VM as it is now; false: there is none.
func (s *Server) VM(project, zone, name string) (VM, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.vms[VM{Project: project, Zone: zone, Name: name}.path()]
	if v == nil {
		return VM{}, false
	}
	return *v, true
}

// Preempt ends a VM as the cloud does: it stops, and its group makes another. The
// error says that it is not there.
func (s *Server) Preempt(project, zone, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.vms[VM{Project: project, Zone: zone, Name: name}.path()]
	if v == nil {
		return fmt.Errorf("gcetest: there is no VM %s in %s", name, zone)
	}
	s.end(v, nil)
	return nil
}

// names of a map's keys, in order.
func sorted[T any](m map[string]T) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
