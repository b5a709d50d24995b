package main

import (
	"errors"
	"strings"
	"testing"
)

// goodHost has all that is needed; a test takes something away.
func goodHost() host {
	return host{
		goos:     "linux",
		lookPath: func(name string) (string, error) { return "/usr/bin/" + name, nil },
		exists:   func(path string) bool { return strings.HasPrefix(path, "/usr/lib/cni/") },
		networks: []string{"127.0.0.1/8", "192.168.1.5/24", "::1/128"},
	}
}

func TestDoctorIsContent(t *testing.T) {
	if err := goodHost().diagnose("/var/lib/kubechores-cluster"); err != nil {
		t.Error(err)
	}
}

func TestDoctorListsEverythingAtOnce(t *testing.T) {
	h := goodHost()
	h.uid = 1000
	h.exists = func(string) bool { return false }
	h.lookPath = func(name string) (string, error) {
		if name == "go" || name == "ip" || name == "umount" {
			return "/usr/bin/" + name, nil
		}
		return "", errors.New("not found")
	}
	err := h.diagnose("/var/lib/kubechores-cluster")
	if err == nil {
		t.Fatal("content")
	}
	for _, want := range []string{
		"root",
		"containerd-shim-runc-v2 is missing (Debian package containerd)",
		"CNI plugins",
		"apt-get install -y --no-install-recommends bash busybox-static conntrack containerd containernetworking-plugins coreutils dash grep iptables nftables runc sed util-linux\n",
		"E2E_KUBECONFIG",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}

func TestDoctor(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*host)
		dir    string
		want   string
	}{
		"other system":         {change: func(h *host) { h.goos = "darwin" }, want: "this is darwin.\nTo use a cluster that runs elsewhere"},
		"no go":                {change: func(h *host) { h.lookPath = func(n string) (string, error) { return "", missing(n == "go") } }, want: "go is missing"},
		"node of a cluster":    {change: func(h *host) { h.exists = func(string) bool { return true } }, want: "node of another cluster"},
		"network inside ours":  {change: func(h *host) { h.networks = []string{"10.213.7.1/24"} }, want: "10.213.7.1/24 overlaps the cluster's 10.213.0.0/16"},
		"network around ours":  {change: func(h *host) { h.networks = []string{"10.1.2.3/8"} }, want: "10.1.2.3/8 overlaps the cluster's 10.212.0.0/24"},
		"long path of sockets": {dir: "/" + strings.Repeat("long/", 20), want: "KUBECHORES_CLUSTER_DIR"},
	} {
		h := goodHost()
		if test.change != nil {
			test.change(&h)
		}
		if err := h.diagnose(first(test.dir, "/var/lib/x")); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, test.want)
		}
	}
}

func missing(yes bool) error {
	if yes {
		return errors.New("not found")
	}
	return nil
}

func TestEveryDebianPackageHasATool(t *testing.T) {
	for _, tool := range tools {
		h := goodHost()
		h.lookPath = func(name string) (string, error) { return "", missing(name == tool.name) }
		if err := h.diagnose("/var/lib/x"); err == nil || !strings.Contains(err.Error(), " "+tool.debian+"\n") {
			t.Errorf("without %s: got %v, want the package %s", tool.name, err, tool.debian)
		}
	}
}
