package main

import (
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// envPrefix starts the name of every environment variable that this program reads for itself.
const envPrefix = "KUBECHORES_CLUSTER_"

// maxNodes is what the addresses allow: node N has 10.212.0.(10+N). More than a few on one host make no sense anyway.
const maxNodes = 20

//go:embed go.mod
var goMod string

// settings is what a user may choose. It is written down when a cluster is started, so that a later "up" knows what runs.
type settings struct {
	Version            string        `json:"version"`
	Nodes              int           `json:"nodes"`
	LogMaxSize         []string      `json:"logMaxSize"` // one for each node; the last one counts for the rest
	LogMaxFiles        int           `json:"logMaxFiles"`
	LogMonitorInterval time.Duration `json:"logMonitorInterval"`
	NoKwok             bool          `json:"noKwok,omitempty"` // no simulated nodes
}

// core is what cannot be changed while the cluster runs.
func (s settings) core() settings {
	s.NoKwok = false
	return s
}

// logMaxSize gives the size at which the kubelet of node n, counted from 1, rotates a container's log.
func (s settings) logMaxSize(n int) string {
	return s.LogMaxSize[min(n, len(s.LogMaxSize))-1]
}

var quantity = regexp.MustCompile(`^[1-9][0-9]*(Ki|Mi|Gi|k|M|G)?$`)

// parseSettings reads the flags of up over the environment over what is already running (recorded, nil when nothing is) over the defaults.
// A choice that nobody made stays as it is, so that a plain "up" never replaces a cluster which was started with other settings.
func parseSettings(args []string, getenv func(string) string, recorded *settings, help io.Writer) (settings, error) {
	s := settings{Nodes: 2, LogMaxSize: []string{"10Mi"}, LogMaxFiles: 3, LogMonitorInterval: 3 * time.Second}
	if recorded != nil {
		s = *recorded
	}
	s.Version = kubernetesVersion()
	fs := flag.NewFlagSet("up", flag.ContinueOnError)
	fs.SetOutput(help)
	fs.IntVar(&s.Nodes, "nodes", s.Nodes, "number of nodes")
	fs.Func("log-max-size", "size at which the kubelet rotates a container's log: one `SIZE`, or one for each node with commas between (default 10Mi)",
		func(v string) error { s.LogMaxSize = strings.Split(v, ","); return nil })
	fs.IntVar(&s.LogMaxFiles, "log-max-files", s.LogMaxFiles, "log files to keep of a container, at least 2")
	fs.DurationVar(&s.LogMonitorInterval, "log-monitor-interval", s.LogMonitorInterval, "how often the kubelet looks at sizes of logs, at least 3s")
	fs.BoolFunc(kwokName, "run kwok, which plays every node that has the annotation "+kwokAnnotation+" (default true)", func(v string) error {
		on, err := strconv.ParseBool(v)
		s.NoKwok = !on
		return err
	})
	var err error
	fs.VisitAll(func(f *flag.Flag) {
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		f.Usage += " [$" + name + "]"
		if v := getenv(name); v != "" && err == nil {
			if e := f.Value.Set(v); e != nil {
				err = fmt.Errorf("%s=%s: %w", name, v, e)
			}
		}
	})
	if err != nil {
		return s, err
	}
	if err := fs.Parse(args); err != nil {
		return s, err
	}
	if fs.NArg() > 0 {
		return s, fmt.Errorf("up: unexpected argument %q", fs.Arg(0))
	}
	return s, s.validate()
}

func (s settings) validate() error {
	if s.Nodes < 1 || s.Nodes > maxNodes {
		return fmt.Errorf("nodes: %d is not between 1 and %d", s.Nodes, maxNodes)
	}
	if s.LogMaxFiles < 2 {
		return fmt.Errorf("log-max-files: the kubelet wants at least 2, not %d", s.LogMaxFiles)
	}
	if s.LogMonitorInterval < 3*time.Second {
		return fmt.Errorf("log-monitor-interval: the kubelet wants at least 3s, not %s", s.LogMonitorInterval)
	}
	for _, size := range s.LogMaxSize {
		if !quantity.MatchString(size) {
			return fmt.Errorf("log-max-size: %q is not a size such as 512Ki or 10Mi", size)
		}
	}
	return nil
}

var kubernetesRequire = regexp.MustCompile(`(?m)^\s*(?:require )?k8s\.io/kubernetes (v\S+)`)

// kubernetesVersion is the version of k8s.io/kubernetes that go.mod asks for: the one place where it is chosen.
func kubernetesVersion() string {
	return kubernetesRequire.FindStringSubmatch(goMod)[1]
}

// cluster is one cluster on this host, running or not.
type cluster struct {
	settings
	dir            string // state: keys, logs, pid files, the nodes' files; removed by down
	cache          string // built components, kept
	getenv         func(string) string
	stdout, stderr io.Writer
	progress       *progress
}

// newCluster finds the folders. It changes nothing.
func newCluster(getenv func(string) string, stdout, stderr io.Writer) (*cluster, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	dir := getenv(envPrefix + "DIR")
	if dir == "" {
		dir = "/var/lib/kubechores-cluster"
		if os.Getuid() != 0 { // only kind can be used then, and only the kubeconfig is kept there
			dir = filepath.Join(first(getenv("XDG_STATE_HOME"), filepath.Join(home, ".local", "state")), "kubechores-cluster")
		}
	}
	// The kubelet takes no relative root folder.
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	cache := filepath.Join(first(getenv("XDG_CACHE_HOME"), filepath.Join(home, ".cache")), "kubechores", "cluster")
	return &cluster{dir: dir, cache: cache, getenv: getenv, stdout: stdout, stderr: stderr, progress: newProgress(stderr)}, nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func (c *cluster) path(elem ...string) string {
	return filepath.Join(append([]string{c.dir}, elem...)...)
}
func (c *cluster) kubeconfig() string { return c.path("kubeconfig") }

// bin is where a built program lies.
func (c *cluster) bin(name string) string {
	if name == kwokName {
		return filepath.Join(c.kwokFolder(), name)
	}
	return filepath.Join(c.cache, c.Version, name)
}

// readyMarker exists from the moment a start was completed; a state folder without it is what an interrupted start left.
func (c *cluster) readyMarker() string { return c.path("ready") }

// recorded gives the settings of the cluster in the state folder, nil when there is none.
func (c *cluster) recorded() (*settings, error) {
	data, err := os.ReadFile(c.path("settings.json"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := new(settings)
	if json.Unmarshal(data, s) != nil || s.validate() != nil {
		return nil, nil // cut off in the middle of a write, or from another version of this program: start anew
	}
	return s, nil
}

// loadSettings takes the settings from the state folder; for every command but up.
func (c *cluster) loadSettings() error {
	s, err := c.recorded()
	if err == nil && s == nil {
		err = fmt.Errorf("no cluster is running here; start one with \"up\"")
	}
	if err == nil {
		c.settings = *s
	}
	return err
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, data)
}

// writeFile writes a private file in one step: a reader, or a start after a kill, sees all of it or nothing.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp := path + "." + strconv.Itoa(os.Getpid()) + ".tmp"
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
