package diagnose

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// TestConnectTexts: what each program prints, and what is none of it.
func TestConnectTexts(t *testing.T) {
	t.Parallel()
	const v1 = `couldn't connect to "shop-prod:europe-west1:orders": `
	const v2 = `[shop-prod:europe-west1:orders] failed to connect to instance: `
	tests := []struct {
		engine        proxy.Engine
		message, want string
	}{
		{proxy.V1, v1 + "ensure that the Cloud SQL API is enabled for your project (https://console.cloud.google.com/flows/enableapi?apiid=sqladmin). Error during createEphemeral shop-prod:europe-west1:orders: googleapi: Error 403: Insufficient Permission, insufficientPermissions", "scopes"},
		{proxy.V1, v1 + "ensure that the account has access to \"shop-prod:europe-west1:orders\" (and make sure there's no typo in that name). Error during createEphemeral shop-prod:europe-west1:orders: googleapi: Error 403: The client is not authorized to make this request., notAuthorized", "not-authorized"},
		{proxy.V1, v1 + "ensure that the account has access to \"shop-prod:europe-west1:orders\" (and make sure there's no typo in that name). Error during get instance shop-prod:europe-west1:orders: googleapi: Error 404: The Cloud SQL instance does not exist., instanceDoesNotExist", "instance-not-found"},
		{proxy.V1, v1 + "User input IP address type [PRIVATE] does not match the instance shop-prod:europe-west1:orders, the instance's IP addresses are [{34.78.1.2 PRIMARY}] ", "ip-type-mismatch"},
		{proxy.V1, v1 + "dial tcp 10.1.2.3:3307: connect: connection timed out", "dial-timeout"},
		{proxy.V1, v1 + "dial tcp 10.1.2.3:3307: connect: connection refused", "dial-refused"},
		{proxy.V1, v1 + `certificate had CN "a:b", expected "shop-prod:orders"`, "server-certificate"},
		{proxy.V1, "too many open connections (max 100)", "max-connections"},
		{proxy.V1, `Reading data from "shop-prod:europe-west1:orders" had error: read tcp 10.0.1.7:40000->10.1.2.3:3307: read: connection reset by peer`, "server-reset"},
		{proxy.V1, "Reading data from local connection on 10.0.1.7:5432 had error: read tcp 10.0.1.7:5432->10.0.3.4:50000: read: connection reset by peer", "client-reset"},
		{proxy.V1, `"shop-prod:europe-west1:orders" is a first generation instance`, ""}, // of nothing that was tried
		{proxy.V1, v1 + `"shop-prod:europe-west1:orders" is a first generation instance`, "first-generation"},

		{proxy.V2, v2 + "failed to get instance: refresh error: failed to get instance metadata (connection name = \"x\"): googleapi: Error 403: boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission cloudsql.instances.get on resource instances/orders., forbidden", "not-authorized"},
		{proxy.V2, v2 + "dial error: failed to dial (connection name = \"x\"): dial tcp 34.78.1.2:3307: connect: no route to host", "dial-timeout"},
		{proxy.V2, v2 + "dial error: failed to dial (connection name = \"x\"): dial tcp 34.78.1.2:5432: i/o timeout", ""},
		{proxy.V2, v2 + "config error: instance does not have IP of type \"PSC\" (connection name = \"x\")", "ip-type-mismatch"},
		{proxy.V2, `[shop-prod:europe-west1:orders] could not resolve instance version: failed to get instance: refresh error: failed to get instance metadata (connection name = "x"): googleapi: Error 404: The Cloud SQL instance does not exist., instanceDoesNotExist`, "instance-not-found"},
		{proxy.V2, v2 + "failed to get instance: refresh error: failed to get instance metadata (connection name = \"x\"): Get \"https://sqladmin.googleapis.com/x\": auth: cannot fetch token: Post \"https://oauth2.googleapis.com/token\": dial tcp 10.0.0.1:443: i/o timeout", ""},
		{proxy.V2, "[shop-prod:europe-west1:orders] Accepted connection from 10.0.3.4:51234", ""},
		{proxy.V2, "[shop-prod:europe-west1:orders] client closed the connection", ""},
		{proxy.V2, "The proxy has started successfully and is ready for new connections!", ""},
		{proxy.V2, "too many open connections (max 100)", ""}, // v1's

		{proxy.AlloyDB, "[shop-prod.europe-west1.main.orders] failed to connect to instance: failed to get instance: refresh error: failed to get instance metadata: rpc error: code = PermissionDenied desc = Permission 'alloydb.instances.connect' denied", "not-authorized"},
		{proxy.AlloyDB, "[shop-prod.europe-west1.main.orders] failed to connect to instance: dial error: failed to dial: dial tcp 10.1.2.3:5433: i/o timeout", "dial-timeout"},
	}
	for _, test := range tests {
		r := &logReading{texts: textsOf(proxy.Program{Engine: test.engine}, connectTexts()), credentials: credentialTexts(), accepted: map[string]time.Time{}}
		lines := readLog([]string{"2026/11/25 11:50:00 " + test.message})
		for i := range lines {
			r.read(&lines[i])
		}
		got := ""
		if len(r.found) > 0 {
			got = r.found[0].id
		}
		if got != test.want {
			t.Errorf("%s %s: %q, want %q", test.engine, test.message, got, test.want)
		}
	}
}

