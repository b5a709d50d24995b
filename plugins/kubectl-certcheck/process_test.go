package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
)

// process is the plugin as a process of its own.
func (w *world) process(args ...string) (cmd *exec.Cmd, out, talk *clitest.Buffer) {
	w.t.Helper()
	return clitest.Process(w.t, asPlugin, append(slices.Clone(args), "--kubeconfig", w.KubeconfigFile(w.t))...)
}

// TestSignals: Ctrl-C ends it with kubectl's exit code, and without a word.
func TestSignals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, ingress("shop", "cart", "lost", "cart.example.com"))
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		cmd, out, talk := w.process("-n", "shop", "--wait")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		talk.Await(t, "waiting: ")
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != code || out.String() != "" || strings.Contains(talk.String(), "error") {
			t.Errorf("%v: exit code %d, want %d; %q, %q", signal, got, code, out, talk)
		}
	}
}

// TestSignalAtStdin: Ctrl-C ends a read of a terminal, where nobody types.
func TestSignalAtStdin(t *testing.T) {
	t.Parallel()
	read, typing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer typing.Close()
	cmd, _, _ := newWorld(t).process("-f", "-")
	cmd.Stdin = read
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // until it reads; it says nothing of that
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	if got := cmd.ProcessState.ExitCode(); got != 130 {
		t.Errorf("exit code %d", got)
	}
}

// TestExitCodes of the process, and what it says on which stream.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, append(healthy(t), ingress("bank", "vault", "lost", "vault.example.com"))...)
	for args, want := range map[string]struct {
		code      int
		out, talk string
	}{
		"-n shop":              {0, "ingress/cart", ""},
		"-n bank":              {3, "ING01", ""},
		"-n bank ingress/nope": {1, "", "error: nothing to check: there is no ingress nope in namespace bank; without a name, all that is there is checked\n"},
		"deploy/web":           {1, "", "error: deploy/web: certcheck knows no type"},
	} {
		cmd, out, talk := w.process(strings.Fields(args)...)
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
	w := newWorld(t, healthy(t)...)
	for _, format := range []string{"table", "json", "prom"} {
		read, stdout, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		cmd, _, talk := w.process("-n", "shop", "-o", format)
		cmd.Stdout = stdout
		err = cmd.Run()
		stdout.Close()
		if err != nil || talk.String() != "" {
			t.Errorf("%s: %v, %q", format, err, talk)
		}
	}
}

// TestNoKeys: no output has anything of a private key or of credentials, however it is
// asked for.
func TestNoKeys(t *testing.T) {
	t.Parallel()
	const password = "hunter2-hunter2-hunter2-hunter2-hunter2x"
	kept, swapped := issue(t, 60*day, "cart.example.com"), issue(t, 60*day, "pay.example.com")
	mixed := pair{swapped.crt, kept.key, kept.ca}
	inverted := pair{kept.key, kept.crt, kept.key}
	w := newWorld(t, controller, issuerCA(t), ingress("shop", "cart", "cart-tls", "cart.example.com"), kept.secret("shop", "cart-tls", ""),
		ingress("shop", "pay", "pay-tls", "pay.example.com"), mixed.secret("shop", "pay-tls", ""),
		ingress("shop", "odd", "odd-tls", "odd.example.com"), inverted.secret("shop", "odd-tls", ""),
		`{apiVersion: v1, kind: Secret, metadata: {namespace: cert-manager, name: route53}, data: {key: `+b64([]byte(password+"\n"))+`}}`,
		`{apiVersion: cert-manager.io/v1, kind: ClusterIssuer, metadata: {name: le}, spec: {acme: {server: "https://acme.invalid", privateKeySecretRef: {name: account}, solvers: [
 {dns01: {route53: {region: eu-west-1, accessKeyID: AKIAIOSFODNN7EXAMPLE, secretAccessKeySecretRef: {name: route53, key: key}}}}]}}}`,
		strings.Replace(certificate("shop", "web", "web-tls", 60*day, "web.example.com"), "name: shop-ca", "name: le", 1))
	forbidden := append(kept.parts(), password, b64([]byte(password)))
	file := write(t, t.TempDir(), "dump.json", w.dump())
	for _, args := range []string{
		"-A -v 9", "-A -v 10 -o wide", "-A --v=99 -o tree", "-A -o json", "-A -o yaml", "-A -o junit", "-A -o prom", "-A --print-script", "-n shop -v 9 secret/cart-tls",
		"-v 9 -o tree -f " + file, "-o json -f " + file, "__complete -n shop -v 9 secret/", "__complete -n shop -v 9 secret",
	} {
		words := strings.Fields(args)
		if strings.HasSuffix(args, " secret") {
			words = append(words, "")
		}
		at := 0
		if words[0] == "__complete" {
			at = 1
		}
		cmd, out, talk := w.process()
		cmd.Args = slices.Concat(cmd.Args[:1], words[:at], cmd.Args[1:], words[at:])
		_ = cmd.Run()
		all := out.String() + talk.String()
		if code := cmd.ProcessState.ExitCode(); code == 1 || out.String() == "" {
			t.Errorf("%s: exit code %d: %s", args, code, talk)
		}
		if strings.Contains(args, "-v") && !strings.Contains(args, "-f") && !strings.Contains(all, "/secrets") {
			t.Errorf("%s: no requests are traced, so that nothing is tested:\n%.300s", args, all)
		}
		for i, one := range forbidden {
			all := strings.ReplaceAll(all, "!/PRIVATE KEY/", "") // the script's own words
			if at := strings.Index(all, one); at >= 0 {
				t.Errorf("%s: part %d of a secret is in the output: %q", args, i, all[max(0, at-60):min(len(all), at+20)])
			}
		}
	}
}
