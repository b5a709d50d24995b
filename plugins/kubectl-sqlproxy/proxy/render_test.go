package proxy

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRender(t *testing.T) {
	shared := Spec{
		Program:     v2,
		Instances:   []Instance{{Name: "a:b:c", Port: Some(3306)}, {Name: "d:e:f", Address: Some("127.0.0.1"), Port: Some(5432), IAMLogin: On, UnixSocketPath: ""}},
		Listen:      Listen{Address: Some("0.0.0.0")},
		Logs:        Logs{Structured: true},
		HTTP:        HTTP{HealthCheck: true, Address: Some("0.0.0.0"), Port: Some("9090"), Prometheus: true},
		Shutdown:    Shutdown{MinDelay: 15 * time.Second, MaxDelay: 30 * time.Second, ExitZero: true},
		IP:          IP{Private: true},
		Credentials: Credentials{File: "/secrets/key.json", Default: "/adc.json"},
		Env:         environment("TZ=UTC"),
	}
	old := shared
	old.Program = v1
	old.Instances = []Instance{{Name: sql, Address: Some("0.0.0.0"), Port: Some(3306)}, {Name: "d:e:f", Port: Some(5432)}, {Name: "g:h:i", Address: Some("::"), Port: Some(1)}}
	old.Listen, old.IP, old.HTTP, old.Shutdown = Listen{}, IP{Types: Some("PRIVATE")}, HTTP{HealthCheck: true}, Shutdown{MaxDelay: time.Minute}
	secret := Spec{Program: alloydb, Instances: []Instance{{Name: uri, UnixSocketPath: "/run/a b"}}, Credentials: Credentials{Token: "x", Impersonate: []string{"a@p", "b@p"}}, Extra: []Secret{"--foo"}}
	for name, test := range map[string]struct {
		spec      Spec
		args, env string
	}{
		"v2": {shared, "--address=0.0.0.0 --structured-logs --health-check --http-address=0.0.0.0 --http-port=9090 --prometheus --min-sigterm-delay=15s --max-sigterm-delay=30s " +
			"--exit-zero-on-sigterm --private-ip --credentials-file=/secrets/key.json a:b:c?port=3306 d:e:f?address=127.0.0.1&port=5432&auto-iam-authn=true", "GOOGLE_APPLICATION_CREDENTIALS=/adc.json TZ=UTC"},
		"v1": {old, "-instances=" + sql + "=tcp:0.0.0.0:3306,d:e:f=tcp:5432,g:h:i=tcp:[::]:1 -ip_address_types=PRIVATE -credential_file=/secrets/key.json -structured_logs -use_http_health_check -term_timeout=1m0s",
			"GOOGLE_APPLICATION_CREDENTIALS=/adc.json TZ=UTC"},
		"alloydb": {secret, "--impersonate-service-account=a@p,b@p " + uri + "?unix-socket-path=/run/a+b --foo", "ALLOYDB_PROXY_TOKEN=x"},
	} {
		args, env, problems := Render(test.spec)
		checkBrief(t, problems)
		if got := strings.Join(args, " "); got != test.args {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.args)
		}
		if got := strings.Join(rawEnv(env), " "); got != test.env {
			t.Errorf("%s: got %s, want %s", name, got, test.env)
		}
	}
}

