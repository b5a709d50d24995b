package manifest

import (
	"fmt"
	"strings"
	"testing"
)

// TestLists: the items of Lists have their own lines, and the types of typed Lists.
func TestLists(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"of kubectl": {`---
apiVersion: v1
items:
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: a
  data:
    items: |
      - no item
      # no comment
- apiVersion: v1
  kind: Secret
  metadata:
    name: b
kind: List
metadata:
  resourceVersion: ""
`, []string{"v1 ConfigMap /a 4", "v1 Secret /b 12"}},
		"of a person": {`kind: List
items: # mine
  # the first
  -
    kind: A
  # the second

  - {kind: B,
    metadata: {name: b}}
  - kind: C
# the end
`, []string{" A / 4", " B /b 8", " C / 10"}},
		"with less indent than its item": {"kind: List\nitems:\n  - {kind: A,\n  b: c}\n  - kind: B\n", []string{" A / 1", " B / 1"}},
		"with a file's end inside":       {"kind: List\nitems:\n- kind: A\n...\n- kind: B\n", []string{" A / 3", "1: Something follows the end of this document without a line of ---, and is not looked at."}},
		"typed": {"apiVersion: v1\nkind: SecretList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n  kind: Other\n",
			[]string{"v1 Secret /a 4", "v1 Other /b 5"}},
		"typed, as JSON": {"{\"kind\": \"SecretList\", \"items\": [\n{\"metadata\": {\"name\": \"a\"}},\n\n{\"metadata\": {\"name\": \"b\"}}], \"apiVersion\": \"v1\"}",
			[]string{"v1 Secret /a 2", "v1 Secret /b 4"}},
		"without a type": {"kind: List\napiVersion: v1\nitems:\n- metadata: {name: a}\n- kind: A\n", []string{" A / 5"}},
		"in a List, as JSON": {"{\"kind\": \"List\", \"items\": [{\"kind\": \"A\"},\n{\"kind\": \"List\", \"items\": [\n{\"kind\": \"B\"}]}, {\"kind\": \"BList\", \"items\": null}]}",
			[]string{" A / 1", " B / 3"}},
		"in a List":     {"kind: List\nitems:\n- kind: A\n- kind: List\n  items:\n  - kind: B\n  - kind: C\n", []string{" A / 3", " B / 4", " C / 4"}},
		"in flow style": {"kind: List\nitems: [{kind: A},\n {kind: B}]\n", []string{" A / 1", " B / 1"}},
		"only named so": {"apiVersion: example.com/v1\nkind: AllowList\nitems: {a: b}\n---\nkind: DenyList\nspec: {}\n",
			[]string{"example.com/v1 AllowList / 1", " DenyList / 5"}},
		"an anchor of another item": {"kind: List\nitems:\n- &a\n  kind: A\n- *a\n- {kind: B}\n", []string{" A / 3", " A / 5", " B / 6"}},
		"a text with less indent":   {"kind: List\nitems:\n- kind: A\n  b: \"x\n- y\"\n", []string{" A / 1"}},
		"inside a text":             {"kind: \"\nitems:\n- kind: A\n\"\n", []string{"  items: - kind: A  / 1"}},
		"no items": {"kind: List\nitems:\n- kind: A\n- null\n- 5\n- word\n-\n- kind: B\n",
			[]string{" A / 3", " B / 8", "5: This is no object of Kubernetes.", "6: This is no object of Kubernetes."}},
		"a broken item": {"kind: List\nitems:\n- kind: A\n- kind: B\n  b: [\n- kind: C\n  d: {{ .x }}\n- kind: D\nmetadata: {}\n",
			[]string{" A / 3", " D / 8", "5: This is no YAML, and this item of the List is not looked at.",
				"7: This is a template of a manifest, not a manifest: it must be rendered first (helm template)."}},
		"a large item": {"kind: List\nitems:\n- kind: A\n  b: " + strings.Repeat("x", 10<<20) + "\n- kind: B\n",
			[]string{" B / 5", "3: This item of the List is too large to be looked at."}},
		"a large item that is not parsed": {"kind: List\nitems:\n- kind: [A\n  b: " + strings.Repeat("x", maxObject) + "\n- kind: B\n",
			[]string{" B / 5", "3: This item of the List is too large to be looked at."}},
		"a large item, as JSON": {"{\"kind\": \"List\", \"items\": [{\"kind\": \"A\",\"b\": \"" + strings.Repeat("x", 10<<20) + "\"},\n{\"kind\": \"B\"}]}",
			[]string{" B / 2", "1: This item of the List is too large to be looked at."}},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(tc.text)
			expect(t, s, tc.want...)
		})
	}
	nested := `{"kind": "Pod"}`
	for range maxLists {
		nested = `{"kind": "List", "items": [` + nested + `]}`
	}
	expect(t, parse(nested), " Pod / 1")
	expect(t, parse(`{"kind": "List", "items": [`+nested+`, {"kind": "A"}]}`), " A / 1", "1: Lists in Lists are not looked at as deep as this.")
}

// dump is a List as kubectl prints it, of so many Secrets with so many bytes each.
func dump(items, size int) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nitems:\n")
	for i := range items {
		fmt.Fprintf(&b, "- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: s%d\n  data:\n    a: %s\n", i, strings.Repeat("YWFh", size/4))
	}
	b.WriteString("kind: List\nmetadata:\n  resourceVersion: \"\"\n")
	return b.String()
}

// TestLargeDump: a List far larger than any object, and than is parsed at once, is read.
func TestLargeDump(t *testing.T) {
	text := dump(2000, 10<<10)
	s := parse(text)
	if len(s.Objects) != 2000 || len(s.Problems) != 0 {
		t.Fatalf("%d objects, %+v", len(s.Objects), s.Problems)
	}
	if o := s.Objects[1999]; o.Name != "s1999" || o.Line != 1999*6+3 {
		t.Errorf("%s at line %d", o.Name, o.Line)
	}
}
