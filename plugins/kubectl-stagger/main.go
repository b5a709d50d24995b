// Command kubectl-stagger spreads the deaths of short-lived nodes over the day.
package main

import (
	"context"
	"os"

	"github.com/kubechores/kubechores/pkg/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), newCommand))
}
