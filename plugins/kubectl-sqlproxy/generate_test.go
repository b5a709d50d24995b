package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"
)

// runGenerate runs the command on arguments.
func runGenerate(t *testing.T, args ...string) (out, talk string, err error) {
	t.Helper()
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	cmd := newCommand(streams)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&bytes.Buffer{})
	cmd.SetArgs(append([]string{"generate"}, args...))
	err = cmd.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

// generated is the Deployment that the command prints.
func generated(t *testing.T, args ...string) appsv1.Deployment {
	t.Helper()
	out, _, err := runGenerate(t, args...)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	for _, document := range strings.Split(out, "---\n") {
		var d appsv1.Deployment
		if strings.Contains(document, "\nkind: Deployment\n") {
			if err := yaml.UnmarshalStrict([]byte(document), &d); err != nil {
				t.Fatal(err)
			}
			return d
		}
	}
	t.Fatalf("no Deployment in\n%s", out)
	return appsv1.Deployment{}
}

const (
	ordersFlag = "--instance=shop:europe-west1:orders=postgres"
	gsaFlag    = "--workload-identity=sql-proxy@shop.iam.gserviceaccount.com"
)

func TestGenerateIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	args := []string{ordersFlag, "--instance=shop:europe-west1:stock=mysql", gsaFlag, "--monitoring", "--hpa", "--allow-clients=a=b", "--allow-clients=ns:x:c in (d,e)"}
	first, talk, err := runGenerate(t, args...)
	if err != nil || talk != "" || !strings.HasPrefix(first, "# The Cloud SQL Proxy ") {
		t.Fatalf("%v; %s\n%s", err, talk, first)
	}
	for range 5 {
		if again, _, err := runGenerate(t, args...); err != nil || again != first {
			t.Fatalf("%v\n%s", err, again)
		}
	}
	kinds := regexp.MustCompile(`(?m)^kind: (.*)$`).FindAllStringSubmatch(first, -1)
	var order []string
	for _, kind := range kinds {
		order = append(order, kind[1])
	}
	if got := strings.Join(order, " "); got != "ServiceAccount Deployment Service Service PodDisruptionBudget NetworkPolicy PodMonitor HorizontalPodAutoscaler" {
		t.Errorf("in this order: %s", got)
	}
}

func TestGenerateNamespace(t *testing.T) {
	t.Parallel()
	out, _, err := runGenerate(t, ordersFlag, gsaFlag)
	if err != nil || strings.Contains(out, "\n  namespace:") || !strings.Contains(out, "[NAMESPACE/sql-proxy]") {
		t.Errorf("%v: without -n there is a namespace in\n%s", err, out)
	}
	out, _, err = runGenerate(t, ordersFlag, gsaFlag, "-n", "databases")
	if objects, namespaces := strings.Count(out, "---\n"), strings.Count(out, "\n  namespace: databases\n"); err != nil || objects != 5 || namespaces != objects {
		t.Errorf("%v: %d of %d objects are in the namespace", err, namespaces, objects)
	}
}

func TestGenerateJSON(t *testing.T) {
	t.Parallel()
	out, talk, err := runGenerate(t, ordersFlag, "--replicas=1", "-o", "json")
	if err != nil || !strings.Contains(talk, "sqlproxy: warning: --replicas 1") || !strings.Contains(talk, "\n  gcloud services enable") {
		t.Errorf("%v; on stderr\n%s", err, talk)
	}
	var list struct {
		Kind  string
		Items []struct{ Kind string }
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || list.Kind != "List" || len(list.Items) != 4 || list.Items[1].Kind != "Deployment" {
		t.Errorf("%+v, %v:\n%s", list, err, out)
	}
}

func TestGenerateImages(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string // image and first argument
	}{
		{nil, "cloud-sql-connectors/cloud-sql-proxy:2.25.3 --address=0.0.0.0"},
		{[]string{"--proxy-version=v2.24.0"}, "cloud-sql-connectors/cloud-sql-proxy:2.24.0 --address=0.0.0.0"},
		{[]string{"--proxy-version=2.24.0-alpine"}, "cloud-sql-connectors/cloud-sql-proxy:2.24.0-alpine --address=0.0.0.0"},
		{[]string{"--image=mirror:5000/proxy", "--proxy-version=2.24.0"}, "mirror:5000/proxy:2.24.0 --address=0.0.0.0"},
		{[]string{"--image=mirror:5000/cloud-sql-proxy"}, "mirror:5000/cloud-sql-proxy:2.25.3 --address=0.0.0.0"},
		{[]string{"--image=mirror/x:2.11.0"}, "mirror/x:2.11.0 --address=0.0.0.0"},
		{[]string{"--image=mirror/x:prod", "--proxy-version=2.11.0"}, "mirror/x:prod --address=0.0.0.0"},
		{[]string{"--image=mirror/x@sha256:00", "--proxy-version=2.11.0"}, "mirror/x@sha256:00 --address=0.0.0.0"},
		{[]string{"--engine=v1", "--proxy-version=1.11"}, "cloudsql-docker/gce-proxy:1.11 -instances=shop:europe-west1:orders=tcp:0.0.0.0:5432"},
		{[]string{"--engine=v1"}, "cloudsql-docker/gce-proxy:1.38.3 -instances=shop:europe-west1:orders=tcp:0.0.0.0:5432"},
	} {
		box := generated(t, append([]string{ordersFlag, gsaFlag}, test.args...)...).Spec.Template.Spec.Containers[0]
		if got := strings.TrimPrefix(box.Image, "gcr.io/") + " " + box.Args[0]; got != test.want {
			t.Errorf("%q: %s, want %s", test.args, got, test.want)
		}
		if v1 := len(box.Command) == 1; v1 != strings.Contains(test.want, "gce-proxy") {
			t.Errorf("%q: command %q", test.args, box.Command)
		}
	}
}

