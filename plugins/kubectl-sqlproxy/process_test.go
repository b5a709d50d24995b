package main

import (
	"encoding/base64"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// The script of convert says which command has printed it.
func TestConvertScriptSaysItsCommand(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	cmd, out, talk := w.process("convert", "-f", "testdata/convert/sidecars.yaml", "--print-script")
	if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "\n#   kubectl sqlproxy convert -f testdata/convert/sidecars.yaml --print-script") {
		t.Errorf("%v, %s\n%s", err, talk, out)
	}
}

// TestSignals: Ctrl-C ends a check with kubectl's exit code, and without a word.
func TestSignals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stalled := w.Fault(kubetest.Fault{Match: kubetest.Lists("services"), Stall: true})
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		before := stalled.Count()
		cmd, out, talk := w.process("check", "-n", "shop")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); stalled.Count() == before && time.Now().Before(deadline); {
			time.Sleep(5 * time.Millisecond)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != code || out.String() != "" || talk.String() != "" {
			t.Errorf("%v: exit code %d, want %d; %q, %q", signal, got, code, out, talk)
		}
	}
}

// TestExitCodes of the process, and what it says on which stream.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.apply(lonely("bank", "vault"))
	for args, want := range map[string]struct {
		code      int
		out, talk string
	}{
		"-n shop":       {0, "deployment/sql-proxy", ""},
		"-n bank":       {3, "single-replica", ""},
		"-n bank nope":  {1, "", "error: there is no proxy nope in namespace bank"},
		"-n bank a/b/c": {1, "", "error: a/b/c: sqlproxy knows no type"},
	} {
		cmd, out, talk := w.process(append([]string{"check"}, strings.Fields(args)...)...)
		_ = cmd.Run()
		if got := cmd.ProcessState.ExitCode(); got != want.code || !strings.Contains(out.String(), want.out) || (want.out == "") != (out.String() == "") ||
			!strings.Contains(talk.String(), want.talk) || (want.talk == "") != (talk.String() == "") {
			t.Errorf("%s: exit code %d, stdout\n%s\nstderr\n%s", args, got, out, talk)
		}
	}
}

// TestClosedPipe: a reader of stdout that has left is no error.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, format := range []string{"table", "json"} {
		read, stdout, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		cmd, _, talk := w.process("check", "-n", "shop", "-o", format)
		cmd.Stdout = stdout
		err = cmd.Run()
		stdout.Close()
		if err != nil || talk.String() != "" {
			t.Errorf("%s: %v, %q", format, err, talk)
		}
	}
}

// TestNoKeys: no output has anything of a key, a token or a password, however it is asked
// for.
func TestNoKeys(t *testing.T) {
	t.Parallel()
	const password, token, inline = "hunter2-hunter2-hunter2-hunter2", "ya29.token-token-token-token", "inline-secret-inline-secret"
	key := `{"type":"service_account","client_email":"a@b.iam.gserviceaccount.com","private_key":"` + password + `"}`
	w := newWorld(t)
	w.apply(`{apiVersion: v1, kind: Secret, metadata: {name: key, namespace: shop}, data: {key.json: `+base64.StdEncoding.EncodeToString([]byte(key))+`}}`,
		`{apiVersion: apps/v1, kind: Deployment, metadata: {name: leaky, namespace: shop}, spec: {replicas: 1, selector: {matchLabels: {app: leaky}}, template: {metadata: {labels: {app: leaky}}, spec: {
 volumes: [{name: key, secret: {secretName: key}}], containers: [{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["p-1:europe-west1:db?port=5432&x=`+inline+`", "--token=`+token+`", "--credentials-file=/k/key.json"],
 env: [{name: CSQL_PROXY_JSON_CREDENTIALS, value: `+password+`}, {name: CSQL_PROXY_ODD, value: `+inline+`}], volumeMounts: [{name: key, mountPath: /k}]}]}}}}`)
	forbidden := []string{password, token, inline, base64.StdEncoding.EncodeToString([]byte(key))[:40]}
	file := write(t, t.TempDir(), "dump.json", w.dump())
	for _, args := range []string{
		"check -n shop -v 9", "check -A -v 10 -o wide", "check -A --v=99 -o tree", "check -A -o json", "check -A -o yaml", "check -A -o junit",
		"check -v 9 -o tree -f " + file, "check -o json -f " + file,
	} {
		cmd, out, talk := w.process(strings.Fields(args)...)
		_ = cmd.Run()
		all := out.String() + talk.String()
		if code := cmd.ProcessState.ExitCode(); code == 1 || !strings.Contains(out.String(), "leaky") {
			t.Errorf("%s: exit code %d: %s", args, code, talk)
		}
		if strings.Contains(args, "-v") && !strings.Contains(args, "-f") && !strings.Contains(all, "/deployments") {
			t.Errorf("%s: no requests are traced, so that nothing is tested:\n%.300s", args, all)
		}
		for i, one := range forbidden {
			if at := strings.Index(all, one); at >= 0 {
				t.Errorf("%s: part %d of a secret is in the output: %q", args, i, all[max(0, at-80):min(len(all), at+20)])
			}
		}
	}
}
