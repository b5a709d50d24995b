package script

import "testing"

func TestInvocation(t *testing.T) {
	got := invocation("mlogs", []string{"/usr/bin/kubectl-mlogs", "-l", "app in (a,b)", "--token", "secret", "--token=secret", "web"})
	if want := "kubectl mlogs -l 'app in (a,b)' --token ... --token=... web"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, argv := range [][]string{nil, {}, {""}, {"kubectl-mlogs"}} {
		if got := invocation("mlogs", argv); got != "kubectl mlogs" {
			t.Errorf("of %q: %q", argv, got)
		}
	}
}
