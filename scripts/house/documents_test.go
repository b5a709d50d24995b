package house

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// files are the paths of all files of the repository, from its root, with slashes.
func files(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return filepath.SkipDir
		case !d.IsDir():
			inside, err := filepath.Rel(root, path)
			all = append(all, filepath.ToSlash(inside))
			return err
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("no files: %v", err)
	}
	return all
}

// skipped are folders that are not of the repository: what is built, and what editors and
// git leave.
func skipped(folder string) bool {
	hidden := strings.HasPrefix(folder, ".") && !slices.Contains([]string{"..", ".", ".ci", ".github"}, folder)
	return hidden || folder == "bin" || folder == "dist"
}

// read is the text of a file of the repository.
func read(t *testing.T, inside string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, inside))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// documents are the pages that people write; those of commands are made from the code.
func documents(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(file string) bool {
		return path.Ext(file) != ".md" || path.Base(file) == "COMMANDS.md"
	})
}

// TestNamedTests: a test that a page names as its witness is below the page's folder,
// and so is the fixture of TestFixtures/FIXTURE.
func TestNamedTests(t *testing.T) {
	all := files(t)
	declared := map[string][]string{} // folders by name of a test, or of a fixture
	function := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, file := range all {
		folder := path.Dir(file)
		if path.Base(folder) == "testdata" {
			name := "/" + strings.TrimSuffix(path.Base(file), path.Ext(file))
			declared[name] = append(declared[name], folder)
		}
		if strings.HasSuffix(file, "_test.go") {
			for _, found := range function.FindAllStringSubmatch(read(t, file), -1) {
				declared[found[1]] = append(declared[found[1]], folder)
			}
		}
	}
	named := regexp.MustCompile(`\b(Test[A-Z]\w*)(/[A-Za-z][\w-]*)?`)
	for _, page := range documents(all) {
		below := func(folder string) bool {
			return path.Dir(page) == "." || strings.HasPrefix(folder+"/", path.Dir(page)+"/")
		}
		for _, found := range named.FindAllStringSubmatch(read(t, page), -1) {
			if !slices.ContainsFunc(declared[found[1]], below) {
				t.Errorf("%s names %s, and there is no such test", page, found[1])
			}
			if fixture := found[2]; fixture != "" && fixture != "/ID" && !slices.ContainsFunc(declared[fixture], below) {
				t.Errorf("%s names %s, and there is no such fixture", page, found[0])
			}
		}
	}
}

// TestLinks: what a page links to in the repository is there.
func TestLinks(t *testing.T) {
	all := files(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, page := range documents(all) {
		for _, found := range link.FindAllStringSubmatch(read(t, page), -1) {
			target, _, _ := strings.Cut(found[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, path.Dir(page), target)); err != nil {
				t.Errorf("%s links to %s: %v", page, found[1], err)
			}
		}
	}
}

// TestMakeTargets: `make WORD` on a page is a target of the Makefile.
func TestMakeTargets(t *testing.T) {
	makefile := read(t, "Makefile")
	command := regexp.MustCompile("(?m)(?:`|^)make ([a-z0-9-]+)")
	for _, page := range documents(files(t)) {
		for _, found := range command.FindAllStringSubmatch(read(t, page), -1) {
			if !strings.Contains(makefile, "\n"+found[1]+":") {
				t.Errorf("%s: the Makefile has no target %s", page, found[1])
			}
		}
	}
}

// TestCompared: each plugin's page compares it with its peers in the same form: when
// they were looked at, their versions, a table whose last column names the witnesses.
func TestCompared(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(root, "plugins/kubectl-*/README.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range pages {
		name := strings.TrimPrefix(filepath.Base(filepath.Dir(page)), "kubectl-")
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		section := between(string(text), "\n## Compared\n", "\n## ")
		if err := compared(name, section); err != nil {
			t.Errorf("%s, Compared: %v", page, err)
		}
	}
}

func compared(name, section string) error {
	month := regexp.MustCompile(`^\nAs of (\w+ \d{4}), `).FindStringSubmatch(section)
	if month == nil {
		return errors.New("the section does not begin with the month: As of January 2006, …")
	}
	if _, err := time.Parse("January 2006", month[1]); err != nil {
		return err
	}
	if !regexp.MustCompile(`\d+\.\d+`).MatchString(between(section, month[0], "\n|")) {
		return errors.New("no versions of the peers are told")
	}
	_, table, _ := strings.Cut(section, "\n|")
	columns, witnesses := 0, 0
	for i, line := range strings.Split("|"+between(table, "", "\n\n"), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		last := cells[len(cells)-1]
		switch {
		case i == 0:
			columns = len(cells)
			if columns < 4 || cells[0] != "" || cells[1] != name || last != "shown by" {
				return fmt.Errorf("the head of the table is %q, not nothing, %s, the peers, shown by", cells, name)
			}
		case len(cells) != columns:
			return fmt.Errorf("a row has %d cells and not %d: %s", len(cells), columns, line)
		case strings.Contains(last, "Test"):
			witnesses++
		}
	}
	if witnesses == 0 {
		return errors.New("no row names a test")
	}
	return nil
}

// between is what stands after begin and before end, or to the end of the text.
func between(text, begin, end string) string {
	_, text, _ = strings.Cut(text, begin)
	text, _, _ = strings.Cut(text, end)
	return text
}
