package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseCgroupMounts(t *testing.T) {
	const mountinfo = `25 1 0:22 / /sys/fs/cgroup rw shared:5 - tmpfs tmpfs rw
26 25 0:23 / /sys/fs/cgroup/memory rw,nosuid shared:6 master:1 - cgroup cgroup rw,memory
27 25 0:24 / /sys/fs/cgroup/my\040group rw - cgroup cgroup rw,name=systemd
28 25 0:25 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
`
	v1, v2 := parseCgroupMounts(mountinfo)
	if want := []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup/my group"}; !reflect.DeepEqual(v1, want) {
		t.Errorf("version 1: got %q, want %q", v1, want)
	}
	if want := []string{"/sys/fs/cgroup/unified"}; !reflect.DeepEqual(v2, want) {
		t.Errorf("version 2: got %q, want %q", v2, want)
	}
}

// Plain folders stand for the two kinds of hierarchies: the files that matter are the same.
func TestMakeCgroups(t *testing.T) {
	v1 := t.TempDir()
	put(t, filepath.Join(v1, "cpuset.cpus"), "0-1\n")
	put(t, filepath.Join(v1, "cpuset.mems"), "0\n")
	if err := makeCgroupV1(v1, "/kubechores/node1"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(v1, "kubechores", "node1", "cpuset.cpus")); string(got) != "0-1\n" {
		t.Errorf("the CPUs of a new cpuset: got %q, %v", got, err)
	}
	v2 := t.TempDir()
	put(t, filepath.Join(v2, "cgroup.controllers"), "cpu memory\n")
	put(t, filepath.Join(v2, "kubechores", "cgroup.controllers"), "memory\n")
	if err := makeCgroupV2(v2, "/kubechores/node1"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(v2, "kubechores", "cgroup.subtree_control")); string(got) != "+memory" {
		t.Errorf("the controllers handed down: got %q, %v", got, err)
	}
	if _, err := os.Stat(filepath.Join(v2, "kubechores", "node1")); err != nil {
		t.Error(err)
	}
}

func TestAllReady(t *testing.T) {
	const list = `{"items":[
		{"metadata":{"name":"node1"},"status":{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True"}]}},
		{"metadata":{"name":"node2"},"status":{"conditions":[{"type":"Ready","status":"False","reason":"KubeletNotReady","message":"no CNI"}]}},
		{"metadata":{"name":"made-by-a-test"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}]}`
	var nodes nodeList
	if err := json.Unmarshal([]byte(list), &nodes); err != nil {
		t.Fatal(err)
	}
	if err := nodes.allReady(1); err != nil {
		t.Errorf("node1 is Ready: %v", err)
	}
	err := nodes.allReady(3)
	if err == nil {
		t.Fatal("node2 is not Ready and node3 is not there")
	}
	for _, want := range []string{"node2 is not Ready (KubeletNotReady: no CNI)", "node3 is not Ready (not registered)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %q", want, err)
		}
	}
	parts := []component{{Name: "kube-controller-manager"}, {Name: "kubelet", Node: "node1"}, {Name: "kubelet", Node: "node2"}}
	if got := culprit(parts, err).String(); got != "kubelet node2" {
		t.Errorf("the log to show: got that of %s", got)
	}
}

func TestFailureShowsTheEndOfTheLog(t *testing.T) {
	c, p := testCluster(t), component{Name: "etcd"}
	put(t, c.logFile(p), strings.Repeat("old line\n", 100)+"panic: no space\n")
	text := c.failure(p, errDead).Error()
	if !strings.Contains(text, "panic: no space") || !strings.Contains(text, c.logFile(p)) || strings.Count(text, "old line") > 20 {
		t.Errorf("got %q", text)
	}
}

func TestUnfit(t *testing.T) {
	c := testCluster(t)
	if reason := c.unfit(nil); reason != "there is none" {
		t.Errorf("nothing recorded: %q", reason)
	}
	other := c.settings
	other.Nodes = 1
	if reason := c.unfit(&other); !strings.Contains(reason, "other settings") {
		t.Errorf("other settings: %q", reason)
	}
	same := c.settings
	if reason := c.unfit(&same); !strings.Contains(reason, "not completed") {
		t.Errorf("no ready marker: %q", reason)
	}
}

func TestIsPackage(t *testing.T) {
	for line, want := range map[string]bool{
		"k8s.io/api/core/v1": true, "fmt": true, "": false, "# k8s.io/api/core/v1": false, "./main.go:3:1: syntax error": false,
		"go: downloading k8s.io/api v0.36.1": false,
	} {
		if isPackage(line) != want {
			t.Errorf("%q: want %v", line, want)
		}
	}
}
