package file

import (
	"context"
	"errors"
	"fmt"
)

// targetRoot is the root folder of the container whose process namespace an
// ephemeral container shares: its first process is the program there.
const targetRoot = "/proc/1/root"

// errMoved: from now on agents run in another container.
var errMoved = errors.New("the files are read through an ephemeral container")

// move makes the ephemeral container for a container without a shell. All
// readers of the container come here; the first one makes it.
func (p *Place) move(ctx context.Context) error {
	before := p.container()
	if p.Debug == nil || before != p.Container {
		return errNoShell
	}
	p.moving.Lock()
	defer p.moving.Unlock()
	if p.container() != before {
		return errMoved
	}
	name, err := p.Debug(ctx)
	if err != nil {
		return fmt.Errorf("%w, and no ephemeral container could be made: %w", errNoShell, err)
	}
	p.setAside(name)
	return errMoved
}

// leave is told that an instance of the container has ended, and with it every
// ephemeral container that shared its processes.
func (p *Place) leave(instance string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left != instance {
		p.left, p.aside, p.shell = instance, "", nil
	}
}

func (p *Place) setAside(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.aside, p.shell = name, nil
}

// container is where agents run.
func (p *Place) container() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.aside != "" {
		return p.aside
	}
	return p.Container
}

// path is how agents see a path of the container.
func (p *Place) path(path string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.aside != "" {
		return targetRoot + path
	}
	return path
}
