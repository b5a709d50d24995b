package main

import (
	"context"
	"os"
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
)

// asPlugin is the environment variable that makes the test's binary the plugin.
const asPlugin = "CERTCHECK_TEST_AS_PLUGIN"

func TestMain(m *testing.M) { os.Exit(clitest.Main(context.Background(), m, asPlugin, newCommand)) }
