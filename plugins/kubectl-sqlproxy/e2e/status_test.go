//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const refused = "shop:europe-west1:noperm" // the API lets nobody connect to it

// status is what `status -o json` prints, as far as the tests look at it.
type status struct {
	Proxies []struct {
		Name      string
		Replicas  int
		Ready     int `json:"readyReplicas"`
		Instances []struct {
			Name, Listen string
			Services     []struct {
				Address   string
				ClusterIP string `json:"clusterIP"`
				Ready     int    `json:"readyEndpoints"`
				Endpoints int
			}
			Connections *counts
		}
		Pods []struct {
			Name, NotReady, Node string
			Connections          *counts
		}
	}
	Skipped []string
}

type counts struct{ Open, DialFailures int }

func (c *counts) String() string {
	if c == nil {
		return "unknown"
	}
	return fmt.Sprintf("%d open, %d failed", c.Open, c.DialFailures)
}

func (w *world) status(args ...string) *status {
	w.t.Helper()
	out, stderr := w.sqlproxy(0, "status", append([]string{"-o", "json"}, args...)...)
	s := &status{}
	if err := json.Unmarshal([]byte(out), s); err != nil {
		w.t.Fatalf("not JSON: %v\n%s%s", err, out, stderr)
	}
	return s
}

// The replicas are where they are, and the connections that clients hold are counted, of each
// instance and each pod.
func TestStatus(t *testing.T) {
	w := newWorld(t)
	w.ns.Kubectl("create", "secret", "generic", "key", "-n", w.ns.Name, "--from-file=service_account.json="+w.key)
	w.make(fault{name: "nometrics", args: []string{everywhere, orders + "?port=5432"}})
	w.clients()
	w.sqlproxy(0, "apply", w.wanted("--instance", refused+"=5433")...)
	pods := w.ns.Running(proxies, 2)

	w.hold(&pods[0], 2, 0)
	w.hold(&pods[1], 1, 2)
	if out, err := kubectl("", w.psqlArgs(w.service("sql-proxy-noperm")+" port=5433", "select 1")...); err == nil {
		t.Errorf("a client gets through: %s", out)
	}
	w.ns.Until("all connections are counted", 3*time.Minute, func() error { return w.counted(pods) })
	w.ns.Until("the table has them", 3*time.Minute, func() error { return w.table(pods) })
	w.notAsked()
	w.noMetrics()

	// A connection that is closed is not counted any more.
	w.psql(w.service("sql-proxy-orders"), "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '"+w.ns.Name+"'")
	w.ns.Until("none is open", 3*time.Minute, func() error {
		if got := w.status("sql-proxy", "--metrics").Proxies[0].Instances[0].Connections; got == nil || got.Open != 0 {
			return errors.New(got.String())
		}
		return nil
	})
}

// hold has clients keep connections through one pod open: some to the PostgreSQL, some to the
// MariaDB. It returns when the databases have them.
func (w *world) hold(pod *corev1.Pod, postgres, mariadb int) {
	w.t.Helper()
	ip, name := pod.Status.PodIP, w.ns.Name
	for range postgres {
		w.ns.StartCommand(nil, "kubectl", w.psqlArgs(ip+" application_name="+name, "select '"+pod.Name+"', pg_sleep(3600)")...)
	}
	for range mariadb {
		w.ns.StartCommand(nil, "kubectl", "exec", "-n", name, "mariadb", "--", "mariadb", "--no-defaults", "-h", ip, "-u", user, "-p"+password,
			"shop", "-e", "select '"+pod.Name+"', sleep(3600)")
	}
	toPostgres, toMariaDB := w.service("sql-proxy-orders"), w.service("sql-proxy-stock")
	w.ns.Until("the databases have the connections", 3*time.Minute, func() error {
		pg := w.psql(toPostgres, "select count(*) from pg_stat_activity where query like 'select ''"+pod.Name+"''%'")
		my := "0"
		if mariadb > 0 {
			my = w.mysql(toMariaDB, "select count(*) from information_schema.processlist where info like 'select ''"+pod.Name+"''%'")
		}
		if pg != strconv.Itoa(postgres) || my != strconv.Itoa(mariadb) {
			return fmt.Errorf("PostgreSQL has %s, MariaDB %s", pg, my)
		}
		return nil
	})
}

