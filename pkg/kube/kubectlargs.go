package kube

import (
	"slices"

	"github.com/spf13/pflag"
)

// KubectlArgs are the flags of the connection that were given, as arguments for a
// kubectl that is to reach the same cluster. A token is left out: it is a secret, and
// whoever runs that kubectl has credentials, too.
func KubectlArgs(flags *pflag.FlagSet) []string {
	var args []string
	flags.Visit(func(f *pflag.Flag) {
		if f.Name == "token" || f.Name != "kubeconfig" && !slices.Contains(ConnectionFlags(), f.Name) {
			return
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			for _, v := range list.GetSlice() {
				args = append(args, "--"+f.Name+"="+v)
			}
			return
		}
		args = append(args, "--"+f.Name+"="+f.Value.String())
	})
	return args
}