// Each flag reaches the objects.
func TestGenerateFlags(t *testing.T) {
	t.Parallel()
	for flag, want := range map[string]string{
		"--name=db": "  name: db-orders\n", "--replicas=3": "  replicas: 3\n", "--private-ip": "- --private-ip\n", "--psc": "- --psc\n", "--auto-ip": "- --auto-ip\n",
		"--auto-iam-authn": "- --auto-iam-authn\n", "--allow-clients=app=web": "          app: web\n", "--single-service": "    name: orders\n    port: 5432\n",
		"--monitoring": "kubernetes.io/metadata.name: monitoring\n", "--monitoring=prom": "kubernetes.io/metadata.name: prom\n", "--hpa": "minReplicas: 2\n",
		"--allow-preemptible": "key: gke-preemptible\n", "--max-connections=7": "- --max-connections=7\n", "--memory=1Gi": "memory: 1Gi\n", "--server-version=1.26": "podAntiAffinity:\n",
		"--api-endpoint=https://sqladmin.example.com":                                "- --sqladmin-api-endpoint=https://sqladmin.example.com\n",
		"--engine=v1 --api-endpoint=https://sqladmin.example.com":                    "- -host=https://sqladmin.example.com/\n",
		"--service-type=NodePort --expose --source-ranges=10.0.0.0/8,192.168.0.0/16": "        cidr: 192.168.0.0/16\n",
	} {
		out, _, err := runGenerate(t, append([]string{ordersFlag, gsaFlag}, strings.Fields(flag)...)...)
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %v, want %q in\n%s", flag, err, want, out)
		}
		if plain, _, _ := runGenerate(t, ordersFlag, gsaFlag); strings.Contains(plain, want) {
			t.Errorf("%s: %q is there without it", flag, want)
		}
	}
}

func TestGenerateIdentities(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ flag, account, file, secret string }{
		{gsaFlag, "sql-proxy", "", ""},
		{"--service-account=mine", "mine", "", ""},
		{"--credentials-secret=key", "sql-proxy", "service_account.json", "key"},
		{"--credentials-secret=key/k.json", "sql-proxy", "k.json", "key"},
		{"--key-file=" + freshKey(t), "sql-proxy", "service_account.json", "sql-proxy-credentials"},
	} {
		pod := generated(t, ordersFlag, test.flag).Spec.Template.Spec
		secret := ""
		if len(pod.Volumes) > 0 {
			secret = pod.Volumes[0].Secret.SecretName
		}
		args := strings.Join(pod.Containers[0].Args, " ")
		if _, file, _ := strings.Cut(args, "--credentials-file=/secrets/sqlproxy/"); pod.ServiceAccountName != test.account || secret != test.secret || strings.Fields(file + " -")[0] != test.file && test.file != "" {
			t.Errorf("%s: account %s, Secret %q, %s", test.flag, pod.ServiceAccountName, secret, args)
		}
	}
}

// freshKey writes a service account's key, made for this run.
func freshKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "a@shop.iam.gserviceaccount.com",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))})
	if err != nil {
		t.Fatal(err)
	}
	return written(t, text)
}