func TestEveryTextIsKnown(t *testing.T) {
	t.Parallel()
	known := knownFaults()
	for _, text := range connectTexts() {
		f, ok := known[text.id]
		if !ok || strings.Count(f.what, "%") != 1 {
			t.Errorf("%s: %+v", text.id, f)
		}
	}
	for _, e := range connectionCatalogue() {
		if f, ok := known[e.ID]; !ok && e.ID != "plaintext-ssl" || e.Severity == finding.Info && f.severity != finding.Info {
			t.Errorf("%s: %+v", e.ID, f)
		}
	}
}

// TestHistory: what was logged counts by what came after it, and by its age.
func TestHistory(t *testing.T) {
	t.Parallel()
	const (
		last     = "2026/11/24 02:20:02 [shop-prod:europe-west1:orders] client closed the connection\n"
		tried    = "[shop-prod:europe-west1:orders] Accepted connection from 10.0.3.4:51300\n"
		denied   = "[shop-prod:europe-west1:orders] failed to connect to instance: googleapi: Error 403: The client is not authorized to make this request., notAuthorized\n"
		lost     = "[shop-prod:europe-west1:orders] failed to connect to instance: dial error: failed to dial (connection name = \"x\"): dial tcp 34.78.1.2:3307: i/o timeout\n"
		closed   = "[shop-prod:europe-west1:orders] instance closed the connection\n"
		other    = "[shop-prod:europe-west1:stock] client closed the connection\n"
		reset    = "[shop-prod:europe-west1:orders] connection aborted - error reading from client: read tcp 1.2.3.4:1->1.2.3.5:2: read: connection reset by peer\n"
		full     = "max connections (200) exceeded, refusing new connection\n"
		a, b     = "2026/11/25 11:50:00 ", "2026/11/25 11:58:00 "
		justNow  = "2026/11/25 11:59:50 "
		longAgo  = "2026/11/25 08:00:00 "
		nextTime = "2026/11/25 08:00:01 "
	)
	tests := []struct {
		name, log, id string
		want          finding.Severity // "" is not found
	}{
		{"nothing since", a + denied, "not-authorized", finding.Error},
		{"a connection that ended well", a + denied + b + tried + b + closed, "not-authorized", ""},
		{"one that was cut was there, too", a + denied + b + tried + b + reset, "not-authorized", ""},
		{"one to another instance", a + denied + b + other, "not-authorized", finding.Error},
		{"taken, and open since", a + denied + b + tried, "not-authorized", ""},
		{"taken, and perhaps still dialed", a + denied + justNow + tried, "not-authorized", finding.Error},
		{"taken, and denied", a + tried + a + denied + b + tried + b + denied, "not-authorized", finding.Error},
		{"worked before", a + tried + a + closed + b + denied, "not-authorized", finding.Error},
		{"long ago", longAgo + denied, "not-authorized", finding.Warning},
		{"long ago, and worked", longAgo + denied + nextTime + closed, "not-authorized", ""},
		{"lost for a while", a + lost + b + closed, "dial-timeout", finding.Info},
		{"full, and others were closed", a + full + b + closed, "max-connections", finding.Error},
		{"full long ago", longAgo + full, "max-connections", finding.Warning},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			lines := "- \"" + strings.Join(strings.Split(strings.ReplaceAll(strings.TrimSpace(last+test.log), `"`, `\"`), "\n"), "\"\n- \"") + "\"\n"
			const old = `- '{"severity":"INFO","timestamp":"2026-11-24T02:20:02.4Z","message":"[shop-prod:europe-west1:orders] client closed the connection"}'` + "\n"
			report := edited(t, "ok", old, lines).check(t)
			at := slices.IndexFunc(report.Findings, func(f finding.Finding) bool { return f.ID == test.id })
			got := finding.Severity("")
			if at >= 0 {
				got = report.Findings[at].Severity
			}
			if got != test.want {
				t.Errorf("is %q, want %q", got, test.want)
			}
		})
	}
}

// TestOnePodWorks: what one of two pods cannot do is said, and of how many it is.
func TestOnePodWorks(t *testing.T) {
	t.Parallel()
	f := newFixture("not-authorized", edit(t, "not-authorized", readFile(t, "testdata/ok.yaml"), readFile(t, "testdata/not-authorized.edit")))
	const ok = `- '{"severity":"INFO","timestamp":"2026-11-24T02:20:02.4Z","message":"[shop-prod:europe-west1:orders] client closed the connection"}'`
	denied := `- '{"severity":"ERROR","timestamp":"2026-11-25T11:55:00Z","message":"[shop-prod:europe-west1:orders] failed to connect to instance: googleapi: Error 403: x, notAuthorized"}'`
	f.text = strings.Replace(f.text, ok, denied, 1)
	report := f.check(t)
	if len(report.Findings) != 1 || !strings.HasPrefix(report.Findings[0].Evidence[1].Text, "3 times in the logs of 2 pods, from 2026-11-25T11:50:00Z to 2026-11-25T11:55:00Z") {
		t.Errorf("finds %+v", report.Findings)
	}
}

func TestTLSThatIsNotAsked(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"postgres://web:pw@orders/orders?sslmode=require":     true,
		"postgres://web:pw@orders/orders?sslmode=verify-full": true,
		"postgres://web:pw@orders/orders?sslmode=prefer":      false,
		"postgres://web:pw@orders/orders?sslmode=disable":     false,
		"postgres://web:pw@orders/orders":                     false,
		"postgres://web:pw@elsewhere/orders?sslmode=require":  false,
	} {
		got := idsOf(edited(t, "ok", client("shop", "DATABASE_URL", value, `sqlproxy-client: "true"`)...).check(t))
		if slices.Contains(got, "plaintext-ssl") != want {
			t.Errorf("%s: finds %v", value, got)
		}
	}
}
