package kubetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/kubetest/tool"
)

// TestKubectl drives the server with the kubectl on PATH, whatever its version.
func TestKubectl(t *testing.T) {
	tool.Find(t, "kubectl")
	t.Parallel()
	s, c := web0(t)
	c.Write("before")
	c.Restart(1)
	c.Write("after")
	s.HandleExec(func(_ context.Context, r ExecRequest, stdin io.Reader, stdout, _ io.Writer) int {
		in, _ := io.ReadAll(stdin)
		fmt.Fprintf(stdout, "%s:%s", strings.Join(r.Command, " "), in)
		return 3
	})
	s.Deployment("shop", "web", 1)
	config := s.KubeconfigFile(t)
	for _, tc := range []struct{ args, stdin, want string }{
		{"get pod web-0 -o wide", "", "web-0 1/1 Running 1 ("},
		{"get pod web-0 -o jsonpath={.status.phase}", "", "Running"},
		{"get deploy,rs,ns", "", "deployment.apps/web 1/1 1 1"},
		{"logs web-0", "", "after"},
		{"logs web-0 --previous --tail=1", "", "before"},
		{"logs nope", "", `"nope" not found`},
		{"exec -i web-0 -- tr a b", "in", "tr a b:in"},
		{"exec web-0 -- tr a b", "", "command terminated with exit code 3"},
		{"create configmap c --from-literal=a=b", "", "configmap/c created"},
		{"label configmap c x=y", "", "configmap/c labeled"},
		{"apply -f -", "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: b}\n", "secret/s created"},
		{"get secret s -o jsonpath={.data.a}", "", "Yg=="},
		{"apply -f -", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {nonsense: 1}\n", `unknown field "spec.nonsense"`},
		{"auth can-i delete pods", "", "yes"},
		{"delete pod web-0", "", `pod "web-0" deleted`},
		{"get pod web-0", "", `Error from server (NotFound): pods "web-0" not found`},
	} {
		cmd := exec.Command("kubectl", append([]string{"-n", "shop"}, strings.Fields(tc.args)...)...)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+config, "HOME="+t.TempDir())
		cmd.Stdin = strings.NewReader(tc.stdin)
		out, _ := cmd.CombinedOutput()
		if got := strings.Join(strings.Fields(string(out)), " "); !strings.Contains(got, tc.want) {
			t.Errorf("kubectl %s: %s", tc.args, out)
		}
	}
}
