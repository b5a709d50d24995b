package proxy

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The recipe of 2018 as it should be: with 0.0.0.0 all is well.
func TestParseV1(t *testing.T) {
	s, problems := Parse(at(V1, 1, 11, 0), []string{"-instances=" + sql + "=tcp:0.0.0.0:3306", "-credential_file=/secrets/cloudsql/credentials.json"}, nil)
	checkBrief(t, problems)
	want := Spec{
		Program:     at(V1, 1, 11, 0),
		Instances:   []Instance{{Name: sql, Address: Some("0.0.0.0"), Port: Some(3306)}},
		Credentials: Credentials{File: "/secrets/cloudsql/credentials.json"},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
}

func TestParseV1Flags(t *testing.T) {
	s, problems := Parse(v1, []string{
		"--instances", "a:b:c=tcp:3306,,d.com:e:f:g=tcp:[::1]:5432", "-instances=h:i:j=unix:/run/sql", "-dir=/cloudsql",
		"-quiet", "-verbose=false", "-fd_rlimit=0", "-term_timeout", "30s", "-ip_address_types=PRIVATE",
		"-use_http_health_check", "-health_check_port=9090", "-max_connections=0x10", "-host=https://sqladmin.example/",
	}, environment("GOOGLE_APPLICATION_CREDENTIALS=/adc.json", "TZ=UTC"))
	checkBrief(t, problems)
	want := Spec{
		Program: v1,
		Instances: []Instance{
			{Name: "a:b:c", Port: Some(3306)},
			{Name: "d.com:e:f:g", Address: Some("::1"), Port: Some(5432)},
			{Name: "h:i:j", UnixSocketPath: "/run/sql"},
		},
		Listen:         Listen{UnixSocket: "/cloudsql"},
		Credentials:    Credentials{Default: "/adc.json"},
		IP:             IP{Types: Some("PRIVATE")},
		HTTP:           HTTP{HealthCheck: true, Port: Some("9090")},
		Shutdown:       Shutdown{MaxDelay: 30 * time.Second},
		API:            API{Endpoint: Some("https://sqladmin.example/")},
		Logs:           Logs{Quiet: true},
		V1:             V1Only{FDLimit: Some(uint64(0)), Verbose: Some(false)},
		MaxConnections: 16,
		Env:            environment("TZ=UTC"),
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
}

func TestParseV2(t *testing.T) {
	s, problems := Parse(v2, []string{
		"--address=0.0.0.0", "--structured-logs", "--health-check", "--http-address", "0.0.0.0", "--http-port=9090", "--prometheus",
		"--min-sigterm-delay=15s", "--max-sigterm-delay=30s", "--exit-zero-on-sigterm", "--private-ip", "-c", "/secrets/key.json",
		"a:b:c?port=5432", "d:e:f?port=3306&address=127.0.0.1&auto-iam-authn&private-ip=F", "--", "g.example.com",
	}, environment("CSQL_PROXY_QUIET=true", "CSQL_PROXY_LOGIN_TOKEN="))
	checkBrief(t, problems)
	want := Spec{
		Program: v2,
		Instances: []Instance{
			{Name: "a:b:c", Port: Some(5432)},
			{Name: "d:e:f", Port: Some(3306), Address: Some("127.0.0.1"), IAMLogin: On, Private: Off},
			{Name: "g.example.com"},
		},
		Listen:      Listen{Address: Some("0.0.0.0")},
		Credentials: Credentials{File: "/secrets/key.json"},
		IP:          IP{Private: true},
		HTTP:        HTTP{HealthCheck: true, Address: Some("0.0.0.0"), Port: Some("9090"), Prometheus: true},
		Shutdown:    Shutdown{MinDelay: 15 * time.Second, MaxDelay: 30 * time.Second, ExitZero: true},
		Logs:        Logs{Structured: true, Quiet: true},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
}

func TestParseAlloyDB(t *testing.T) {
	s, problems := Parse(alloydb, []string{"-lia", "0.0.0.0", "-p=6000", "--with-backend-check", "--health-check", "--exit-zero-sigterm", "--static-connection-info=/f.json", uri + "?address=::&public-ip=t"},
		environment("ALLOYDB_PROXY_DISABLE_BUILT_IN_TELEMETRY=1"))
	checkBrief(t, problems)
	want := Spec{
		Program:              alloydb,
		Instances:            []Instance{{Name: uri, Address: Some("::"), Public: On}},
		Listen:               Listen{Address: Some("0.0.0.0"), Port: Some(6000)},
		Credentials:          Credentials{IAMLogin: true},
		HTTP:                 HTTP{HealthCheck: true, BackendCheck: true},
		Shutdown:             Shutdown{ExitZero: true},
		Logs:                 Logs{Structured: true},
		Telemetry:            Telemetry{DisableBuiltIn: true},
		StaticConnectionInfo: "/f.json",
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v\nwant %+v", s, want)
	}
}

// Each case is arguments, then what is wrong with them.
func TestArgumentProblems(t *testing.T) {
	for name, test := range map[string]struct {
		program Program
		args    string
		want    []string
		extra   string
	}{
		"unknown":              {v2, "--adress=0.0.0.0 a:b:c", []string{"error flag-unknown args[0] --adress"}, "--adress=0.0.0.0"},
		"unknown, value apart": {v2, "--adress 0.0.0.0 a:b:c", []string{"error flag-unknown args[0] --adress"}, "--adress 0.0.0.0"},
		"unknown, then name":   {v2, "--verbse a:b:c", []string{"error flag-unknown args[0] --verbse"}, "--verbse"},
		"unknown letter":       {v2, "-lx a:b:c", []string{"error flag-unknown args[0] -l"}, "-lx"},
		"no unit":              {v2, "--max-sigterm-delay=30 a:b:c", []string{"error duration-without-unit args[0] --max-sigterm-delay"}, "--max-sigterm-delay=30"},
		"no number":            {v2, "a:b:c --port abc", []string{"error flag-value args[1] --port"}, "--port=abc"},
		"no boolean":           {v2, "a:b:c --quiet=yes", []string{"error flag-value args[1] --quiet"}, "--quiet=yes"},
		"no value":             {v2, "a:b:c --port", []string{"error flag-value args[1] --port"}, "--port"},
		"twice":                {v2, "-p 1 --port=2 a:b:c", []string{"warning flag-repeated args[2] --port"}, ""},
		"newer":                {at(V2, 2, 11, 0), "--min-sigterm-delay=5s a:b:c", []string{"error flag-newer args[0] --min-sigterm-delay"}, ""},
		"just there":           {at(V2, 2, 12, 0), "--min-sigterm-delay=5s a:b:c", nil, ""},
		"help":                 {v2, "--help a:b:c", []string{"error flag-exits args[0]"}, "--help"},
		"version":              {v2, "-v a:b:c", []string{"error flag-exits args[0]"}, "-v"},
		"wait":                 {v2, "--http-port=1 wait --max 5s", []string{"error subcommand args[1]"}, "--http-port=1 wait --max 5s"},
		"v1 flag":              {v2, "--instances=a:b:c=tcp:1 d:e:f", []string{"error flag-other args[0] --instances"}, "--instances=a:b:c=tcp:1"},
		"v1 dash":              {v2, "-credential_file=/k a:b:c", []string{"error flag-other args[0] -credential_file"}, "-credential_file=/k"},
		"one dash":             {v2, "-port 5432 a:b:c", []string{"error flag-other args[0] -port"}, "-port 5432"},
		"AlloyDB's":            {v2, "--public-ip a:b:c", []string{"error flag-other args[0] --public-ip"}, "--public-ip"},
		"AlloyDB has no on":    {alloydb, "--exit-zero-on-sigterm " + uri, []string{"error flag-other args[0] --exit-zero-on-sigterm"}, "--exit-zero-on-sigterm"},
		"none":                 {v2, "--quiet", []string{"error instance-missing instances"}, ""},
		"v2 flag on v1":        {v1, "-address=0.0.0.0 -instances=a:b:c=tcp:1", []string{"error flag-other args[0] -address"}, "-address=0.0.0.0"},
		"v1 unknown":           {v1, "-instance a -instances=a:b:c=tcp:1", []string{"error flag-unknown args[0] -instance"}, "-instance a"},
		"v1 stops":             {v1, "-instances=a:b:c=tcp:1 stray -quiet", []string{"error argument-ignored args[1]"}, "-- stray -quiet"},
		"v1 no unit":           {v1, "-instances=a:b:c=tcp:1 -term_timeout 30", []string{"error duration-without-unit args[1] -term_timeout"}, "-term_timeout=30"},
		"v1 newer":             {at(V1, 1, 24, 0), "-instances=a:b:c=tcp:1 -use_http_health_check", []string{"error flag-newer args[1] -use_http_health_check"}, ""},
		"v1 no value":          {v1, "-instances", []string{"error flag-value args[0] -instances", "error instance-missing -instances"}, "-instances"},
		"v1 version":           {v1, "-version -instances=a:b:c=tcp:1", []string{"error flag-exits args[0]"}, "-version"},
		"v1 replaces":          {at(V1, 1, 27, 0), "-instances=a:b:c=tcp:1 -instances=d:e:f=tcp:1", []string{"error flag-repeated args[1] -instances"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, problems := Parse(test.program, strings.Fields(test.args), nil)
			checkBrief(t, problems, test.want...)
			if got := strings.Join(raw(s.Extra), " "); got != test.extra {
				t.Errorf("extra %q, want %q", got, test.extra)
			}
		})
	}
}

func TestAdvice(t *testing.T) {
	for args, want := range map[string]string{
		"--adress=1 a:b:c":            "is --address meant?",
		"-credential_file=/k a:b:c":   "it is v1's flag: write --credentials-file",
		"-term_timeout=1s a:b:c":      "it is v1's flag: write --max-sigterm-delay",
		"-fd_rlimit=1 a:b:c":          "it is v1's flag: there is none like it, leave it out",
		"-address=0.0.0.0 a:b:c":      "write --address",
		"a:b:c?prot=5432":             "is port meant?",
		"a:b:c?health-check":          "it is not for one instance: write --health-check",
		"--max-sigterm-delay=3 a:b:c": "add the unit, as in 30s",
	} {
		_, problems := Parse(v2, strings.Fields(args), nil)
		if len(problems) != 1 || problems[0].Fix != want {
			t.Errorf("%s: %v, want %q", args, problems, want)
		}
	}
}

func TestInstanceProblems(t *testing.T) {
	for name, test := range map[string]struct {
		program Program
		args    string
		want    []string
	}{
		"unknown key":      {v2, "a:b:c?adress=0.0.0.0&prot=1", []string{"error query-unknown args[0] a:b:c", "error query-unknown args[0] a:b:c"}},
		"hexadecimal":      {v2, "a:b:c?port=0x10", []string{"error query-value args[0] a:b:c"}},
		"wait, second":     {v2, "a:b:c wait", []string{"error instance-name args[1] wait"}},
		"no port":          {v2, "a:b:c?port=abc", []string{"error query-value args[0] a:b:c"}},
		"key twice":        {v2, "a:b:c?port=1&port=2", []string{"error query-value args[0] a:b:c"}},
		"no boolean":       {v2, "a:b:c?psc=yes", []string{"error query-value args[0] a:b:c"}},
		"sql-data":         {v2, "a:b:c?sql-data=t", []string{"error query-value args[0] a:b:c"}},
		"no query":         {v2, "a:b:c?port=%zz", []string{"error instance-options args[0] a:b:c"}},
		"key newer":        {at(V2, 2, 4, 0), "a:b:c?psc", []string{"error query-newer args[0] a:b:c"}},
		"two parts":        {v2, "proj:pg?port=1", []string{"error instance-name args[0] proj:pg"}},
		"empty part":       {v2, "a::c?port=1", []string{"error instance-name args[0] a::c"}},
		"four parts":       {v2, "a:b:c:d?port=1", []string{"error instance-name args[0] a:b:c:d"}},
		"five parts":       {v2, "a.com:b:c:d:e?port=1", []string{"error instance-name args[0] a.com:b:c:d:e"}},
		"domain alone":     {v2, "a.com:b:c?port=1", []string{"error instance-name args[0] a.com:b:c"}},
		"v1 suffix":        {v2, "a:b:c=tcp:0.0.0.0:3306", []string{"error instance-other args[0] a:b:c=tcp:0.0.0.0:3306"}},
		"AlloyDB's":        {v2, uri, []string{"error instance-other args[0] " + uri}},
		"Cloud SQL's":      {alloydb, "a:b:c", []string{"error instance-other args[0] a:b:c"}},
		"half a URI":       {alloydb, "projects/p/instances/i", []string{"error instance-name args[0] projects/p/instances/i"}},
		"DNS, old":         {at(V2, 2, 14, 0), "db.example.com", []string{"error instance-name args[0] db.example.com"}},
		"v1 options":       {v1, "-instances=a:b:c=udp:3306", []string{"error instance-options args[0] a:b:c"}},
		"v1 no options":    {v1, "-instances=a:b:c=3306", []string{"error instance-options args[0] a:b:c"}},
		"v1 named port":    {v1, "-instances=a:b:c=tcp:mysql", []string{"error instance-options args[0] a:b:c"}},
		"v1 bare address":  {v1, "-instances=a:b:c=tcp:::1:3306", []string{"error instance-options args[0] a:b:c"}},
		"v1 no dir":        {v1, "-instances=a:b:c", []string{"error socket-dir args[0] a:b:c"}},
		"v1 root, no dir":  {v1, "-instances=a:b:c=unix:/s", []string{"error socket-dir args[0] a:b:c"}},
		"v1 two parts":     {v1, "-instances=proj:pg=tcp:1", []string{"error instance-name args[0] proj:pg"}},
		"v1 as v2":         {v1, "-instances=a:b:c?port=1 -dir=/d", []string{"error instance-other args[0] a:b:c?port"}},
		"v1 domain":        {v1, "-instances=a.com:b:c:d=tcp:1", nil},
		"v1 second of two": {v1, "-instances=a:b:c=tcp:1,a:b=tcp:2", []string{"error instance-name args[0] a:b"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := Parse(test.program, strings.Fields(test.args), nil)
			checkBrief(t, problems, test.want...)
		})
	}
}

func TestEnvironmentProblems(t *testing.T) {
	a := "CSQL_PROXY_INSTANCE_CONNECTION_NAME"
	for name, test := range map[string]struct {
		program   Program
		args      string
		env       []string
		want      []string
		instances string
		kept      []string
	}{
		"unknown":      {v2, "a:b:c", []string{"X=1", "CSQL_PROXY_ADRESS=0.0.0.0"}, []string{"error env-unknown env[1] CSQL_PROXY_ADRESS"}, "a:b:c", []string{"X=1", "CSQL_PROXY_ADRESS=0.0.0.0"}},
		"lower case":   {v2, "a:b:c", []string{"CSQL_PROXY_port=1"}, []string{"error env-unknown env[0] CSQL_PROXY_port"}, "a:b:c", []string{"CSQL_PROXY_port=1"}},
		"no unit":      {v2, "a:b:c", []string{"CSQL_PROXY_MAX_SIGTERM_DELAY=30"}, []string{"error duration-without-unit env[0] CSQL_PROXY_MAX_SIGTERM_DELAY"}, "a:b:c", []string{"CSQL_PROXY_MAX_SIGTERM_DELAY=30"}},
		"service link": {v2, "a:b:c", []string{"CSQL_PROXY_PORT=tcp://10.0.0.1:3306", "CSQL_PROXY_SERVICE_HOST=10.0.0.1"}, []string{"error env-value env[0] CSQL_PROXY_PORT", "info env-ignored env[1] CSQL_PROXY_SERVICE_HOST"}, "a:b:c", []string{"CSQL_PROXY_PORT=tcp://10.0.0.1:3306", "CSQL_PROXY_SERVICE_HOST=10.0.0.1"}},
		"flag wins":    {v2, "--port=1 a:b:c", []string{"CSQL_PROXY_PORT=2"}, []string{"info env-ignored env[0] CSQL_PROXY_PORT"}, "a:b:c", nil},
		"file":         {v2, "a:b:c", []string{"CSQL_PROXY_CONFIG_FILE=/f.yaml"}, []string{"error env-ignored env[0] CSQL_PROXY_CONFIG_FILE"}, "a:b:c", []string{"CSQL_PROXY_CONFIG_FILE=/f.yaml"}},
		"newer":        {at(V2, 2, 11, 0), "a:b:c", []string{"CSQL_PROXY_MIN_SIGTERM_DELAY=3s"}, []string{"error flag-newer env[0] CSQL_PROXY_MIN_SIGTERM_DELAY"}, "a:b:c", nil},
		"alias":        {v2, "a:b:c", []string{"CSQL_PROXY_SQL_DATA_ENDPOINT=https://x"}, nil, "a:b:c", nil},
		"instances":    {v2, "", []string{a + "_2=d:e:h", a + "_0=d:e:f", a + "_1=d:e:g?port=1"}, nil, "d:e:f d:e:g d:e:h", nil},
		"bare name":    {v2, "", []string{a + "_1=d:e:g", a + "=d:e:f"}, nil, "d:e:f d:e:g", nil},
		"both first":   {v2, "", []string{a + "_0=d:e:g", a + "=d:e:f"}, []string{"error env-ignored env[0] " + a + "_0"}, "d:e:f", []string{a + "_0=d:e:g"}},
		"leading zero": {v2, "a:b:c", []string{a + "_01=d:e:g"}, []string{"error env-unknown env[0] " + a + "_01"}, "a:b:c", []string{a + "_01=d:e:g"}},
		"from one":     {v2, "", []string{a + "_1=d:e:g"}, []string{"error env-ignored env[0] " + a + "_1", "error instance-missing instances"}, "", []string{a + "_1=d:e:g"}},
		"gap":          {v2, "", []string{a + "=d:e:f", a + "_2=d:e:h"}, []string{"error env-ignored env[1] " + a + "_2"}, "d:e:f", []string{a + "_2=d:e:h"}},
		"args win":     {v2, "a:b:c", []string{a + "=d:e:f"}, []string{"warning env-ignored env[0] " + a}, "a:b:c", []string{a + "=d:e:f"}},
		"AlloyDB":      {alloydb, "", []string{"ALLOYDB_PROXY_INSTANCE_URI=" + uri, "CSQL_PROXY_PORT=1"}, nil, uri, []string{"CSQL_PROXY_PORT=1"}},
		"v1":           {v1, "", []string{"INSTANCES=a:b:c=tcp:1,a:b:d=tcp:2", "CSQL_PROXY_PORT=1"}, nil, "a:b:c a:b:d", []string{"CSQL_PROXY_PORT=1"}},
		"v1 flag wins": {v1, "-instances=a:b:c=tcp:1", []string{"INSTANCES=a:b:d=tcp:2"}, []string{"warning env-ignored env[0] INSTANCES"}, "a:b:c", []string{"INSTANCES=a:b:d=tcp:2"}},
		"v1 too old":   {at(V1, 1, 11, 0), "", []string{"INSTANCES=a:b:d=tcp:2"}, []string{"error flag-newer env[0] INSTANCES", "error instance-missing -instances"}, "", []string{"INSTANCES=a:b:d=tcp:2"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, problems := Parse(test.program, strings.Fields(test.args), environment(test.env...))
			checkBrief(t, problems, test.want...)
			var names []string
			for _, i := range s.Instances {
				names = append(names, i.Name)
			}
			if got := strings.Join(names, " "); got != test.instances {
				t.Errorf("instances %q, want %q", got, test.instances)
			}
			if got := rawEnv(s.Env); !slices.Equal(got, test.kept) {
				t.Errorf("kept %q, want %q", got, test.kept)
			}
		})
	}
}
