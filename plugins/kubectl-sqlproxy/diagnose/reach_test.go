package diagnose

import "testing"

const fromSecret = `        env:
        - name: CSQL_PROXY_ADDRESS
          valueFrom: {secretKeyRef: {name: sql-proxy, key: address}}
`

func TestListenersNear(t *testing.T) {
	t.Parallel()
	bouncer := `      - name: pgbouncer
        image: pgbouncer:1.24
        ports: [{name: pgbouncer, containerPort: 6432}]
`
	toBouncer := "  - {name: postgres, port: 5432, targetPort: pgbouncer, protocol: TCP, appProtocol: tcp}\n"
	logged := "[::]:5432\"}"
	checkNear(t, []near{
		{"a file may say the address", "loopback-listener", false, []string{address, "        - --config-file=/etc/proxy/config.yaml\n"}},
		{"the environment says it", "loopback-listener", false, []string{address, "", resources, "        env: [{name: CSQL_PROXY_ADDRESS, value: 0.0.0.0}]\n" + resources}},
		{"a Secret says it", "loopback-listener", false, []string{address, "", resources, fromSecret + resources}},
		{"a Secret says it, and the log tells", "loopback-listener", true, []string{address, "", resources, fromSecret + resources, logged, "127.0.0.1:5432\"}"}},
		{"all variables of a Secret", "loopback-listener", false, []string{address, "", resources, "        envFrom: [{secretRef: {name: sql-proxy}}]\n" + resources}},
		{"the token alone is of a Secret", "loopback-listener", true, []string{address, "", resources, "        env: [{name: CSQL_PROXY_TOKEN, valueFrom: {secretKeyRef: {name: a, key: b}}}]\n" + resources}},
		{"IPv6", "loopback-listener", false, []string{address, "        - \"--address=::\"\n"}},
		{"it is told localhost", "loopback-listener", true, []string{address, "        - --address=127.0.0.1\n"}},
		{"behind a pooler", "loopback-listener", false, []string{address, "", container, bouncer + container, servedPort, toBouncer}},
		{"beside a pooler, and the Service leads past it", "loopback-listener", true, []string{address, "", container, bouncer + container}},
		{"flags of v1 are no command line of v2", "loopback-listener", false, []string{address, "        - -instances=shop-prod:europe-west1:orders=tcp:5432\n"}},
		{"for the programs of the node", "loopback-listener", false, []string{address, "", selector, "  selector: {app: web}\n", "      enableServiceLinks: false\n", "      hostNetwork: true\n"}},
		{"of a sidecar", "loopback-listener", false, sidecar(address, "")},
		{"IPv6 for a Service of IPv6", "single-stack", false, []string{address, "        - \"--address=::\"\n", "  type: ClusterIP\n", "  ipFamilies: [IPv6]\n"}},
		{"v1 has both families", "single-stack", false, []string{image, v1Image, options, v1Options, "  type: ClusterIP\n", "  ipFamilies: [IPv4, IPv6]\n"}},
		{"IPv6 for a Service of IPv4", "single-stack", true, []string{address, "        - \"--address=::\"\n", "  type: ClusterIP\n", "  ipFamilies: [IPv4]\n"}},
	})
}

