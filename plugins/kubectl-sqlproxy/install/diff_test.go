package install

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func parsed(t *testing.T, text string) fields {
	t.Helper()
	var o fields
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind, before, after string
		partial             bool
		want                []Field
	}{
		"the same": {"Service", `{"spec":{"a":1}}`, `{"spec":{"a":1}}`, false, nil},
		"what the server keeps account with": {"Deployment",
			`{"metadata":{"uid":"1","resourceVersion":"1","generation":1,"managedFields":[],"annotations":{"deployment.kubernetes.io/revision":"1"}},"status":{"a":1}}`,
			`{"metadata":{"uid":"2","resourceVersion":"2","generation":2}}`, false, nil},
		"values": {"Service", `{"spec":{"a":1,"gone":true}}`, `{"spec":{"a":"x","fresh":{"b":[1]}}}`, false,
			[]Field{{"spec.a", "1", `"x"`}, {"spec.fresh", "", `{"b":[1]}`}, {"spec.gone", "true", ""}}},
		"odd keys": {"Service", `{"metadata":{"labels":{"a.b/c":"1"}}}`, `{"metadata":{"labels":{"a.b/c":"2"}}}`, false,
			[]Field{{`metadata.labels["a.b/c"]`, `"1"`, `"2"`}}},
		"lists by name": {"Deployment", `{"c":[{"name":"a","x":1},{"name":"b"}]}`, `{"c":[{"name":"b"},{"name":"a","x":2},{"name":"c"}]}`, false,
			[]Field{{"c[a].x", "1", "2"}, {"c[c]", "", `{"name":"c"}`}}},
		"the order of named ones": {"Deployment", `{"c":[{"name":"a"},{"name":"b"}]}`, `{"c":[{"name":"b"},{"name":"a"}]}`, false,
			[]Field{{"c", `[{"name":"a"},{"name":"b"}]`, `[{"name":"b"},{"name":"a"}]`}}},
		"lists by what is in them": {"Deployment", `{"args":["a","b","b"]}`, `{"args":["c","a","b"]}`, false,
			[]Field{{"args[]", `"b"`, ""}, {"args[]", "", `"c"`}}},
		"the order of values": {"Deployment", `{"args":["a","b"]}`, `{"args":["b","a"]}`, false, []Field{{"args", `["a","b"]`, `["b","a"]`}}},
		"lists that no field tells apart": {"NetworkPolicy", `{"from":[{"name":"a"},{"name":"a","x":1}]}`, `{"from":[{"name":"a"}]}`, false,
			[]Field{{"from[]", `{"name":"a","x":1}`, ""}}},
		"only some fields": {"Service", `{"spec":{"a":1,"theirs":2,"ports":[{"name":"x","nodePort":1},{"name":"y"}]}}`, `{"spec":{"a":2,"ports":[{"name":"x"}]}}`, true,
			[]Field{{"spec.a", "1", "2"}}},
		"a Secret": {"Secret", `{"type":"a","data":{"old":"c2VjcmV0","same":"c2FtZQ==","x":"c2VjcmV0"}}`, `{"type":"b","data":{"new":"c2VjcmV0MQ==","same":"c2FtZQ==","x":"dGVyY2VzeA=="}}`, false,
			[]Field{{"data.new", "", "(secret, 7 bytes)"}, {"data.old", "(secret, 6 bytes)", ""}, {"data.x", "(secret, 6 bytes)", "(secret, 7 bytes: another value)"}, {"type", `"a"`, `"b"`}}},
		"a Secret of text":              {"Secret", `{"data":{"x":"c2VjcmV0"}}`, `{"stringData":{"x":"secret"}}`, false, nil},
		"a Secret without data":         {"Secret", `{}`, `{"data":{"x":"c2VjcmV0"}}`, false, []Field{{"data.x", "", "(secret, 6 bytes)"}}},
		"a Secret of no base64":         {"Secret", `{"data":{"x":"secret!"}}`, `{"data":{}}`, false, []Field{{"data.x", "(secret, 7 bytes)", ""}}},
		"a Secret that kubectl applied": {"Secret", `{"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{secret}"}}}`, `{"metadata":{}}`, false, nil},
	} {
		if got := diff(tc.kind, parsed(t, tc.before), parsed(t, tc.after), tc.partial); !slices.Equal(got, tc.want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", name, got, tc.want)
		}
	}
}

func TestDiffCutsLongValues(t *testing.T) {
	t.Parallel()
	got := diff("Service", fields{}, fields{"a": strings.Repeat("x", 1000)}, false)
	if len(got) != 1 || len(got[0].New) > 330 || !strings.HasSuffix(got[0].New, "... (1002 bytes)") {
		t.Errorf("%+v", got)
	}
}

// FuzzDiff: whatever objects are, a Secret's values are not shown.
func FuzzDiff(f *testing.F) {
	f.Add(`{"data":{"a":"QUJDREVGR0hJSktM"}}`, `{"data":{"b":"x"},"c":[{"name":1},{"name":"1"}]}`)
	f.Add(`{"data":["QUJDREVGR0hJSktM"]}`, `{"data":"QUJDREVGR0hJSktM","stringData":{"x":"QUJDREVGR0hJSktM"}}`)
	f.Fuzz(func(t *testing.T, before, after string) {
		var a, b any
		if json.Unmarshal([]byte(before), &a) != nil || json.Unmarshal([]byte(after), &b) != nil {
			return
		}
		diff("Deployment", fields{"a": a}, fields{"a": b}, true)
		for _, field := range diff("Secret", fields{"data": a}, fields{"data": b}, false) {
			if strings.HasPrefix(field.Path, "data") && (field.Old != "" && !strings.HasPrefix(field.Old, "(secret, ") || field.New != "" && !strings.HasPrefix(field.New, "(secret, ")) {
				t.Errorf("%+v", field)
			}
		}
	})
}
