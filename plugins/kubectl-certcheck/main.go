// Command kubectl-certcheck says why TLS is broken, or will be, and what to do.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/kubechores/kubechores/pkg/cli"
)

func main() {
	// The snapshot of a cluster lives until the end, and is most of the memory: what was
	// read for it is to be gone sooner than when as much again has come.
	debug.SetGCPercent(50)
	os.Exit(cli.Main(context.Background(), newCommand))
}
