package proxy

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// Difference is one way in which v2, told what Convert returns, is not as v1 was. An
// Error is lost, a Warning may be noticed, an Info is good to know.
type Difference struct {
	ID       string
	Severity finding.Severity
	What     string // what is different
	Fix      string // what to do; "" for nothing
}

func (d Difference) String() string {
	text := fmt.Sprintf("%s: %s", d.Severity, d.What)
	if d.Fix != "" {
		text += "; " + d.Fix
	}
	return text + " (" + d.ID + ")"
}

// Convert turns what v1 is told into what v2 must be told to do the same, as near as
// it can be, and says all that is different. The result is for the newest v2: set its
// Version, and Render says what that does not know.
func Convert(v1 Spec) (Spec, []Difference) {
	c := &converter{from: &v1}
	c.to = Spec{
		Program:             Program{Engine: V2},
		Credentials:         v1.Credentials,
		MaxConnections:      v1.MaxConnections,
		SkipFailedInstances: v1.SkipFailedInstances,
	}
	c.to.API.QuotaProject = v1.API.QuotaProject
	c.instances()
	c.lists()
	c.ip()
	c.credentials()
	c.endpoint()
	c.health()
	c.logs()
	c.shutdown()
	c.behaviour()
	c.rest()
	return c.to, c.differences
}

type converter struct {
	from        *Spec
	to          Spec
	differences []Difference
}

func (c *converter) add(id string, severity finding.Severity, what, fix string) {
	c.differences = append(c.differences, Difference{id, severity, what, fix})
}

func (c *converter) instances() {
	dir := c.from.Listen.UnixSocket
	for _, i := range c.from.Instances {
		to := Instance{Name: i.Name}
		switch {
		case i.Unread != "":
			c.add("instance-options", finding.Error, "what follows the = of "+shownName(i.Name)+" cannot be read", "say its address and port: "+formOf(V2))
		case i.Port.Set:
			to.Port = i.Port
			c.address(i, &to)
		case strings.HasPrefix(i.UnixSocketPath, "/"):
			to.UnixSocketPath = i.UnixSocketPath
		case i.UnixSocketPath != "":
			to.UnixSocketPath = strings.TrimSuffix(dir, "/") + "/" + i.UnixSocketPath
		default:
			c.to.Listen.UnixSocket = dir
		}
		if _, err := ParseName(V1, i.Name); err != nil {
			c.add("instance-name", finding.Error, "the name "+shownName(i.Name)+" cannot be right: "+err.Error(), "write "+formOf(V2))
		}
		c.to.Instances = append(c.to.Instances, to)
	}
}

// address gives an instance the address on which v1 heard; 127.0.0.1 is v2's
// default, too.
func (c *converter) address(from Instance, to *Instance) {
	host := from.Address.Or("127.0.0.1")
	name := shownName(from.Name)
	switch {
	case from.Network == "tcp6" && !from.Address.Set:
		host = "::1"
	case host == "" && from.Network == "tcp6":
		host = "::"
	case host == "" || host == "0.0.0.0":
		if from.Network == "" {
			c.add("listen-family", finding.Info, "v1 heard "+name+" on all addresses of IPv4 and IPv6, v2 hears on those of IPv4", "write address=:: if clients come by IPv6")
		}
		host = "0.0.0.0"
	case host == "::" && from.Network == "":
		c.add("listen-family", finding.Warning, "v1 heard "+name+" on all addresses of IPv4 and IPv6, v2 hears on those of IPv6", "write address=0.0.0.0 if clients come by IPv4")
	case host == "localhost":
		host = "127.0.0.1"
	case !isIP(host):
		c.add("listen-address", finding.Error, "v2 takes an IP address for "+name+", and no name of a host: "+quote(host), "write 0.0.0.0 to be heard in the cluster, 127.0.0.1 in the pod")
	}
	if host != "127.0.0.1" {
		to.Address = Some(host)
		return
	}
	c.add("listen-loopback", finding.Warning, name+" is heard in its pod alone, by v1 as by v2: no Service reaches it", "write address=0.0.0.0 for a proxy behind a Service")
}

// lists are the instances that v1 finds for itself.
func (c *converter) lists() {
	v := &c.from.V1
	if len(v.Projects) > 0 {
		c.add("projects", finding.Error, "v2 has no -projects: every instance is to be named", "name those of "+quote(strings.Join(v.Projects, ",")))
	}
	if v.InstancesMetadata != "" {
		c.add("instances-metadata", finding.Error, "v2 does not read the list of instances from the metadata server", "name every instance")
	}
	if c.from.FUSE.Enabled {
		c.to.FUSE = FUSE{Dir: c.from.Listen.UnixSocket, TempDir: c.from.FUSE.TempDir}
	}
	for _, e := range c.from.Env {
		if e.Name == "INSTANCES" {
			c.add("instances-env", finding.Warning, "v2 does not read the variable INSTANCES", "leave it out")
		}
	}
	if c.from.SkipFailedInstances {
		c.add("skip-failed", finding.Warning, "v1 goes on without any instance that fails at the start, v2 without those on Unix sockets", "")
	}
}

func (c *converter) ip() {
	types := c.from.IP.Types.Or("PUBLIC,PRIVATE")
	switch routeOfTypes(types) {
	case RoutePrivate:
		c.to.IP.Private = true
	case RouteAny:
		c.to.IP.Auto = true
		what := "v2 takes the public address by default and v1 any; --auto-ip does as v1"
		if strings.HasPrefix(strings.ToUpper(types), "PRIVATE") {
			what = "v1 was to take the private address before the public one, --auto-ip takes the first that the API names"
		}
		c.add("ip-types", finding.Warning, what, "write --private-ip instead of --auto-ip if the instances have a private address")
	case RouteUnknown:
		c.add("ip-types", finding.Error, "v1 knows no such -ip_address_types: "+quote(types), "write --private-ip, --auto-ip, or neither for the public address")
	}
}

