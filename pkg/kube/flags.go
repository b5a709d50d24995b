package kube

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Flags are kubectl's connection flags under kubectl's names.
type Flags struct {
	// Kubeconfig is the file of --kubeconfig; empty means $KUBECONFIG, then
	// ~/.kube/config, then the service account of the pod we run in.
	Kubeconfig string
	// Contexts of --context; empty means the current context.
	Contexts []string
	// Namespaces of -n; empty means the namespace of each context.
	Namespaces []string

	overrides clientcmd.ConfigOverrides
}

// Bind adds the flags to fs. Both --context and --namespace may be repeated and
// take comma-separated lists; a command that wants one of them checks for it.
func (f *Flags) Bind(fs *pflag.FlagSet) {
	fs.StringVar(&f.Kubeconfig, "kubeconfig", "", "Path to the kubeconfig file to use")
	fs.StringSliceVar(&f.Contexts, "context", nil, "Kubeconfig context to use; repeat it to use several clusters at once")
	fs.StringSliceVarP(&f.Namespaces, "namespace", "n", nil, "Namespace to look in; repeat it to look in several")

	names := clientcmd.RecommendedConfigOverrideFlags("")
	names.CurrentContext.LongName = ""                 // bound above, repeatable
	names.ContextOverrideFlags.Namespace.LongName = "" // bound above, repeatable
	names.AuthOverrideFlags.Username.LongName = ""     // basic auth left Kubernetes in 1.19
	names.AuthOverrideFlags.Password.LongName = ""
	names.ClusterOverrideFlags.APIServer.ShortName = "s"
	clientcmd.BindOverrideFlags(&f.overrides, fs, names)
}

// ConnectionFlags are the names of the flags that kubectl shows only under
// `kubectl options`; a help text may do the same.
func ConnectionFlags() []string {
	return []string{"as", "as-group", "as-uid", "as-user-extra", "certificate-authority", "client-certificate", "client-key", "cluster",
		"disable-compression", "insecure-skip-tls-verify", "proxy-url", "request-timeout", "server", "tls-server-name", "token", "user"}
}

// ContextNames returns the contexts of the kubeconfig, sorted.
func (f *Flags) ContextNames() ([]string, error) {
	raw, err := f.rules().Load()
	if err != nil {
		return nil, err
	}
	return sortedKeys(raw.Contexts), nil
}

func (f *Flags) rules() *clientcmd.ClientConfigLoadingRules {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.Kubeconfig
	return rules
}

// clientConfig reads the kubeconfig for one context ("" for the current one).
func (f *Flags) clientConfig(context string) (clientcmd.ClientConfig, error) {
	rules := f.rules()
	raw, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	if _, known := raw.Contexts[context]; context != "" && !known {
		return nil, fmt.Errorf("context %q does not exist in %s; known contexts: %s",
			context, f.where(rules), orNone(sortedKeys(raw.Contexts)))
	}
	overrides := f.overrides
	overrides.CurrentContext = context
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &overrides), nil
}

func (f *Flags) where(rules *clientcmd.ClientConfigLoadingRules) string {
	if f.Kubeconfig != "" {
		return f.Kubeconfig
	}
	return strings.Join(rules.GetLoadingPrecedence(), string(os.PathListSeparator))
}

// explainConfig turns clientcmd's text for "there is no kubeconfig" into one
// that says where we looked.
func (f *Flags) explainConfig(err error) error {
	if clientcmd.IsEmptyConfig(err) || errors.Is(err, clientcmd.ErrEmptyCluster) {
		return fmt.Errorf("no cluster to talk to: no kubeconfig at %s and not running in a pod; set KUBECONFIG or give --kubeconfig", f.where(f.rules()))
	}
	return fmt.Errorf("kubeconfig: %w", err)
}

func sortedKeys(m map[string]*clientcmdapi.Context) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
