package proxy

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Engine is one of the programs.
type Engine string

// The programs. V1 has flags of Go's flag package with underscores, the others
// have those of pflag with dashes.
const (
	V1      Engine = "v1"      // gcr.io/cloudsql-docker/gce-proxy
	V2      Engine = "v2"      // gcr.io/cloud-sql-connectors/cloud-sql-proxy
	AlloyDB Engine = "alloydb" // gcr.io/alloydb-connectors/alloydb-auth-proxy
)

// Version is a release of an engine. The zero Version is one that is not known: it
// is taken for the newest, so that nothing is called too new for it.
type Version struct{ Major, Minor, Patch int }

// ParseVersion reads an image's tag, or a version: "2.25.3", "v1.11",
// "2.12.0-alpine". A tag such as "latest", or "2", gives false.
func ParseVersion(tag string) (Version, bool) {
	tag, _, _ = strings.Cut(strings.TrimPrefix(tag, "v"), "-")
	parts := strings.Split(tag, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Version{}, false
	}
	var numbers [3]int
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return Version{}, false
		}
		numbers[i] = int(n)
	}
	v := Version{numbers[0], numbers[1], numbers[2]}
	return v, v != Version{}
}

// Known reports whether the version is known.
func (v Version) Known() bool { return v != Version{} }

// Before reports whether v is known and older than another.
func (v Version) Before(other Version) bool {
	if !v.Known() {
		return false
	}
	if v.Major != other.Major {
		return v.Major < other.Major
	}
	if v.Minor != other.Minor {
		return v.Minor < other.Minor
	}
	return v.Patch < other.Patch
}

func (v Version) String() string {
	if !v.Known() {
		return "unknown"
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// Program is an engine in a version.
type Program struct {
	Engine  Engine
	Version Version
}

// repositories are the last elements of the images' names, so that mirrors count.
var repositories = map[string]Engine{"gce-proxy": V1, "cloud-sql-proxy": V2, "alloydb-auth-proxy": AlloyDB}

// binaries are the programs' file names.
var binaries = map[string]Engine{"cloud_sql_proxy": V1, "cloud-sql-proxy": V2, "alloydb-auth-proxy": AlloyDB}

// Identify says which program an image holds, by the last element of its name, and
// in which version, by its tag; false where the image is none of theirs.
func Identify(image string) (Program, bool) {
	image, _, _ = strings.Cut(image, "@")
	name, tag, _ := strings.Cut(path.Base(image), ":")
	engine, ok := repositories[name]
	if !ok {
		return Program{}, false
	}
	version, _ := ParseVersion(tag)
	return Program{engine, version}, true
}
