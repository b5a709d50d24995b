package proxy

import (
	"slices"
	"strings"
	"testing"
)

// always are the differences that every v1 has.
var always = []string{"log-format", "log-stdout", "exit-code", "quitquitquit", "region", "start", "image", "caching-sha2", "keep-alive"}

func TestConvert(t *testing.T) {
	for name, test := range map[string]struct {
		args, env string
		want      string
		ids       []string // besides always
	}{
		"the recipe of 2018": {
			"-instances=" + sql + "=tcp:0.0.0.0:3306 -credential_file=/secrets/cloudsql/credentials.json", "",
			"--exit-zero-on-sigterm --auto-ip --credentials-file=/secrets/cloudsql/credentials.json " + sql + "?address=0.0.0.0&port=3306",
			[]string{"listen-family", "ip-types"},
		},
		"a port alone": {
			"-instances=a:b:c=tcp:5432 -ip_address_types=PRIVATE -credential_file=/k", "",
			"--exit-zero-on-sigterm --private-ip --credentials-file=/k a:b:c?port=5432",
			[]string{"listen-loopback"},
		},
		"health, shutdown, logs": {
			"-instances=a:b:c=tcp:127.0.0.2:1 -ip_address_types=PUBLIC -use_http_health_check -term_timeout=30s -structured_logs -verbose=false -max_connections=9 -quota_project=q -token=x", "",
			"--structured-logs --quiet --health-check --http-address=0.0.0.0 --http-port=8090 --max-sigterm-delay=30s --exit-zero-on-sigterm --max-connections=9 --quota-project=q a:b:c?address=127.0.0.2&port=1",
			[]string{"health-server", "health-readiness", "health-liveness", "verbose", "sigterm-new-connections"},
		},
		"sockets": {
			"-dir=/d/ -instances=a:b:c,a:b:d=unix:x,a:b:e=unix:/y,a:b:f=tcp::1 -ip_address_types=PUBLIC -credential_file=/k -skip_failed_instance_config", "",
			"--unix-socket=/d/ --skip-failed-instance-config --exit-zero-on-sigterm --credentials-file=/k a:b:c a:b:d?unix-socket-path=/d/x a:b:e?unix-socket-path=/y a:b:f?address=0.0.0.0&port=1",
			[]string{"listen-family", "skip-failed"},
		},
		"IPv6": {
			"-instances=a:b:c=tcp6:1,a:b:d=tcp6::2,a:b:e=tcp:[::]:3,a:b:f=tcp4:0.0.0.0:4 -ip_address_types=PUBLIC -credential_file=/k", "",
			"--exit-zero-on-sigterm --credentials-file=/k a:b:c?address=::1&port=1 a:b:d?address=::&port=2 a:b:e?address=::&port=3 a:b:f?address=0.0.0.0&port=4",
			[]string{"listen-family"},
		},
		"nothing like it": {
			"-projects=p -instances_metadata=m -dir=/d -check_region -fd_rlimit=1 -refresh_config_throttle=1s -foo -log_debug_stdout -host=https://x/sql/v1beta4/ -enable_iam_login -ip_address_types=PRIVATE,PUBLIC -quiet", "INSTANCES=a:b:c=tcp:h:1 TZ=UTC",
			"--quiet --exit-zero-on-sigterm --auto-ip --auto-iam-authn --sqladmin-api-endpoint=https://x/ a:b:c?address=h&port=1",
			[]string{"listen-address", "projects", "instances-metadata", "ip-types", "iam-login", "gcloud", "endpoint", "quiet", "check-region", "refresh-config-throttle", "fd-rlimit", "not-understood", "-log-stdout", "-region"},
		},
		"both credentials": {
			"-instances=a:b=tcp:localhost:1,a:b:c=3306 -ip_address_types=X -credential_file=/k -token=x -log_debug_stdout", "",
			"--exit-zero-on-sigterm --credentials-file=/k a:b?port=1 a:b:c",
			[]string{"listen-loopback", "instance-name", "instance-options", "ip-types", "token-and-file", "-log-stdout"},
		},
		"fuse": {
			"-fuse -dir=/d -fuse_tmp=/t", "GOOGLE_APPLICATION_CREDENTIALS=/k",
			"--fuse=/d --fuse-tmp-dir=/t --exit-zero-on-sigterm --auto-ip",
			[]string{"ip-types"},
		},
		"flag and INSTANCES": {
			"-instances=a:b:c=tcp:10.0.0.1:1 -ip_address_types=PUBLIC -credential_file=/k", "INSTANCES=d:e:f=tcp:2",
			"--exit-zero-on-sigterm --credentials-file=/k a:b:c?address=10.0.0.1&port=1",
			[]string{"instances-env"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, _ := Parse(v1, strings.Fields(test.args), environment(strings.Fields(test.env)...))
			to, differences := Convert(from)
			args, env, problems := Render(to)
			checkBrief(t, problems)
			if got := strings.Join(args, " "); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
			if strings.Contains(strings.Join(rawEnv(env), " "), "INSTANCES") {
				t.Errorf("environment %v", rawEnv(env))
			}
			want := slices.Clone(always)
			for _, id := range test.ids {
				if not, ok := strings.CutPrefix(id, "-"); ok {
					want = slices.DeleteFunc(want, func(id string) bool { return id == not })
				} else {
					want = append(want, id)
				}
			}
			got := map[string]bool{}
			for _, d := range differences {
				got[d.ID] = true
				if d.What == "" || d.Severity == "" {
					t.Errorf("%+v", d)
				}
				if !slices.Contains(want, d.ID) {
					t.Errorf("unexpected: %s", d)
				}
			}
			for _, id := range want {
				if !got[id] {
					t.Errorf("%s is not said", id)
				}
			}
		})
	}
}

// What is converted from a v1 that works has nothing wrong, and goes where v1 went.
func TestConvertedIsHeardWhereItWas(t *testing.T) {
	from, problems := Parse(v1, []string{"-dir=/d", "-use_http_health_check", "-instances=a:b:c=tcp:1,a:b:d=tcp:10.0.0.1:2,a:b:e=unix:x,a:b:f,a:b:g=tcp6:[::1]:3"}, nil)
	checkBrief(t, problems)
	to, _ := Convert(from)
	checkBrief(t, Validate(to))
	old, now := from.Listeners(nil), to.Listeners(nil)
	if len(old) != len(now) {
		t.Fatalf("%v\n%v", old, now)
	}
	for i := range old {
		if old[i].Port != now[i].Port || old[i].Socket != now[i].Socket || old[i].Loopback() != now[i].Loopback() || old[i].host() != now[i].host() {
			t.Errorf("%v became %v", old[i], now[i])
		}
	}
	if from.RouteOf(from.Instances[0]) != to.RouteOf(to.Instances[0]) {
		t.Errorf("the route became %s", to.RouteOf(to.Instances[0]))
	}
}
