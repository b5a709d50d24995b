// Command cluster runs a real Kubernetes on one Linux host for end-to-end tests: etcd, the control plane and nodes with their own network
// namespaces, kubelets and containerd. It needs no Docker engine, no registry and no virtual machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `Usage: cluster COMMAND

  up                              start the cluster, or repair it; prints the line that points kubectl at it
  down                            stop it and leave nothing behind but the built binaries
  status                          exit 0 when all of it is healthy, otherwise say what is not
  kubeconfig                      print the path of its kubeconfig
  load [-base B] NAME[:TAG]=PATH ...
                                  make image kubechores.local/NAME:TAG of a static program, of a folder with a Go main
                                  package, with a recipe, or of files, and put it on every node; TAG is dev when there is
                                  none, B is busybox or scratch
  doctor                          list everything that is missing on this host

Faults, for tests:
  stop COMPONENT [NODE]           SIGKILL it: etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
                                  kwok, or with NODE: kubelet, kube-proxy, containerd
  start COMPONENT [NODE]          start it again with the same flags, and wait until it answers
  restart COMPONENT [NODE]        stop and start
  restart-apiserver               restart kube-apiserver
  restart-kubelet NODE            restart kubelet NODE
  disconnect NODE                 pull the network cable of a node; its processes go on
  connect NODE                    plug it in again

"cluster up -h" lists the flags of up. README.md, beside this program, has the rest.
`

func main() {
	// Administration tools live in the sbin folders, which are not on everybody's PATH.
	os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "cluster: interrupted; \"up\" goes on from here, \"down\" cleans up")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		fmt.Fprint(stdout, usage)
		return nil
	}
	c, err := newCluster(os.Getenv, stdout, stderr)
	if err != nil {
		return err
	}
	name, args := args[0], args[1:]
	switch name {
	case "up":
		return c.runUp(ctx, args)
	case "load":
		return c.runLoad(ctx, args)
	case "stop", "start", "restart":
		return c.runFault(ctx, name, args)
	case "restart-kubelet":
		return c.runFault(ctx, "restart", append([]string{"kubelet"}, args...))
	case "restart-apiserver":
		return c.runFault(ctx, "restart", append([]string{"kube-apiserver"}, args...))
	case "disconnect", "connect":
		return c.runCable(ctx, name, args)
	}
	if len(args) > 0 {
		return fmt.Errorf("%s takes no arguments", name)
	}
	switch name {
	case "down":
		return c.runDown(ctx)
	case "status":
		return c.runStatus(ctx)
	case "kubeconfig":
		return c.runKubeconfig()
	case "doctor":
		return c.doctor()
	}
	return fmt.Errorf("unknown command %q; \"cluster help\" lists them", name)
}
