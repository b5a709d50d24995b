package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// program is a component that is built from the source of its Go module.
type program struct {
	name, pkg string
	module    string // folder of its own module below this one; empty when this module has it
}

// programs lists them in the order in which they are built: each one finds the packages compiled that it shares with those before it.
var programs = []program{
	{name: "etcd", pkg: "go.etcd.io/etcd/server/v3"},
	{name: "kube-apiserver", pkg: "k8s.io/kubernetes/cmd/kube-apiserver"},
	{name: "kubelet", pkg: "k8s.io/kubernetes/cmd/kubelet"},
	{name: "kube-controller-manager", pkg: "k8s.io/kubernetes/cmd/kube-controller-manager"},
	{name: "kube-scheduler", pkg: "k8s.io/kubernetes/cmd/kube-scheduler"},
	{name: "kube-proxy", pkg: "k8s.io/kubernetes/cmd/kube-proxy"},
}

// wantedPrograms lists what the cluster is made of.
func (c *cluster) wantedPrograms() []program {
	if c.NoKwok {
		return programs
	}
	return append(slices.Clone(programs), kwokProgram)
}

// unbuilt lists those of the programs that are not in the cache.
func (c *cluster) unbuilt(wanted ...program) []program {
	var missing []program
	for _, p := range wanted {
		if _, err := os.Stat(c.bin(p.name)); err != nil {
			missing = append(missing, p)
		}
	}
	return missing
}

// build compiles what is not in the cache yet. A program appears there complete or not at all, whenever this is killed.
func (c *cluster) build(ctx context.Context, wanted ...program) error {
	missing := c.unbuilt(wanted...)
	if len(missing) == 0 {
		return nil
	}
	src, err := sourceDir()
	if err != nil {
		return err
	}
	if missing[0].name == kwokName {
		c.progress.printf("building kwok %s from source, once: about 2 minutes on 2 cores", kwokVersion)
	} else {
		c.progress.printf("building Kubernetes %s from source, once: about 10 minutes on 2 cores", c.Version)
	}
	for i, p := range missing {
		c.progress.printf("building %s (%d of %d)", p.name, i+1, len(missing))
		if p.name == kwokName { // before the program: where it is, the stages are
			if err := c.writeKwokStages(ctx, src); err != nil {
				return fmt.Errorf("stages of kwok: %w", err)
			}
		}
		if err := c.buildProgram(ctx, src, p); err != nil {
			return fmt.Errorf("building %s: %w", p.name, err)
		}
	}
	return nil
}

func (c *cluster) buildProgram(ctx context.Context, src string, p program) error {
	// In the folder of the result, so that the rename at the end cannot cross filesystems. Leftovers of killed builds are removed on the way.
	folder := filepath.Dir(c.bin(p.name))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	old, _ := filepath.Glob(filepath.Join(folder, ".build-*"))
	for _, dir := range old {
		os.RemoveAll(dir)
	}
	dir, err := os.MkdirTemp(folder, ".build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	result := filepath.Join(dir, p.name)
	if err := c.goBuild(ctx, filepath.Join(src, p.module), versionFlags(c.Version), result, p.pkg); err != nil {
		return err
	}
	return os.Rename(result, c.bin(p.name))
}

// versionFlags tells the linker which version to write into the programs. Without it they call themselves v0.0.0, and refuse each other.
func versionFlags(version string) string {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	const variable = " -X k8s.io/component-base/version."
	return "-s -w" + variable + "gitVersion=" + version + variable + "gitMajor=" + parts[0] + variable + "gitMinor=" + parts[1]
}

// goBuild builds a static Linux program. The compiled packages are counted, since the linker's long silence would look like a hang.
func (c *cluster) goBuild(ctx context.Context, dir, ldflags, result, pkg string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", ldflags, "-o", result, pkg)
	cmd.Dir = dir
	// The marker lets "down" find a compiler that lives on because this program was killed.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOWORK=off", marker+"=build")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer c.progress.watch()()
	var said []string
	compiled := 0
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		switch line := lines.Text(); {
		case isPackage(line):
			compiled++
			c.progress.note("%d packages compiled, the last one %s", compiled, line)
		case strings.HasPrefix(line, "go: downloading "):
			c.progress.note("%s", strings.TrimPrefix(line, "go: "))
		default:
			said = append(said, line)
		}
	}
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w\n%s", err, lastLines(strings.Join(said, "\n"), 20))
	}
	return nil
}

// isPackage tells the names of packages that "go build -v" prints from messages.
func isPackage(line string) bool { return line != "" && !strings.ContainsAny(line, " #\t:") }

const modulePath = "github.com/kubechores/kubechores/scripts/cluster"

// sourceDir finds the folder of this program's source, in or above the working folder: there "go build" knows the versions, and there the images
// are. The path is not compiled in, for a binary may be moved to another checkout.
func sourceDir() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := wd; ; dir = filepath.Dir(dir) {
		for _, candidate := range []string{dir, filepath.Join(dir, "scripts", path.Base(modulePath))} {
			data, err := os.ReadFile(filepath.Join(candidate, "go.mod"))
			if err == nil && strings.Contains(string(data), "module "+modulePath+"\n") {
				return candidate, nil
			}
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("the source of the test cluster is not in or above " + wd + ": run this inside a checkout")
		}
	}
}
