package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/collect"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/diagnose"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/tunnel"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/wire"
)

// connectOptions is everything that the command line of connect says.
type connectOptions struct {
	genericiooptions.IOStreams
	cluster     clusterFlags
	target      diagnose.Target
	instance    string
	service     string
	localPort   int
	login       dbClient
	command     []string
	printScript bool
}

func newConnectCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := &connectOptions{IOStreams: streams}
	cmd := &cobra.Command{
		Use:   "connect [NAME] [-- COMMAND [ARGUMENT...]]",
		Short: "Open a local port to a database behind the proxy, and keep it open",
		Long: `Open a port on 127.0.0.1 that leads through the API server to a ready pod of the proxy,
and to another one when that is gone: the local port stays open, new connections go to a
pod that lives. Print the command line of the database's client, and stay until Ctrl-C.

With a command, run it instead and end with its exit code. It finds the port in its
environment (PGHOST, PGPORT and PGSSLMODE; MYSQL_HOST and MYSQL_TCP_PORT; SQLCMDSERVER),
and {host} and {port} in its arguments are replaced.

NAME is that of the proxy's workload, or of a Service that leads to it; none is needed
where the namespace has one shared proxy. Between client and proxy there is no TLS: what
is sent is inside the connection to the API server, and the proxy's own to the instance.`,
		Example: `  # The only database behind the only proxy of the namespace
  kubectl sqlproxy connect -n shop

  # A session; Ctrl-C goes to psql
  kubectl sqlproxy connect --instance orders -- psql -U app orders

  # A program that wants an address
  kubectl sqlproxy connect deploy/sql-proxy --service mysql -- ./migrate -dsn 'app@tcp({host}:{port})/orders'

  # The same by kubectl
  kubectl sqlproxy connect --print-script`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(args, cmd.ArgsLenAtDash()); err != nil {
				return cli.UsageErrorf(cmd, "%w", err)
			}
			return o.run(cmd.Context(), cmd)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&o.instance, "instance", "", "Which instance: its connection name, or the last part of it")
	fs.StringVar(&o.service, "service", "", "Which instance: the one that this Service leads to")
	fs.IntVar(&o.localPort, "local-port", 0, "Local port (default the proxy's where it is free, and any for a command)")
	fs.StringVarP(&o.login.user, "login", "U", "", "Database user for the client's command line, PGUSER and SQLCMDUSER")
	fs.StringVarP(&o.login.database, "database", "d", "", "Database for the client's command line, PGDATABASE and SQLCMDDBNAME")
	fs.BoolVar(&o.printScript, "print-script", false, "Print a bash script that does it with kubectl port-forward, and exit")
	o.cluster.bind(cmd)
	completeConnection(cmd, &o.cluster)
	names := completeProxies(&o.cluster, nil)
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault // of the command
		}
		return names(cmd, args, prefix)
	}
	return cmd
}

// complete reads the arguments; dash is how many stand before --, -1 without it.
func (o *connectOptions) complete(args []string, dash int) error {
	names := args
	if dash >= 0 {
		names, o.command = args[:dash], args[dash:]
		if len(o.command) == 0 {
			return errors.New("no command stands after --")
		}
	}
	if len(names) > 1 {
		return fmt.Errorf("one NAME at a time, and %q is another; a command stands after --", names[1])
	}
	if len(names) == 1 {
		var err error
		if o.target, err = parseTarget(names[0]); err != nil {
			return err
		}
	}
	switch {
	case o.instance != "" && o.service != "":
		return errors.New("--instance and --service exclude each other")
	case o.localPort < 0 || o.localPort > 65535:
		return errors.New("--local-port must be from 1 to 65535")
	}
	return nil
}

func (o *connectOptions) run(ctx context.Context, cmd *cobra.Command) error {
	cluster, err := o.cluster.connect()
	if err != nil {
		return err
	}
	namespace, err := o.cluster.oneNamespace(cluster)
	if err != nil {
		return err
	}
	notices := cli.NewNotices(o.ErrOut, "sqlproxy")
	s, err := collect.Cluster(ctx, cluster, collect.Query{Namespaces: []string{namespace}, Workload: o.target.Name})
	if err != nil {
		return err
	}
	d, err := chooseDestination(s, namespace, o.target, o.instance, o.service)
	if err != nil {
		return err
	}
	if d.port == 0 {
		if d.port, err = portFromLog(ctx, cluster, d); err != nil {
			return err
		}
		d.engine = guessEngine(d.proxy, d.port)
	}
	if text := d.unreachable(); text != "" {
		notices.Printf("%s", text)
	}
	if o.printScript {
		return o.runScript(cmd, d)
	}
	return o.open(ctx, cluster, d, notices)
}

// open opens the tunnel and runs the command, or waits for the end.
func (o *connectOptions) open(ctx context.Context, cluster *kube.Cluster, d *destination, notices *cli.Notices) error {
	// A signal is for the command, if there is one, and must not end its tunnel.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	stop := context.AfterFunc(ctx, end)
	t, err := o.listen(life, cluster, d, notices)
	if err != nil {
		return err
	}
	defer t.Close()
	o.login.engine, o.login.port = d.engine, t.Port()
	if len(o.command) > 0 {
		stop()
		return runCommand(ctx, o.IOStreams, o.login.fill(o.command), o.login.environment())
	}
	if o.login.engine == wire.Unknown {
		o.login.engine = o.ask(ctx, cluster, d, t.Pod(), notices)
	}
	notices.Printf("127.0.0.1:%d leads to %s, now by pod %s; Ctrl-C ends it", t.Port(), d, t.Pod())
	if _, err := io.WriteString(o.Out, o.login.commandLine()+"\n"); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// listen takes the port that is asked for. Where none is it takes the proxy's, or, where
// another program has that, any.
func (o *connectOptions) listen(ctx context.Context, cluster *kube.Cluster, d *destination, notices *cli.Notices) (*tunnel.Tunnel, error) {
	opts := tunnel.Options{Local: o.localPort, Say: notices.Printf}
	if o.localPort == 0 && len(o.command) == 0 {
		opts.Local = d.port
	}
	t, err := tunnel.Open(ctx, cluster, d.target(), opts)
	var busy *tunnel.PortError
	if errors.As(err, &busy) && o.localPort == 0 {
		opts.Local = 0
		return tunnel.Open(ctx, cluster, d.target(), opts)
	}
	if errors.As(err, &busy) {
		err = fmt.Errorf("--local-port: %w", err)
	}
	return t, err
}

// ask finds out which engine answers, where no name and no port says it. That it cannot
// be found out is only said: the port is open all the same.
func (o *connectOptions) ask(ctx context.Context, cluster *kube.Cluster, d *destination, pod string, notices *cli.Notices) wire.Engine {
	answer, err := wire.Ask(ctx, podDialer(cluster, d.proxy.Namespace, pod, d.port), wire.Unknown, wire.Options{})
	switch {
	case err != nil:
		notices.Printf("which engine answers is not known: %v", err)
	case answer.Cut:
		notices.Printf("the proxy ends connections at once: it does not reach the instance, and its log says why: kubectl logs -n %s %s", d.proxy.Namespace, pod)
	case answer.Engine == wire.Unknown:
		notices.Printf("which engine answers is not known: %s", answer.Text)
	}
	return answer.Engine
}
