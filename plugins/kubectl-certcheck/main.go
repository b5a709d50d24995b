// Command kubectl-certcheck says why TLS is broken, or will be, and what to do.
package main

import (
	"context"
	"os"

	"github.com/kubechores/kubechores/pkg/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), newCommand))
}
