package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/migrate"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

const convertLong = `Print what a proxy has to become: one of the first version one of the second, and a
sidecar a shared one with a Service.

Of a Deployment that runs nothing but the proxy it prints the Deployment that takes its
place, under its name, with its selector and its Services, and with all that generate
makes: replicas apart, probes, a shutdown, a budget. Of a workload with the proxy beside
it, it prints a shared proxy and the workload without the sidecar, whose environment
names the Service.

Everything that is different then, and what has to be done by hand, is said on stderr.
Nothing is changed: --print-script makes a script that does it in the right order, and
keeps what was there. With -o args only the proxy's new arguments are printed.`

const convertExamples = `  # The proxy of a manifest, for version 2
  kubectl sqlproxy convert -f sql-proxy.yaml > new.yaml

  # The new arguments alone
  kubectl sqlproxy convert deploy/sql-proxy -o args

  # Workloads with sidecars: one shared proxy, and the workloads without them
  kubectl sqlproxy convert deploy/web deploy/api -n shop

  # A script that does it: the shared proxy first, then the workload
  kubectl sqlproxy convert deploy/web -n shop --print-script > convert.sh`

// convertOptions is everything that the command line of convert says.
type convertOptions struct {
	genericiooptions.IOStreams
	cluster   clusterFlags
	files     []string
	recursive bool
	targets   []diagnose.Target

	name, version, image string
	instances, clients   []string
	server               string
	output               string
	printScript          bool
}

func newConvertCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &convertOptions{IOStreams: streams}
	cmd := &cobra.Command{
		Use:     "convert [NAME | TYPE/NAME]... [-f FILE|FOLDER|-]...",
		Short:   "Print what a proxy of version 1, or a sidecar, has to become",
		Long:    convertLong,
		Example: convertExamples,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.validate(args); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.run(cmd.Context(), cmd)
		},
		ValidArgsFunction: completeProxies(&o.cluster, nil),
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVarP(&o.files, "filename", "f", nil, "Read workloads from a file, a folder, or - for standard input, instead of the cluster; repeatable")
	fs.BoolVarP(&o.recursive, "recursive", "R", false, "Look for files in the folders below, too")
	fs.StringVar(&o.name, "name", "sql-proxy", "Name of the shared proxy that takes sidecars' place")
	fs.StringVar(&o.version, "proxy-version", "", "Version of the new proxy (default the newest that this plugin knows)")
	fs.StringVar(&o.image, "image", "", "Image of the new proxy, as of a mirror")
	fs.StringArrayVar(&o.instances, "instance", nil, "Engine or port of a database server whose old proxy does not say it: NAME=mysql, =postgres, =sqlserver or =PORT; repeatable")
	fs.StringArrayVar(&o.clients, "allow-clients", nil, "Who may connect, as for generate (default everybody where the proxy was shared, else "+manifest.ClientLabel+"=true, which the workloads get)")
	fs.StringVar(&o.server, "server-version", "", "Version of Kubernetes that the objects are for, as 1.26 (default a new one)")
	fs.StringVarP(&o.output, "output", "o", "yaml", "yaml, json, or args: the proxy's new arguments alone, one to a line")
	fs.BoolVar(&o.printScript, "print-script", false, "Print a bash script that does it with kubectl, and exit")
	o.cluster.bind(cmd)
	completeConnection(cmd, &o.cluster)
	completeWords(cmd, "output", convertFormats()...)
	return cmd
}

func convertFormats() []string { return []string{"yaml", "json", "args"} }

func (o *convertOptions) validate(args []string) error {
	var err error
	o.targets, err = parseTargets(args)
	switch {
	case err != nil:
		return err
	case len(o.files) == 0 && len(o.targets) == 0:
		return errors.New("which workload? Give NAME or TYPE/NAME, or a file with -f; kubectl sqlproxy check lists what runs a proxy")
	case o.recursive && len(o.files) == 0:
		return errors.New("-R goes with -f")
	case len(o.cluster.connection.Namespaces) > 1:
		return errors.New("-n: one namespace at a time")
	case !slices.Contains(convertFormats(), o.output):
		return fmt.Errorf("--output %q: it is one of %s", o.output, strings.Join(convertFormats(), ", "))
	case o.printScript && o.output != "yaml":
		return errors.New("--print-script prints a script: it does not go with -o")
	}
	_, err = o.moving()
	return err
}

// moving reads what is said of the new proxy.
func (o *convertOptions) moving() (migrate.Options, error) {
	opts := migrate.Options{Name: o.name, Image: o.image, Ports: map[string]manifest.Instance{}}
	var wrong []error
	if o.version != "" {
		var known bool
		if opts.Version, known = proxy.ParseVersion(o.version); !known {
			wrong = append(wrong, fmt.Errorf("--proxy-version %q: this is no version, as %s is", o.version, manifest.DefaultTag(proxy.V2)))
		}
	}
	for _, text := range o.instances {
		i, err := manifest.ParseInstance(programOfName(text), text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--instance %w", err))
		}
		opts.Ports[i.Connection] = i
	}
	for _, text := range o.clients {
		c, err := manifest.ParseClient(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--allow-clients %s: %w", text, err))
		}
		opts.Clients = append(opts.Clients, c)
	}
	if o.server != "" {
		var err error
		if opts.Server, err = manifest.ParseServerVersion(o.server); err != nil {
			wrong = append(wrong, fmt.Errorf("--server-version %s: %w", o.server, err))
		}
	}
	return opts, errors.Join(wrong...)
}

// programOfName is whose an instance's name is.
func programOfName(name string) proxy.Engine {
	if strings.HasPrefix(name, "projects/") {
		return proxy.AlloyDB
	}
	return proxy.V2
}

func (o *convertOptions) run(ctx context.Context, cmd *cobra.Command) error {
	seen, err := o.look(ctx)
	if err != nil {
		return err
	}
	opts, err := o.moving()
	if err != nil {
		return err
	}
	if o.output == "args" {
		return o.printArgs(seen, opts)
	}
	c, err := seen.convert(ctx, opts)
	c.say(cli.NewNotices(o.ErrOut, "sqlproxy"))
	switch {
	case err != nil:
		return err
	case o.printScript:
		return o.runScript(cmd, c, seen.scriptNamespace(o.cluster.connection.Namespaces))
	}
	return c.print(o.Out, o.output)
}
