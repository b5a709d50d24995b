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

// sample is a plan for one Secret and all that is behind it.
func sample() Plan {
	order := "acme.cert-manager.io"
	return Plan{
		Chains: []Chain{{Door: "Gateway shop/web", Secrets: []Secret{{
			Namespace: "shop", Name: "web-tls", Certificate: "tls.crt", Key: "tls.key", Hosts: []string{"shop.example", "*.shop.example"},
			Pods: []Pod{{"istio", "ingress-0", 8443}},
			Links: []Link{
				{Resource: "certificates.cert-manager.io", Namespace: "shop", Name: "web", Ready: true},
				{Resource: "certificaterequests.cert-manager.io", Namespace: "shop", Name: "web-1", Ready: true},
				{Resource: "orders." + order, Namespace: "shop", Name: "web-1-1"},
				{Resource: "challenges." + order, Namespace: "shop", Name: "web-1-1-1"},
				{Resource: "clusterissuers.cert-manager.io", Name: "le", Ready: true},
				{Namespace: "cert-manager", Name: "dns", Key: "token"},
			}}}}},
		Invocation: "kubectl certcheck gateway/web --print-script", Printed: time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC),
	}
}

// plans are the golden files' plans.
func plans() map[string]Plan {
	full, small, evil := sample(), sample(), sample()
	again := full.Chains[0].Secrets[0]
	again.Name, again.Hosts, again.Pods, again.Links = "api-tls", []string{"*", "10.0.0.1", "*.api.example"}, []Pod{{"istio", "ingress-1", 443}}, again.Links[4:]
	full.Chains = append(full.Chains, Chain{Door: "Ingress shop/api", Secrets: []Secret{again}})
	full.KubectlArgs = []string{"--kubeconfig=/home/me/my config", "--context=it's"}

	only := &small.Chains[0].Secrets[0]
	only.Certificate, only.Key, only.Hosts, only.Links, only.Pods = "cert", "key", []string{"", "*"}, nil, nil

	bad := "$(touch evil)`touch evil`; touch evil; '\"\ntouch evil\n"
	evil.Invocation, evil.KubectlArgs = strings.TrimSpace(bad), []string{"--context=" + bad}
	evil.Chains[0] = Chain{Door: bad, Secrets: []Secret{{Namespace: bad, Name: "--help", Certificate: bad, Key: bad, Hosts: []string{bad},
		Pods:  []Pod{{"--help", bad, 1}},
		Links: []Link{{Resource: bad, Namespace: bad, Name: bad, Ready: true}, {Namespace: bad, Name: "-h", Key: `a"}}{{.}}{{"`}, {Resource: bad, Namespace: bad, Name: bad, Ready: true}}}}}
	return map[string]Plan{"full": full, "small": small, "hostile": evil}
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
	t.Parallel()
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

func TestNothingToLookAt(t *testing.T) {
	t.Parallel()
	for name, chains := range map[string][]Chain{"no door": nil, "a door without Secrets": {{Door: "Gateway shop/web"}}} {
		var b strings.Builder
		if err := Write(&b, Plan{Chains: chains}); err == nil || !strings.Contains(err.Error(), "no script: there is no door") || b.Len() > 0 {
			t.Errorf("%s: %v; written: %q", name, err, b.String())
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteFails(t *testing.T) {
	t.Parallel()
	if err := Write(full{}, sample()); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Error(err)
	}
}

func TestServerName(t *testing.T) {
	t.Parallel()
	for want, hosts := range map[string][]string{
		"":                       {"10.0.0.1", "2001:db8::1"},
		"shop.example":           {"10.0.0.1", "shop.example", "b.example"},
		"certcheck.shop.example": {"*.shop.example"},
	} {
		if got := serverName(hosts); got != want {
			t.Errorf("%q for %q, want %q", got, hosts, want)
		}
	}
}

// TestLint: what is printed is what a reviewer's tools expect.
func TestLint(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{
		{tool.Find(t, "bash"), "-n"},
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
