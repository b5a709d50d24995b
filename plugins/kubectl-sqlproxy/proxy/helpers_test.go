package proxy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

var (
	v1      = Program{Engine: V1}
	v2      = Program{Engine: V2}
	alloydb = Program{Engine: AlloyDB}
)

const (
	sql = "sample-165109:asia-northeast1:sample"
	uri = "projects/p/locations/r/clusters/c/instances/i"
)

func at(e Engine, major, minor, patch int) Program {
	return Program{e, Version{major, minor, patch}}
}

// environment makes variables of NAME=value.
func environment(texts ...string) []Variable {
	var env []Variable
	for _, text := range texts {
		name, value, _ := strings.Cut(text, "=")
		env = append(env, Variable{name, Secret(value)})
	}
	return env
}

// brief is "severity id place" of each problem.
func brief(problems []Problem) []string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, fmt.Sprintf("%s %s %s", p.Severity, p.ID, p.Where))
	}
	return texts
}

func checkBrief(t *testing.T, problems []Problem, want ...string) {
	t.Helper()
	if got := brief(problems); !slices.Equal(got, want) {
		t.Errorf("problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, p := range problems {
		if p.What == "" || p.Fix == "" || p.Where.String() == "" {
			t.Errorf("a problem needs a place, what is wrong and what to do: %+v", p)
		}
	}
}

// rawEnv is an environment with its secrets.
func rawEnv(env []Variable) []string {
	var texts []string
	for _, v := range env {
		texts = append(texts, v.Name+"="+string(v.Value))
	}
	return texts
}

func raw(secrets []Secret) []string {
	var texts []string
	for _, s := range secrets {
		texts = append(texts, string(s))
	}
	return texts
}
