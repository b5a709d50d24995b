package main

import (
	"archive/tar"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestParseGiven(t *testing.T) {
	for arg, want := range map[string][3]string{
		"writer=../x":                 {"writer", "dev", "../x"},
		"cloud-sql-proxy:2.25.3=/a=b": {"cloud-sql-proxy", "2.25.3", "/a=b"},
	} {
		name, tag, path, err := parseGiven(arg)
		if got := [3]string{name, tag, path}; err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", arg, got, err, want)
		}
	}
	for _, arg := range []string{"", "x", "Big=x", "x:=y", "x:-1=y", "=y"} {
		if _, _, _, err := parseGiven(arg); err == nil || !strings.Contains(err.Error(), "NAME:TAG=PATH") {
			t.Errorf("%q: got %v", arg, err)
		}
	}
}

// recipes are the folders that `make e2e` loads.
const recipes = "../sqlproxy"

func TestRecipesAreValid(t *testing.T) {
	for _, name := range []string{"v1", "v2", "postgres", "mariadb"} {
		dir := filepath.Join(recipes, name)
		if !isRecipe(dir) {
			t.Errorf("%s has no %s", dir, recipeFile)
			continue
		}
		r, err := readRecipe(dir)
		if err != nil {
			t.Error(err)
		}
		if r.User == "" || r.User == "0:0" {
			t.Errorf("%s: runs as %q: a restricted namespace would not take it", dir, r.User)
		}
	}
	if isRecipe("images/pause") {
		t.Error("a folder without a recipe has one")
	}
}

func TestBadRecipes(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                                     "unexpected EOF",
		`{}`:                                    "either package or debian is needed",
		`{"package":"x","debian":["y"]}`:        "either package or debian is needed",
		`{"package":"x","program":"x"}`:         `an absolute path, not "x"`,
		`{"debian":["y"],"base":"debian"}`:      `busybox or scratch, not "debian"`,
		`{"debian":["y"],"entry":["postgres"]}`: `unknown field "entry"`,
		`{"package":"x","program":"/x","user":65}`: "user",
	} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, recipeFile), text)
		if _, err := readRecipe(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), recipeFile) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

// The tags that the Makefile gives to the proxies are the versions that are built.
func TestTagsAreTheVersions(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for folder, module := range map[string]string{"v2": "github.com/GoogleCloudPlatform/cloud-sql-proxy/v2", "v1": "github.com/GoogleCloudPlatform/cloudsql-proxy"} {
		mod, err := os.ReadFile(filepath.Join(recipes, folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		version := regexp.MustCompile(regexp.QuoteMeta(module) + ` v(\S+)`).FindStringSubmatch(string(mod))
		tag := regexp.MustCompile(`:(\S+)=../sqlproxy/` + folder + `\b`).FindStringSubmatch(string(makefile))
		if version == nil || tag == nil || version[1] != tag[1] {
			t.Errorf("%s: the tag is %q, the version %q", folder, tag, version)
		}
	}
}

// A program is built once, lies where the recipe says, alone, and is the entrypoint only where the recipe says so.
func TestProgramOfARecipe(t *testing.T) {
	c := &cluster{cache: t.TempDir(), progress: newProgress(t.Output())}
	for _, entrypoint := range []string{"true", "false"} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, "go.mod"), "module example.com/hello\n\ngo 1.26.0\n")
		put(t, filepath.Join(dir, "go.sum"), "")
		put(t, filepath.Join(dir, "cmd", "main.go"), "package main\n\nfunc main() {}\n")
		put(t, filepath.Join(dir, recipeFile), `{"package":"example.com/hello/cmd","program":"/hello_world","entrypoint":`+entrypoint+`,"user":"65532:65532"}`)
		image, err := c.givenImage(t.Context(), "hello:1.2="+dir, "busybox")
		if err != nil {
			t.Fatal(err)
		}
		file, err := image.image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		want := v1.Config{User: "65532:65532", WorkingDir: "/", Env: []string{"PATH=/usr/local/bin:/usr/bin:/bin"}}
		if entrypoint == "true" {
			want.Entrypoint = []string{"/hello_world"}
		}
		if image.ref != "kubechores.local/hello:1.2" || !reflect.DeepEqual(file.Config, want) {
			t.Errorf("got %s, %+v, want %+v", image.ref, file.Config, want)
		}
		layers, err := image.image.Layers()
		if err != nil || len(layers) != 1 {
			t.Fatalf("%d layers, %v", len(layers), err)
		}
		if _, headers := unpack(t, layers[0]); len(headers) != 1 || headers["hello_world"] == nil {
			t.Errorf("in the image: %v", headers)
		}
		// From the cache, as the source does not build any more.
		put(t, filepath.Join(dir, "cmd", "main.go"), "package main\n")
		if _, err := c.givenImage(t.Context(), "hello:1.2="+dir, "busybox"); err != nil {
			t.Errorf("it was built again: %v", err)
		}
		put(t, filepath.Join(dir, "go.mod"), "module example.com/hello\n\ngo 1.26.1\n")
		if _, err := c.givenImage(t.Context(), "hello:1.2="+dir, "busybox"); err == nil {
			t.Error("another go.mod gave the old program")
		}
	}
}

