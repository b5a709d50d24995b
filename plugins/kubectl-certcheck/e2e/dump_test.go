//go:build e2e

package e2e

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// dump writes what a person would send of the two namespaces, and returns its path.
func (w *world) dump() string {
	w.t.Helper()
	const kinds = "gateways.networking.istio.io,secrets,pods,services,certificates.cert-manager.io,certificaterequests,orders,challenges,issuers.cert-manager.io,events"
	text := w.ns.Kubectl("get", kinds, "-n", w.shop, "-o", "yaml") + "---\n" + w.ns.Kubectl("get", kinds, "-n", w.gw, "-o", "yaml")
	path := filepath.Join(w.t.TempDir(), "dump.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// A dump tells what the cluster tells.
func TestDump(t *testing.T) {
	w := newSimulatedWorld(t)
	w.today()
	w.piped(w.dump()).exits(0).finds(door, "")

	// In time, and in other formats.
	r := w.check("--at", "100d").exits(3)
	if len(r.has("SEC05")) == 0 {
		t.Errorf("in 100 days: no SEC05\n%s", r.text())
	}
	w.check("--at", "10d").exits(0).finds(door, "")

	w.ns.Kubectl("delete", "secret", "web-tls", "-n", w.gw)
	w.denied()
	cluster := w.check().exits(3).finds(door, "IAM02", "CHAL01", "GWC02")
	file := w.dump()
	fromDump := w.piped(file).exits(3).finds(door, "IAM02", "CHAL01", "GWC02")
	if !slices.Equal(cluster.ids(), fromDump.ids()) {
		t.Errorf("the cluster tells %s, its dump %s", cluster.ids(), fromDump.ids())
	}
	w.junit()
	w.prom()
}

// piped runs certcheck -f - with a file as its input.
func (w *world) piped(file string, args ...string) *report {
	w.t.Helper()
	run := w.ns.StartCommand([]string{"SSL_CERT_FILE=" + w.roots}, "bash", append([]string{"-c", `file=$1; shift; kubectl certcheck -f - -o json "$@" <"$file"`, "bash", file}, args...)...)
	code := run.Wait()
	w.guard(args, run)
	return w.read(code, run.Stdout(), run.Stderr())
}

// junit expects well-formed XML with the failures of the door.
func (w *world) junit() {
	w.t.Helper()
	code, out, _ := w.run("-n", w.shop, "-o", "junit")
	var doc struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
			Cases    []struct {
				Name     string     `xml:"name,attr"`
				Failures []struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(out), &doc); err != nil {
		w.t.Fatalf("-o junit: %v\n%s", err, out)
	}
	var failed []string
	for _, s := range doc.Suites {
		if s.Name != "gateway/"+w.shop+"/web" {
			continue
		}
		for _, c := range s.Cases {
			if len(c.Failures) > 0 {
				failed = append(failed, c.Name)
			}
		}
		if s.Failures != len(failed) {
			w.t.Errorf("-o junit: %d failures by the count, %q are there", s.Failures, failed)
		}
	}
	slices.Sort(failed)
	if want := []string{"CHAL01", "GWC02", "IAM02"}; code != 3 || !slices.Equal(failed, want) {
		w.t.Errorf("-o junit: exit code %d, failures %q, want %q\n%s", code, failed, want, out)
	}
}

// prom expects the text format: a TYPE before the samples of a metric, and one of the
// finding.
func (w *world) prom() {
	w.t.Helper()
	code, out, _ := w.run("-n", w.shop, "-o", "prom")
	sample := regexp.MustCompile(`^([a-z_]+)(\{([a-zA-Z_]+="([^"\\]|\\.)*",?)*\})? (-?[0-9.e+]+|NaN)$`)
	types := map[string]bool{}
	found := false
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			types[strings.Fields(name)[0]] = true
			continue
		}
		if strings.HasPrefix(line, "# HELP ") {
			continue
		}
		m := sample.FindStringSubmatch(line)
		if m == nil || !types[m[1]] {
			w.t.Errorf("-o prom: no sample of a known metric: %q", line)
			continue
		}
		found = found || strings.Contains(line, `"IAM02"`)
	}
	if code != 3 || !found {
		w.t.Errorf("-o prom: exit code %d, IAM02 found: %v\n%s", code, found, out)
	}
}
