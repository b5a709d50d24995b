// Package house holds no code: its tests keep the rules of the house, which no
// compiler keeps.
package house

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kubechores/kubechores/"

// pkgInfo is what the rules need of `go list -json`.
type pkgInfo struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

// list returns the module's packages; at least one is expected.
func list(t *testing.T) []pkgInfo {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []pkgInfo
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkgInfo
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		packages = append(packages, p)
	}
	if len(packages) == 0 {
		t.Fatal("no packages found")
	}
	return packages
}

// place says which part of the house a package is.
type place struct {
	wing string // "kubectl-mlogs", for the wing itself and its rooms
	room string // "source"; empty for the wing itself
	pkg  string // "kube", of pkg/kube
}

func placeOf(path string) place {
	parts := strings.Split(path, "/")
	switch {
	case parts[0] == "plugins" && len(parts) == 2:
		return place{wing: parts[1]}
	case parts[0] == "plugins" && len(parts) > 2:
		return place{wing: parts[1], room: strings.Join(parts[2:], "/")}
	case parts[0] == "pkg" && len(parts) > 1:
		return place{pkg: parts[1]}
	}
	return place{}
}

// TestImportsPointDownwards: main -> the wing -> its rooms -> pkg -> libraries.
func TestImportsPointDownwards(t *testing.T) {
	for _, p := range list(t) {
		from := placeOf(p.ImportPath)
		for _, path := range p.Imports {
			if complaint := forbidden(from, path); complaint != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, path, complaint)
			}
		}
	}
}

func forbidden(from place, path string) string {
	inside, ours := strings.CutPrefix(path, module)
	to := placeOf(inside)
	switch {
	case ours && from.pkg != "" && strings.HasPrefix(inside, "plugins/"):
		return "pkg knows nothing of the plugins"
	case ours && from.wing != "" && to.wing != "" && from.wing != to.wing:
		return "wings do not know each other"
	case ours && from.room != "" && to.wing == from.wing && to.room == "":
		return "rooms do not know their wing"
	case ours && from.room != "" && to.pkg == "cli":
		return "rooms know nothing of the command line"
	case ours && from.wing != "" && to.pkg == "kubetest":
		return "the scripted API server is for tests"
	case from.room != "" && slices.Contains([]string{"github.com/spf13/cobra", "github.com/spf13/pflag", "flag"}, path):
		return "rooms know nothing of flags"
	case from.pkg == "kube" && path == "github.com/spf13/cobra":
		return "only pkg/cli and the wings know the command framework"
	}
	return ""
}

// The pure rooms take data and the time; they talk to nobody.
func TestPureRooms(t *testing.T) {
	pure := map[string]bool{"plugins/kubectl-mlogs/record": true, "plugins/kubectl-mlogs/merge": true, "plugins/kubectl-mlogs/render": true,
		"plugins/kubectl-mlogs/logtime": true, "plugins/kubectl-mlogs/byhand": true,
		"plugins/kubectl-stagger/spread": true, "plugins/kubectl-stagger/spread/simulate": true,
		"plugins/kubectl-stagger/timeline": true, "plugins/kubectl-stagger/byhand": true, "plugins/kubectl-stagger/incluster": true,
		"plugins/kubectl-stagger/rules": true, "plugins/kubectl-sqlproxy/proxy": true, "plugins/kubectl-sqlproxy/keyfile": true, "plugins/kubectl-sqlproxy/netpolicy": true, "plugins/kubectl-sqlproxy/manifest": true, "plugins/kubectl-sqlproxy/snapshot": true, "plugins/kubectl-sqlproxy/diagnose": true, "plugins/kubectl-sqlproxy/migrate": true, "plugins/kubectl-sqlproxy/byhand": true,
		"plugins/kubectl-certcheck/material": true, "plugins/kubectl-certcheck/chain": true, "plugins/kubectl-certcheck/served": true, "plugins/kubectl-certcheck/rules": true,
		"plugins/kubectl-certcheck/byhand": true}
	for _, p := range list(t) {
		if !pure[p.ImportPath] {
			continue
		}
		delete(pure, p.ImportPath)
		for _, path := range p.Imports {
			if path == "net/http" || path == "os" || (strings.HasPrefix(path, "k8s.io/client-go/") && path != "k8s.io/client-go/util/jsonpath") {
				t.Errorf("%s is to be pure and imports %s", p.ImportPath, path)
			}
		}
	}
	for path := range pure {
		t.Errorf("%s does not exist any more: keep this list up to date", path)
	}
}

