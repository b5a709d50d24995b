package kube

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// A token is a secret: it is not among the arguments.
func TestKubectlArgs(t *testing.T) {
	var f Flags
	flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
	f.Bind(flags)
	if err := flags.Parse([]string{"--token=s3cret", "--context=blue", "--server=https://10.0.0.1", "--as-group=a", "--as-group=b", "--kubeconfig=/a b"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"--as-group=a", "--as-group=b", "--kubeconfig=/a b", "--server=https://10.0.0.1"}
	if got := slices.Sorted(slices.Values(KubectlArgs(flags))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