func (c *converter) credentials() {
	t := &c.to.Credentials
	if t.File != "" && t.Token != "" {
		t.Token, t.LoginToken = "", ""
		c.add("token-and-file", finding.Warning, "v1 takes the credentials file before the token, v2 refuses both: the token is left out", "")
	}
	if t.IAMLogin {
		c.add("iam-login", finding.Info, "v1 logs in to PostgreSQL, v2 to MySQL, too, and may be told so for one instance", "")
	}
	if t.File == "" && t.Token == "" && t.Default == "" {
		c.add("gcloud", finding.Warning, "without credentials v1 asks gcloud first, v2 takes Application Default Credentials", "log in by gcloud auth application-default login, or give it a service account")
	}
}

func (c *converter) endpoint() {
	if !c.from.API.Endpoint.Set {
		return
	}
	root, had := strings.CutSuffix(c.from.API.Endpoint.Value, "sql/v1beta4/")
	c.to.API.Endpoint = Some(root)
	if had {
		c.add("endpoint", finding.Warning, "v2 adds sql/v1beta4/ to the endpoint itself, so that is left out", "")
	}
}

func (c *converter) health() {
	if !c.from.HTTP.HealthCheck {
		return
	}
	c.to.HTTP = HTTP{HealthCheck: true, Address: Some("0.0.0.0"), Port: Some(c.from.HTTP.Port.Or("8090"))}
	c.add("health-server", finding.Info, "v2 hears health checks on localhost:9090 by default: the address is set, and v1's port is kept for the probes", "")
	c.add("health-readiness", finding.Warning, "v1's readiness dials every instance, v2's does not since 2.11.1", "watch the log for failed connections")
	c.add("health-liveness", finding.Info, "v1's liveness fails when certificates cannot be refreshed, v2's does not", "")
}

func (c *converter) logs() {
	l, v := &c.from.Logs, &c.from.V1
	c.to.Logs = Logs{Structured: l.Structured, Quiet: l.Quiet || !v.Verbose.Or(true)}
	switch {
	case l.Quiet:
		c.add("quiet", finding.Info, "v1's -quiet hides errors, too, v2's does not", "")
	case c.to.Logs.Quiet:
		c.add("verbose", finding.Info, "v2's --quiet hides what -verbose=false hid, and that it has started, too", "")
	}
	c.add("log-format", finding.Info, "the texts of the log are others, and with --structured-logs the fields are those of Cloud Logging", "adapt what reads the log")
	if !v.LogDebugStdout {
		c.add("log-stdout", finding.Info, "v1 logs to stderr, v2 all but errors to stdout", "")
	}
}

func (c *converter) shutdown() {
	c.to.Shutdown = Shutdown{MaxDelay: c.from.Shutdown.MaxDelay, ExitZero: true}
	c.add("exit-code", finding.Info, "v1 exits 0 on SIGTERM and v2 143: --exit-zero-on-sigterm keeps the 0; with connections left v1 exits 2, and v2 1 after a delay, else 0", "")
	if c.from.Shutdown.MaxDelay > 0 {
		c.add("sigterm-new-connections", finding.Warning, "while v1 waits it takes new connections, while v2 waits they fail", "add --min-sigterm-delay=15s, in which v2 goes on as before, and give the pod time for both")
	}
	c.add("quitquitquit", finding.Info, "v2 can be ended by /quitquitquit with --quitquitquit, on localhost; v1 cannot", "")
}

// behaviour is what is different whatever v1 is told.
func (c *converter) behaviour() {
	if !c.from.V1.CheckRegion {
		c.add("region", finding.Warning, "a wrong region in an instance's name is an error of v2, v1 logs it and goes on", "compare the names with what the API says")
	}
	c.add("start", finding.Warning, "v1 asks the API for every instance at the start and ends when that fails; v2, told a port, starts, and the first client finds out", "watch the log for failed connections")
	c.add("image", finding.Warning, "v1's image has no entry point, v2's has: /cloud-sql-proxy, with arguments alone", "replace command by args")
	c.add("caching-sha2", finding.Info, "v2 logs in to MySQL by caching_sha2_password, which v1 cannot do in full", "")
	c.add("keep-alive", finding.Info, "v1 keeps clients' connections alive every 60 s, v2 every 30 s", "")
}

// rest is what v2 has no words for, and what v1 did not understand.
func (c *converter) rest() {
	v := &c.from.V1
	for _, lost := range []struct {
		name string
		said bool
	}{{"check_region", v.CheckRegion}, {"refresh_config_throttle", v.RefreshThrottle.Set}, {"fd_rlimit", v.FDLimit.Set}} {
		if lost.said {
			c.add(strings.ReplaceAll(lost.name, "_", "-"), finding.Info, "v2 has no -"+lost.name+", and needs none", "")
		}
	}
	if n := len(c.from.Extra); n > 0 {
		c.add("not-understood", finding.Error, fmt.Sprintf("%d arguments are left out, because v1 does not understand them either", n), "see what is wrong with v1's arguments")
	}
	for _, e := range c.from.Env {
		if e.Name != "INSTANCES" {
			c.to.Env = append(c.to.Env, e)
		}
	}
}
