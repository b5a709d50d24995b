package byhand

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

var update = flag.Bool("update", false, "write the golden files")

// plans are the golden files' plans.
func plans() map[string]Plan {
	printed := time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC)
	return map[string]Plan{
		"logs": {
			Targets: []Target{{Namespace: "shop", Pod: "web-0", Container: "app"}, {Namespace: "shop", Pod: "web-1", Container: "app"}},
			Tail:    -1, Invocation: "kubectl mlogs web --no-follow --print-script", Printed: printed,
		},
		"files": {
			KubectlArgs: []string{"--kubeconfig", "/home/me/my config"},
			Targets: []Target{
				{Namespace: "shop", Pod: "pod-a", Container: "hoge", File: "/var/app/log/hoge_log"},
				{Namespace: "shop", Pod: "pod-a", Container: "hoge", File: "/var/it's/$1 `x`.log"},
				{Namespace: "pay", Pod: "pod-b", Container: "hoge", File: "/var/app/log/hoge_log"},
				{Namespace: "pay", Pod: "pod-b", Container: "hoge"},
			},
			Tail: 20, Since: 90500 * time.Millisecond, Follow: true, FIFO: "/tmp/shout",
			Invocation: "kubectl mlogs --fifo /tmp/shout 'pod-[ab]'\nrm -rf /", Printed: printed,
		},
		"contexts": {
			Targets: []Target{
				{Context: "blue", Namespace: "shop", Pod: "web-0", Container: "app"},
				{Context: "green", Namespace: "shop", Pod: "web-0", Container: "app", File: "log"},
			},
			Tail: 0, Follow: true, Only: true, Invocation: "kubectl mlogs --context blue --context green web-0", Printed: printed,
		},
		"only": {
			Targets: []Target{{Context: "blue", Namespace: "shop", Pod: "web-0", Container: "app", File: "log"}},
			Tail:    -1, Only: true, FIFO: "my pipe", Invocation: "kubectl mlogs web-0", Printed: printed,
		},
	}
}

func write(t *testing.T, plan Plan) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, plan); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for name, plan := range plans() {
		got := write(t, plan)
		path := filepath.Join("testdata", name+".sh")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what is printed; look at `git diff` after -update:\n%s", path, got)
		}
	}
}

func TestNothingToRead(t *testing.T) {
	if err := Write(&strings.Builder{}, Plan{}); err == nil {
		t.Error("a script that reads nothing")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	if err := Write(full{}, plans()["logs"]); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
}

// TestLint: what is printed is what a reviewer's tools expect.
func TestLint(t *testing.T) {
	for _, command := range [][]string{
		{tool.Find(t, "shellcheck"), "-s", "bash", "-"},
		{tool.Find(t, "go"), "run", "mvdan.cc/sh/v3/cmd/shfmt@v3.12.0", "-d", "-i", "2", "-ci"},
	} {
		for name, plan := range plans() {
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Stdin = strings.NewReader(write(t, plan))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %s: %v\n%s", name, command[0], err, out)
			}
		}
	}
}
