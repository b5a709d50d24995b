// Command kubectl-mlogs shows the logs of many pods as one stream.
package main

import (
	"context"
	"os"

	"github.com/kubechores/kubechores/pkg/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), newCommand))
}
