// Command kubectl-sqlproxy runs the Cloud SQL Proxy as one redundant Service.
package main

import (
	"context"
	"os"

	"github.com/kubechores/kubechores/pkg/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), newCommand))
}
