package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
)

// parsed is what a command line makes of the options; err is of the flags or of
// complete.
func parsed(args ...string) (o *options, cmd *cobra.Command, err error) {
	o = newOptions(genericiooptions.IOStreams{In: strings.NewReader(""), Out: &bytes.Buffer{}, ErrOut: &bytes.Buffer{}})
	cmd = cli.NewCommand("mlogs")
	o.bind(cmd.Flags())
	if err := cmd.ParseFlags(args); err != nil {
		return nil, nil, err
	}
	return o, cmd, o.complete(cmd.Flags().Args())
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		line string
		want string // none: valid
	}{
		{"web", ""},
		{"web deploy/api job/x", ""},
		{"-l app=web", ""},
		{"--field-selector status.phase=Running", ""},
		{"--node n1", ""},
		{". -A", ""},
		{"web -n a -n b,c", ""},
		{"web --since 5m --tail 10", ""},
		{"web --since-time 2024-05-06T12:00:00Z", ""},
		{"web --no-follow --previous", ""},
		{"web -p --follow=false", ""},
		{"web --until-done", ""},
		{"web --until-done --dry-run", ""},
		{"web --max-log-requests 5 --sort=1s", ""},
		{"web --sort", ""},
		{"web --timestamps --all-containers -f", ""},
		{"--stdin -i ERROR", ""},

		{"", "nothing selected"},
		{"-A", "nothing selected"},
		{"-n shop", "nothing selected"},
		{"--exclude-pod web", "nothing selected"},
		{"--stdin web", "selects no pods"},
		{"--stdin -l app=web", "selects no pods"},
		{"--stdin --node n1", "selects no pods"},
		{"--stdin --field-selector a=b", "selects no pods"},
		{"web --since 5m --since-time 2024-05-06T12:00:00Z", "--since and --since-time exclude each other"},
		{"web --since=-5m", "--since must not be negative"},
		{"web -p -f", "does not go with --follow"},
		{"web --until-done --no-follow", "--until-done follows the logs"},
		{"web --until-done --follow=false", "--until-done follows the logs"},
		{"web --until-done -p", "--until-done follows the logs"},
		{"web --max-log-requests=-1", "--max-log-requests must not be negative"},
		{"web --sort=-1s", "--sort must not be negative"},
		{"web -n shop -A", "-n and -A exclude each other"},
		{"-l app==,==", "--selector"},
		{"--field-selector status.phase", "--field-selector"},
	} {
		t.Run(test.line, func(t *testing.T) {
			o, cmd, err := parsed(strings.Fields(test.line)...)
			if err != nil {
				t.Fatal(err)
			}
			err = o.validate(cmd)
			switch {
			case test.want == "":
				if err != nil {
					t.Errorf("error = %v", err)
				}
			case err == nil || !strings.Contains(err.Error(), test.want):
				t.Errorf("error = %v, want one that says %q", err, test.want)
			case !strings.Contains(err.Error(), "--help"):
				t.Errorf("error = %v, which does not tell of the help", err)
			}
		})
	}
}

