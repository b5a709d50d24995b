package kube

import (
	"slices"
	"testing"
)

func TestEditDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "abc", 3}, {"abc", "abc", 0},
		{"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"deplyo", "deploy", 2}, {"web", "webs", 1}, {"abc", "xyz", 3},
	} {
		if got := editDistance(test.a, test.b); got != test.want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

// distance is the definition, without any table.
func distance(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	case a[0] == b[0]:
		return distance(a[1:], b[1:])
	}
	return 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))
}

func FuzzEditDistance(f *testing.F) {
	f.Add("kitten", "sitting")
	f.Add("", "x")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = a[:min(len(a), 6)], b[:min(len(b), 6)]
		if got, want := editDistance(a, b), distance(a, b); got != want {
			t.Errorf("editDistance(%q, %q) = %d, want %d", a, b, got, want)
		}
	})
}

func TestNear(t *testing.T) {
	names := []string{"api-0", "web-1", "db", "web-0", "web"}
	for _, test := range []struct {
		text string
		n    int
		want []string
	}{
		{"web", 3, []string{"web", "web-1", "db"}}, // 0, and then 2 away each: as given
		{"web-0", 3, []string{"web-0", "web-1", "web"}},
		{"api-1", 1, []string{"api-0"}},
		{"web", 0, []string{}},
		{"web", 99, []string{"web", "web-1", "db", "web-0", "api-0"}},
	} {
		if got := Near(test.text, names, test.n); !slices.Equal(got, test.want) {
			t.Errorf("Near(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
	if want := []string{"api-0", "web-1", "db", "web-0", "web"}; !slices.Equal(names, want) {
		t.Errorf("the names themselves were sorted: %q", names)
	}
	if got := Near("x", nil, 3); len(got) != 0 {
		t.Errorf("Near of nothing = %q", got)
	}
}
