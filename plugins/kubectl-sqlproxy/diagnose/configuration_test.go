package diagnose

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

const (
	okArgs     = "        - --structured-logs\n"
	okPorts    = "        ports:\n        - {name: postgres, containerPort: 5432}\n"
	okInstance = "        - shop-prod:europe-west1:orders?port=5432\n"
)

// argsLines are lines of YAML for arguments.
func argsLines(args ...string) string {
	var b strings.Builder
	for _, arg := range args {
		b.WriteString("        - '" + strings.ReplaceAll(arg, "'", "''") + "'\n")
	}
	return b.String()
}

// printed is a report in the form that has all.
func printed(t *testing.T, r *finding.Report) string {
	t.Helper()
	var b bytes.Buffer
	for _, format := range []finding.Format{finding.Tree, finding.JSON} {
		if err := r.Print(&b, finding.Options{Format: format}); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// Whatever is wrong with it, a secret in an argument or a variable is in no output.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	long := strings.Repeat(secret, 10)
	for _, args := range [][]string{
		{"--token=" + secret}, {"--token", secret}, {"-t", secret}, {"-t" + secret}, {"-t=" + secret}, {"-token=" + secret}, {"--tokn=" + secret}, {"--tokn", secret}, {"-tokn=" + secret},
		{"--login-token=" + secret}, {"--json-credentials={\"private_key\":\"" + secret + "\"}"}, {"--json-credentials", secret}, {"-j" + secret}, {"--json-credential=" + secret},
		{"a:b:c?token=" + secret}, {"a:b:c?port=1&tokn=" + secret}, {"a:b:c?%zz=" + secret}, {long}, {"--port=1", "--port=2", "--token=" + secret, "--tokn=x"},
		{"--token=" + secret, "--gcloud-auth"}, {"--token=a" + secret, "--token=b" + secret}, {"-x" + secret}, {"--credentials-file=ya29." + secret}, {"-p" + secret + "eyJ"},
		{"--token=" + secret, "--http-port=5432"}, {"wait", "--token=" + secret}, {"--", long},
	} {
		f := edited(t, "ok", okArgs, argsLines(args...))
		f.opts["problems"] = ""
		if out := printed(t, f.check(t)); strings.Contains(out, secret) {
			t.Errorf("%q is shown:\n%s", args, lineWith(out, secret))
		}
		// The same with all instances gone, which shows the whole command line, and on v1,
		// where letters that have their value glued to them are unknown words.
		f = edited(t, "ok", okArgs, argsLines(args...), okInstance, "")
		if out := printed(t, f.check(t)); strings.Contains(out, secret) {
			t.Errorf("no instance, %q is shown:\n%s", args, lineWith(out, secret))
		}
		if len(args) == 1 && len(args[0]) == len("-t"+secret) {
			continue
		}
		f = edited(t, "ok", okArgs, argsLines(args...), "cloud-sql-proxy:2.25.3", "gce-proxy:1.37.6", okInstance, "")
		if out := printed(t, f.check(t)); strings.Contains(out, secret) {
			t.Errorf("v1, %q is shown:\n%s", args, lineWith(out, secret))
		}
	}
	for _, name := range []string{"CSQL_PROXY_TOKN", "CSQL_PROXY_TOKEN", "CSQL_PROXY_JSON_CREDENTIALS", "CSQL_PROXY_LOGIN_TOKEN", "CSQL_PROXY_INSTANCE_CONNECTION_NAME_2"} {
		f := edited(t, "ok", okPorts, "        env: [{name: "+name+", value: "+secret+"}]\n"+okPorts)
		if out := printed(t, f.check(t)); strings.Contains(out, secret) {
			t.Errorf("%s is shown:\n%s", name, lineWith(out, secret))
		}
	}
}

func lineWith(text, word string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.Contains(line, word) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// What is not to be found: a variable of a Secret for a secret, one that a Service may
// give, and those of envFrom.
func TestVariablesThatMayBe(t *testing.T) {
	t.Parallel()
	links := []string{"enableServiceLinks: false", "enableServiceLinks: true"}
	for name, test := range map[string]struct {
		replace []string
		want    []string
	}{
		"a token from a Secret": {[]string{okArgs, argsLines("--token=$(TOKEN)"), okPorts, "        env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: t, key: t, optional: true}}}]\n" + okPorts}, nil},
		"an instance from a Secret": {[]string{okArgs, argsLines("--quota-project=$(P)"), okPorts, "        env: [{name: P, valueFrom: {secretKeyRef: {name: t, key: t, optional: true}}}]\n" + okPorts},
			[]string{"variable-unexpanded"}},
		"a Service's": {append([]string{okArgs, argsLines("--quota-project=$(X_SERVICE_HOST)")}, links...), []string{"variable-unexpanded"}},
	} {
		report := edited(t, "ok", test.replace...).check(t)
		if got := idsOf(report); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
		for _, f := range report.Findings {
			if f.Severity != finding.Skipped {
				t.Errorf("%s: %s %s", name, f.Severity, f.What)
			}
		}
	}
}

// What the proxy ignores in silence does not keep it from serving.
func TestPartOfProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		p    proxy.Problem
		want part
	}{
		{proxy.Problem{ID: proxy.FlagUnknown, Severity: finding.Error, Where: proxy.Place{List: proxy.Args}}, blocks},
		{proxy.Problem{ID: proxy.InstanceMissing, Severity: finding.Error}, blocks},
		{proxy.Problem{ID: proxy.EnvUnknown, Severity: finding.Error, Where: proxy.Place{List: proxy.Env}}, aside},
		{proxy.Problem{ID: proxy.QueryUnknown, Severity: finding.Error, Where: proxy.Place{List: proxy.Args}}, aside},
		{proxy.Problem{ID: proxy.DurationUnit, Severity: finding.Error, Where: proxy.Place{List: proxy.Env}}, aside},
		{proxy.Problem{ID: proxy.DurationUnit, Severity: finding.Error, Where: proxy.Place{List: proxy.Command}}, blocks},
		{proxy.Problem{ID: proxy.FlagNewer, Severity: finding.Error, Where: proxy.Place{List: proxy.Config}}, aside},
		{proxy.Problem{ID: proxy.FlagRepeated, Severity: finding.Warning, Where: proxy.Place{List: proxy.Args}}, aside},
	} {
		if got := partOf(test.p); got != test.want {
			t.Errorf("%v: %d", test.p, got)
		}
	}
}