func TestParseURIs(t *testing.T) {
	const text = `'http://deb.debian.org/debian/pool/main/o/openssl/libssl3_3.0.22-1%7edeb12u2_amd64.deb' libssl3_3.0.22-1~deb12u2_amd64.deb 2039888 SHA256:aa
'http://deb.debian.org/debian/pool/main/m/mariadb/mariadb-common_10.11.19-0+deb12u1_all.deb' mariadb-common_1%3a10.11.19-0+deb12u1_all.deb 27624 SHA256:bb

`
	got := parseURIs(text)
	want := []debianPackage{{"libssl3", "3.0.22-1~deb12u2"}, {"mariadb-common", "1:10.11.19-0+deb12u1"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestChoose(t *testing.T) {
	r, err := readRecipe(filepath.Join(recipes, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	all := []debianPackage{{"zlib1g", "1"}, {"perl", "5"}, {"libperl5.36", "5"}, {"libjson-perl", "4"}, {"libllvm14", "14"}, {"libicu72", "72"},
		{"postgresql-15", "15.2"}, {"postgresql", "15+248"}, {"postgresql-client-15", "15.2"}, {"postgresql-client-common", "248"}}
	got, err := r.choose(all)
	if want := []string{"libicu72=72", "postgresql-15=15.2", "postgresql-client-15=15.2", "zlib1g=1"}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := r.choose(all[1:3]); err == nil || !strings.Contains(err.Error(), "none of the 2 packages") {
		t.Errorf("nothing to keep: got %v", err)
	}
}

func TestTidyRoot(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"usr/share/doc/x/copyright", "usr/lib/postgresql/15/lib/bitcode/a.bc", "usr/lib/postgresql/15/lib/llvmjit.so",
		"usr/lib/postgresql/15/lib/plpgsql.so", "usr/lib/postgresql/15/bin/psql", "lib64/ld.so"} {
		put(t, filepath.Join(root, name), "x")
	}
	if err := tidyRoot(root, []string{"usr/lib/postgresql/*/bin/*"}); err != nil {
		t.Fatal(err)
	}
	l, err := folderLayer(root)
	if err != nil {
		t.Fatal(err)
	}
	_, headers := unpack(t, l)
	var files []string
	links := map[string]string{}
	for name, header := range headers {
		switch header.Typeflag {
		case tar.TypeReg:
			files = append(files, name)
		case tar.TypeSymlink:
			links[name] = header.Linkname
		}
	}
	if len(files) != 3 || headers["usr/lib/postgresql/15/lib/plpgsql.so"] == nil {
		t.Errorf("files: %q", files)
	}
	// lib64 is there already, and is left as it is.
	if want := map[string]string{"lib": "usr/lib", "usr/local/bin/psql": "/usr/lib/postgresql/15/bin/psql"}; !reflect.DeepEqual(links, want) {
		t.Errorf("links: got %q, want %q", links, want)
	}
	if err := tidyRoot(root, []string{"usr/bin/none"}); err == nil || !strings.Contains(err.Error(), "no package has usr/bin/none") {
		t.Errorf("a program that is not there: got %v", err)
	}
}
