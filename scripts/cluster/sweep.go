package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// strays finds every process of the cluster: the components and their helpers by the marker in their environment, and what runs in pods, whose
// environment is their own, by its cgroup.
func strays() ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		if _, err := birth(pid); err != nil {
			continue // gone, or a zombie, which is dead already
		}
		dir := filepath.Join("/proc", entry.Name())
		environ, _ := os.ReadFile(filepath.Join(dir, "environ"))
		cgroups, _ := os.ReadFile(filepath.Join(dir, "cgroup"))
		if marked(environ) || inCgroup(cgroups) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

func marked(environ []byte) bool {
	return bytes.HasPrefix(environ, []byte(marker+"=")) || bytes.Contains(environ, []byte("\x00"+marker+"="))
}

func inCgroup(cgroups []byte) bool {
	for line := range strings.Lines(string(cgroups)) {
		if parts := strings.SplitN(line, ":", 3); len(parts) == 3 && strings.HasPrefix(parts[2], cgroupRoot+"/") {
			return true
		}
	}
	return false
}

// killStrays kills until nothing is left: a survivor of one round may have started another process meanwhile.
func (c *cluster) killStrays(ctx context.Context) error {
	deadline := time.Now().Add(20 * time.Second)
	for round := 1; ; round++ {
		pids, err := strays()
		if err != nil || len(pids) == 0 {
			return err
		}
		if round == 1 {
			c.progress.printf("killing what runs of the cluster: %d processes", len(pids))
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("these processes of the cluster do not die: %v", pids)
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}
