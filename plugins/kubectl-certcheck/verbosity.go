package main

import (
	"strconv"

	"github.com/spf13/pflag"

	"github.com/kubechores/kubechores/pkg/cli"
)

// bodyless is the highest level at which client-go shows no bodies of answers
// (client-go/rest/request.go): those of Secrets hold private keys.
const bodyless = 7

// discreet is the value of -v, which does not go above bodyless.
type discreet struct {
	cli.Verbosity
	lowered bool // the user asked for more
}

func (d *discreet) bind(fs *pflag.FlagSet) {
	flag := fs.Lookup("v")
	flag.Value = d
	flag.Usage += "; 7 is the most, as above it the contents of Secrets would be shown"
}

// Set is for pflag.
func (d *discreet) Set(s string) error {
	level, err := strconv.Atoi(s)
	d.lowered = err == nil && level > bodyless
	if d.lowered {
		s = strconv.Itoa(bodyless)
	}
	return d.Verbosity.Set(s)
}
