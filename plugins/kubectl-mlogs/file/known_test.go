package file

import "testing"

// What a list shows is new unless somebody reads it or has read it, whatever its
// name was then.
func TestKnownFiles(t *testing.T) {
	p := &Place{}
	p.list()
	isNew := func(want bool, id, path string, size int64) {
		t.Helper()
		if got := p.found(id, path, size); got != want {
			t.Errorf("%s, %s, %d bytes, is new: %v", id, path, size, got)
		}
	}
	isNew(true, "A", "app.log", 100)
	isNew(false, "A", "app.log", 200)
	isNew(false, "A", "app.log.1", 200) // renamed before anybody has opened it
	if got := p.listed("app.log"); got != "A" {
		t.Errorf("app.log was listed as %q", got)
	}
	if got := p.listed("app.log"); got != "" {
		t.Errorf("app.log is told twice: %q", got)
	}
	p.claim("A")
	isNew(false, "A", "app.log.1", 10) // being read: what becomes of it is its reader's concern
	p.release("A", 300)
	isNew(false, "A", "app.log.2", 300)
	isNew(false, "A", "app.log.2", 310)
	isNew(true, "A", "app-2.log", 20) // another file with its inode
	p.claim("B")
	p.claim("B") // two names of one file
	p.release("B", 50)
	isNew(false, "B", "b.log", 1)
	p.release("B", 50)
	p.forget(map[string]bool{"A": true})
	isNew(false, "A", "app-2.log", 20)
	isNew(true, "B", "b.log", 50)
}

// Without lists nothing is to be remembered.
func TestKnownFilesAreForgotten(t *testing.T) {
	p := &Place{}
	p.claim("A")
	p.release("A", 10)
	if n := len(p.files.files); n > 0 {
		t.Errorf("%d files are remembered", n)
	}
}
