package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// marker is in the environment of every component and so of all that it starts. It finds a process whose pid file was never written because
// "up" was killed just then, and the runtime's helpers, which have no pid file at all.
const marker = envPrefix + "COMPONENT"

// component is one process of the cluster, with all that is needed to start it again with the same flags.
type component struct {
	Name  string   `json:"name"`
	Node  string   `json:"node,omitempty"` // empty for the control plane
	NetNS string   `json:"netns"`          // the file of its network namespace
	Args  []string `json:"args"`
}

func (p component) String() string { return strings.TrimSpace(p.Name + " " + p.Node) }

// id names its files.
func (p component) id() string {
	if p.Node == "" {
		return p.Name
	}
	return p.Node + "-" + p.Name
}

func (c *cluster) pidFile(p component) string { return c.path("pids", p.id()) }
func (c *cluster) logFile(p component) string { return c.path("logs", p.id()+".log") }

// remember writes down how a component is started.
func (c *cluster) remember(p component) error {
	return writeJSON(c.recordFile(p), p)
}

func (c *cluster) recordFile(p component) string { return c.path("components", p.id()+".json") }

// components reads back everything that was remembered, the control plane first, in the order in which it has to be started.
func (c *cluster) components() ([]component, error) {
	files, err := filepath.Glob(c.path("components", "*.json"))
	if err != nil {
		return nil, err
	}
	var all []component
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var p component
		if err := json.Unmarshal(data, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b component) int {
		return slices.Index(startOrder, a.Name) - slices.Index(startOrder, b.Name)
	})
	return all, nil
}

var startOrder = []string{"etcd", "containerd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", kwokName}

// start runs a component, which must not be running yet, as a process of its own session, which outlives this program.
func (c *cluster) start(p component) error {
	for _, dir := range []string{"logs", "pids"} {
		if err := os.MkdirAll(c.path(dir), 0o755); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(c.logFile(p), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// "ip netns exec" would hide the cgroup mounts from the kubelet; nsenter changes the network and nothing else.
	cmd := exec.Command("nsenter", append([]string{"--net=" + p.NetNS, "--"}, p.Args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = c.dir
	// A short, fixed environment: a proxy that the user has set must not come between the components.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + c.dir, marker + "=" + p.id()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	// Without this a component that dies early would stay as a zombie.
	go func() { _ = cmd.Wait() }()
	born, err := birth(cmd.Process.Pid)
	if err != nil {
		return fmt.Errorf("%s ended at once; see %s", p, c.logFile(p))
	}
	return writeFile(c.pidFile(p), formatPID(cmd.Process.Pid, born))
}

// stop kills a component and waits until it is gone. Nothing else that it started is touched: containers live on when their kubelet or
// containerd dies, as they do on a real node.
func (c *cluster) stop(p component) error {
	pid, alive := c.alive(p)
	if !alive {
		return nil
	}
	// FindProcess pins this very process (a pidfd), so that the second look makes sure that the number was not given to another one.
	proc, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if _, alive := c.alive(p); !alive {
		return nil
	}
	if err := proc.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("%s: %w", p, err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, alive := c.alive(p); !alive {
			return os.Remove(c.pidFile(p))
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s (process %d) does not die", p, pid)
		}
	}
}

// alive tells whether the process of the component's pid file still runs.
func (c *cluster) alive(p component) (pid int, alive bool) {
	data, err := os.ReadFile(c.pidFile(p))
	if err != nil {
		return 0, false
	}
	pid, born, err := parsePID(data)
	if err != nil {
		return 0, false
	}
	now, err := birth(pid)
	return pid, err == nil && now == born
}

// A pid file holds the process ID and the moment when the process was started. A number that has been given to another process since then,
// even after a reboot, is not taken for the component.
func formatPID(pid int, born uint64) []byte { return fmt.Appendf(nil, "%d %d\n", pid, born) }

func parsePID(data []byte) (pid int, born uint64, err error) {
	if n, err := fmt.Sscanf(string(data), "%d %d\n", &pid, &born); err != nil || n != 2 || pid < 2 {
		return 0, 0, fmt.Errorf("not a pid file: %q", data)
	}
	return pid, born, nil
}

// listens tells whether there is a Unix socket with that name in the network namespace of a process.
func listens(pid int, socket string) bool {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "net", "unix"))
	return err == nil && strings.Contains(string(data), " "+socket+"\n")
}

// birth gives the moment when a process was started, in clock ticks since boot; an error when there is none or it is a zombie.
func birth(pid int) (uint64, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	return parseStat(data)
}

// parseStat reads the start time, field 22 of proc_pid_stat(5), of a process that is not dead: fields 3 and 20 tell. Field 2, the program's name, may itself hold spaces and parentheses.
func parseStat(data []byte) (uint64, error) {
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 {
		return 0, fmt.Errorf("not a process status: %q", data)
	}
	// A zombie with threads is still dying: until the last thread is gone its files and ports are open.
	if state, threads := fields[0][0], string(fields[17]); state == 'X' || state == 'Z' && threads == "1" {
		return 0, os.ErrProcessDone
	}
	return strconv.ParseUint(string(fields[19]), 10, 64)
}
