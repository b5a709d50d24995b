package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func testCluster(t *testing.T) *cluster {
	t.Helper()
	dir := t.TempDir()
	env := func(key string) string {
		return map[string]string{"KUBECHORES_CLUSTER_DIR": dir, "XDG_CACHE_HOME": dir}[key]
	}
	c, err := newCluster(env, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	c.settings = settings{Version: "v1.0.0", Nodes: 2, LogMaxSize: []string{"10Mi"}}
	return c
}

func TestPIDFile(t *testing.T) {
	pid, born, err := parsePID(formatPID(4711, 123456))
	if err != nil || pid != 4711 || born != 123456 {
		t.Errorf("got %d, %d, %v", pid, born, err)
	}
	for _, text := range []string{"", "4711", "x y\n", "0 5\n", "1 5\n", "-3 5\n"} {
		if pid, _, err := parsePID([]byte(text)); err == nil {
			t.Errorf("%q was taken for process %d", text, pid)
		}
	}
}

func TestParseStat(t *testing.T) {
	line := func(name, state string, threads int) string {
		return fmt.Sprintf("42 (%s) %s 1 42 42 0 -1 4194560 100 0 0 0 1 2 3 4 20 0 %d 0 987654 1000 200", name, state, threads)
	}
	for _, test := range []struct {
		name, stat string
		alive      bool
	}{
		{"running", line("etcd", "R", 9), true},
		{"a name with spaces and parentheses", line("a) Z 1 (b", "S", 1), true},
		{"dying, threads left", line("kubelet", "Z", 3), true},
		{"zombie", line("kubelet", "Z", 1), false},
		{"dead", line("kubelet", "X", 1), false},
		{"cut off", "42 (etcd) R 1", false},
		{"empty", "", false},
	} {
		born, err := parseStat([]byte(test.stat))
		if alive := err == nil; alive != test.alive || alive && born != 987654 {
			t.Errorf("%s: got %d, %v", test.name, born, err)
		}
	}
}

func TestAliveKnowsAReusedNumber(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	c, p := testCluster(t), component{Name: "etcd"}
	if _, alive := c.alive(p); alive {
		t.Error("alive without a pid file")
	}
	sleeper := exec.Command("sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	pid := sleeper.Process.Pid
	defer func() {
		sleeper.Process.Kill()
		sleeper.Wait()
		if _, alive := c.alive(p); alive {
			t.Error("alive after its end")
		}
	}()
	born, err := birth(pid)
	if err != nil {
		t.Fatal(err)
	}
	// The number of a process that started at another moment.
	if err := writeFile(c.pidFile(p), formatPID(pid, born+1)); err != nil {
		t.Fatal(err)
	}
	if _, alive := c.alive(p); alive {
		t.Error("another process with the same number was taken for the component")
	}
	if err := c.stop(p); err != nil {
		t.Error(err)
	}
	if _, err := birth(pid); err != nil {
		t.Error("stop killed another process with the same number")
	}
	if err := writeFile(c.pidFile(p), formatPID(pid, born)); err != nil {
		t.Fatal(err)
	}
	if got, alive := c.alive(p); !alive || got != pid {
		t.Errorf("process %d: got %d, %v", pid, got, alive)
	}
}

func TestComponentsComeBackInStartOrder(t *testing.T) {
	c := testCluster(t)
	for _, p := range slices.Concat([]component{c.kwok()}, c.node(2), c.node(1), c.controlPlane()) {
		if err := c.remember(p); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := c.components()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range parts {
		names = append(names, p.String())
	}
	want := "etcd, containerd node1, containerd node2, kube-apiserver, kube-controller-manager, kube-scheduler, " +
		"kubelet node1, kubelet node2, kube-proxy node1, kube-proxy node2, kwok"
	if got := strings.Join(names, ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if p, err := c.named("stop", []string{"kubelet", "node2"}); err != nil || p.Node != "node2" || len(p.Args) < 2 {
		t.Errorf("kubelet node2: got %+v, %v", p, err)
	}
	for _, args := range [][]string{nil, {"kubelet"}, {"etcd", "node1"}, {"kubelet", "node3"}, {"etcd", "a", "b"}} {
		if p, err := c.named("stop", args); err == nil {
			t.Errorf("%q was taken for %s", args, p)
		}
	}
}

func TestStraysAreKnownByMarkerOrCgroup(t *testing.T) {
	for environ, want := range map[string]bool{
		"KUBECHORES_CLUSTER_COMPONENT=etcd\x00PATH=/bin\x00": true,
		"PATH=/bin\x00KUBECHORES_CLUSTER_COMPONENT=etcd\x00": true,
		"PATH=/bin\x00MY_KUBECHORES_CLUSTER_COMPONENT=x\x00": false,
		"KUBECHORES_CLUSTER_DIR=/x\x00":                      false,
		"":                                                   false,
	} {
		if marked([]byte(environ)) != want {
			t.Errorf("environment %q: want %v", environ, want)
		}
	}
	for cgroups, want := range map[string]bool{
		"4:memory:/kubechores/node1/kubepods/pod1/abc\n0::/\n": true,
		"0::/kubechores/node2/kubepods\n":                      true,
		"0::/kubechores-other/node2\n":                         false,
		"0::/user.slice/kubechores/node1\n":                    false,
		"0::/\n":                                               false,
	} {
		if inCgroup([]byte(cgroups)) != want {
			t.Errorf("cgroups %q: want %v", cgroups, want)
		}
	}
}
