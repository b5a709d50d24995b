package proxy

import (
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// checkAuth is for v2 and AlloyDB: one source of credentials.
func (r *reader) checkAuth() {
	c := &r.spec.Credentials
	var said []string
	for _, source := range []struct {
		option string
		given  bool
	}{{"token", c.Token != ""}, {"credentials-file", c.File != ""}, {"json-credentials", c.JSON != ""}, {"gcloud-auth", c.Gcloud}} {
		if source.given {
			said = append(said, source.option)
		}
	}
	if len(said) > 1 {
		r.wrong(AuthConflict, said[1], "--"+strings.Join(said, " and --")+" do not go together, and the proxy does not start", "leave one of them")
	}
	if r.spec.Engine == AlloyDB {
		if c.LoginToken != "" && !r.anyIAMLogin() {
			r.add(LoginToken, finding.Warning, r.place("login-token"), "it is of no use without --auto-iam-authn", "add that, or leave it out")
		}
		return
	}
	switch {
	case c.IAMLogin && c.Gcloud:
		r.wrong(AuthConflict, "auto-iam-authn", "it does not go with --gcloud-auth, and the proxy does not start", "log in by gcloud auth application-default login, and leave --gcloud-auth out")
	case c.IAMLogin && c.Token != "" && c.LoginToken == "" && !r.spec.Version.Before(Version{2, 1, 0}):
		r.wrong(LoginToken, "auto-iam-authn", "with --token it needs --login-token, too, and the proxy does not start", "add --login-token, or leave --token out")
	case c.LoginToken != "" && (c.Token == "" || !c.IAMLogin):
		r.wrong(LoginToken, "login-token", "it needs --token and --auto-iam-authn, too, and the proxy does not start", "add them, or leave it out")
	}
}

func (r *reader) anyIAMLogin() bool {
	if r.spec.Credentials.IAMLogin {
		return true
	}
	for _, i := range r.spec.Instances {
		if i.IAMLogin == On {
			return true
		}
	}
	return false
}

// checkIP finds more than one way to an instance.
func (r *reader) checkIP() {
	ip := &r.spec.IP
	switch {
	case r.spec.Engine == V1:
		if routeOfTypes(ip.Types.Or("PUBLIC")) == RouteUnknown {
			r.wrong(IPConflict, "ip_address_types", "the types are PUBLIC and PRIVATE, without spaces; v1 finds no address by others", "write PUBLIC, PRIVATE, or both with a comma")
		}
		return
	case r.spec.Engine == AlloyDB:
		if ip.Public && ip.PSC {
			r.add(IPConflict, finding.Warning, r.place("psc"), "--public-ip and --psc are two ways to an instance", "leave one of them out")
		}
		return
	case ip.Private && ip.Auto:
		r.wrong(IPConflict, "auto-ip", "it does not go with --private-ip, and the proxy does not start", "leave one of them out")
	case ip.Private && ip.PSC || ip.Private && ip.SQLData || ip.PSC && ip.SQLData:
		r.wrong(IPConflict, "private-ip", "of --private-ip, --psc and --sql-data one can be, and the proxy does not start", "leave one of them")
	}
	for n, i := range r.spec.Instances {
		switch {
		case i.Private != Inherit && i.PSC != Inherit:
			r.add(IPConflict, finding.Error, r.places[n], "private-ip and psc do not go together, and the proxy does not start", "leave one of them out")
		case i.Private == On && ip.Auto:
			r.add(IPConflict, finding.Error, r.places[n], "private-ip does not go with --auto-ip, and the proxy does not start", "leave one of them out")
		}
	}
}

// checkIgnored finds options that are of no use without others.
func (r *reader) checkIgnored() {
	s := &r.spec
	server := s.HTTP.HealthCheck || s.HTTP.Prometheus
	sockets := s.FUSE.Dir != ""
	for _, i := range s.Instances {
		sockets = sockets || !s.isTCP(i)
	}
	for _, o := range []struct {
		option  string
		ignored bool
		needs   string
	}{
		{"http-port", s.HTTP.Port.Set && !server, "--health-check or --prometheus"},
		{"http-address", s.HTTP.Address.Set && !server, "--health-check or --prometheus"},
		{"with-backend-check", s.HTTP.BackendCheck && !s.HTTP.HealthCheck, "--health-check"},
		{"prometheus-namespace", s.HTTP.PrometheusNamespace != "" && !s.HTTP.Prometheus, "--prometheus"},
		{"admin-port", s.Admin.Port.Set && !s.Admin.Debug && !s.Admin.QuitQuitQuit, "--debug or --quitquitquit"},
		{"telemetry-prefix", s.Telemetry.Prefix != "" && s.Telemetry.Project == "", "--telemetry-project"},
		{"telemetry-sample-rate", s.Telemetry.SampleRate.Set && s.Telemetry.Project == "", "--telemetry-project"},
		{"disable-metrics", s.Telemetry.DisableMetrics && s.Telemetry.Project == "", "--telemetry-project"},
		{"disable-traces", s.Telemetry.DisableTraces && s.Telemetry.Project == "", "--telemetry-project"},
		{"fuse-tmp-dir", s.FUSE.TempDir.Set && s.FUSE.Dir == "", "--fuse"},
		{"skip-failed-instance-config", s.SkipFailedInstances && !sockets, "Unix sockets"},
	} {
		if o.ignored {
			r.add(OptionIgnored, finding.Warning, r.place(o.option), "it is of no use without "+o.needs, "add that, or leave it out")
		}
	}
}
