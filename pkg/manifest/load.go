package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Stdin is the name that stands for standard input.
const Stdin = "-"

// Load reads files, folders with files (*.yaml, *.yml, *.json; those in folders below
// only when recursive) and standard input ("-"). A name that does not exist is an
// error, and so is a folder without manifests; both speak of the flag -f. A file that
// cannot be read is a problem of the set.
func Load(names []string, recursive bool, stdin io.Reader) (*Set, error) {
	s := &Set{}
	stdinRead := false
	for _, name := range names {
		if name == Stdin {
			if stdinRead {
				return nil, errors.New("-f -: standard input can be read only once")
			}
			stdinRead = true
			s.load("stdin", stdin, maxFile)
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("-f %s: %w", name, errors.Unwrap(err))
		}
		files := []string{name}
		if info.IsDir() {
			if files, err = manifests(name, recursive); err != nil {
				return nil, err
			}
		}
		for _, file := range files {
			s.open(file)
		}
	}
	return s, nil
}

// manifests are the files of a folder, in order.
func manifests(folder string, recursive bool) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != folder && !recursive:
			return fs.SkipDir
		case !entry.IsDir() && slices.Contains([]string{".yaml", ".yml", ".json"}, strings.ToLower(filepath.Ext(path))):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("-f %s: %w", folder, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("-f %s: there is no .yaml, .yml or .json file in this folder; -R looks into the folders in it, too", folder)
	}
	return files, nil
}

func (s *Set) open(name string) {
	f, err := os.Open(name)
	if err != nil {
		s.problem(Place{name, 0}, "The file cannot be read.", err.Error())
		return
	}
	defer f.Close()
	s.load(name, f, maxFile)
}

func (s *Set) load(name string, from io.Reader, most int) {
	text, err := io.ReadAll(io.LimitReader(from, int64(most)+1))
	switch {
	case err != nil:
		s.problem(Place{name, 0}, "The file cannot be read.", err.Error())
	case len(text) > most:
		s.problem(Place{name, 0}, "The file is too large to be looked at.", fmt.Sprintf("more than %d bytes", most))
	default:
		s.Parse(name, text)
	}
}
