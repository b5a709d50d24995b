package kube

import (
	"strings"
	"testing"
)

func TestParseQuery(t *testing.T) {
	for _, test := range []struct {
		text, kind, name string // no kind: a regular expression
		matches          string
	}{
		{"web", "", "", "my-web-0"},
		{"^web-[0-9]+$", "", "", "web-17"},
		{".", "", "", "anything"},
		{"web.v1", "", "", "web-v1-x"},
		{"deploy/web", "deploy", "web", ""},
		{"Deployment/web", "Deployment", "web", ""},
		{"rollouts.argoproj.io/web", "rollouts.argoproj.io", "web", ""},
		{"deployments.v1.apps/web.1", "deployments.v1.apps", "web.1", ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			q, err := ParseQuery(test.text)
			if err != nil {
				t.Fatal(err)
			}
			if q.Text != test.text || q.Type != test.kind || q.Name != test.name {
				t.Errorf("%+v, want text %q, type %q, name %q", q, test.text, test.kind, test.name)
			}
			if (q.Regexp != nil) != (test.kind == "") {
				t.Errorf("regexp = %v", q.Regexp)
			}
			if q.Regexp != nil && !q.Regexp.MatchString(test.matches) {
				t.Errorf("does not match %q", test.matches)
			}
		})
	}
}

func TestParseQueryRefuses(t *testing.T) {
	for text, hint := range map[string]string{
		"":           "empty query",
		"web(":       "web(",
		"a**":        "a**",
		"/web":       "TYPE/NAME",
		"deploy/":    "TYPE/NAME",
		"/":          "TYPE/NAME",
		"a/b/c":      "TYPE/NAME",
		"deploy//a":  "TYPE/NAME",
		"deploy/a/":  "TYPE/NAME",
		"^web/(a|b$": "", // a name that no object can have; the server will say so
	} {
		q, err := ParseQuery(text)
		if hint == "" {
			if err != nil || q.Type != "^web" {
				t.Errorf("ParseQuery(%q) = %+v, %v", text, q, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("ParseQuery(%q) = %+v, %v; want an error that says %q", text, q, err, hint)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, s := range []string{"web", "deploy/web", "", "/", "a/b/c", "(", "\xff", "[[:alpha:]]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(text)
		if err != nil {
			return
		}
		if q.Text != text {
			t.Errorf("text = %q, want %q", q.Text, text)
		}
		if slash := strings.Contains(text, "/"); slash != (q.Regexp == nil) || slash != (q.Type != "" && q.Name != "") {
			t.Errorf("ParseQuery(%q) = %+v", text, q)
		}
		if q.Regexp == nil && q.Type+"/"+q.Name != text {
			t.Errorf("ParseQuery(%q) is %q of type %q", text, q.Name, q.Type)
		}
	})
}

func TestLiteral(t *testing.T) {
	for _, test := range []struct {
		text, name string
		ok         bool
	}{
		{"web-0", "web-0", true},
		{"web.example.com", "web.example.com", true}, // it can be read as a name
		{"pod/web-0", "web-0", true},
		{"po/web-0", "web-0", true},
		{"Pods/web-0", "web-0", true},
		{"pods.v1./web-0", "web-0", true},
		{"^web-0$", "", false},
		{"web-[01]", "", false},
		{"Web", "", false}, // no pod has such a name
		{"web-", "", false},
		{".", "", false},
		{"deploy/web", "", false},
		{"svc/web", "", false},
	} {
		q, err := ParseQuery(test.text)
		if err != nil {
			t.Fatal(err)
		}
		name, ok := q.literal()
		if ok != test.ok || (ok && name != test.name) {
			t.Errorf("literal of %q = %q, %v; want %q, %v", test.text, name, ok, test.name, test.ok)
		}
	}
}
