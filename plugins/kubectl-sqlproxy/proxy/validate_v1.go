package proxy

import (
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

func (r *reader) checkV1() {
	s := &r.spec
	if e := s.API.Endpoint.Or(""); e != "" && !strings.HasSuffix(e, "/") {
		r.wrong(EndpointSlash, "host", "it does not end in a slash, so v1 prints its flags and exits 0", "add the slash")
	}
	c := &s.Credentials
	switch {
	case c.File != "" && c.Token != "":
		r.add(AuthConflict, finding.Warning, r.place("token"), "-credential_file wins over it", "leave one of them out")
	case c.File == "" && c.LoginToken != "" && (c.Token == "" || !c.IAMLogin):
		r.wrong(LoginToken, "login_token", "it needs -token and -enable_iam_login, too, and v1 does not start", "add them, or leave it out")
	case c.File == "" && c.Token != "" && c.IAMLogin && c.LoginToken == "" && !s.Version.Before(Version{1, 33, 3}):
		r.wrong(LoginToken, "enable_iam_login", "with -token it needs -login_token, too, and v1 does not start", "add -login_token, or leave -token out")
	}
	r.checkV1Sockets()
	if s.HTTP.Port.Set && !s.HTTP.HealthCheck {
		r.add(OptionIgnored, finding.Warning, r.place("health_check_port"), "it is of no use without -use_http_health_check", "add that, or leave it out")
	}
}

func (r *reader) checkV1Sockets() {
	s := &r.spec
	named := len(s.Instances) > 0 || s.V1.InstancesMetadata != "" || len(s.V1.Projects) > 0
	switch {
	case s.FUSE.Enabled && named:
		r.wrong(FUSEConflict, "fuse", "it does not go with -instances, -instances_metadata or -projects, and v1 does not start", "leave one of them")
	case s.Listen.UnixSocket == "" && s.FUSE.Enabled:
		r.wrong(SocketDir, "fuse", "it needs -dir, and v1 does not start", "add -dir=DIRECTORY")
	case s.Listen.UnixSocket == "" && s.V1.InstancesMetadata != "":
		r.wrong(SocketDir, "instances_metadata", "it needs -dir, and v1 does not start", "add -dir=DIRECTORY")
	case s.Listen.UnixSocket == "" && len(s.V1.Projects) > 0:
		r.wrong(SocketDir, "projects", "it needs -dir, and v1 does not start", "add -dir=DIRECTORY")
	}
	for n, i := range s.Instances {
		if s.Listen.UnixSocket == "" && !i.Port.Set && i.Unread == "" { // a path from the root needs it, too
			r.add(SocketDir, finding.Error, r.places[n], "without a port it is heard on a socket, for which -dir is needed, and v1 does not start", "add =tcp:0.0.0.0:PORT after the name, or -dir=DIRECTORY")
		}
	}
}
