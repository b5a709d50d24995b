package realcluster

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// Kubectl runs kubectl and returns its stdout; the test fails when kubectl does.
// Namespaced commands want "-n", n.Name among the arguments.
func (n *Namespace) Kubectl(args ...string) string {
	n.t.Helper()
	out, stderr, err := n.try(args...)
	if err != nil {
		n.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, stderr)
	}
	return out
}

// KubectlFields is Kubectl with stdout taken apart at blanks.
func (n *Namespace) KubectlFields(args ...string) []string {
	n.t.Helper()
	return strings.Fields(n.Kubectl(args...))
}

func (n *Namespace) try(args ...string) (stdout, stderr string, err error) {
	var out, errOut bytes.Buffer
	cmd := n.command("kubectl", args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// command is a command in an environment where kubectl finds the cluster and
// the plugins that were built here before any others.
func (n *Namespace) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(),
		"KUBECONFIG="+shared.kubeconfig,
		"PATH="+Bin()+string(os.PathListSeparator)+os.Getenv("PATH"))
	return cmd
}

// Bin is the folder of the built plugins.
func Bin() string { return filepath.Join(shared.root, "bin") }

// Kubeconfig is the path of the administrator's kubeconfig.
func Kubeconfig() string { return shared.kubeconfig }

// Apply creates objects in the namespace: typed ones, or YAML as a string. It
// returns when the API server has them.
func (n *Namespace) Apply(objects ...any) {
	n.t.Helper()
	var documents []string
	for _, o := range objects {
		if text, ok := o.(string); ok {
			documents = append(documents, text)
			continue
		}
		data, err := yaml.Marshal(o)
		if err != nil {
			n.t.Fatal(err)
		}
		documents = append(documents, string(data))
	}
	cmd := n.command("kubectl", "create", "-n", n.Name, "-f", "-")
	cmd.Stdin = strings.NewReader(strings.Join(documents, "\n---\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		n.t.Fatalf("kubectl create: %v\n%s", err, out)
	}
}

// KubeconfigOf writes a kubeconfig for the service account's token, with the
// namespace as default, and returns its path.
func (n *Namespace) KubeconfigOf(serviceAccount string) string {
	n.t.Helper()
	path := filepath.Join(n.t.TempDir(), "kubeconfig")
	raw := n.Kubectl("config", "view", "--raw", "--minify", "--flatten")
	if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
		n.t.Fatal(err)
	}
	token := strings.TrimSpace(n.Kubectl("create", "token", serviceAccount, "-n", n.Name))
	// set-credentials would keep the administrator's certificate, so the user is a new one.
	n.Kubectl("--kubeconfig", path, "config", "set-credentials", serviceAccount, "--token", token)
	n.Kubectl("--kubeconfig", path, "config", "set-context", "--current", "--user", serviceAccount, "--namespace", n.Name)
	for _, user := range n.KubectlFields("--kubeconfig", path, "config", "get-users") {
		if user != serviceAccount && user != "NAME" {
			n.Kubectl("--kubeconfig", path, "config", "delete-user", user)
		}
	}
	return path
}

// ServiceAccountName is how the API server names a service account of the
// namespace.
func (n *Namespace) ServiceAccountName(name string) string {
	return fmt.Sprintf("system:serviceaccount:%s:%s", n.Name, name)
}
