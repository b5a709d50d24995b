package diagnose

import "testing"

func TestShutdownNear(t *testing.T) {
	t.Parallel()
	const (
		least = "        - --min-sigterm-delay=15s\n"
		most  = "        - --max-sigterm-delay=30s\n"
		grace = "      terminationGracePeriodSeconds: 55\n"
	)
	hook := func(text string) (string, string) {
		return resources, "        lifecycle: {preStop: " + text + "}\n" + resources
	}
	old, sleep := hook("{sleep: {seconds: 15}}")
	_, program := hook("{exec: {command: [sleep, '15']}}")
	_, shell := hook("{exec: {command: [/bin/sh, -c, sleep 15]}}")
	_, shutdown := hook("{exec: {command: [/cloud-sql-proxy, shutdown]}}")
	_, quit := hook("{httpGet: {path: /quitquitquit, port: 9091}}")
	_, drain := hook("{httpGet: {path: /drain, port: 8080}}")
	v1 := func(more ...string) []string { return append([]string{image, v1Image, options, v1Options}, more...) }
	admin := func(flags string) string { return flags + orders }
	checkNear(t, []near{
		{"a hook sleeps instead", "max-without-min", false, []string{least, "", old, sleep}},
		{"a hook cannot sleep", "max-without-min", true, []string{least, "", old, program}},
		{"v1 dials until it ends", "max-without-min", false, v1()},
		{"of a sidecar", "max-without-min", false, sidecar(least, "")},
		{"the minimum alone", "no-sigterm-delay", false, []string{most, ""}},
		{"of a sidecar", "no-sigterm-delay", false, sidecar(least, "", most, "")},
		{"a delay without a unit is another's matter", "no-sigterm-delay", false, []string{least, "", most, "        - --max-sigterm-delay=30\n"}},
		{"the environment says it", "no-sigterm-delay", false, []string{least, "", most, "", resources, "        env: [{name: CSQL_PROXY_MIN_SIGTERM_DELAY, value: 20s}]\n" + resources}},
		{"v1 without a timeout", "no-sigterm-delay", true, v1("        - -term_timeout=30s\n", "")},
		{"just enough", "grace-too-short", false, []string{grace, "      terminationGracePeriodSeconds: 50\n"}},
		{"a second less", "grace-too-short", true, []string{grace, "      terminationGracePeriodSeconds: 49\n"}},
		{"the hook counts", "grace-too-short", true, []string{old, sleep}},
		{"a hook that cannot sleep takes no time", "grace-too-short", false, []string{old, program}},
		{"a shell sleeps", "grace-too-short", true, []string{old, shell, image, "        image: cloud-sql-proxy:2.25.3-alpine\n"}},
		{"no delays need none", "grace-too-short", false, []string{least, "", most, "", grace, "      terminationGracePeriodSeconds: 1\n"}},
		{"of a sidecar", "grace-too-short", true, sidecar(grace, "")},
		{"the image with a shell", "prestop-exec-missing", false, []string{old, program, image, "        image: cloud-sql-proxy:2.25.3-alpine\n"}},
		{"an image of one's own", "prestop-exec-missing", false, []string{old, program, image, "        image: proxy-with-tools:2.25.3\n        command: [/cloud-sql-proxy]\n"}},
		{"v1 had a system once", "prestop-exec-missing", false, v1(v1Image, "        image: cloudsql-docker/gce-proxy:1.15\n        command: [/cloud_sql_proxy]\n", old, program)},
		{"v1 has none now", "prestop-exec-missing", true, v1(old, program)},
		{"a shell", "prestop-exec-missing", true, []string{old, shell}},
		{"the proxy itself", "prestop-exec-missing", false, []string{old, shutdown}},
		{"another server", "prestop-quit", false, []string{old, drain}},
		{"v1 has no such server", "prestop-quit", true, v1(old, quit)},
		{"another port", "prestop-shutdown-version", true, sidecar(old, shutdown, orders, admin("        - --quitquitquit\n        - --admin-port=9192\n"))},
		{"a sidecar may", "prestop-shutdown-version", false, sidecar(old, shutdown, orders, admin("        - --quitquitquit\n"))},
		{"v1 has no such command", "prestop-shutdown-version", true, v1(old, "        lifecycle: {preStop: {exec: {command: [/cloud_sql_proxy, shutdown]}}}\n"+resources)},
	})
}