func TestServicesNear(t *testing.T) {
	t.Parallel()
	numbered := "  - {name: postgres, port: 5432, targetPort: 5432}\n"
	reports := func(labels, spec, replicas string) string {
		return `apiVersion: apps/v1
kind: Deployment
metadata: {name: reports, namespace: shop}
spec:
  replicas: ` + replicas + `
  selector: {matchLabels: {part: reports}}
  template:
    metadata: {labels: {part: reports, ` + labels + `}}
    spec: {containers: [` + spec + `]}
`
	}
	old1, new1 := more(reports("app: sql-proxy", "{name: reports, image: reports:7}", "3"))
	old2, new2 := more(reports("app: sql-proxy", "{name: reports, image: reports:7}", "0"))
	old3, new3 := more(reports("app: sql-proxy", "{name: proxy, image: cloud-sql-proxy:2.25.3, args: ['--address=0.0.0.0', 'a:b:c?port=5432']}", "2"))
	old4, new4 := more(reports("app: sqlproxy", "{name: reports, image: reports:7}", "3"))
	noEngine := "        - shop-prod:europe-west1:orders\n"
	checkNear(t, []near{
		{"UDP", "target-port", false, []string{servedPort, servedPort + "  - {name: dns, port: 53, protocol: UDP}\n"}},
		{"another container serves it", "target-port", false, []string{container, application + container, servedPort, servedPort + "  - {name: web, port: 80, targetPort: 8080}\n"}},
		{"the port of an engine that no log tells", "target-port", false, []string{orders, noEngine, "Listening on", "Hearing on"}},
		{"the port of an engine, as the log tells", "target-port", false, []string{orders, noEngine}},
		{"a number", "target-port", false, []string{servedPort, numbered}},
		{"no targetPort", "target-port", true, []string{servedPort, "  - {name: postgres, port: 3306}\n"}},
		{"no targetPort, and the same port", "target-port", false, []string{servedPort, "  - {name: postgres, port: 5432}\n"}},
		{"the admin server", "target-port", true, []string{orders, "        - --quitquitquit\n" + orders, servedPort, servedPort + "  - {name: quit, port: 9091}\n"}},
		{"metrics", "target-port", false, []string{servedPort, servedPort + "  - {name: metrics, port: 9090, targetPort: http}\n"}},
		{"another workload is selected", "selector", false, []string{selector, "  selector: {app: sqlproxy}\n", old4, new4, "endpoints:\n- addresses: [10.0.1.7]", "endpoints:\n- addresses: []", "- addresses: [10.0.2.7]", "- addresses: []"}},
		{"somebody is behind it", "selector", false, []string{selector, "  selector: {app: sql-proxy, tier: proxy}\n"}},
		{"no pods have the name of the port", "selector", false, []string{old1, new1}},
		{"the number of the port is served by others, too", "selector", true, []string{old1, new1, servedPort, numbered}},
		{"others that are scaled to nothing", "selector", false, []string{old2, new2, servedPort, numbered}},
		{"other proxies", "selector", false, []string{old3, new3, servedPort, numbered}},
		{"one that was not told to be ready", "no-endpoints", false, []string{"{ready: true, serving: true, terminating: false}", "{}"}},
		{"no EndpointSlice yet", "no-endpoints", false, []string{"kubernetes.io/service-name: orders", "kubernetes.io/service-name: others"}},
		{"none is ready", "no-endpoints", true, []string{"{ready: true, serving: true", "{ready: false, serving: true"}},
		{"nobody could look", "no-service", false, []string{selector, "  selector: {app: web}\n", header, header + "# missing: Service services shop\n"}},
		{"a port of the node", "no-service", false, []string{selector, "  selector: {app: web}\n", "containerPort: 5432}", "containerPort: 5432, hostPort: 5432}"}},
		{"for the network of the node", "no-service", false, []string{selector, "  selector: {app: web}\n", "      enableServiceLinks: false\n", "      hostNetwork: true\n"}},
	})
}

func TestExposedNear(t *testing.T) {
	t.Parallel()
	meshed := []string{lastLine, "  labels: {istio-injection: enabled}\n", orders, "        - shop-prod:europe-west1:orders?port=3306\n"}
	with := func(port string) []string { return append([]string{servedPort, port}, meshed...) }
	checkNear(t, []near{
		{"an internal load balancer with ranges", "service-exposed", false, []string{"  type: ClusterIP\n", "  type: LoadBalancer\n  loadBalancerSourceRanges: [10.0.0.0/8]\n",
			"  uid: 00000000-0000-4000-8000-000000000002\n", "  annotations: {cloud.google.com/load-balancer-type: Internal}\n"}},
		{"ranges of all", "service-exposed", true, []string{"  type: ClusterIP\n", "  type: LoadBalancer\n  loadBalancerSourceRanges: [0.0.0.0/0]\n"}},
		{"external IPs", "service-exposed", true, []string{"  type: ClusterIP\n", "  externalIPs: [198.51.100.7]\n"}},
		{"localhost of the node", "service-exposed", false, []string{address, "", "      enableServiceLinks: false\n", "      hostNetwork: true\n"}},
		{"Istio knows 3306", "istio-sniff", false, with("  - {name: db, port: 3306}\n")},
		{"the name says it", "istio-sniff", false, with("  - {name: mysql-orders, port: 3307, targetPort: 3306}\n")},
		{"the name says it too late", "istio-sniff", true, with("  - {name: orders-mysql, port: 3307, targetPort: 3306}\n")},
		{"it says its protocol", "istio-sniff", false, with("  - {name: db, port: 3307, targetPort: 3306, appProtocol: tcp}\n")},
		{"a client of PostgreSQL speaks first", "istio-sniff", false, []string{servedPort, "  - {name: db, port: 5433, targetPort: 5432}\n", lastLine, "  labels: {istio-injection: enabled}\n"}},
		{"no Istio", "istio-sniff", false, []string{servedPort, "  - {name: db, port: 3307, targetPort: 3306}\n", orders, "        - shop-prod:europe-west1:orders?port=3306\n"}},
		{"Istio", "istio-sniff", true, with("  - {name: db, port: 3307, targetPort: 3306}\n")},
	})
}

