package main

import (
	"testing"

	"github.com/kubechores/kubechores/pkg/cli/clitest"
)

// TestVerbosity: -v means the same in each command.
func TestVerbosity(t *testing.T) { clitest.CheckVerbosity(t, newCommand) }
