package main

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

var updateStatus = flag.Bool("update-status", false, "write the golden files of status")

const metricsPage = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + `cloudsqlconn_open_connections{cloudsql_instance="shop-prod:europe-west1:orders"} 7
cloudsqlconn_dial_failure_count{cloudsql_instance="shop-prod:europe-west1:orders"} 2
`

// statusWorld has a preemptible node, a pod that is not ready, and two Services.
func statusWorld(t *testing.T) *hopWorld {
	t.Helper()
	w := newHopWorld(t, "kubernetes.io/hostname: node-2,", `kubernetes.io/hostname: node-2, cloud.google.com/gke-preemptible: "true",`)
	w.ready(podB, corev1.ConditionFalse)
	w.apply(`{apiVersion: v1, kind: Service, metadata: {name: reports, namespace: shop}, spec: {selector: {app: sql-proxy}, ports: [{name: pg, port: 6432, targetPort: 5432}]}}`)
	return w
}

func TestStatusGolden(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{"table": nil, "metrics": {"--metrics"}, "json": {"-o", "json", "--metrics"}, "yaml": {"-o", "yaml"}} {
		w := statusWorld(t)
		w.playsAt(podA, 9090, func(conn io.ReadWriteCloser) error {
			buffer := make([]byte, 4096)
			if _, err := conn.Read(buffer); err != nil {
				return nil
			}
			_, err := conn.Write([]byte(metricsPage))
			return err
		})
		out, talk, err := w.run(append([]string{"status", "-n", "shop"}, args...)...)
		if err != nil || talk != "" {
			t.Errorf("%s: %v, %q", name, err, talk)
		}
		path := "testdata/status-" + name + ".golden"
		if *updateStatus {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != out {
			t.Errorf("%v: %s is not what is printed; look at `git diff` after -update-status:\n%s", err, path, out)
		}
	}
}

// What could not be looked at is said.
func TestStatusSkipped(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.Forbid("list", "nodes")
	w.Forbid("get", "nodes")
	out, talk, err := w.run("status", "sql-proxy", "-n", "shop", "--metrics")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, talk, "sqlproxy: could not look at nodes", "sqlproxy: could not read the metrics of pod shop/"+podA+": ", "connection refused")
	contains(t, out, "<unknown>")
	w = newHopWorld(t, "        - --prometheus\n", "")
	_, talk, err = w.run("status", "-n", "shop", "--metrics")
	if err != nil {
		t.Fatal(err)
	}
	contains(t, talk, "sqlproxy: shop/sql-proxy has no metrics: it runs without --prometheus")
	out, _, err = w.run("status", "-n", "shop", "--metrics", "-o", "json")
	var d statusDocument
	if err != nil || json.Unmarshal([]byte(out), &d) != nil || len(d.Skipped) != 1 || d.Proxies[0].Pods[0].Counts != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestStatusChooses(t *testing.T) {
	t.Parallel()
	w := newHopWorld(t)
	w.apply(more)
	for args, want := range map[string]string{"-n shop": "Deployment shop/second", "-A": "Deployment shop/sql-proxy", "cart -n shop": "Deployment shop/cart"} {
		out, _, err := w.run(append([]string{"status"}, strings.Fields(args)...)...)
		if err != nil {
			t.Errorf("%s: %v", args, err)
		}
		contains(t, out, want)
	}
	_, talk, err := w.run("status", "-n", "bank")
	if err != nil || talk != "sqlproxy: no shared proxy found\n" {
		t.Errorf("%v, %q", err, talk)
	}
	for args, want := range map[string]string{"none -n shop": "none", "-A -n shop": "-n and -A exclude each other", "-o wide": "-o wide: want table, json or yaml"} {
		if _, _, err := w.run(append([]string{"status"}, strings.Fields(args)...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", args, err)
		}
	}
}
