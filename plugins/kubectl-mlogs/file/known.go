package file

import "sync"

// known is what a Place knows of files by their ids, whatever their names are: a
// pattern may match a file that was read under another name. An id may come again
// as that of a new file, but then it is smaller, at first.
type known struct {
	mu    sync.Mutex
	files map[string]*trace
	// paths has the ids that a list told first for a path, until it is opened.
	paths map[string]string
	lists bool // there is a Lister, and files that are gone are forgotten
}

type trace struct {
	readers int
	size    int64 // bytes, when last heard of
}

// claim notes that a file is being read.
func (p *Place) claim(id string) {
	k := &p.files
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]*trace{}
	}
	if k.files[id] == nil {
		k.files[id] = &trace{}
	}
	k.files[id].readers++
}

// release: the file is not being read any more; size bytes of it were.
func (p *Place) release(id string, size int64) {
	k := &p.files
	k.mu.Lock()
	defer k.mu.Unlock()
	t := k.files[id]
	t.readers, t.size = t.readers-1, size
	if t.readers == 0 && !k.lists {
		delete(k.files, id)
	}
}

// found is told of a file in a list, and reports whether it is one that nobody
// reads or has read.
func (p *Place) found(id, path string, size int64) bool {
	k := &p.files
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.files == nil {
		k.files = map[string]*trace{}
	}
	t := k.files[id]
	if t != nil && (t.readers > 0 || size >= t.size) {
		t.size = max(t.size, size)
		return false
	}
	k.files[id] = &trace{size: size}
	if k.paths == nil {
		k.paths = map[string]string{}
	}
	if k.paths[path] == "" {
		k.paths[path] = id
	}
	return true
}

// listed returns, once, the id that the list told for a path. By the time at
// which a reader comes to it, another file may have it.
func (p *Place) listed(path string) (id string) {
	k := &p.files
	k.mu.Lock()
	defer k.mu.Unlock()
	id = k.paths[path]
	delete(k.paths, path)
	return id
}

// list is told that lists will come.
func (p *Place) list() {
	k := &p.files
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lists = true
}

// forget drops what is neither in a list nor being read.
func (p *Place) forget(listed map[string]bool) {
	k := &p.files
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, t := range k.files {
		if t.readers == 0 && !listed[id] {
			delete(k.files, id)
		}
	}
}