func TestInexpressible(t *testing.T) {
	for name, test := range map[string]struct {
		spec Spec
		args string
		want []string
	}{
		"too new":     {Spec{Program: at(V2, 2, 11, 0), Instances: []Instance{{Name: "a:b:c"}}, Shutdown: Shutdown{MinDelay: time.Second}}, "a:b:c", []string{"error inexpressible --min-sigterm-delay"}},
		"key too new": {Spec{Program: at(V2, 2, 4, 0), Instances: []Instance{{Name: "a:b:c", PSC: On}}}, "a:b:c", []string{"error inexpressible a:b:c psc"}},
		"v1's":        {Spec{Program: v2, Instances: []Instance{{Name: "a:b:c", Network: "tcp4"}}, V1: V1Only{Projects: []string{"p"}}}, "a:b:c", []string{"error inexpressible a:b:c", "error inexpressible -projects"}},
		"AlloyDB's":   {Spec{Program: v2, Instances: []Instance{{Name: "a:b:c", Public: On}}, IP: IP{Public: true}}, "a:b:c", []string{"error inexpressible --public-ip", "error inexpressible a:b:c public-ip"}},
		"v2's":        {Spec{Program: v1, Instances: []Instance{{Name: "a:b:c", PSC: On}, {Name: "a:b:d", Port: Some(1)}}, Shutdown: Shutdown{ExitZero: true}}, "-instances=a:b:d=tcp:1", []string{"error inexpressible a:b:c", "error inexpressible --exit-zero-on-sigterm"}},
		"v1 comma":    {Spec{Program: v1, Instances: []Instance{{Name: "a:b,c"}}}, "", []string{"error inexpressible a:b,c"}},
		"a dash":      {Spec{Program: v2, Instances: []Instance{{Name: "-x"}}}, "", []string{"error inexpressible -x"}},
		"a command":   {Spec{Program: v2, Instances: []Instance{{Name: "wait"}}}, "", []string{"error inexpressible wait"}},
		"question":    {Spec{Program: v2, Instances: []Instance{{Name: "a:b:c?port=1"}}}, "", []string{"error inexpressible a:b:c?port=1"}},
		"a key":       {Spec{Program: v2, Settings: environment("foo=1")}, "", []string{"error inexpressible foo"}},
	} {
		args, _, problems := Render(test.spec)
		if got := strings.Join(args, " "); got != test.args {
			t.Errorf("%s: %s", name, got)
		}
		t.Run(name, func(t *testing.T) { checkBrief(t, problems, test.want...) })
	}
}

// Every option and key is left out, and said, where the version does not know it, and
// Parse says the same of it.
func TestEveryOptionHasItsVersion(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, e := range []Engine{V1, V2, AlloyDB} {
		d := dialectOf(e)
		for i := range d.options {
			o := &d.options[i]
			if o.since == (Version{}) {
				continue
			}
			s := Spec{Program: Program{e, before(o.since)}}
			fill(t, o.field(&s), r)
			args, env, problems := Render(s)
			if len(args) != 0 || len(env) != 0 || len(problems) != 1 || problems[0].Where.Name != d.flag(o) {
				t.Errorf("%s %s: %q, %q, %v", e, o.name, args, env, problems)
			}
			s.Version = o.since
			if args, env, problems = Render(s); len(args)+len(env) != 1 || len(problems) != 0 {
				t.Errorf("%s %s: %q, %q, %v", e, o.name, args, env, problems)
			}
			_, problems = Parse(Program{e, before(o.since)}, args, env)
			if !slices.ContainsFunc(problems, func(p Problem) bool { return p.ID == FlagNewer }) {
				t.Errorf("%s %s is not too new: %v", e, o.name, problems)
			}
		}
	}
}

func before(v Version) Version {
	switch {
	case v.Patch > 0:
		v.Patch--
	case v.Minor > 0:
		v.Minor--
	}
	return v
}

// fill sets a field to a value that is not its default.
func fill(t *testing.T, field any, r *rand.Rand) {
	t.Helper()
	for _, text := range []string{"true", "7", "7s"} {
		if setField(field, text) == nil {
			break
		}
	}
	switch f := field.(type) {
	case *string:
		*f = words[r.IntN(len(words))]
	case *Secret:
		*f = Secret(words[r.IntN(len(words))])
	case *[]string:
		*f = []string{"a@p.iam", "b"}
	case *Optional[string]:
		*f = Some(append([]string{""}, words...)[r.IntN(len(words)+1)])
	case *Switch:
		*f = []Switch{On, Off}[r.IntN(2)]
	case *Optional[int]:
		*f = Some(r.IntN(70000) - 100)
	case *time.Duration:
		*f = time.Duration(r.Int64N(1e15)) + 1
	}
	if _, said := fieldText(field); !said {
		t.Fatalf("%T was not set", field)
	}
}

