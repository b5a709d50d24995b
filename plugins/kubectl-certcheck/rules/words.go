package rules

import (
	"fmt"
	"slices"
	"strings"
)

// some is a list for people of at most five names.
func some(names []string) string {
	const most = 5
	if more := len(names) - most; more > 0 {
		names = append(slices.Clone(names[:most]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

func contains(names []string, name string) bool { return slices.Contains(names, name) }

// orEmpty is a list that JSON shows as [].
func orEmpty(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