// counted compares what status says with what the cluster and the clients have: an error is
// what may still change.
func (w *world) counted(pods []corev1.Pod) error {
	w.t.Helper()
	s := w.status("sql-proxy", "--metrics")
	if len(s.Proxies) != 1 || len(s.Skipped) > 0 {
		return fmt.Errorf("%d proxies, skipped: %q", len(s.Proxies), s.Skipped)
	}
	p := s.Proxies[0]
	if p.Name != "sql-proxy" || p.Replicas != 2 || p.Ready != 2 || len(p.Pods) != 2 || len(p.Instances) != 3 {
		return fmt.Errorf("%+v", p)
	}
	for i, want := range []string{
		orders + " 0.0.0.0:5432 sql-proxy-orders:5432 2/2 3 open, 0 failed",
		stock + " 0.0.0.0:3306 sql-proxy-stock:3306 2/2 2 open, 0 failed",
		refused + " 0.0.0.0:5433 sql-proxy-noperm:5433 2/2 0 open, 1 failed",
	} {
		one := p.Instances[i]
		got := one.Name + " " + one.Listen
		for _, service := range one.Services {
			got += fmt.Sprintf(" %s %d/%d", strings.Replace(service.Address, "."+w.ns.Name, "", 1), service.Ready, service.Endpoints)
		}
		if got += " " + one.Connections.String(); got != want {
			return fmt.Errorf("%s; want %s", got, want)
		}
	}
	open, failed := map[string]int{pods[0].Name: 2, pods[1].Name: 3}, 0
	node := map[string]string{pods[0].Name: pods[0].Spec.NodeName, pods[1].Name: pods[1].Spec.NodeName}
	for _, pod := range p.Pods {
		if pod.NotReady != "" || pod.Node != node[pod.Name] || pod.Connections == nil || pod.Connections.Open != open[pod.Name] {
			return fmt.Errorf("pod %s on %s: %q, %s; want it on %s with %d", pod.Name, pod.Node, pod.NotReady, pod.Connections, node[pod.Name], open[pod.Name])
		}
		failed += pod.Connections.DialFailures
	}
	if failed != 1 {
		return fmt.Errorf("the pods have %d failures, want 1", failed)
	}
	return nil
}

// table is the same for people: an error is what may be otherwise where a pod was not asked in
// time.
func (w *world) table(pods []corev1.Pod) error {
	w.t.Helper()
	out, said := w.sqlproxy(0, "status", "sql-proxy", "--metrics")
	if said != "" || !strings.Contains(out, ": 2 of 2 ready\n") {
		return fmt.Errorf("%s%s", said, out)
	}
	for name, want := range map[string]string{orders: "3 0", stock: "2 0", refused: "0 1"} {
		if got := w.row(out, name); !strings.HasSuffix(got, " 2/2 "+want) {
			return fmt.Errorf("%s: %q, want %s\n%s", name, got, want, out)
		}
	}
	for i, want := range []string{"2", "3"} {
		if got := strings.Fields(w.row(out, pods[i].Name)); len(got) != 8 || got[1] != "yes" || got[3] != pods[i].Spec.NodeName || got[6] != want {
			return fmt.Errorf("%s: %q, want %s\n%s", pods[i].Name, got, want, out)
		}
	}
	return nil
}

// row is the line of a table that begins with a name, with one blank between its columns.
func (w *world) row(table, name string) string {
	w.t.Helper()
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) > 0 && fields[0] == name {
			return strings.Join(fields, " ")
		}
	}
	w.t.Errorf("no line of %s:\n%s", name, table)
	return ""
}

// notAsked: without --metrics there are no counts.
func (w *world) notAsked() {
	w.t.Helper()
	if out, _ := w.sqlproxy(0, "status", "sql-proxy"); strings.Contains(out, "OPEN") || !strings.HasSuffix(w.row(out, orders), " 2/2") {
		w.t.Errorf("without --metrics:\n%s", out)
	}
}

// noMetrics: of a proxy that has none that is said, and nothing is counted.
func (w *world) noMetrics() {
	w.t.Helper()
	w.ns.Running("app=nometrics", 1)
	const why = "/nometrics has no metrics: it runs without --prometheus"
	out, said := w.sqlproxy(0, "status", "nometrics", "--metrics")
	if !strings.Contains(said, why) || !strings.HasSuffix(w.row(out, orders), " <unknown> <unknown>") {
		w.t.Errorf("%s%s", said, out)
	}
	s := w.status("nometrics", "--metrics")
	if len(s.Skipped) != 1 || !strings.HasSuffix(s.Skipped[0], why) || len(s.Proxies) != 1 ||
		s.Proxies[0].Instances[0].Connections != nil || s.Proxies[0].Pods[0].Connections != nil {
		w.t.Errorf("%+v", s)
	}
}
