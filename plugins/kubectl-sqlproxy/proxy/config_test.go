package proxy

import (
	"slices"
	"strings"
	"testing"
)

func TestReadConfig(t *testing.T) {
	want := []string{"address=0.0.0.0", "instance-connection-name=a:b:c?port=1", "max-connections=10000000", "quiet=true"}
	for name, text := range map[string]string{
		"c.toml": "# all\naddress = \"0.0.0.0\" # here\ninstance-connection-name='a:b:c?port=1'\n\nmax-connections = 10_000_000\r\nquiet = true # yes\n",
		"c.yaml": "Address: 0.0.0.0\nquiet: true\ninstance-connection-name: a:b:c?port=1\nmax-connections: 10000000\n",
		"c.json": `{"quiet": true, "address": "0.0.0.0", "instance-connection-name": "a:b:c?port=1", "max-connections": 10000000}`,
	} {
		got, err := ReadConfig(name, []byte(text))
		if err != nil || !slices.Equal(rawEnv(got), want) {
			t.Errorf("%s: %v %q", name, err, rawEnv(got))
		}
	}
	for name, text := range map[string]string{"c.toml": "[table]", "d/c.toml": `token = "` + hidden, "e.toml": "x = [1]", "f.toml": "x", "g.toml": "x = a b", "c.yaml": ": " + hidden + "\n- x", "c.json": "{", "c.ini": "", "c": ""} {
		if got, err := ReadConfig(name, []byte(text)); err == nil || strings.Contains(err.Error(), hidden) {
			t.Errorf("%s: %q, %v", name, rawEnv(got), err)
		}
	}
}

func TestConfig(t *testing.T) {
	config := environment("address=0.0.0.0", "port=x", "quiet=true", "foo=1", "config-file=x", "instance-connection-name-0=a:b:c", "instance-connection-name-1=d:e:f?port=x", "instance-connection-name-3=g:h:i", "health-check=true")
	s, problems := ParseInput(v2, Input{Args: []string{"--config-file=/c.toml", "--quiet=false"}, Env: environment("CSQL_PROXY_HEALTH_CHECK=false"), Config: config})
	checkBrief(t, problems, "error config-value config[1] port", "info option-ignored config[2] quiet", "error config-unknown config[3] foo", "error config-unknown config[4] config-file",
		"info option-ignored config[8] health-check", "error query-value config[6] d:e:f", "error config-value config[7] instance-connection-name-3")
	args, _, _ := Render(s)
	if got := strings.Join(args, " "); got != "--address=0.0.0.0 a:b:c d:e:f?port=x" {
		t.Error(got)
	}
	if got := strings.Join(rawEnv(s.Settings), " "); got != "port=x foo=1 config-file=x instance-connection-name-3=g:h:i" {
		t.Error(got)
	}
	_, problems = Parse(v2, []string{"--config-file=/c.toml"}, nil)
	checkBrief(t, problems, "skipped config-unread args[0] --config-file")
}

func FuzzReadConfig(f *testing.F) {
	f.Add("a = \"b\"\nc='d' # e\nf = 1_0")
	f.Add("a: b\nc: 1e9\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"c.toml", "c.yaml"} {
			config, err := ReadConfig(name, []byte(text))
			if (config == nil) != (err != nil) {
				t.Errorf("%s: %v, %v", name, rawEnv(config), err)
			}
			for _, v := range config {
				if v.Name != strings.ToLower(v.Name) {
					t.Errorf("%q is not in lower case", v.Name)
				}
			}
		}
	})
}
