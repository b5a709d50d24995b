package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// host is what doctor looks at; tests have hosts of their own.
type host struct {
	goos     string
	uid      int
	lookPath func(string) (string, error)
	exists   func(string) bool
	networks []string // of the host's interfaces, "10.0.0.1/24"
}

// tools are the programs that the cluster needs and the Debian package of each.
var tools = []struct{ name, debian string }{
	{"containerd", "containerd"},
	{"containerd-shim-runc-v2", "containerd"},
	{"ctr", "containerd"},
	{"runc", "runc"},
	{"nft", "nftables"},
	{"conntrack", "conntrack"},
	{"iptables", "iptables"},
	{"ip", "iproute2"},
	{"nsenter", "util-linux"},
	{"unshare", "util-linux"},
	{"umount", "mount"},
	{"busybox", "busybox-static"},
	// One of each package that the image gnu is made of; every Debian has them.
	{"bash", "bash"},
	{"dash", "dash"},
	{"grep", "grep"},
	{"sed", "sed"},
	{"stat", "coreutils"},
}

// cniFolders are where distributions put the CNI plugins.
var cniFolders = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}

var cniPlugins = []string{"ptp", "host-local", "portmap", "loopback"}

const elsewhere = "To use a cluster that runs elsewhere: E2E_KUBECONFIG=/path/to/its/kubeconfig"

// doctor fails with everything that keeps the cluster from running on this host, not just the first thing.
func (c *cluster) doctor() error { return thisHost().diagnose(c.dir) }

func thisHost() host {
	h := host{goos: runtime.GOOS, uid: os.Getuid(), lookPath: exec.LookPath, exists: func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}}
	interfaces, _ := net.Interfaces()
	for _, link := range interfaces {
		addresses, _ := link.Addrs()
		for _, address := range addresses {
			if link.Name != hostLink {
				h.networks = append(h.networks, address.String())
			}
		}
	}
	return h
}

func (h host) diagnose(stateDir string) error {
	if h.goos != "linux" {
		return fmt.Errorf("nodes need a Linux host, and this is %s.\n%s", h.goos, elsewhere)
	}
	var problems, packages []string
	if h.uid != 0 {
		problems = append(problems, "it has to run as root: network namespaces, mounts and cgroups need it")
	}
	for _, tool := range tools {
		if _, err := h.lookPath(tool.name); err != nil {
			problems = append(problems, tool.name+" is missing (Debian package "+tool.debian+")")
			packages = append(packages, tool.debian)
		}
	}
	if h.cniFolder() == "" {
		problems = append(problems, fmt.Sprintf("the CNI plugins %s are missing in %s (Debian package containernetworking-plugins)",
			strings.Join(cniPlugins, ", "), strings.Join(cniFolders, ", ")))
		packages = append(packages, "containernetworking-plugins")
	}
	if _, err := h.lookPath("go"); err != nil {
		problems = append(problems, "go is missing: the components and the images are built from source")
	}
	if h.exists("/var/lib/kubelet/pods") {
		problems = append(problems, "this host is a node of another cluster: /var/lib/kubelet/pods is there, and two kubelets get in each other's way")
	}
	problems = append(problems, h.overlaps()...)
	// Sockets lie below the state folder, and the path of a socket may have 107 bytes.
	if len(stateDir) > 60 {
		problems = append(problems, fmt.Sprintf("the path of the state folder is too long: %s; choose another one with %sDIR", stateDir, envPrefix))
	}
	if len(problems) == 0 {
		return nil
	}
	text := "the test cluster cannot run here:\n  - " + strings.Join(problems, "\n  - ")
	if len(packages) > 0 {
		slices.Sort(packages)
		text += "\nInstall what is missing: apt-get install -y --no-install-recommends " + strings.Join(slices.Compact(packages), " ")
	}
	return fmt.Errorf("%s\n%s", text, elsewhere)
}

// overlaps says which networks of the host use the addresses of the cluster, 10.212.0.0 to 10.214.255.255.
func (h host) overlaps() []string {
	_, nodes, _ := net.ParseCIDR("10.212.0.0/24") // constants parse
	_, pods, _ := net.ParseCIDR(podRange)
	_, services, _ := net.ParseCIDR(serviceRange)
	var problems []string
	for _, network := range h.networks {
		ip, theirs, err := net.ParseCIDR(network)
		if err != nil {
			continue
		}
		for _, ours := range []*net.IPNet{nodes, pods, services} {
			if ours.Contains(ip) || theirs.Contains(ours.IP) {
				problems = append(problems, fmt.Sprintf("the host's network %s overlaps the cluster's %s", network, ours))
			}
		}
	}
	return problems
}

// cniFolder gives the folder with all the CNI plugins, empty when there is none.
func (h host) cniFolder() string {
	for _, dir := range cniFolders {
		if !slices.ContainsFunc(cniPlugins, func(plugin string) bool { return !h.exists(filepath.Join(dir, plugin)) }) {
			return dir
		}
	}
	return ""
}
