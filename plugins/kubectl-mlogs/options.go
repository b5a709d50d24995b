package main

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/fifo"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/render"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/roster"
	"github.com/kubechores/kubechores/plugins/kubectl-mlogs/source"
)

// options is everything that the command line says.
type options struct {
	genericiooptions.IOStreams
	connection kube.Flags
	verbose    bool
	queries    []kube.Query

	// Which pods.
	allNamespaces bool
	labels        string
	fields        string
	node          string
	excludePods   patterns

	// Which containers.
	containers        patterns
	excludeContainers patterns
	init, ephemeral   bool
	states            states

	// Which files in them.
	files      []string
	stdout     bool // the containers' own logs as well
	debugImage string

	// Which lines.
	follow           bool
	setFollow        bool // --follow, before complete
	noFollow         bool
	previous         bool
	untilDone        bool
	since            time.Duration
	sinceTime        instant
	tail             int64
	fileTail         int64
	include, exclude patterns

	// How they look.
	output    output
	stamps    stamps
	zone      zone
	highlight patterns
	colour    cli.ColourMode
	maxLine   size
	sort      time.Duration

	// Where they go.
	fifo         string
	fifoOnly     bool
	fifoDir      string
	onReaderExit readerExit

	dryRun      bool
	printScript bool
	stdin       bool
	maxRequests int
}

func newOptions(streams genericiooptions.IOStreams) *options {
	return &options{
		IOStreams: streams,
		init:      true, ephemeral: true, setFollow: true,
		tail:    -1,
		output:  output{format: render.Default},
		colour:  cli.ColourAuto,
		maxLine: 1 << 20, onReaderExit: readerExit(fifo.Wait),
	}
}

// complete reads the arguments.
func (o *options) complete(args []string) error {
	for _, arg := range args {
		q, err := kube.ParseQuery(arg)
		if err != nil {
			return err
		}
		o.queries = append(o.queries, q)
	}
	o.follow = o.setFollow && !o.noFollow && !o.previous && !o.dryRun
	return nil
}

// validate finds what does not go together before anything is asked of a cluster.
func (o *options) validate(cmd *cobra.Command) error {
	set := cmd.Flags().Changed
	selects := len(o.queries) > 0 || o.labels != "" || o.fields != "" || o.node != ""
	switch {
	case o.stdin && selects:
		return cli.UsageErrorf(cmd, "--stdin reads standard input and selects no pods: leave out the query, -l, --field-selector and --node")
	case !o.stdin && !selects:
		return cli.UsageErrorf(cmd, `nothing selected: give a QUERY, -l, --field-selector or --node; the query "." selects every pod of the namespace`)
	case set("since") && set("since-time"):
		return cli.UsageErrorf(cmd, "--since and --since-time exclude each other")
	case o.since < 0:
		return cli.UsageErrorf(cmd, "--since must not be negative")
	case o.previous && set("follow") && o.setFollow:
		return cli.UsageErrorf(cmd, "--previous reads logs that are complete: it does not go with --follow")
	case o.untilDone && !o.follow && !o.dryRun:
		return cli.UsageErrorf(cmd, "--until-done follows the logs: it does not go with --no-follow or --previous")
	case o.tail < -1:
		return cli.UsageErrorf(cmd, "--tail must be -1 for all lines, 0 for none, or more")
	case o.maxRequests < 0:
		return cli.UsageErrorf(cmd, "--max-log-requests must not be negative")
	case o.sort < 0:
		return cli.UsageErrorf(cmd, "--sort must not be negative")
	case o.allNamespaces && len(o.connection.Namespaces) > 0:
		return cli.UsageErrorf(cmd, "-n and -A exclude each other")
	}
	if err := errors.Join(o.validateFiles(cmd), o.validatePipes(cmd), o.validateScript(cmd)); err != nil {
		return err
	}
	if err := o.selection().Validate(); err != nil {
		return cli.UsageErrorf(cmd, "%w", err)
	}
	return nil
}

func (o *options) selection() kube.Selection {
	return kube.Selection{
		Namespaces: slices.Compact(slices.Sorted(slices.Values(o.connection.Namespaces))), AllNamespaces: o.allNamespaces,
		Queries: o.queries, Labels: o.labels, Fields: o.fields, Node: o.node, Exclude: o.excludePods,
	}
}

func (o *options) filter() roster.Filter {
	return roster.Filter{
		Include: o.containers, Exclude: o.excludeContainers,
		Init: o.init, Ephemeral: o.ephemeral, States: o.states,
	}
}

// sourceOptions fixes --since at the time of the start, so that a stream that is
// opened again later means the same.
func (o *options) sourceOptions(start time.Time) source.Options {
	since := o.sinceTime.Time
	if o.since > 0 {
		since = start.Add(-o.since)
	}
	return source.Options{Follow: o.follow, Previous: o.previous, Tail: o.tail, Since: since, MaxLine: int(o.maxLine)}
}

func (o *options) renderOptions(out io.Writer, clusters int) render.Options {
	colour := o.colour.Wanted(out)
	highlight := slices.Concat(o.highlight, o.include)
	return render.Options{
		Format: o.output.format, Template: o.output.template,
		Stamps: render.Stamps(o.stamps), Zone: o.zone.Location,
		Include: o.include, Exclude: o.exclude, Highlight: highlight,
		Colour: colour, Terminal: cli.IsTerminal(out), FullPaths: severalFolders(o.files),
		WithContext:   clusters > 1,
		WithNamespace: clusters > 1 || o.allNamespaces || len(o.selection().Namespaces) > 1,
		NoPrefix:      o.stdin,
	}
}
