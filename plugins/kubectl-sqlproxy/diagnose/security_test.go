package diagnose

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// withDaemonSets puts DaemonSets behind ok.yaml.
func withDaemonSets(names ...string) []string {
	const end = "  labels: {kubernetes.io/metadata.name: shop}\n"
	text := end
	for _, name := range names {
		text += "---\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: " + name + ", namespace: kube-system}\nspec: {template: {spec: {containers: [{name: main, image: x}]}}}\n"
	}
	return []string{end, text}
}

// TestNoAlarm: what looks like a fault of security, and is none.
func TestNoAlarm(t *testing.T) {
	t.Parallel()
	const (
		image    = "        image: cloud-sql-proxy:2.25.3\n"
		from     = "    - podSelector: {matchLabels: {sqlproxy-client: \"true\"}}\n"
		links    = "      enableServiceLinks: false\n"
		instance = "        - shop-prod:europe-west1:orders?port=5432\n"
		policy   = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
		service  = "---\napiVersion: v1\nkind: Service\nmetadata: {name: csql-proxy-http, namespace: shop}\nspec: {ports: [{port: 1}]}\n"
		end      = "  labels: {kubernetes.io/metadata.name: shop}\n"
	)
	tests := []struct {
		name, id string
		replace  []string
	}{
		{"a policy that files do not hold may be in the cluster", "no-networkpolicy", []string{"# finds:\n", "# finds:\n# files:\n", policy, "kind: Other\n"}},
		{"policies could not be looked at", "no-networkpolicy", []string{"# finds:\n", "# finds:\n# missing: NetworkPolicy networkpolicies\n", policy, "kind: Other\n"}},
		{"policies say nothing of a node's addresses", "no-networkpolicy", []string{links, links + "      hostNetwork: true\n", policy, "kind: Other\n"}},
		{"a proxy that only its own pod reaches", "no-networkpolicy", []string{"--address=0.0.0.0", "--address=127.0.0.1", policy, "kind: Other\n"}},
		{"the namespaces are named", "networkpolicy-open", []string{from, "    - namespaceSelector: {matchLabels: {team: shop}}\n"}},
		{"clients of all namespaces", "networkpolicy-open", []string{from, "    - {namespaceSelector: {}, podSelector: {matchLabels: {sqlproxy-client: \"true\"}}}\n"}},
		{"all pods of one namespace are not everybody", "networkpolicy-open", []string{from, "    - podSelector: {}\n"}},
		{"some addresses are left out", "networkpolicy-open", []string{from, "    - ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}\n"}},
		{"everybody may come to another port", "networkpolicy-open", []string{"- {protocol: TCP, port: 5432}\n", "- {protocol: TCP, port: 5432}\n  - ports: [{port: 9090}, {protocol: UDP, port: 5432}]\n"}},
		{"login by itself, but only for clients", "auto-iam-open", []string{instance, "        - --auto-iam-authn\n" + instance}},
		{"Cilium enforces", "networkpolicy-unenforced", withDaemonSets("cilium", "fluentbit-gke")},
		{"who knows what enforces", "networkpolicy-unenforced", withDaemonSets("svclb-traefik")},
		{"a digest is better than a tag", "image-untagged", []string{image, "        image: cloud-sql-proxy@sha256:" + strings.Repeat("0", 64) + "\n"}},
		{"a port in front of the image's name is no tag", "image-untagged", []string{image, "        image: mirror:5000/cloud-sql-proxy:2.25.3\n"}},
		{"less than a year old", "image-old", []string{image, "        image: cloud-sql-proxy:2.20.0\n"}},
		{"newer than the table", "image-old", []string{image, "        image: cloud-sql-proxy:2.99.0\n"}},
		{"a user of the image's own", "runs-as-root", []string{"        runAsNonRoot: true\n        runAsUser: 65532\n", ""}},
		{"root that does not start", "runs-as-root", []string{"        runAsUser: 65532\n", "        runAsUser: 0\n"}},
		{"the container's own user counts", "runs-as-root", []string{"        runAsNonRoot: true\n        runAsUser: 65532\n", "        runAsUser: 0\n", "        securityContext:\n          allow", "        securityContext:\n          runAsUser: 1000\n          allow"}},
		{"a limit is a request, too", "missing-resources", []string{"requests: {cpu: 50m, memory: 64Mi}", "requests: {cpu: 50m}"}},
		{"enough memory", "memory-low", []string{instance, "        - --max-connections=4000\n" + instance}},
		{"few enough connections", "max-connections-sum", []string{instance, "        - --max-connections=500\n" + instance}},
		{"MySQL takes more", "max-connections-sum", []string{instance, "        - --max-connections=1500\n        - shop-prod:europe-west1:orders?port=3306\n"}},
		{"links are off", "service-links", []string{end, end + service}},
		{"the flag is stronger", "service-links", []string{end, end + service, links, ""}},
		{"a Service without an address has no variables", "service-links", []string{end, end + strings.Replace(service, "{ports", "{clusterIP: None, ports", 1), links, "", "        - --http-port=9090\n", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := idsOf(edited(t, "ok", test.replace...).check(t)); slices.Contains(got, test.id) {
				t.Errorf("finds %v", got)
			}
		})
	}
}

