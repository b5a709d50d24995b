//go:build e2e

package e2e

import (
	"strings"
)

// restricted is what the restricted level wants of a pod and of a container.
const (
	restrictedPod       = `securityContext: {runAsNonRoot: true, runAsUser: 65534, seccompProfile: {type: RuntimeDefault}}`
	restrictedContainer = `securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}`
)

// clients starts two pods of an application that may use the proxy: one with psql, one
// with MariaDB's client. They sleep; queries are run in them.
func (w *world) clients() {
	w.t.Helper()
	for name, image := range map[string]string{"psql": postgres, "mariadb": mariadb} {
		w.apply(`
apiVersion: v1
kind: Pod
metadata: {name: ` + name + `, labels: {app: client, sqlproxy-client: "true"}}
spec:
  terminationGracePeriodSeconds: 1
  ` + restrictedPod + `
  containers: [{name: client, image: ` + image + `, command: [sleep, "3600"], ` + restrictedContainer + `}]`)
	}
	w.ns.Running("app=client", 2)
}

// psql runs a query in the PostgreSQL by a new connection to host:5432.
func (w *world) psql(host, query string) string {
	w.t.Helper()
	return strings.TrimSpace(w.ns.Kubectl(w.psqlArgs(host, query)...))
}

func (w *world) psqlArgs(host, query string) []string {
	return []string{"exec", "-n", w.ns.Name, "psql", "--", "psql", "-XAtq", "host=" + host + " user=" + user + " password=" + password +
		" dbname=shop sslmode=disable connect_timeout=60", "-c", query}
}

// mysql runs a query in the MariaDB by a new connection to host:3306.
func (w *world) mysql(host, query string) string {
	w.t.Helper()
	return strings.TrimSpace(w.ns.Kubectl("exec", "-n", w.ns.Name, "mariadb", "--", "mariadb", "--no-defaults", "-h", host, "-u", user, "-p"+password,
		"--connect-timeout=60", "-N", "shop", "-e", query))
}
