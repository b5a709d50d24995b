package kubetest

import (
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// URL is the server's address, like "https://127.0.0.1:41234".
func (s *Server) URL() string { return "https://" + s.door.addr }

// RESTConfig is a client configuration for the server, without client-side
// rate limit. Each call makes a new one.
func (s *Server) RESTConfig() *rest.Config {
	return &rest.Config{
		Host:            s.URL(),
		BearerToken:     s.token,
		TLSClientConfig: rest.TLSClientConfig{CAData: append([]byte(nil), s.identity.caPEM...)},
		QPS:             -1,
	}
}

// Kubeconfig is a kubeconfig file for the server: one context, "kubetest", in
// namespace "default".
func (s *Server) Kubeconfig() []byte {
	type m = map[string]any
	out, err := yaml.Marshal(m{
		"apiVersion":      "v1",
		"kind":            "Config",
		"current-context": "kubetest",
		"clusters":        []m{{"name": "kubetest", "cluster": m{"server": s.URL(), "certificate-authority-data": s.identity.caPEM}}},
		"users":           []m{{"name": s.opts.user, "user": m{"token": s.token}}},
		"contexts":        []m{{"name": "kubetest", "context": m{"cluster": "kubetest", "user": s.opts.user, "namespace": "default"}}},
	})
	if err != nil {
		panic(err) // maps of strings and bytes always marshal
	}
	return out
}

// WriteKubeconfig writes Kubeconfig to path, readable by the owner only: it
// holds the token.
func (s *Server) WriteKubeconfig(path string) error {
	return os.WriteFile(path, s.Kubeconfig(), 0o600)
}

// KubeconfigFile writes Kubeconfig to a file that lives as long as the test
// and returns its path.
func (s *Server) KubeconfigFile(t TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := s.WriteKubeconfig(path); err != nil {
		t.Fatalf("kubeconfig: %v", err)
	}
	return path
}