func written(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGenerateRefusals(t *testing.T) {
	t.Parallel()
	with := func(args ...string) []string { return append([]string{ordersFlag, gsaFlag}, args...) }
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "--instance is needed"},
		{[]string{"shop:europe-west1:orders"}, "instances are given with --instance"},
		{[]string{"--instance=shop:europe-west1:orders"}, "add =mysql, =postgres, =sqlserver or =PORT"},
		{[]string{"--instance=a:b:c:d:e=mysql"}, "more than the three parts"},
		{with("--engine=v3"), "it is one of v2, v1, alloydb"},
		{with("--engine=alloydb"), "projects/PROJECT/locations"},
		{with("--proxy-version=latest"), `--proxy-version "latest"`},
		{with("--proxy-version=1.38.3"), "begin with 2."},
		{with("--image=x@sha256:00"), "add --proxy-version"},
		{with("--image=x:latest"), `"latest"`},
		{with("--image=gce-proxy:1.38.3"), "--engine v1"},
		{with("--private-ip", "--psc"), "--private-ip and --psc"},
		{with("--auto-ip", "--public-ip"), "--public-ip and --auto-ip"},
		{with("--replicas=0"), "--replicas 0"},
		{with("--allow-clients=team-a"), `--allow-clients "team-a"`},
		{with("--server-version=x"), `--server-version "x"`},
		{with("--service-type=LoadBalancer"), "add --expose"},
		{with("--service-type=LoadBalancer", "--expose"), "--source-ranges"},
		{with("--credentials-secret=a"), "--workload-identity and --credentials-secret"},
		{[]string{ordersFlag, "--credentials-secret=a/"}, "NAME or NAME/KEY"},
		{[]string{ordersFlag, "--key-file=/does/not/exist"}, "--key-file: open /does/not/exist"},
		{[]string{ordersFlag, "--key-file=" + written(t, nil)}, "it is empty"},
		{[]string{ordersFlag, "--key-file=" + written(t, bytes.Repeat([]byte("x"), maxKeyFile+1))}, "longer than a key can be"},
		{[]string{ordersFlag, "--key-file=" + written(t, []byte(`{"type":"service_account","private_key":"s3cret"}`))}, "no client_email"},
		{[]string{ordersFlag, "--key-file=" + t.TempDir()}, "--key-file"},
		{with("--api-endpoint=sqladmin.example.com"), `--api-endpoint "sqladmin.example.com"`},
		{with("-o", "table"), "it is yaml or json"},
		{with("-n", ""), "--namespace: it is empty"},
		{with("-n", "a.b"), `--namespace "a.b"`},
	} {
		out, _, err := runGenerate(t, test.args...)
		if err == nil || !strings.Contains(err.Error(), test.want) || out != "" || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v, want %q in it; printed %q", test.args, err, test.want, out)
		}
	}
	// What cannot be read and what does not go together are told at once.
	_, _, err := runGenerate(t, ordersFlag, "--instance=x", "--allow-clients=y", "--name=Z", "--memory=w")
	for _, want := range []string{`--instance "x"`, `--allow-clients "y"`, `--name "Z"`, `--memory "w"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}

// The examples of the help text work.
func TestGenerateExamples(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(generateExamples, "\\\n", "")
	lines := regexp.MustCompile(`(?m)^  kubectl sqlproxy generate (.*)$`).FindAllStringSubmatch(text, -1)
	if len(lines) != 4 {
		t.Fatalf("%d examples", len(lines))
	}
	for _, line := range lines {
		args, _, _ := strings.Cut(line[1], "|")
		if out, _, err := runGenerate(t, strings.Fields(args)...); err != nil || !strings.Contains(out, "kind: Deployment") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestGenerateCompletion(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"--engine ": "v2\nv1\nalloydb\n", "--service-type ": "ClusterIP\nLoadBalancer\nNodePort\n", "-o ": "yaml\njson\n", "--instance ": "", "": "",
	} {
		streams, _, _, _ := genericiooptions.NewTestIOStreams()
		cmd := newCommand(streams)
		var out bytes.Buffer
		cmd.SetOut(&out)
		cmd.SetErr(&bytes.Buffer{})
		cmd.SetArgs(append([]string{cobra.ShellCompNoDescRequestCmd, "generate"}, strings.Split(args, " ")...))
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want+":4\n" { // 4: no names of files
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	newGenerateCommand(streams).Flags().VisitAll(func(f *pflag.Flag) {
		if f.Usage == "" {
			t.Errorf("--%s says nothing", f.Name)
		}
	})
}
