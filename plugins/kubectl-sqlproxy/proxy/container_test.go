package proxy

import (
	"strings"
	"testing"
)

func TestIdentify(t *testing.T) {
	for image, want := range map[string]Program{
		"gcr.io/cloudsql-docker/gce-proxy:1.11":                           at(V1, 1, 11, 0),
		"eu.gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.25.3-alpine":    at(V2, 2, 25, 3),
		"registry:5000/mirror/cloud-sql-proxy@sha256:abc":                 v2,
		"registry:5000/cloud-sql-proxy":                                   v2,
		"gcr.io/alloydb-connectors/alloydb-auth-proxy:1.15.2@sha256:0000": at(AlloyDB, 1, 15, 2),
		"cloud-sql-proxy:latest":                                          v2,
		"cloud-sql-proxy:2":                                               v2,
		"postgres:15.1":                                                   {},
		"cloud-sql-proxy/other:1.2":                                       {},
	} {
		got, ok := Identify(image)
		if got != want || ok != (want != Program{}) {
			t.Errorf("%s: %v %v", image, got, ok)
		}
	}
}

func TestVersions(t *testing.T) {
	order := []string{"1.05", "v1.9.9", "1.11", "2.0.0", "2.2.10", "2.12.0"}
	for i, a := range order {
		for j, b := range order {
			x, ok := ParseVersion(a)
			y, _ := ParseVersion(b)
			if !ok || x.Before(y) != (i < j) {
				t.Errorf("%s before %s: %v", a, b, x.Before(y))
			}
		}
	}
	for _, tag := range []string{"latest", "2", "", "1.2.3.4", "a.b", "1.-2", "0.0.0"} {
		if v, ok := ParseVersion(tag); ok || v.Before(Version{1, 0, 0}) || v.String() != "unknown" {
			t.Errorf("%s is %v", tag, v)
		}
	}
}

func TestParseContainer(t *testing.T) {
	for name, test := range map[string]struct {
		container Container
		program   Program
		args      string // as rendered
		want      []string
	}{
		"the recipe of 2018": {Container{Image: "gcr.io/cloudsql-docker/gce-proxy:1.11", Command: []string{"/cloud_sql_proxy", "-instances=" + sql + "=tcp:0.0.0.0:3306", "-credential_file=/secrets/cloudsql/credentials.json"}},
			at(V1, 1, 11, 0), "-instances=" + sql + "=tcp:0.0.0.0:3306 -credential_file=/secrets/cloudsql/credentials.json", nil},
		"entry point": {Container{Image: "cloud-sql-proxy:2.1.0", Args: []string{"a:b:c", "--psc"}}, at(V2, 2, 1, 0), "a:b:c", []string{"error flag-newer args[1] --psc"}},
		"command and args": {Container{Image: "cloud-sql-proxy:2.1.0", Command: []string{"/cloud-sql-proxy", "--foo"}, Args: []string{"--bar", "a:b:c?x"}}, at(V2, 2, 1, 0),
			"a:b:c?x= --foo --bar", []string{"error flag-unknown command[1] --foo", "error flag-unknown args[0] --bar", "error query-unknown args[1] a:b:c"}},
		"v1 without command":  {Container{Image: "gce-proxy:1.33.0", Args: []string{"-instances=a:b:c=tcp:1"}}, at(V1, 1, 33, 0), "-instances=a:b:c=tcp:1", []string{"error binary-other command"}},
		"v1, program in args": {Container{Image: "gce-proxy:1.33.0", Args: []string{"/cloud_sql_proxy", "-foo", "-instances=a:b:c=tcp:1"}}, at(V1, 1, 33, 0), "-instances=a:b:c=tcp:1 -foo", []string{"error flag-unknown args[1] -foo"}},
		"v1's program in v2's image": {Container{Image: "cloud-sql-proxy:2.1.0", Command: []string{"/cloud_sql_proxy"}, Args: []string{"-instances=a:b:c=tcp:1"}}, v1, "-instances=a:b:c=tcp:1",
			[]string{"error binary-other command[0]"}},
		"a shell":      {Container{Image: "cloud-sql-proxy:2.1.0-alpine", Command: []string{"sh", "-c", "x"}}, at(V2, 2, 1, 0), "", []string{"error binary-other command[0]"}},
		"image of own": {Container{Image: "mine:2.3.4", Command: []string{"/bin/cloud-sql-proxy"}, Args: []string{"a:b:c"}}, at(V2, 2, 3, 4), "a:b:c", nil},
		"variables": {Container{Image: "cloud-sql-proxy", Args: []string{"--port=$(PORT)", "$(P):$(R):c?port=$$(X)", "$(NO)"}, Env: environment("PORT=1", "P=a", "R=b", "PORT=2")}, v2, "--port=2 a:b:c?port=%24%28X%29 $(NO)",
			[]string{"error query-value args[1] a:b:c", "error instance-name args[2] $(NO)", "skipped variable-unexpanded args[1]", "skipped variable-unexpanded args[2]"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, problems, ok := ParseContainer(test.container)
			if !ok || s.Program != test.program {
				t.Errorf("%v %v", ok, s.Program)
			}
			checkBrief(t, problems, test.want...)
			args, _, _ := Render(s)
			if got := strings.Join(args, " "); got != test.args {
				t.Errorf("got %s, want %s", got, test.args)
			}
		})
	}
	if _, _, ok := ParseContainer(Container{Image: "nginx", Command: []string{"nginx"}}); ok {
		t.Error("nginx is a proxy")
	}
}