func TestBadCommandLines(t *testing.T) {
	for line, want := range map[string]string{
		"web( x":                  "web(",
		"a/b/c":                   "TYPE/NAME",
		"web -o yaml":             `"-o, --output"`,
		"web -i (":                `"-i, --include"`,
		"web --max-line 0":        `"--max-line"`,
		"web --timezone X/Y":      `"--timezone"`,
		"web --since-time today":  `"--since-time"`,
		"web --since 5":           `"--since"`,
		"web --tail x":            `"--tail"`,
		"web --nonsense":          "--nonsense",
		"web --color pink":        `"--color"`,
		"web --container-state x": `"--container-state"`,
	} {
		if _, _, err := parsed(strings.Fields(line)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error = %v, want one that says %q", line, err, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	o, _, err := parsed("web")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
	s := o.sourceOptions(now)
	if !s.Follow || s.Previous || s.Tail != -1 || !s.Since.IsZero() || s.MaxLine != 1<<20 {
		t.Errorf("source options = %+v", s)
	}
	f := o.filter()
	if !f.Init || !f.Ephemeral || len(f.States) > 0 || len(f.Include) > 0 || len(f.Exclude) > 0 {
		t.Errorf("filter = %+v", f)
	}
	r := o.renderOptions(o.Out, 1)
	if r.Format != render.Default || r.Stamps != render.NoStamps || r.Zone != nil || r.Colour || r.Terminal || r.WithContext || r.WithNamespace || r.NoPrefix {
		t.Errorf("render options = %+v", r)
	}
}

func TestFollow(t *testing.T) {
	for line, want := range map[string]bool{
		"web": true, "web -f": true, "web --follow=false": false, "web --no-follow": false, "web -p": false, "web --dry-run": false,
		"web --until-done": true, "web --no-follow=false": true,
	} {
		o, _, err := parsed(strings.Fields(line)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.sourceOptions(time.Now()).Follow; got != want {
			t.Errorf("%s: follow = %v, want %v", line, got, want)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
	for line, want := range map[string]time.Time{
		"web":              {},
		"web --since 0":    {},
		"web --since 1h5m": now.Add(-65 * time.Minute),
		"web --since-time 2024-05-06T13:00:00.5+02:00": time.Date(2024, 5, 6, 11, 0, 0, 500_000_000, time.UTC),
	} {
		o, _, err := parsed(strings.Fields(line)...)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.sourceOptions(now).Since; !got.Equal(want) {
			t.Errorf("%s: since %v, want %v", line, got, want)
		}
	}
}

// The prefix has as much as is needed to tell pods apart.
func TestPrefixes(t *testing.T) {
	for _, test := range []struct {
		line               string
		clusters           int
		context, namespace bool
		noPrefix           bool
	}{
		{"web", 1, false, false, false},
		{"web -n shop", 1, false, false, false},
		{"web -n shop -n shop", 1, false, false, false},
		{"web -n shop,pay", 1, false, true, false},
		{"web -A", 1, false, true, false},
		{"web", 2, true, true, false},
		{"--stdin", 1, false, false, true},
	} {
		o, _, err := parsed(strings.Fields(test.line)...)
		if err != nil {
			t.Fatal(err)
		}
		r := o.renderOptions(o.Out, test.clusters)
		if r.WithContext != test.context || r.WithNamespace != test.namespace || r.NoPrefix != test.noPrefix {
			t.Errorf("%s, %d clusters: context %v, namespace %v, no prefix %v; want %v, %v, %v", test.line, test.clusters,
				r.WithContext, r.WithNamespace, r.NoPrefix, test.context, test.namespace, test.noPrefix)
		}
	}
}

func TestSelectionOfACommandLine(t *testing.T) {
	o, _, err := parsed(strings.Fields("web deploy/api -n shop -n pay,shop -l app=web --node n1 --exclude-pod canary -c ^app$ --exclude-container istio --container-state running")...)
	if err != nil {
		t.Fatal(err)
	}
	s := o.selection()
	if want := []string{"pay", "shop"}; !slices.Equal(s.Namespaces, want) {
		t.Errorf("namespaces %q, want %q", s.Namespaces, want)
	}
	if len(s.Queries) != 2 || s.Queries[0].Text != "web" || s.Queries[1].Name != "api" || s.Labels != "app=web" || s.Node != "n1" || len(s.Exclude) != 1 {
		t.Errorf("selection = %+v", s)
	}
	if f := o.filter(); len(f.Include) != 1 || len(f.Exclude) != 1 || len(f.States) != 1 {
		t.Errorf("filter = %+v", f)
	}
}

// What is included is highlighted, too, without being included twice.
func TestHighlightOfIncluded(t *testing.T) {
	o, _, err := parsed("web", "-i", "ERROR", "-H", "user", "--color", "always")
	if err != nil {
		t.Fatal(err)
	}
	r := o.renderOptions(o.Out, 1)
	if len(r.Highlight) != 2 || len(r.Include) != 1 || !r.Colour {
		t.Errorf("highlight %v, include %v, colour %v", r.Highlight, r.Include, r.Colour)
	}
}