// TestTokenStaysHidden: however a secret is given, no format shows it.
func TestTokenStaysHidden(t *testing.T) {
	t.Parallel()
	const instance, env = "        - shop-prod:europe-west1:orders?port=5432\n", "        ports:\n        - {name: postgres"
	for name, replace := range map[string][]string{
		"flag":      {instance, "        - --token=hunter2\n" + instance},
		"next":      {instance, "        - --token\n        - hunter2\n" + instance},
		"shorthand": {instance, "        - -t=hunter2\n" + instance},
		"variable":  {env, "        env: [{name: CSQL_PROXY_TOKEN, value: hunter2}]\n" + env},
		"login":     {instance, "        - --token=hunter2\n        - --login-token=hunter2\n        - --auto-iam-authn\n" + instance},
		"JSON":      {env, "        env: [{name: CSQL_PROXY_JSON_CREDENTIALS, value: '{\"private_key\":\"hunter2\"}'}]\n" + env},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := edited(t, "ok", replace...).check(t)
			if got := idsOf(report); !slices.Contains(got, "debug-or-token-in-args") {
				t.Errorf("finds %v", got)
			}
			for _, format := range []finding.Format{finding.Tree, finding.JSON, finding.Wide} {
				var b bytes.Buffer
				if err := report.Print(&b, finding.Options{Format: format}); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(b.String(), "hunter2") {
					t.Errorf("shown:\n%s", b.String())
				}
			}
		})
	}
}

func TestReleasedBy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		engine  proxy.Engine
		version proxy.Version
		want    string
	}{
		{proxy.V2, v(2, 11, 1), "2024-07-17"}, // by the next minor version
		{proxy.V2, v(2, 12, 0), "2024-07-17"},
		{proxy.V2, v(2, 25, 3), "2026-08-20"},
		{proxy.V2, v(2, 26, 0), "0001-01-01"},
		{proxy.V2, proxy.Version{}, "0001-01-01"},
		{proxy.V1, v(1, 11, 0), "2017-09-29"},
		{proxy.V1, v(1, 30, 1), "2022-10-25"},
		{proxy.AlloyDB, v(1, 13, 11), "2026-03-10"},
	} {
		if got := releasedBy(proxy.Program{Engine: test.engine, Version: test.version}).Format(time.DateOnly); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.engine, test.version, got, test.want)
		}
	}
	for _, engine := range []proxy.Engine{proxy.V1, proxy.V2, proxy.AlloyDB} {
		all := releases(engine)
		for i := 1; i < len(all); i++ {
			if !all[i-1].Before(all[i].Version) || all[i].date().Before(all[i-1].date()) {
				t.Errorf("%s: %s is not in order", engine, all[i].Version)
			}
		}
	}
}

// TestCPULimitOfACore: one that rarely counts is a remark.
func TestCPULimitOfACore(t *testing.T) {
	t.Parallel()
	report := edited(t, "ok", "limits: {memory: 512Mi}", "limits: {cpu: \"2\", memory: 512Mi}").check(t)
	for _, f := range report.Findings {
		if f.ID == "cpu-limit" && f.Severity == finding.Info {
			return
		}
	}
	t.Errorf("finds %v", report.Findings)
}
