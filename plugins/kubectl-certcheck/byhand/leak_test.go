//go:build !windows

package byhand

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// TestNoKeyLeaks: a private key is in no output, no variable, no argument and no file,
// wherever in the Secret it is. bash -x tells of variables, played programs of
// arguments, and an rm that removes nothing keeps the files.
func TestNoKeyLeaks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.record()
	w.set("bin/rm", "#!/bin/sh\n")
	leaf := mint(t, w.ca, "leaf", nil)
	key := leaf.keyPEM(t)
	cutOff, _, _ := strings.Cut(leaf.pem(), "-----END")
	for name, crt := range map[string]string{
		"a chain":              leaf.pem() + w.ca.pem(),
		"a key between":        leaf.pem() + key + w.ca.pem(),
		"a key after a stump":  cutOff + key,
		"a key on one line":    strings.ReplaceAll(leaf.pem()+key, "\n", `\n`),
		"no newline before it": strings.TrimSpace(leaf.pem()) + key,
		"a key only":           key,
	} {
		w.secret([]string{"shop.example"}, "tls.crt", crt, "tls.key", key)
		cmd := w.start("-x")
		_ = cmd.Wait() // it need not be well
		w.wantSaid("+ secret shop web-tls tls.crt tls.key")
		calls := w.get("calls")
		if !strings.Contains(calls, "kubectl --namespace=it's another get --namespace=shop ") || (name == "a chain" && !strings.Contains(calls, "openssl pkey")) {
			t.Errorf("%s: called\n%s", name, calls)
		}
		texts := map[string]string{"output": w.out.String(), "calls": calls}
		files := 0
		w.must(filepath.WalkDir(filepath.Join(w.dir, "tmp"), func(path string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				files++
				texts[path] = w.get(strings.TrimPrefix(path, w.dir))
			}
			return err
		}))
		if files == 0 {
			t.Errorf("%s: no files were kept", name)
		}
		for where, text := range texts {
			for _, part := range append(strings.Split(strings.TrimSpace(key), "\n")[1:3], base64.StdEncoding.EncodeToString([]byte(key))[:40]) {
				if strings.Contains(text, part) {
					t.Errorf("%s: key material in %s:\n%s", name, where, text)
				}
			}
		}
	}
}

// An openssl that cannot compare names, which is that of macOS, says so.
func TestLibreSSL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set("bin/openssl", "#!/bin/sh\ncase \" $* \" in *' -checkhost '* | *' -checkip '*) echo 'unknown option -checkhost' >&2; exit 1 ;; esac\nexec "+
		tool.Find(t, "openssl")+" \"$@\"\n")
	w.pair(mint(t, w.ca, "leaf", nil), "shop.example", "10.0.0.1")
	w.run(0)
	const cannot = "? this openssl cannot compare names, as that of macOS: look whether "
	w.want(trusted, itsKey, cannot+"shop.example is among them", cannot+"10.0.0.1 is among them")
	w.wantSaid("   names   DNS:shop.example, DNS:*.shop.example, IP Address:10.0.0.1, ")
}

func TestProgramMissing(t *testing.T) {
	t.Parallel()
	for _, missing := range []string{"kubectl", "openssl"} {
		w := newWorld(t)
		w.must(os.RemoveAll(filepath.Join(w.dir, "bin")))
		w.must(os.Mkdir(filepath.Join(w.dir, "bin"), 0o755))
		for _, name := range []string{"env", "bash", "kubectl", "openssl"} {
			if name != missing {
				path, err := exec.LookPath(name)
				w.must(err)
				w.must(os.Symlink(path, filepath.Join(w.dir, "bin", name)))
			}
		}
		w.env = append(w.env, "PATH="+filepath.Join(w.dir, "bin"))
		w.pair(mint(t, w.ca, "leaf", nil))
		w.run(1)
		if got, want := w.out.String(), "error: "+missing+" is not on the PATH\n"; got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

// Names that mean something to a shell, or to kubectl, do nothing there.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	args := w.plan.KubectlArgs
	w.plan = plans()["hostile"]
	w.plan.KubectlArgs = args
	w.run(3)
	for _, verdict := range w.judged() {
		if !strings.HasPrefix(verdict, "NOT OK ") && !strings.HasPrefix(verdict, "? the Secret has none") {
			t.Errorf("judged %q", verdict)
		}
	}
	if _, err := os.Stat(filepath.Join(w.dir, "evil")); err == nil {
		t.Error("it was run")
	}
}
