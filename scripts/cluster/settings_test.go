package main

import (
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParseSettings(t *testing.T) {
	running := &settings{Version: "v0", Nodes: 3, LogMaxSize: []string{"1Mi", "2Mi"}, LogMaxFiles: 5, LogMonitorInterval: time.Minute}
	for name, test := range map[string]struct {
		args     []string
		env      map[string]string
		recorded *settings
		want     settings
	}{
		"defaults": {
			want: settings{Nodes: 2, LogMaxSize: []string{"10Mi"}, LogMaxFiles: 3, LogMonitorInterval: 3 * time.Second},
		},
		"flags": {
			args: []string{"-nodes=1", "-log-max-size=1Mi", "-log-max-files=4", "-log-monitor-interval=10s"},
			want: settings{Nodes: 1, LogMaxSize: []string{"1Mi"}, LogMaxFiles: 4, LogMonitorInterval: 10 * time.Second},
		},
		"environment": {
			env:  map[string]string{"KUBECHORES_CLUSTER_NODES": "4", "KUBECHORES_CLUSTER_LOG_MAX_SIZE": "10Mi,512Ki"},
			want: settings{Nodes: 4, LogMaxSize: []string{"10Mi", "512Ki"}, LogMaxFiles: 3, LogMonitorInterval: 3 * time.Second},
		},
		"no simulated nodes": {
			args: []string{"-kwok=false"},
			want: settings{Nodes: 2, LogMaxSize: []string{"10Mi"}, LogMaxFiles: 3, LogMonitorInterval: 3 * time.Second, NoKwok: true},
		},
		"simulated nodes again": {
			env:      map[string]string{"KUBECHORES_CLUSTER_KWOK": "true"},
			recorded: &settings{Nodes: 1, LogMaxSize: []string{"1Mi"}, LogMaxFiles: 2, LogMonitorInterval: time.Minute, NoKwok: true},
			want:     settings{Nodes: 1, LogMaxSize: []string{"1Mi"}, LogMaxFiles: 2, LogMonitorInterval: time.Minute},
		},
		"a flag wins over the environment": {
			args: []string{"-nodes=1"},
			env:  map[string]string{"KUBECHORES_CLUSTER_NODES": "4"},
			want: settings{Nodes: 1, LogMaxSize: []string{"10Mi"}, LogMaxFiles: 3, LogMonitorInterval: 3 * time.Second},
		},
		"what runs stays": {
			recorded: running,
			want:     settings{Nodes: 3, LogMaxSize: []string{"1Mi", "2Mi"}, LogMaxFiles: 5, LogMonitorInterval: time.Minute},
		},
		"what runs stays but for the flag": {
			args:     []string{"-log-max-size=3Mi"},
			recorded: running,
			want:     settings{Nodes: 3, LogMaxSize: []string{"3Mi"}, LogMaxFiles: 5, LogMonitorInterval: time.Minute},
		},
	} {
		test.want.Version = kubernetesVersion()
		got, err := parseSettings(test.args, func(key string) string { return test.env[key] }, test.recorded, io.Discard)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, test.want)
		}
	}
	if !reflect.DeepEqual(running.LogMaxSize, []string{"1Mi", "2Mi"}) {
		t.Errorf("parsing changed the recorded settings: %+v", running)
	}
}

func TestParseSettingsRefuses(t *testing.T) {
	none := func(string) string { return "" }
	for _, test := range []struct{ arg, want string }{
		{"-nodes=0", "not between"},
		{"-nodes=21", "not between"},
		{"-log-max-size=0", "not a size"},
		{"-log-max-size=1Mi,", "not a size"},
		{"-log-max-size=big", "not a size"},
		{"-log-max-files=1", "at least 2"},
		{"-log-monitor-interval=1s", "at least 3s"},
		{"-kwok=perhaps", "invalid"},
		{"node1", "unexpected argument"},
		{"-unknown", "not defined"},
	} {
		if _, err := parseSettings([]string{test.arg}, none, nil, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want an error with %q", test.arg, err, test.want)
		}
	}
	env := func(key string) string { return map[string]string{"KUBECHORES_CLUSTER_NODES": "two"}[key] }
	if _, err := parseSettings(nil, env, nil, io.Discard); err == nil || !strings.Contains(err.Error(), "KUBECHORES_CLUSTER_NODES=two") {
		t.Errorf("an error in the environment does not name the variable: %v", err)
	}
}

func TestLogMaxSizeOfEachNode(t *testing.T) {
	s := settings{LogMaxSize: []string{"10Mi", "1Mi"}}
	for n, want := range map[int]string{1: "10Mi", 2: "1Mi", 3: "1Mi"} {
		if got := s.logMaxSize(n); got != want {
			t.Errorf("node %d: got %s, want %s", n, got, want)
		}
	}
}

func TestVersionComesFromGoMod(t *testing.T) {
	version := kubernetesVersion()
	if !strings.HasPrefix(version, "v1.") {
		t.Fatalf("version %q", version)
	}
	if flags := versionFlags("v1.36.1"); !strings.Contains(flags, "gitVersion=v1.36.1 ") || !strings.HasSuffix(flags, "gitMinor=36") {
		t.Errorf("linker flags %q", flags)
	}
	// A staging module of another version than Kubernetes itself would compile, more or less, and then behave strangely.
	for line := range strings.Lines(goMod) {
		if _, replacement, ok := strings.Cut(line, "=>"); ok && !strings.HasSuffix(strings.TrimSpace(replacement), "v0"+strings.TrimPrefix(version, "v1")) {
			t.Errorf("go.mod: %q does not fit Kubernetes %s", strings.TrimSpace(line), version)
		}
	}
}
