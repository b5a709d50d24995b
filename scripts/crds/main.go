// Command crds prints the CustomResourceDefinitions that certcheck reads objects of, as
// one stream of YAML for kubectl apply --server-side: cert-manager's, Istio's and the
// Gateway API's out of their own modules, and hand-written ones for cert-manager of
// 2018, whose own no API server of today takes.
package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed certmanager.k8s.io.yaml
var old string

// source is a file pattern of a module, and which definitions of it are wanted; none is
// all.
type source struct {
	module, files string
	names         []string
}

func sources() []source {
	return []source{
		{"github.com/cert-manager/cert-manager", "deploy/crds/*cert-manager.io_*.yaml", nil},
		{"istio.io/api", "kubernetes/customresourcedefinitions.gen.yaml", []string{"gateways.networking.istio.io", "virtualservices.networking.istio.io"}},
		{"sigs.k8s.io/gateway-api", "config/crd/standard/gateway.networking.k8s.io_*.yaml", nil},
	}
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	for _, s := range sources() {
		documents, err := s.documents()
		if err != nil {
			return fmt.Errorf("%s: %w", s.module, err)
		}
		for _, d := range documents {
			fmt.Printf("---\n%s\n", d)
		}
	}
	fmt.Printf("---\n%s", old)
	return nil
}

func (s source) documents() ([]string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", s.module).Output()
	if err != nil {
		return nil, err
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(module.Dir, filepath.FromSlash(s.files)))
	if err != nil {
		return nil, err
	}
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		for document := range strings.SplitSeq(string(text), "\n---\n") {
			if s.wants(document) {
				found = append(found, document)
			}
		}
	}
	if len(found) < max(1, len(s.names)) {
		return nil, fmt.Errorf("%d definitions in %s, too few", len(found), s.files)
	}
	return found, nil
}

func (s source) wants(document string) bool {
	if !strings.Contains(document, "kind: CustomResourceDefinition") {
		return false
	}
	return s.names == nil || slices.ContainsFunc(s.names, func(name string) bool {
		return strings.Contains(document, "\n  name: "+name+"\n")
	})
}
