package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
)

var updateConverted = flag.Bool("update-converted", false, "write what convert prints")

// converted runs convert and returns what it prints, and says.
func converted(t *testing.T, stdin string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := newConvertCommand(genericiooptions.IOStreams{In: strings.NewReader(stdin), Out: &out, ErrOut: &errOut})
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return out.String(), errOut.String(), err
}

// TestConvertFiles compares what convert makes of manifests with what it has to, and has
// check judge it.
func TestConvertFiles(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob("testdata/convert/*.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no inputs: %v", err)
	}
	for _, input := range inputs {
		t.Run(filepath.Base(input), func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := converted(t, "", "-f", input)
			if err != nil {
				t.Fatal(err)
			}
			base := strings.TrimSuffix(input, ".yaml")
			for path, got := range map[string]string{base + ".converted": stdout, base + ".said": stderr} {
				if *updateConverted {
					if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil || string(want) != got {
					t.Errorf("%s (-update-converted writes it), %v:\n%s", path, err, got)
				}
			}
			passes(t, stdout)
		})
	}
}

// passes has check judge objects. That everybody may connect, as before, is all that it
// may have to say, and that it is not known who the proxy is.
func passes(t *testing.T, objects string) {
	t.Helper()
	s, err := readFiles(t.Context(), strings.NewReader(objects), []string{"-"}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := diagnose.Check(s, diagnose.Options{Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Proxies) != 1 || !s.Proxies[0].Shared {
		t.Errorf("%d proxies, want a shared one", len(s.Proxies))
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Severity == finding.Error || f.Severity == finding.Warning && !slices.Contains([]string{"networkpolicy-open"}, f.ID) {
			t.Errorf("check says %s: %s", f.ID, f.What)
		}
	}
}

func TestConvertArgs(t *testing.T) {
	t.Parallel()
	stdout, stderr, err := converted(t, "", "-f", "testdata/convert/2018.yaml", "-o", "args")
	want := "--exit-zero-on-sigterm\n--auto-ip\n--credentials-file=/secrets/cloudsql/credentials.json\nsample-165109:asia-northeast1:sample?address=0.0.0.0&port=3306\n"
	if err != nil || stdout != want || !strings.Contains(stderr, "(ip-types)") {
		t.Errorf("%v\n%s\n%s", err, stdout, stderr)
	}
}

const socketSidecar = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: web, image: "web:1"}
  - name: proxy
    image: cloud-sql-proxy:2.25.3
    args: [--unix-socket=/cloudsql, "p-1:europe-west1:orders"]
`

func TestConvertRefuses(t *testing.T) {
	t.Parallel()
	two := strings.ReplaceAll(socketSidecar, "--unix-socket=/cloudsql, \"p-1:europe-west1:orders\"", `"p-1:europe-west1:orders?port=5432"`)
	other := strings.NewReplacer("name: web}\n", "name: api}\n", "args: [", "args: [--private-ip, ").Replace(two)
	for _, test := range []struct {
		stdin, want string
		args        []string
	}{
		{"", "which workload?", []string{}},
		{"", "-R goes with -f", []string{"web", "-R"}},
		{"", "it is one of yaml", []string{"-f", "-", "-o", "xml"}},
		{"", "does not go with -o", []string{"-f", "-", "-o", "json", "--print-script"}},
		{"", "--proxy-version", []string{"-f", "-", "--proxy-version", "latest"}},
		{"", "--instance", []string{"-f", "-", "--instance", "p:r:i:x:y=mysql"}},
		{"", "--allow-clients", []string{"-f", "-", "--allow-clients", "a=b=c="}},
		{"kind: [", "stdin:1", []string{"-f", "-"}},
		{"apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: x}]}\n", "no workload with a Cloud SQL", []string{"-f", "-"}},
		{two, "there is no proxy wbe", []string{"-f", "-", "wbe"}},
		{socketSidecar, "--instance is needed", []string{"-f", "-"}},
		{two + "---\n" + other, "have different kinds of addresses", []string{"-f", "-"}},
		{two, "add -n", []string{"-f", "-", "--print-script"}},
	} {
		stdout, _, err := converted(t, test.stdin, test.args...)
		if err == nil || !strings.Contains(err.Error(), test.want) || stdout != "" {
			t.Errorf("%q: %v, want %q; printed %q", test.args, err, test.want, stdout)
		}
	}
	// What it cannot know can be told.
	stdout, stderr, err := converted(t, socketSidecar, "-f", "-", "--instance", "p-1:europe-west1:orders=postgres")
	if err != nil || !strings.Contains(stdout, "orders?port=5432") || !strings.Contains(stderr, "a Pod runs cannot be changed") {
		t.Errorf("%v\n%s\n%s", err, stdout, stderr)
	}
}

func TestConvertScriptOfFiles(t *testing.T) {
	t.Parallel()
	stdout, _, err := converted(t, "", "-f", "testdata/convert/sidecars.yaml", "--print-script", "--context", "it's prod")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"namespace=shop", "rolled deployment.apps/sql-proxy", "rolled deployment.apps/web", "keep cronjob.batch/report", `kubectl=(kubectl '--context=it'\''s prod')`} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

// The script says by which command line it was printed, all of it.
func TestConvertScriptSaysWhereItIsFrom(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cmd, out, talk := w.process("convert", "-f", "testdata/convert/sidecars.yaml", "--print-script")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, talk)
	}
	if want := "#   kubectl sqlproxy convert -f testdata/convert/sidecars.yaml --print-script "; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out)
	}
}

// A shared proxy that heard on localhost is opened to others, which is said.
func TestConvertOpens(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/convert/2018.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{"tcp:0.0.0.0:3306": false, "tcp:3306": true} {
		_, stderr, err := converted(t, strings.Replace(string(raw), "tcp:0.0.0.0:3306", address, 1), "-f", "-")
		if err != nil || strings.Contains(stderr, "(listen-opened)") != want {
			t.Errorf("%s: %v\n%s", address, err, stderr)
		}
	}
}