func TestProbesNear(t *testing.T) {
	t.Parallel()
	readiness := "        readinessProbe: {httpGet: {path: /readiness, port: http}, periodSeconds: 5, failureThreshold: 2}\n"
	liveness := "        livenessProbe: {httpGet: {path: /liveness, port: http}, periodSeconds: 10}\n"
	startup := "        startupProbe: {httpGet: {path: /startup, port: http}, periodSeconds: 1, failureThreshold: 60}\n"
	tcp := "        readinessProbe: {tcpSocket: {port: 5432}}\n"
	loopback := "        - --http-address=0.0.0.0\n"
	checkNear(t, []near{
		{"no probe asks there", "health-loopback", false, []string{loopback, "", startup, "", liveness, "", readiness, tcp}},
		{"a program in the container asks", "health-loopback", false, []string{loopback, "", startup, "", liveness, "        livenessProbe: {exec: {command: [/cloud-sql-proxy, wait]}}\n", readiness, tcp}},
		{"of a sidecar", "health-loopback", true, sidecar(loopback, "")},
		{"v1 hears on all addresses", "health-loopback", false, []string{image, v1Image, options, v1Options}},
		{"a Secret may say more", "health-loopback", false, []string{loopback, "", resources, fromSecret + resources}},
		{"v1 without its flag", "probe-without-flag", true, []string{image, v1Image, options, v1Options, "        - -use_http_health_check\n", ""}},
		{"metrics alone, and asked for", "probe-without-flag", false, []string{"        - --health-check\n", "", startup, "", liveness, "", readiness, "        readinessProbe: {httpGet: {path: /metrics, port: http}}\n"}},
		{"a port of another container", "probe-port", false, []string{container, application + container, readiness, "        readinessProbe: {httpGet: {path: /ready, port: 8080}}\n"}},
		{"a port of nobody", "probe-port", true, []string{readiness, "        readinessProbe: {tcpSocket: {port: 3306}}\n"}},
		{"the port of an engine that is not known", "probe-port", false, []string{orders, "        - shop-prod:europe-west1:orders\n", readiness, "        readinessProbe: {tcpSocket: {port: 3306}}\n"}},
		{"the database", "probe-port", false, []string{readiness, tcp}},
		{"HTTP to the database", "probe-port", true, []string{readiness, "        readinessProbe: {httpGet: {path: /readiness, port: postgres}}\n"}},
		{"a sidecar's database, on localhost", "probe-port", true, sidecar(address, "", readiness, tcp)},
		{"Istio asks for it", "probe-port", false, []string{readiness, "        readinessProbe: {httpGet: {path: /app-health/proxy/readyz, port: 15020}}\n"}},
		{"a startup probe", "no-probes", false, []string{readiness, ""}},
		{"none", "no-probes", true, []string{readiness, "", startup, ""}},
		{"of a sidecar", "no-probes", false, sidecar(readiness, "", startup, "")},
	})
}

// TestProbesDisproved: a pod that is ready with the same probe and command line says more
// than what is thought of them.
func TestProbesDisproved(t *testing.T) {
	t.Parallel()
	const (
		readiness = "        readinessProbe: {httpGet: {path: /readiness, port: http}, periodSeconds: 5, failureThreshold: 2}\n"
		others    = `        startupProbe: {httpGet: {path: /startup, port: http}, periodSeconds: 1, failureThreshold: 60}
        livenessProbe: {httpGet: {path: /liveness, port: http}, periodSeconds: 10}
`
		odd  = "readinessProbe: {httpGet: {path: /healthz, port: 9090}}\n"
		pods = "    args: [\"--address=0.0.0.0\", \"shop-prod:europe-west1:orders?port=5432\"]\n"
		args = "    args: [--address=0.0.0.0, --health-check, --http-address=0.0.0.0, 'shop-prod:europe-west1:orders?port=5432']\n"
	)
	template := []string{others, "", readiness, "        " + odd, "        args:\n" + options, "    " + args}
	with := func(edits ...string) []string { return append(template[:len(template):len(template)], edits...) }
	checkNear(t, []near{
		{"the pods have none", "probe-port", true, with()},
		{"the pods are ready with it", "probe-port", false, with(pods, args+"    "+odd)},
		{"the pods are ready with another command line", "probe-port", true, with(pods, pods+"    "+odd)},
		{"the pods are not ready", "probe-port", true, with(pods, args+"    "+odd, "    ready: true\n", "    ready: false\n")},
		{"by HTTPS", "probe-port", true, []string{readiness, "        readinessProbe: {httpGet: {path: /readiness, port: http, scheme: HTTPS}}\n"}},
	})
}
