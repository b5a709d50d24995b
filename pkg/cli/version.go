package cli

import "runtime/debug"

// Repository is where the suite lives; the one place that says so.
const Repository = "https://github.com/kubechores/kubechores"

// version is set by the release build: -ldflags "-X …/pkg/cli.version=v1.2.3".
var version string

// Version is the version of this build: of the release, else of the module as
// `go install` knows it, else the commit.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "dev-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "dev"
}
