package proxy

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const hidden = "hunter2secret"

// Nothing that is printed of a Spec, its problems or differences holds a secret,
// wherever a user put it.
func TestSecretsAreHidden(t *testing.T) {
	for _, test := range []struct {
		program Program
		args    []string
		env     []string
	}{
		{v2, []string{"--token=" + hidden, "--login-token", hidden, "-j", hidden, "a:b:c"}, nil},
		{v2, []string{"-t" + hidden, "a:b:c"}, []string{"CSQL_PROXY_JSON_CREDENTIALS=" + hidden}},
		{v2, []string{"--tokn", hidden, "--tokkn=" + hidden, "-token", hidden, "-token=" + hidden, "a:b:c"}, nil},
		{v2, []string{"--tokn", "ya29." + hidden, "a:b:c?token=" + hidden + "&port=" + hidden}, nil},
		{v2, []string{"--port=" + hidden, "a:b:c?%zz" + hidden}, []string{"CSQL_PROXY_TOKN=" + hidden, "CSQL_PROXY_PORT=" + hidden, "PASSWORD=" + hidden}},
		{v2, []string{"wait", hidden}, []string{"CSQL_PROXY_TOKEN=" + hidden}},
		{alloydb, []string{"--gcloud-auth", "--token=" + hidden, uri}, []string{"ALLOYDB_PROXY_LOGIN_TOKEN=" + hidden}},
		{v1, []string{"-token", hidden, "-login_token=" + hidden, "-tokn", hidden, "-instances=a:b:c=" + hidden, hidden}, nil},
	} {
		s, problems := Parse(test.program, test.args, environment(test.env...))
		shown := []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %v", s, s, s.Credentials), fmt.Sprint(problems), fmt.Sprintf("%+v", problems)}
		_, _, cannot := Render(s)
		_, differences := Convert(s)
		shown = append(shown, fmt.Sprint(cannot), fmt.Sprint(differences))
		asJSON, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		asYAML, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "spec", s, "token", s.Credentials.Token)
		for _, text := range append(shown, string(asJSON), string(asYAML), log.String()) {
			if strings.Contains(text, hidden) || strings.Contains(text, fmt.Sprintf("%x", hidden)) {
				t.Errorf("%q: %s", test.args, text)
			}
		}
	}
}

// A key where a path or an address should be does not come into a Problem.
func TestQuoteHidesKeys(t *testing.T) {
	key := `{"private_key": "` + hidden + `"}`
	for _, args := range [][]string{{"--address=" + key, "a:b:c"}, {"--health-check", "--http-port=" + key, "a:b:c"}, {key}, {"--address=ya29." + hidden, "a:b:c"}, {"a:b:c?address=" + key + "&port=1"}} {
		_, problems := Parse(v2, args, nil)
		if strings.Contains(fmt.Sprint(problems), hidden) {
			t.Errorf("%q: %v", args, problems)
		}
	}
	if got := quote(strings.Repeat("x", 300)); len(got) > 250 {
		t.Error(got)
	}
}

func TestSecretSaysItsLength(t *testing.T) {
	if got := fmt.Sprintf("%v|%s|%q|%#v|%x|%v", Secret("abc"), Secret("abc"), Secret("abc"), Secret("abc"), Secret("abc"), Secret("")); got != strings.Repeat("(hidden, 3 bytes)|", 5) {
		t.Error(got)
	}
}
