package manifest

import (
	"io"

	"github.com/kubechores/kubechores/pkg/manifest"
)

// Load reads files, folders and standard input as [manifest.Load] does.
func Load(names []string, recursive bool, stdin io.Reader) (Set, error) {
	files, err := manifest.Load(names, recursive, stdin)
	if err != nil {
		return Set{}, err
	}
	var s Set
	s.take(files)
	return s, nil
}

// Parse adds what a file holds. name is the file's, for people.
func (s *Set) Parse(name string, text []byte) {
	var files manifest.Set
	files.Parse(name, text)
	s.take(&files)
}

// take adds those objects that matter.
func (s *Set) take(files *manifest.Set) {
	s.Documents += files.Documents
	s.Problems = append(s.Problems, files.Problems...)
	for i := range files.Objects {
		o := &files.Objects[i]
		if err := s.object(o); err != nil {
			s.Problems = append(s.Problems, o.Refused(err))
		}
	}
}
