package script

import "testing"

func TestInvocation(t *testing.T) {
	got := Invocation("mlogs", []string{"/usr/bin/kubectl-mlogs", "-l", "app in (a,b)", "--token", "secret", "--token=secret", "web"})
	if want := "kubectl mlogs -l 'app in (a,b)' --token ... --token=... web"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