var words = []string{"x", "/a/b c", "-dash", "--double", "a=b", "ü?&+%", "9090", "0.0.0.0", "{\"type\": 1}", "$(X)", " "}

// TestRoundTrip renders and parses Specs of all fields at random.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, e := range []Engine{V1, V2, AlloyDB} {
		for range 2000 {
			s := randomSpec(t, e, r)
			args, env, problems := Render(s)
			if len(problems) > 0 {
				t.Fatalf("%v of %+v", problems, s)
			}
			got, _ := Parse(s.Program, args, env)
			if !reflect.DeepEqual(got, s) {
				t.Fatalf("%q\n%q\ngot  %+v\nwant %+v", args, rawEnv(env), got, s)
			}
		}
	}
}

func randomSpec(t *testing.T, e Engine, r *rand.Rand) Spec {
	s := Spec{Program: Program{Engine: e}}
	d := dialectOf(e)
	for i := range d.options {
		if r.IntN(3) == 0 {
			fill(t, d.options[i].field(&s), r)
		}
	}
	for range r.IntN(4) {
		i := Instance{Name: []string{sql, uri, "a.com:b:c:d", "half", "a:b:c:d:e"}[r.IntN(5)]}
		if e == V1 {
			i = randomV1Instance(i, r)
		}
		for j := range d.queries {
			if r.IntN(3) == 0 {
				fill(t, d.queries[j].field(&i), r)
			}
		}
		if i.SQLData != Inherit && r.IntN(2) == 0 || e != V1 && r.IntN(5) == 0 {
			i.Extra = []Variable{{"adress", "0.0.0.0"}, {"ü &", "a?b"}}
		}
		s.Instances = append(s.Instances, i)
	}
	if r.IntN(3) == 0 {
		s.Credentials.Default = "/adc.json"
	}
	if r.IntN(3) == 0 {
		s.Env = environment("TZ=UTC", "EMPTY=")
		if d.envPrefix != "" {
			s.Env = append(s.Env, environment(d.envPrefix+"NO_SUCH=1")...)
		}
	}
	return s
}

func randomV1Instance(i Instance, r *rand.Rand) Instance {
	switch r.IntN(4) {
	case 0:
		i.UnixSocketPath = "/run/a:b"
	case 1:
		i.Port = Some(r.IntN(70000))
	case 2:
		i.Port, i.Address = Some(3306), Some([]string{"", "0.0.0.0", "::1", "localhost"}[r.IntN(4)])
		i.Network = []string{"", "tcp4", "tcp6"}[r.IntN(3)]
	}
	return i
}

// TestRoundTripOfConfig writes configuration files at random, and reads them.
func TestRoundTripOfConfig(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, e := range []Engine{V2, AlloyDB} {
		for range 500 {
			s := randomSpec(t, e, r)
			s.ConfigFile, s.Env, s.Credentials.Default = "", nil, ""
			s.Settings = environment("foo=bar")
			data, problems := RenderConfig(s)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			config, err := ReadConfig("c.yaml", data)
			if err != nil {
				t.Fatalf("%v\n%s", err, data)
			}
			got, _ := ParseInput(s.Program, Input{Args: []string{"--config-file=c.yaml"}, Config: config})
			if !reflect.DeepEqual(got, s) {
				t.Fatalf("%s\ngot  %+v\nwant %+v", data, got, s)
			}
		}
	}
}