// TestBinariesStaySmall: what makes kubectl plugins big must not be linked.
func TestBinariesStaySmall(t *testing.T) {
	banned := map[string]string{
		"k8s.io/client-go/kubernetes":                       "every typed client: +12 MB",
		"k8s.io/client-go/kubernetes/scheme":                "every API group: +12 MB",
		"k8s.io/client-go/discovery":                        "links kubernetes/scheme",
		"k8s.io/client-go/gentype":                          "links its own fakes: +3.5 MB",
		"k8s.io/cli-runtime/pkg/genericclioptions":          "links discovery",
		"k8s.io/cli-runtime/pkg/printers":                   "an eighth of a megabyte; pkg/cli has tables",
		"k8s.io/cli-runtime/pkg/resource":                   "links kubernetes/scheme and kustomize",
		"k8s.io/kubectl/pkg/drain":                          "links kubernetes/scheme",
		module + "krew":                                     "is for releases, and links text/template: +10 MB",
		module + "pkg/kubetest":                             "is for tests",
		module + "pkg/cli/clidoc":                           "is for tests, and links a markdown parser",
		module + "pkg/cli/clitest":                          "is for tests",
		module + "plugins/kubectl-stagger/recreate/gcetest": "is for tests",
		"google.golang.org/protobuf/proto":                  "comes with OpenAPI: +1 MB",
		"k8s.io/apimachinery/pkg/util/managedfields":        "links OpenAPI",
	}
	found := false
	for _, p := range list(t) {
		if place := placeOf(p.ImportPath); place.wing == "" || place.room != "" {
			continue
		}
		found = true
		for _, dep := range p.Deps {
			if why, ok := banned[dep]; ok {
				t.Errorf("%s links %s: %s", p.ImportPath, dep, why)
			}
		}
	}
	if !found {
		t.Error("no plugin found")
	}
}

// TestBannedInSource: what the code of plugins and shared packages must not do.
func TestBannedInSource(t *testing.T) {
	for _, p := range list(t) {
		place := placeOf(p.ImportPath)
		if (place.wing == "" && place.pkg == "") || place.pkg == "kubetest" {
			continue
		}
		for _, name := range p.GoFiles {
			isMain := place.wing != "" && place.room == "" && name == "main.go"
			for _, complaint := range inspect(t, filepath.Join(p.Dir, name), isMain) {
				t.Errorf("%s/%s", p.ImportPath, complaint)
			}
		}
	}
}

func inspect(t *testing.T, path string, isMain bool) (complaints []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	complain := func(at ast.Node, what string) {
		position := files.Position(at.Pos())
		complaints = append(complaints, filepath.Base(position.Filename)+": line "+strings.Split(position.String(), ":")[1]+": "+what)
	}
	for _, spec := range file.Imports {
		if path := strings.Trim(spec.Path.Value, `"`); path == "text/template" || path == "html/template" {
			complain(spec, path+" takes dead-code elimination away: +10 MB")
		}
	}
	calls := map[string]string{
		"os.Exit":            "only main ends the process",
		"log.Fatal":          "only main ends the process",
		"context.Background": "a context is passed in",
		"context.TODO":       "a context is passed in",
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				complain(n, "no init: nothing happens on import")
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				if why := calls[x.Name+"."+n.Sel.Name]; why != "" && !isMain {
					complain(n, x.Name+"."+n.Sel.Name+": "+why)
				}
			}
			if strings.HasPrefix(n.Sel.Name, "Set") && strings.HasSuffix(n.Sel.Name, "Template") {
				complain(n, n.Sel.Name+" links text/template: +10 MB")
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "panic" {
				complain(n, "no panic: return an error")
			}
		}
		return true
	})
	return complaints
}

// TestMainIsShort: a binary's main.go only starts it.
func TestMainIsShort(t *testing.T) {
	mains, err := filepath.Glob("../../plugins/kubectl-*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("no main.go found: %v", err)
	}
	for _, path := range mains {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > 25 {
			t.Errorf("%s has %d lines, 25 are enough", path, n)
		}
	}
}

// TestTopLevel: the folders at the top are the ones of the plan.
func TestTopLevel(t *testing.T) {
	out, err := exec.Command("git", "-C", "../..", "ls-tree", "--name-only", "HEAD").Output()
	if err != nil {
		t.Skip("not a git checkout") // an archive of the sources has nothing to look at
	}
	allowed := strings.Fields("plugins pkg krew scripts go.mod go.sum Makefile LICENSE README.md CONTRIBUTING.md CHANGELOG.md")
	for _, name := range strings.Fields(string(out)) {
		if !strings.HasPrefix(name, ".") && !slices.Contains(allowed, name) {
			t.Errorf("%s does not belong at the top level", name)
		}
	}
}
