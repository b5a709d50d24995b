package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// cgroupRoot holds a cgroup for each node, in which its kubelet makes those of the pods.
const cgroupRoot = "/kubechores"

// cgroupMounts lists where the cgroup hierarchies are mounted: one folder with version 2, one for each controller with version 1.
func cgroupMounts() (v1, v2 []string, err error) {
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, nil, err
	}
	v1, v2 = parseCgroupMounts(string(data))
	return v1, v2, nil
}

func parseCgroupMounts(mountinfo string) (v1, v2 []string) {
	for line := range strings.Lines(mountinfo) {
		// The number of optional fields varies; the type of the filesystem follows a lone dash.
		before, after, ok := strings.Cut(line, " - ")
		if !ok {
			continue
		}
		point := unescapeMount(strings.Fields(before)[4])
		switch strings.Fields(after)[0] {
		case "cgroup":
			v1 = append(v1, point)
		case "cgroup2":
			v2 = append(v2, point)
		}
	}
	return v1, v2
}

// makeCgroups makes the cgroup of each node. The kubelet refuses a cgroupRoot that is not there in every hierarchy.
func (c *cluster) makeCgroups() error {
	v1, v2, err := cgroupMounts()
	if err != nil {
		return err
	}
	for n := 1; n <= c.Nodes; n++ {
		path := filepath.Join(cgroupRoot, nodeName(n))
		for _, mount := range v1 {
			if err := makeCgroupV1(mount, path); err != nil {
				return err
			}
		}
		// Beside version 1 a version 2 hierarchy has no controllers, and runtimes ignore it.
		if len(v1) == 0 && len(v2) > 0 {
			if err := makeCgroupV2(v2[0], path); err != nil {
				return err
			}
		}
	}
	if len(v1)+len(v2) == 0 {
		return fmt.Errorf("no cgroup hierarchy is mounted")
	}
	return nil
}

func makeCgroupV1(mount, path string) error {
	dir := mount
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		parent := dir
		dir = filepath.Join(dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		// A new cpuset is empty, and no process may enter it before it has CPUs and memory.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			value, err := os.ReadFile(filepath.Join(parent, file))
			if err != nil {
				continue // not the cpuset hierarchy
			}
			if err := os.WriteFile(filepath.Join(dir, file), value, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func makeCgroupV2(mount, path string) error {
	dir := mount
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		// A cgroup has the controllers which its parent hands down. A controller that cannot be handed down is not a reason to give up: the
		// kubelet says itself which ones it misses.
		controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
		if err != nil {
			return err
		}
		for controller := range strings.FieldsSeq(string(controllers)) {
			_ = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
		}
		dir = filepath.Join(dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// removeCgroups removes the cgroups of all nodes and pods. Their processes must be dead; the kernel may need a moment to notice.
func removeCgroups(ctx context.Context) error {
	v1, v2, err := cgroupMounts()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(10 * time.Second)
	for _, mount := range append(v1, v2...) {
		for {
			err := removeCgroup(filepath.Join(mount, cgroupRoot))
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				return err
			}
			if err := sleep(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeCgroup removes a tree of cgroups from the leaves up. The files in them are the kernel's and cannot be removed, nor need they be.
func removeCgroup(root string) error {
	var dirs []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	slices.Reverse(dirs)
	for _, dir := range dirs {
		if e := os.Remove(dir); e != nil && !os.IsNotExist(e) {
			err = e
		}
	}
	return err
}
