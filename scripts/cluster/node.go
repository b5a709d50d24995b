package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// node lists the processes of node n.
func (c *cluster) node(n int) []component {
	name := nodeName(n)
	in := func(program string, args ...string) component {
		return component{Name: filepath.Base(program), Node: name, NetNS: c.netns(name), Args: append([]string{program}, args...)}
	}
	return []component{
		in("containerd", "--config="+c.path(name, "containerd.toml")),
		in(c.bin("kubelet"),
			"--config="+c.path(name, "kubelet.json"),
			"--kubeconfig="+c.componentConfig(name),
			"--root-dir="+c.path(name, "kubelet"),
			"--cert-dir="+c.path(name, "kubelet", "pki"),
			"--hostname-override="+name,
			// Without it the kubelet may take a loopback address, and then logs and exec find no way to it.
			"--node-ip="+nodeIP(n),
			"--node-labels=kubechores.local/log-max-size="+c.logMaxSize(n),
		),
		in(c.bin("kube-proxy"), "--config="+c.path(name, "kube-proxy.json")),
	}
}

// deviceSocket is the one file that every kubelet makes in the same place. A kubelet ends itself when the name is taken between its removal of an
// old socket and its own attempt, which another kubelet may do that starts at the same moment: so they are started one after the other.
const deviceSocket = "/var/lib/kubelet/device-plugins/kubelet.sock"

// containerdSocket is where the containerd of a node listens.
func (c *cluster) containerdSocket(node string) string { return c.path(node, "containerd.sock") }

// writeNode writes the configuration of node n.
func (c *cluster) writeNode(n int, cniPlugins string) error {
	name := nodeName(n)
	for _, dir := range []string{"cni", "containerd", "kubelet", "pods"} {
		if err := os.MkdirAll(c.path(name, dir), 0o755); err != nil {
			return err
		}
	}
	if err := writeFile(c.path(name, "containerd.toml"), c.containerdTOML(name, cniPlugins)); err != nil {
		return err
	}
	if err := writeJSON(c.path(name, "cni", "10-kubechores.conflist"), c.cniConfig(n)); err != nil {
		return err
	}
	// There is no name server, and with this one, which is the pod itself, a lookup fails at once. With an empty file containerd would hand the
	// host's on to the pods.
	if err := writeFile(c.path(name, "resolv.conf"), []byte("nameserver 127.0.0.1\n")); err != nil {
		return err
	}
	if err := writeJSON(c.path(name, "kubelet.json"), c.kubeletConfig(n)); err != nil {
		return err
	}
	return writeJSON(c.path(name, "kube-proxy.json"), c.kubeProxyConfig(n))
}

func (c *cluster) containerdTOML(name, cniPlugins string) []byte {
	return fmt.Appendf(nil, `version = 2
root = %[1]q
state = %[2]q
# These need what a test cluster does not have, or leave a folder in /opt.
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.nri.v1.nri"]

[grpc]
address = %[3]q

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = %[4]q
# Without CAP_SYS_RESOURCE, as in many sandboxes, runc dies when it lowers an oom_score_adj.
restrict_oom_score_adj = true
tolerate_missing_hugetlb_controller = true
# Otherwise the namespaces of pods are mounted in /run/netns, where nobody cleans up.
netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = %[5]q
conf_dir = %[6]q

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
Root = %[7]q
`, c.path(name, "containerd", "root"), c.path(name, "containerd", "state"), c.containerdSocket(name), pauseImage,
		cniPlugins, c.path(name, "cni"), c.path(name, "runc"))
}

// cniConfig gives each pod a link of its own to the node. Pods of one node then talk through the node's routing, where kube-proxy sees them; on
// a bridge that would depend on a setting of the host's kernel.
func (c *cluster) cniConfig(n int) map[string]any {
	return map[string]any{
		"cniVersion": "0.4.0",
		"name":       "kubechores",
		"plugins": []any{
			map[string]any{
				"type": "ptp",
				"ipam": map[string]any{
					"type":    "host-local",
					"ranges":  [][]map[string]string{{{"subnet": podCIDR(n)}}},
					"routes":  []map[string]string{{"dst": "0.0.0.0/0"}},
					"dataDir": c.path(nodeName(n), "ipam"),
				},
			},
			map[string]any{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}},
		},
	}
}

func (c *cluster) kubeletConfig(n int) map[string]any {
	name := nodeName(n)
	return map[string]any{
		"apiVersion":               "kubelet.config.k8s.io/v1beta1",
		"kind":                     "KubeletConfiguration",
		"address":                  nodeIP(n),
		"healthzBindAddress":       nodeIP(n), // so that it can be asked from outside, and while the API server is down
		"containerRuntimeEndpoint": "unix://" + c.containerdSocket(name),
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true},
			"x509":      map[string]any{"clientCAFile": c.path("pki", "ca.crt")},
		},
		"authorization":     map[string]any{"mode": "Webhook"},
		"tlsCertFile":       c.path("pki", name+".crt"),
		"tlsPrivateKeyFile": c.path("pki", name+".key"),

		"cgroupDriver": "cgroupfs",
		"cgroupRoot":   filepath.Join(cgroupRoot, name),
		"failCgroupV1": false,
		"failSwapOn":   false,
		// Lowering it needs CAP_SYS_RESOURCE.
		"oomScoreAdj": 0,

		// Two kubelets on one host delete each other's logs and plugins in the default places.
		"podLogsDir":      c.path(name, "pods"),
		"volumePluginDir": c.path(name, "volume-plugins"),
		"resolvConf":      c.path(name, "resolv.conf"),
		"clusterDomain":   "cluster.local",

		// Images come from this program only: one that is thrown away to make room could not be pulled again. For the same reason a disk that is
		// nearly full is no reason to evict pods.
		"imageGCHighThresholdPercent": 100,
		"evictionHard": map[string]string{
			"memory.available": "50Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%", "imagefs.inodesFree": "0%",
		},

		"containerLogMaxSize":         c.logMaxSize(n),
		"containerLogMaxFiles":        c.LogMaxFiles,
		"containerLogMonitorInterval": c.LogMonitorInterval.String(),
	}
}

func (c *cluster) kubeProxyConfig(n int) map[string]any {
	return map[string]any{
		"apiVersion":         "kubeproxy.config.k8s.io/v1alpha1",
		"kind":               "KubeProxyConfiguration",
		"clientConnection":   map[string]any{"kubeconfig": c.componentConfig("kube-proxy")},
		"hostnameOverride":   nodeName(n),
		"bindAddress":        nodeIP(n),
		"healthzBindAddress": nodeIP(n) + ":10256",
		"mode":               "nftables",
		"clusterCIDR":        podRange,
		"oomScoreAdj":        0,
		// The host's connection tracking table is the host's own business.
		"conntrack": map[string]any{"maxPerCore": 0, "min": 0},
	}
}

// nodeOf gives the number of the node with that name.
func (c *cluster) nodeOf(name string) (int, error) {
	var known []string
	for n := 1; n <= c.Nodes; n++ {
		if nodeName(n) == name {
			return n, nil
		}
		known = append(known, nodeName(n))
	}
	return 0, fmt.Errorf("no node %q; there are %s", name, strings.Join(known, ", "))
}
