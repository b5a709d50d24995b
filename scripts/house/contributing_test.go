package house

import (
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestDrawing: the drawing in CONTRIBUTING.md has every folder at the top, in pkg and in
// scripts.
func TestDrawing(t *testing.T) {
	drawing := between(read(t, "CONTRIBUTING.md"), "\n## The house\n", "\n## ")
	lacks := map[string]bool{}
	for _, file := range files(t) {
		depth := 1
		if strings.HasPrefix(file, "pkg/") || strings.HasPrefix(file, "scripts/") {
			depth = 2
		}
		parts := strings.Split(file, "/")
		if len(parts) <= depth { // a file, and no folder, at that depth
			continue
		}
		folder := strings.Join(parts[:depth], "/")
		if !lacks[folder] && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(folder)+`[/ ]`).MatchString(drawing) {
			lacks[folder] = true
			t.Errorf("the drawing in CONTRIBUTING.md lacks %s, where %s is", folder, file)
		}
	}
}

// TestNamedPaths: what CONTRIBUTING.md names as the place of a change is there. A path is
// looked for in the plugin of its section, or of its row, and from the root.
func TestNamedPaths(t *testing.T) {
	all := files(t)
	plugin, section := "", ""
	for line := range strings.Lines(read(t, "CONTRIBUTING.md")) {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section, plugin = strings.TrimSpace(title), ""
			if name, ok := strings.CutPrefix(section, "Where a change goes in "); ok {
				plugin = name
			}
		}
		if !strings.HasPrefix(section, "Where a change goes") && section != "How to add a check" {
			continue
		}
		if row := regexp.MustCompile(`^\| (\w+) \|`).FindStringSubmatch(line); row != nil {
			plugin = row[1]
		}
		for _, found := range regexp.MustCompile("`([^`\\s]+)`").FindAllStringSubmatch(line, -1) {
			if name := found[1]; isPath(name) && !isThere(all, plugin, name) {
				t.Errorf("CONTRIBUTING.md, %s: there is no %s", section, name)
			}
		}
	}
}

func isPath(name string) bool {
	return !strings.HasPrefix(name, "-") && (strings.Contains(name, "/") || slices.Contains([]string{".go", ".sh", ".yaml", ".edit"}, path.Ext(name)))
}

// isThere reports whether a file or folder has the name, in which * and ID are anything:
// from the root, or anywhere in the plugin.
func isThere(all []string, plugin, name string) bool {
	pattern := regexp.QuoteMeta(strings.TrimSuffix(name, "/"))
	pattern = strings.NewReplacer(`\*`, `[^/]*`, "ID", `[^/]*`).Replace(pattern)
	inside := regexp.MustCompile(`^(plugins/kubectl-` + plugin + `/(.*/)?)?` + pattern + `(/|$)`)
	return slices.ContainsFunc(all, inside.MatchString)
}

// TestReleaseWorkflow: a release is built by go.mod's Go, and takes every plugin to krew,
// from its manifest.
func TestReleaseWorkflow(t *testing.T) {
	text := read(t, ".github/workflows/release.yaml")
	minor := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "go.mod"))
	if minor == nil || !strings.Contains(text, `go-version: "`+minor[1]+`"`) {
		t.Errorf("go.mod asks for Go %q, and the workflow for another", minor)
	}
	var workflow struct {
		Jobs struct {
			Krew struct {
				Strategy struct {
					Matrix struct {
						Plugin []string `json:"plugin"`
					} `json:"matrix"`
				} `json:"strategy"`
			} `json:"krew"`
		} `json:"jobs"`
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	manifests, err := filepath.Glob(filepath.Join(root, "krew/*.yaml"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no manifests: %v", err)
	}
	var want []string
	for _, file := range manifests {
		want = append(want, strings.TrimSuffix(filepath.Base(file), ".yaml"))
	}
	if got := workflow.Jobs.Krew.Strategy.Matrix.Plugin; !slices.Equal(got, want) {
		t.Errorf("the workflow releases %v to krew, and there are manifests of %v", got, want)
	}
}