// FuzzParse: what is read from any command line is written so that it is read again.
func FuzzParse(f *testing.F) {
	f.Add(uint8(0), "-instances="+sql+"=tcp:0.0.0.0:3306\x00-credential_file=/secrets/cloudsql/credentials.json", "INSTANCES=a:b:c")
	f.Add(uint8(1), "--port\x005432\x00a:b:c?adress=1&port=x\x00-lgp=1\x00--foo\x00bar\x00--quiet=false", "CSQL_PROXY_QUIET=true\x00CSQL_PROXY_PORT=tcp://1\x00X=\x00CSQL_PROXY_TOKEN=")
	f.Add(uint8(2), uri+"?unix-socket=/s\x00--help\x00--\x00-x", "ALLOYDB_PROXY_INSTANCE_URI_0=x\x00ALLOYDB_PROXY_INSTANCE_URI_2=y")
	f.Add(uint8(1), "--http-port=1\x00wait\x00--max\x005s", "CSQL_PROXY_INSTANCE_CONNECTION_NAME=a:b:c\x00CSQL_PROXY_INSTANCE_CONNECTION_NAME=d:e:f")
	f.Add(uint8(1), "", "CSQL_PROXY_INSTANCE_CONNECTION_NAME=wait")
	f.Fuzz(func(t *testing.T, engine uint8, args, env string) {
		checkReadAgain(t, Program{Engine: []Engine{V1, V2, AlloyDB}[engine%3]}, split(args), environment(split(env)...))
	})
}

// TestRandomCommandLines puts pieces of command lines together, in all orders.
func TestRandomCommandLines(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	pieces := []string{"-", "--", "-x", "--foo", "--foo=bar", "bar", "wait", "-h", "--help", "", "=", "a:b:c", "a:b:c?port=1", "a:b:c?port=x&port=2&foo", "a:b:c?unix-socket=", "g.example.com",
		uri, "-lg", "-p", "-p=1", "-p1", "-lxp", "-instances", "-instances=a:b:c=tcp:1,,d=unix:x", "-instances=a:b:c=x=y,e:f:g", "--instances=,", "-quiet", "--quiet=false", "--quiet=no", "-quiet=0"}
	for _, e := range []Engine{V1, V2, AlloyDB} {
		d := dialectOf(e)
		for range 8000 {
			var args []string
			var env []Variable
			for range r.IntN(7) {
				o := d.options[r.IntN(len(d.options))]
				value := []string{"true", "false", "7", "7s", "x", ""}[r.IntN(6)]
				switch r.IntN(6) {
				case 0:
					args = append(args, d.flag(&o)+"="+value)
				case 1:
					args = append(args, d.flag(&o))
				case 2:
					env = append(env, Variable{d.env(&o), Secret(value)})
				case 3:
					name := d.envPrefix + strings.ToUpper(strings.ReplaceAll(d.instanceKey, "-", "_")) + []string{"", "_0", "_1", "_2", "_01", "X"}[r.IntN(6)]
					env = append(env, Variable{[]string{name, "INSTANCES", adcVariable}[r.IntN(3)], Secret([]string{"a:b:c", "x?y=%", "", ",="}[r.IntN(4)])})
				default:
					args = append(args, pieces[r.IntN(len(pieces))])
				}
			}
			if checkReadAgain(t, Program{Engine: e}, args, env); t.Failed() {
				t.Fatalf("%s %q %q", e, args, rawEnv(env))
			}
		}
	}
}

func checkReadAgain(t *testing.T, p Program, args []string, env []Variable) {
	t.Helper()
	first, problems := Parse(p, args, env)
	for _, problem := range problems {
		if problem.What == "" || problem.Fix == "" {
			t.Errorf("%+v", problem)
		}
	}
	written, variables, wrong := Render(first)
	if len(wrong) > 0 {
		if slices.ContainsFunc(first.Instances, func(i Instance) bool {
			return strings.HasPrefix(i.Name, "-") || slices.Contains(v2Dialect.commands, i.Name) || i.Name == ""
		}) {
			return // such names cannot be written
		}
		t.Fatal(wrong)
	}
	second, _ := Parse(p, written, variables)
	if !reflect.DeepEqual(first, second) {
		t.Fatalf("%q %q\nfirst  %+v\nsecond %+v\nextra %q %q", written, rawEnv(variables), first, second, raw(first.Extra), raw(second.Extra))
	}
}

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x00")
}