const lateLog = `---
apiVersion: v1
kind: Log
namespace: shop
pod: sql-proxy-7d4f9c6b5-aaaaa
container: proxy
previous: true
lines:
- 'Error: unknown flag: --adress'
`

// A run before that did not start is history, when the one since then has: nothing is
// found. It is not where the run since has not come so far.
func TestRunsBefore(t *testing.T) {
	t.Parallel()
	f := edited(t, "ok")
	f.text += lateLog
	if got := idsOf(f.check(t)); len(got) > 0 {
		t.Errorf("%v of a run that is over", got)
	}
	ok := `{"severity":"INFO","timestamp":"2026-11-24T01:00:02.3Z","message":"The proxy has started successfully and is ready for new connections!"}`
	f = edited(t, "ok", ok, strings.Replace(ok, "started successfully", "", 1))
	f.text += lateLog
	if got := idsOf(f.check(t)); len(got) > 0 {
		t.Errorf("%v, although the pod is ready: it logs quietly, say", got)
	}
	ready := `- {type: Ready, status: "True", lastTransitionTime: "2026-11-24T01:00:20Z"}`
	f = edited(t, "ok", ok, strings.Replace(ok, "started successfully", "", 1), ready, strings.Replace(ready, "True", "False", 1))
	f.text += lateLog
	if got := idsOf(f.check(t)); !slices.Contains(got, "start-flag") {
		t.Errorf("%v of a run that has not told yet", got)
	}
}

const (
	startedText = "The proxy has started successfully and is ready for new connections!"
	failed      = "The proxy has encountered a terminal error: unable to start: something new"
)

// What the log says in general is of whatever was found to keep the proxy from starting.
func TestStartThatIsExplained(t *testing.T) {
	t.Parallel()
	if got := idsOf(edited(t, "ok", startedText, failed).check(t)); !slices.Equal(got, []string{"start-failed"}) {
		t.Errorf("unexplained: %v", got)
	}
	if got := idsOf(edited(t, "ok", startedText, failed, okArgs, okArgs+argsLines("--adress=0.0.0.0")).check(t)); !slices.Equal(got, []string{"flag-unknown"}) {
		t.Errorf("explained: %v", got)
	}
}

// Pods that say the same are one finding, which says how many they are.
func TestPodsThatSayTheSame(t *testing.T) {
	t.Parallel()
	report := edited(t, "ok", startedText, failed).check(t)
	if len(report.Findings) != 1 {
		t.Fatalf("%d findings", len(report.Findings))
	}
	want := "log of pod/sql-proxy-7d4f9c6b5-aaaaa, and of 1 more"
	if got := report.Findings[0].Evidence[0].Source; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A region that only the log knows to be wrong, and one that a name as v1 writes it makes.
func TestRegions(t *testing.T) {
	t.Parallel()
	said := `config error: provided region was mismatched - got europe-west1, want us-central1 (connection name = \"shop-prod:europe-west1:orders\")`
	report := edited(t, "ok", startedText, said).check(t)
	if len(report.Findings) != 1 || !strings.Contains(report.Findings[0].What, "does not serve shop-prod:europe-west1:orders: the name says region europe-west1, and the instance is in us-central1.") {
		t.Errorf("%+v", report.Findings)
	}
}

// Instances that a Secret names are not missing: what is not known is said.
func TestInstancesOfASecret(t *testing.T) {
	t.Parallel()
	report := edited(t, "ok", okInstance, "", okPorts, "        env: [{name: CSQL_PROXY_INSTANCE_CONNECTION_NAME, valueFrom: {secretKeyRef: {name: t, key: t, optional: true}}}]\n"+okPorts).check(t)
	if got := idsOf(report); !slices.Equal(got, []string{"variable-unexpanded"}) {
		t.Errorf("%v", got)
	}
}
