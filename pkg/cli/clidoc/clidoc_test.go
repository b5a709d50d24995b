package clidoc

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func streams() genericiooptions.IOStreams { return genericiooptions.NewTestIOStreamsDiscard() }

func demo(genericiooptions.IOStreams) *cobra.Command {
	root := &cobra.Command{Use: "kubectl-demo", Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl demo"},
		Short: "Show [ITEM ...] of *", Version: "v9.9.9"}
	sub := &cobra.Command{Use: "look [ITEM]", Short: "Look", Long: "Look at files_of *all* <kinds>.", Run: func(*cobra.Command, []string) {},
		Example: "  # Not a file\n  kubectl demo look '^a' -o x~\n  .dot"}
	sub.Flags().StringP("output", "o", "", "One of a|b, for '*.log' and app_name")
	sub.Flags().Bool("quiet", false, "Say `nothing`")
	sub.Flags().Bool("follow", true, "Go on")
	sub.Flags().StringArray("file", nil, "Repeatable")
	sub.Flags().String("secret", "", "Not shown")
	_ = sub.Flags().MarkHidden("secret")
	root.AddCommand(sub, &cobra.Command{Use: "ghost", Hidden: true, Run: sub.Run})
	return root
}

func TestManPages(t *testing.T) {
	pages, err := ManPages(demo(streams()))
	if err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(pages)); !slices.Equal(names, []string{"kubectl-demo-look.1", "kubectl-demo.1"}) {
		t.Fatalf("pages %q", names)
	}
	root, look := string(pages["kubectl-demo.1"]), string(pages["kubectl-demo-look.1"])
	for _, want := range []string{`.TH "KUBECTL-DEMO" "1" "Nov 2026" "kubechores" "kubectl plugins"`, `kubectl\-demo \- Show [ITEM ...] of *`, `\fBkubectl\-demo\-look(1)\fP`} {
		if !strings.Contains(root, want+"\n") {
			t.Errorf("no %q in\n%s", want, root)
		}
	}
	for _, want := range []string{
		"Look at files_of *all* <kinds>\\&.\n", "\\fB\\-o\\fP, \\fB\\-\\-output\\fP=\\fIVALUE\\fP\n\tOne of a|b, for \\(aq*\\&.log\\(aq and app_name\n", "\\fB\\-\\-quiet\\fP\n",
		"\\fB\\-\\-follow\\fP[=true]\n", "\\fB\\-\\-file\\fP=\\fIVALUE\\fP\n", "  kubectl demo look \\(aq\\(haa\\(aq \\-o x\\(ti\n",
	} {
		if !strings.Contains(look, want) {
			t.Errorf("no %q in\n%s", want, look)
		}
	}
	for _, page := range []string{root, look} {
		if strings.Contains(page, "v9.9.9") || strings.Contains(page, "secret") || strings.Contains(page, "ghost") || strings.Contains(page, "demo\\-help") {
			t.Errorf("what must not be in a page:\n%s", page)
		}
	}
}

func TestMarkdown(t *testing.T) {
	page := string(Markdown(demo(streams())))
	for _, want := range []string{
		"# Commands of kubectl demo\n", "\n## kubectl demo look\n\n```text\nLook at files_of *all* <kinds>.\n```\n\n```text\nkubectl demo look [ITEM] [flags]\n```\n",
		"```sh\n# Not a file\nkubectl demo look '^a' -o x~\n.dot\n```\n", "| `-o`, `--output` |  | One of a\\|b, for '\\*.log' and app\\_name |\n", "| `--follow` | `true` | Go on |\n",
		"| `--file` |  | Repeatable |\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if strings.Contains(page, "secret") || strings.Contains(page, "ghost") || strings.Contains(page, "## kubectl demo help") {
		t.Errorf("what is hidden is in\n%s", page)
	}
}

// complaints is a test that only notes of what it complains.
type complaints struct {
	testing.TB
	said []string
}

func (c *complaints) Helper() {}

func (c *complaints) Errorf(_ string, args ...any) {
	what := filepath.Base(args[0].(string))
	if len(args) > 1 {
		what += ": " + args[1].(string)
	}
	c.said = append(c.said, what)
}

func TestCheck(t *testing.T) {
	folder := t.TempDir()
	check := func(update bool) []string {
		c := &complaints{TB: t}
		Check(c, folder, demo, update)
		slices.Sort(c.said)
		return c.said
	}
	all := []string{"COMMANDS.md", "kubectl-demo-look.1", "kubectl-demo.1"}
	if got := check(false); !slices.Equal(got, all) {
		t.Errorf("of an empty folder: %q", got)
	}
	if got := check(true); len(got) != 0 {
		t.Errorf("while writing: %q", got)
	}
	if got := check(false); len(got) != 0 {
		t.Errorf("after that: %q", got)
	}
	for name, text := range map[string]string{"COMMANDS.md": "x", "man/kubectl-demo-gone.1": "y"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := check(false); !slices.Equal(got, []string{"COMMANDS.md", "kubectl-demo-gone.1"}) {
		t.Errorf("of a stale page and one too many: %q", got)
	}
	check(true)
	if _, err := os.Stat(filepath.Join(folder, "man/kubectl-demo-gone.1")); !os.IsNotExist(err) {
		t.Errorf("the page of a command that is no more: %v", err)
	}
	if got := check(false); len(got) != 0 {
		t.Errorf("in the end: %q", got)
	}
}
