package realcluster

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubechores/kubechores/pkg/kube"
)

// parallel is how many tests run at once. They mostly wait for the cluster, so
// the number of processors, which is the default, would make them wait in line.
const parallel = 4

// shared is what all tests of the process have in common; Main fills it in.
var shared struct {
	kubeconfig string
	root       string // of the module
	native     string // state folder of scripts/cluster; empty on another cluster
	cluster    *kube.Cluster
	shortfall  shortfall
	namespaces nameList
}

// Main runs a package's tests; call it from TestMain and exit with its result.
// Each of plugins must be in the module's bin folder. Tests that the cluster
// could not run are listed at the end and make the run fail, unless
// E2E_ALLOW_SKIPS is set.
func Main(m *testing.M, plugins ...string) int {
	flag.Parse()
	if err := connect(plugins); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	if !wasGiven("test.parallel") {
		if err := flag.Set("test.parallel", fmt.Sprint(parallel)); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
	}
	code := m.Run()
	if err := awaitDeletions(5 * time.Minute); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = max(code, 1)
	}
	return max(code, shared.shortfall.report(os.Stderr))
}

func connect(plugins []string) error {
	path := os.Getenv("E2E_KUBECONFIG")
	if !filepath.IsAbs(path) {
		return fmt.Errorf("E2E_KUBECONFIG must be the absolute path of a kubeconfig, not %q; `make e2e` starts a cluster and sets it", path)
	}
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	for _, name := range plugins {
		if _, err := os.Stat(filepath.Join(root, "bin", name)); err != nil {
			return fmt.Errorf("%w; `make build` makes it", err)
		}
	}
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return err
	}
	shared.cluster, err = kube.NewCluster("", "default", config)
	if err != nil {
		return err
	}
	shared.kubeconfig, shared.root, shared.native = path, root, nativeState(path)
	return nil
}

// moduleRoot is the folder of go.mod above the package under test.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
	}
	return "", errors.Join(err, errors.New("no go.mod above the working directory"))
}

// nativeState is the state folder of scripts/cluster when the kubeconfig is the
// one of a cluster that it runs itself, on this host, without kind.
func nativeState(kubeconfig string) string {
	dir := filepath.Dir(kubeconfig)
	if _, err := os.Stat(filepath.Join(dir, "kind")); err == nil {
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, "settings.json")); err != nil {
		return ""
	}
	return dir
}

func wasGiven(name string) bool {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// awaitDeletions waits until the tests' namespaces are gone, so that the next
// run does not share the machine with the rest of this one.
func awaitDeletions(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for _, name := range shared.namespaces.all() {
		for {
			_, err := shared.cluster.Namespaces().Get(ctx, name)
			if apierrors.IsNotFound(err) {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("namespace %s is still there after %s", name, limit)
			}
			time.Sleep(pollEvery)
		}
	}
	return nil
}

// testName is a test's name as a Kubernetes name may contain it.
func testName(name string) string {
	clean := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	name = strings.Map(clean, strings.ToLower(strings.TrimPrefix(name, "Test")))
	return strings.Trim(name[:min(len(name), 40)], "-")
}
