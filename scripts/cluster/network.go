package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The network: one namespace, the hub, holds the control plane and a bridge; each node is a namespace that is plugged into this bridge; the host
// sees the whole by one link. So nothing listens on an address of the host, no port of it is taken, and no firewall rule for forwarded traffic
// (Docker sets one) stands between two nodes.
const (
	hostLink            = "kubechores0"
	hostIP              = "10.212.0.1"
	controlPlaneIP      = "10.212.0.2"
	podRange            = "10.213.0.0/16"
	serviceRange        = "10.214.0.0/16"
	kubernetesServiceIP = "10.214.0.1" // the API server always takes the first address of the range
	hub                 = "hub"
)

func nodeName(n int) string { return fmt.Sprintf("node%d", n) }
func nodeIP(n int) string   { return fmt.Sprintf("10.212.0.%d", 10+n) }
func podCIDR(n int) string  { return fmt.Sprintf("10.213.%d.0/24", n) }

// netns is the file that keeps a network namespace alive. These lie in the state folder and not in /run/netns, where "ip netns" would leave a
// mount behind for good.
func (c *cluster) netns(name string) string { return c.path("netns", name) }

// startNetwork makes the namespaces, the bridge, and the links and routes between them.
func (c *cluster) startNetwork(ctx context.Context) error {
	c.progress.printf("network: %s for nodes, %s for pods, %s for Services", "10.212.0.0/24", podRange, serviceRange)
	names := []string{hub}
	for n := 1; n <= c.Nodes; n++ {
		names = append(names, nodeName(n))
	}
	if err := os.MkdirAll(c.path("netns"), 0o755); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.WriteFile(c.netns(name), nil, 0o600); err != nil {
			return err
		}
		if _, err := output(ctx, nil, "unshare", "--net="+c.netns(name), "true"); err != nil {
			return fmt.Errorf("new network namespace: %w", err)
		}
	}
	if err := c.connectHub(ctx); err != nil {
		return err
	}
	for n := 1; n <= c.Nodes; n++ {
		if err := c.connectNode(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) connectHub(ctx context.Context) error {
	err := c.ip(ctx, "", "link add "+hostLink+" type veth peer name host netns "+c.netns(hub),
		"addr add "+hostIP+"/24 dev "+hostLink, "link set "+hostLink+" up")
	if err != nil {
		return err
	}
	return c.ip(ctx, hub, "link set lo up", "link add br0 type bridge", "addr add "+controlPlaneIP+"/24 dev br0",
		"link set host master br0", "link set host up", "link set br0 up")
}

// connectNode plugs node n into the bridge and tells everybody where its pods are.
func (c *cluster) connectNode(ctx context.Context, n int) error {
	name := nodeName(n)
	err := c.ip(ctx, hub, "link add "+name+" type veth peer name eth0 netns "+c.netns(name),
		"link set "+name+" master br0", "link set "+name+" up", "route add "+podCIDR(n)+" via "+nodeIP(n))
	if err != nil {
		return err
	}
	if err := c.ip(ctx, "", "route add "+podCIDR(n)+" via "+nodeIP(n)); err != nil {
		return err
	}
	commands := []string{
		"link set lo up", "addr add " + nodeIP(n) + "/24 dev eth0", "link set eth0 up",
		// kube-proxy rewrites the address of a Service, but a process on the node needs some route before that.
		"route add " + serviceRange + " dev eth0",
		// Whatever looks for the outside world gets an error at once instead of a timeout.
		"route add unreachable default",
	}
	for other := 1; other <= c.Nodes; other++ {
		if other != n {
			commands = append(commands, "route add "+podCIDR(other)+" via "+nodeIP(other))
		}
	}
	if err := c.ip(ctx, name, commands...); err != nil {
		return err
	}
	_, err = output(ctx, []byte("1"), "nsenter", "--net="+c.netns(name), "tee", "/proc/sys/net/ipv4/ip_forward")
	return err
}

// ip runs commands of ip(8) in a namespace, or on the host when the name is empty.
func (c *cluster) ip(ctx context.Context, netns string, commands ...string) error {
	argv := []string{"ip", "-batch", "-"}
	if netns != "" {
		argv = append([]string{"nsenter", "--net=" + c.netns(netns)}, argv...)
	}
	_, err := output(ctx, []byte(strings.Join(commands, "\n")), argv...)
	return err
}

// networkUp tells whether all namespaces and the host's link are there. They are gone after a reboot, while the state folder is not.
func (c *cluster) networkUp() bool {
	if _, err := os.Stat("/sys/class/net/" + hostLink); err != nil {
		return false
	}
	mounts, err := mountsBelow(c.path("netns"))
	return err == nil && len(mounts) == c.Nodes+1
}

// removeNetwork takes the host's link away. The namespaces, with all that is in them, end when their files are unmounted.
func (c *cluster) removeNetwork(ctx context.Context) error {
	if _, err := os.Stat("/sys/class/net/" + hostLink); err != nil {
		return nil
	}
	return c.ip(ctx, "", "link del "+hostLink)
}

// mountsBelow lists the mount points in a folder, the last mounted first.
func mountsBelow(dir string) ([]string, error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		point := unescapeMount(strings.Fields(line)[4])
		if strings.HasPrefix(point, filepath.Clean(dir)+"/") {
			found = append([]string{point}, found...)
		}
	}
	return found, nil
}

// unescapeMount undoes the octal escapes of mountinfo; see proc_pid_mountinfo(5).
var unescapeMount = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace

// output runs a command and gives its stdout. What it wrote on stderr becomes part of the error.
func output(ctx context.Context, stdin []byte, argv ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, bytes.TrimSpace(exit.Stderr))
	}
	return out, err
}
