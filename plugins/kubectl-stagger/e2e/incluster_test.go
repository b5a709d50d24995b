//go:build e2e

package e2e

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

// staggerImage is the image that scripts/image makes of the built plugin; make e2e-images
// puts it on the nodes.
const staggerImage = "kubechores.local/kubectl-stagger:dev"

// The CronJob that cronjob prints does its work in the cluster, as its own service account
// and from the plugin's own image.
func TestCronJobRuns(t *testing.T) {
	ns := realcluster.New(t)
	p := newPool(t, ns, 3, 0)
	nodes := watchNodes(t, p)
	j := p.jobOf(t, staggerImage, "http://"+relay(t, ns, p.cloud.URL()), quick(10*time.Second)...)
	var all []any
	for _, o := range j.objects {
		all = append(all, o)
	}
	given := file(t, all...)
	ns.Kubectl("create", "-f", given)
	t.Cleanup(func() { ns.Kubectl("delete", "--ignore-not-found", "--wait=false", "-f", given) })
	ns.Kubectl("create", "job", "-n", ns.Name, "--from=cronjob/"+p.name, "now")
	ns.Until("the job ends", patience, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ended, err := ns.Cluster.JobEnded(ctx, ns.Name, "now")
		if err == nil && !ended {
			err = errors.New(ns.Kubectl("get", "pods", "-n", ns.Name, "-o", "wide"))
		}
		return err
	})
	log := ns.Kubectl("logs", "-n", ns.Name, "job/now")
	if !strings.Contains(ns.Kubectl("get", "job", "now", "-n", ns.Name, "-o", "jsonpath={.status.conditions[*].type}"), "Complete") {
		t.Errorf("the job failed:\n%s", log)
	}
	t.Logf("the job says:\n%s", log)
	p.expectReplaced(t, nodes, 2)
	p.expectClean(t)
}

// relay listens where the cluster's pods reach this machine, at the address that the API
// server sees of it, and passes what comes on to a server on localhost. It returns its
// address.
func relay(t *testing.T, ns *realcluster.Namespace, to string) string {
	t.Helper()
	api, err := url.Parse(ns.Cluster.Config.Host)
	if err != nil {
		t.Fatal(err)
	}
	server, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	toAPI, err := net.Dial("udp", api.Host) // nothing is sent
	if err != nil {
		t.Fatal(err)
	}
	toAPI.Close()
	own, _, err := net.SplitHostPort(toAPI.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(own, "0"))
	if err != nil {
		ns.Cannot("listen where the pods reach this machine: " + err.Error())
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", server.Host)
				if err != nil {
					return
				}
				defer out.Close()
				go io.Copy(out, in) //nolint:errcheck // ends with either side
				io.Copy(in, out)    //nolint:errcheck // ends with either side
			}()
		}
	}()
	return l.Addr().String() + server.Path
}
