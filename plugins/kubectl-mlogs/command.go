package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
)

const long = `Show the logs of many pods as one stream.

A QUERY is a regular expression on the pod's name, or TYPE/NAME: pod, deploy,
rs, sts, ds, job, cronjob, rc, svc, or any custom resource that owns pods.
Several queries are a union; -l, --field-selector and --node narrow it.

The past is printed in order of time across all containers, then new lines as
they come. Pods that are created, containers that restart and rollouts are
followed. A stream that breaks is opened again where it broke: no line is lost
and none is printed twice, and what the node itself has thrown away is reported
on stderr as a gap.

With --file it reads log files inside the containers instead, through rotations
of every kind; a container needs a shell for it. With --fifo whatever another
program writes into a named pipe joins the stream.

Flags cannot be placed before the plugin's name: kubectl mlogs -n shop web.

Exit codes: 0 ok; 1 error; 3 with --until-done when a container failed; 130 and
143 after SIGINT and SIGTERM.`

const examples = `  # Every pod whose name contains "web", in the current namespace
  kubectl mlogs web

  # A Deployment and a CronJob as one stream, the last 20 lines of each container first
  kubectl mlogs deploy/web cronjob/report --tail 20

  # Only errors of the app containers, in two namespaces
  kubectl mlogs -n shop -n pay -l tier=backend -c '^app$' -i ERROR

  # What happened in the last hour, over all pods in order of time, as JSON lines
  kubectl mlogs deploy/web --since 1h --no-follow -o json

  # Wait for a Job, show what it says, and fail when it fails
  kubectl mlogs job/migrate --until-done

  # A log file in each container, and what the containers write to stdout
  kubectl mlogs -l app=web -c app --file /var/log/app.log --stdout

  # Joined by what another program says: echo "deploy 42" > /tmp/shout
  kubectl mlogs --fifo /tmp/shout pod-a pod-b -c app --file '/var/log/app/*.log'

  # One stream from two clusters
  kubectl mlogs --context blue --context green deploy/web

  # What would be read
  kubectl mlogs . -A --dry-run`

func newCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := newOptions(streams)
	cmd := cli.NewCommand("mlogs")
	cmd.Use += " [QUERY ...]"
	cmd.Short = "Show the logs of many pods as one stream"
	cmd.Long = long
	cmd.Example = strings.ReplaceAll(examples, "kubectl mlogs", strings.TrimSuffix(cmd.CommandPath(), " "))
	cmd.Args = cobra.ArbitraryArgs
	cmd.ValidArgsFunction = o.completeQuery
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.complete(args); err != nil {
			return err
		}
		if err := o.validate(cmd); err != nil {
			return err
		}
		return o.run(cmd)
	}
	o.bind(cmd.Flags())
	o.registerCompletions(cmd)
	cli.HideFlags(cmd.Flags(), kube.ConnectionFlags()...)
	return cmd
}

// bind adds the flags, under kubectl's names where kubectl has them.
func (o *options) bind(fs *pflag.FlagSet) {
	fs.SortFlags = false
	fs.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Look in all namespaces")
	fs.StringVarP(&o.labels, "selector", "l", "", "Label selector, as in -l app=web,tier!=cache")
	fs.StringVar(&o.fields, "field-selector", "", "Field selector, as in status.phase=Running")
	fs.StringVar(&o.node, "node", "", "Only pods on this node")
	fs.Var(&o.excludePods, "exclude-pod", "Leave out pods whose name matches; repeatable")

	fs.VarP(&o.containers, "container", "c", "Only containers whose name matches; repeatable")
	fs.Var(&o.excludeContainers, "exclude-container", "Leave out containers whose name matches; repeatable")
	fs.BoolVar(&o.init, "init-containers", o.init, "Read init containers, too")
	fs.BoolVar(&o.ephemeral, "ephemeral-containers", o.ephemeral, "Read ephemeral containers, too")
	fs.Var(&o.states, "container-state", "Begin to read only containers in these states: running, waiting, terminated or all (default all)")

	fs.StringArrayVar(&o.files, "file", nil, "Read this file in each container instead of the container's log; may be a pattern, as in '/var/log/app/*.log'; repeatable")
	fs.BoolVar(&o.stdout, "stdout", false, "With --file: read the containers' own logs as well")
	fs.StringVar(&o.debugImage, "debug-image", "", "With --file: where a container has no shell, read through an ephemeral container of this image, which stays in the pod's spec")

	fs.BoolVarP(&o.setFollow, "follow", "f", o.setFollow, "Go on with new lines and new pods")
	fs.BoolVar(&o.noFollow, "no-follow", false, "Print what is there and exit")
	fs.BoolVarP(&o.previous, "previous", "p", false, "Print the logs of the containers' previous instances and exit")
	fs.BoolVar(&o.untilDone, "until-done", false, "Exit when all selected pods have finished; with 3 when a container failed")
	fs.DurationVar(&o.since, "since", 0, "Only lines newer than this, as in 30s, 5m or 2h")
	fs.Var(&o.sinceTime, "since-time", "Only lines from this time on (RFC 3339)")
	fs.Int64Var(&o.tail, "tail", o.tail, "Only the last lines of each container's past; -1 for all, 0 for none")
	fs.VarP(&o.include, "include", "i", "Only lines that match; repeatable, any match counts")
	fs.VarP(&o.exclude, "exclude", "e", "Leave out lines that match; repeatable")

	fs.VarP(&o.output, "output", "o", "Output format: "+strings.Join(outputNames(), ", ")+"TEMPLATE")
	fs.Var(&o.stamps, "timestamps", "Print the time of each line: rfc3339 or short")
	fs.Lookup("timestamps").NoOptDefVal = "rfc3339"
	fs.Var(&o.zone, "timezone", "Time zone of the times, as in UTC or Asia/Tokyo (default the local one)")
	fs.VarP(&o.highlight, "highlight", "H", "Highlight what matches; repeatable")
	fs.Var(&o.colour, "color", "Colour the output: auto, always or never")
	fs.Var(&o.maxLine, "max-line", "Cut longer lines, with a mark")
	fs.DurationVar(&o.sort, "sort", 0, "Hold new lines back for so long, to print them in order of time")
	fs.Lookup("sort").NoOptDefVal = "300ms"

	fs.StringVar(&o.fifo, "fifo", "", "Make a named pipe at this path; what any program writes into it joins the stream")
	fs.BoolVar(&o.fifoOnly, "fifo-only", false, "With --fifo: write the stream into the pipe instead of stdout, for other programs to read")
	fs.StringVar(&o.fifoDir, "fifo-dir", "", "Write into a named pipe for each log, in this folder, instead of stdout")
	fs.Var(&o.onReaderExit, "on-reader-exit", "With --fifo-only and --fifo-dir, when the pipe's reader leaves: wait for the next one, or stop")

	fs.BoolVar(&o.dryRun, "dry-run", false, "List the containers that would be read, and exit")
	fs.BoolVar(&o.printScript, "print-script", false, "Print a bash script that does the same with kubectl, for the pods that match now, and exit")
	fs.BoolVar(&o.stdin, "stdin", false, "Filter and render standard input instead of logs")
	fs.IntVar(&o.maxRequests, "max-log-requests", 0, "Read at most so many logs at once and let the others wait; 0 for no limit")
	o.connection.Bind(fs)

	var ignored bool
	fs.BoolVar(&ignored, "all-containers", true, "All containers are read anyway")
	cli.HideFlags(fs, "all-containers")
}
