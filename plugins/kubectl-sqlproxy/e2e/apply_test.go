//go:build e2e

package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// wanted are the flags of a proxy for both databases.
func (w *world) wanted(more ...string) []string {
	return slices.Concat([]string{"--instance", orders + "=postgres", "--instance", stock + "=mysql", "--image", proxyV2,
		"--api-endpoint", w.cloud.endpoint(), "--key-file", w.key, "--yes"}, more)
}

// An application gets to its databases by the Services' names and the engines' ports, and
// what it writes is there for the next connection, through another replica maybe.
func TestApply(t *testing.T) {
	w := newWorld(t)
	w.clients()
	w.sqlproxy(0, "apply", w.wanted()...)
	pods := w.ns.Running("app.kubernetes.io/name=sql-proxy", 2)
	if pods[0].Spec.NodeName == pods[1].Spec.NodeName {
		t.Errorf("both replicas are on %s", pods[0].Spec.NodeName)
	}
	pg, my := w.service("sql-proxy-orders"), w.service("sql-proxy-stock")
	table := "t" + strings.ReplaceAll(w.ns.Name, "-", "_")
	w.psql(pg, "create table "+table+" (n int)")
	w.mysql(my, "create table "+table+" (n int)")
	for range 5 {
		w.psql(pg, "insert into "+table+" values (1)")
		w.mysql(my, "insert into "+table+" values (1)")
	}
	if got := w.psql(pg, "select count(*), current_user from "+table); got != "5|"+user {
		t.Errorf("PostgreSQL: got %q", got)
	}
	if got := w.mysql(my, "select count(*) from "+table); got != "5" {
		t.Errorf("MariaDB: got %q", got)
	}
	w.psql(pg, "drop table "+table)
	w.mysql(my, "drop table "+table)

	// The same once more changes nothing: no new revision, no new pods.
	before := w.ns.Kubectl("get", "deployment", "sql-proxy", "-n", w.ns.Name, "-o", "jsonpath={.metadata.generation}")
	start := time.Now()
	w.sqlproxy(0, "apply", w.wanted()...)
	if after := w.ns.Kubectl("get", "deployment", "sql-proxy", "-n", w.ns.Name, "-o", "jsonpath={.metadata.generation}"); after != before {
		t.Errorf("generation %s, and %s after the same apply", before, after)
	}
	t.Logf("the same apply took %s", time.Since(start).Round(time.Second/10))

	w.sqlproxy(0, "delete", "--yes")
	w.ns.Gone("app.kubernetes.io/name=sql-proxy")
	if left := w.ns.Kubectl("get", "all,secret,pdb,networkpolicy", "-n", w.ns.Name, "-l", "app.kubernetes.io/instance=sql-proxy", "-o", "name"); left != "" {
		t.Errorf("delete has left %s", left)
	}
}
