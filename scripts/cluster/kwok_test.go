package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVersionOfKwokComesFromItsGoMod(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("kwok", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(`(?m)^\s*(?:require )?sigs\.k8s\.io/kwok (v\S+)`).FindSubmatch(data)
	if match == nil || string(match[1]) != kwokVersion {
		t.Errorf("kwok/go.mod requires %q, kwokVersion is %s", match, kwokVersion)
	}
}

func TestKwokComesAndGoesInARunningCluster(t *testing.T) {
	c := testCluster(t)
	for _, p := range c.controlPlane() {
		if err := c.remember(p); err != nil {
			t.Fatal(err)
		}
	}
	c.LogMaxFiles, c.LogMonitorInterval = 3, 3*time.Second // as of a cluster that runs
	with, without := c.settings, c.settings
	without.NoKwok = true
	// What was built before is not built again.
	if err := writeFile(c.bin(kwokName), nil); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		wanted settings
		want   bool
	}{{with, true}, {with, true}, {without, false}, {without, false}, {with, true}} {
		c.settings = step.wanted
		if reason := c.unfit(&without); strings.Contains(reason, "other settings") {
			t.Errorf("%+v would start the cluster anew: %s", step.wanted, reason)
		}
		if err := c.fitKwok(t.Context()); err != nil {
			t.Fatal(err)
		}
		parts, err := c.components()
		if err != nil {
			t.Fatal(err)
		}
		has := slices.ContainsFunc(parts, func(p component) bool { return p.Name == kwokName })
		if has != step.want || len(parts) < 4 {
			t.Errorf("%+v: components %v", step.wanted, parts)
		}
		if recorded, err := c.recorded(); err != nil || recorded == nil || recorded.NoKwok != step.wanted.NoKwok {
			t.Errorf("%+v: recorded %+v, %v", step.wanted, recorded, err)
		}
	}
}

func TestKwokIsBuiltOnlyWhereItIsWanted(t *testing.T) {
	c := testCluster(t)
	if got := c.unbuilt(c.wantedPrograms()...); !slices.Contains(got, kwokProgram) || len(got) != len(programs)+1 {
		t.Errorf("got %v", got)
	}
	c.NoKwok = true
	if got := c.unbuilt(c.wantedPrograms()...); slices.Contains(got, kwokProgram) || len(got) != len(programs) {
		t.Errorf("without simulated nodes: got %v", got)
	}
}
