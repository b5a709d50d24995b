//go:build unix

package fifo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// mode lets only the owner read what logs say, and write into what mlogs reads.
const mode = 0o600

// Pipe is a named pipe of ours. It is safe for concurrent use.
type Pipe struct {
	path string
	// is says which file the pipe is.
	is unix.Stat_t
	// pin keeps the number of the inode from being given to another file; nil
	// where a file cannot be held without being opened.
	pin *os.File

	mu      sync.Mutex
	removed bool
}

// Make makes a named pipe that only our user may use, whatever the umask is. A
// named pipe of our user that is there already is taken as it is, with its
// mode set to 0600. Anything else is refused, with an error that says what is
// there and what to do.
func Make(path string) (*Pipe, error) {
	if err := unix.Mkfifo(path, mode); err != nil && !errors.Is(err, unix.EEXIST) {
		return nil, cannotMake(path, err)
	}
	p := &Pipe{path: path}
	if err := unix.Lstat(path, &p.is); err != nil {
		return nil, cannotMake(path, err)
	}
	if err := refuse(path, &p.is); err != nil {
		return nil, err
	}
	if err := p.own(); err != nil {
		return nil, err
	}
	return p, nil
}

func cannotMake(path string, err error) error {
	dir := filepath.Dir(path)
	switch {
	case path == "":
		return errors.New("a named pipe needs a path: give one that does not exist yet")
	case errors.Is(err, unix.ENOENT):
		return fmt.Errorf("cannot make the named pipe %s: there is no directory %s: create it first", path, dir)
	case errors.Is(err, unix.ENOTDIR):
		return fmt.Errorf("cannot make the named pipe %s: %s is not a directory: give another path", path, dir)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM), errors.Is(err, unix.EROFS):
		return fmt.Errorf("cannot make the named pipe %s: %w: give a path in a directory that you may write to", path, err)
	}
	return fmt.Errorf("cannot make the named pipe %s: %w: give another path", path, err)
}

// refuse returns an error unless st is of a named pipe of our user.
func refuse(path string, st *unix.Stat_t) error {
	what := "something else"
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		if us := os.Geteuid(); int(st.Uid) != us {
			return fmt.Errorf("the named pipe %s belongs to user %d, not to you (user %d): give another path", path, st.Uid, us)
		}
		return nil
	case unix.S_IFLNK:
		return fmt.Errorf("%s is a symbolic link, not a named pipe: remove it, or give the path of the pipe itself", path)
	case unix.S_IFREG:
		what = "a regular file"
	case unix.S_IFDIR:
		what = "a directory"
	case unix.S_IFSOCK:
		what = "a socket"
	case unix.S_IFCHR, unix.S_IFBLK:
		what = "a device"
	}
	return fmt.Errorf("%s is %s, not a named pipe: remove it, or give another path", path, what)
}

// isOurs reports whether st is of this very pipe.
func (p *Pipe) isOurs(st *unix.Stat_t) bool {
	return st.Dev == p.is.Dev && st.Ino == p.is.Ino && refuse(p.path, st) == nil
}

// check returns an error when the path does not lead to the pipe any more.
func (p *Pipe) check() error {
	var st unix.Stat_t
	if err := unix.Lstat(p.path, &st); err != nil || !p.isOurs(&st) {
		return fmt.Errorf("the named pipe %s has been removed or replaced: start again", p.path)
	}
	return nil
}

// open opens the pipe, and never another file that has taken its place. It
// does not wait: unix.ENXIO says that an open for writing finds no reader.
func (p *Pipe) open(access int) (fd int, err error) {
	fd, err = unix.Open(p.path, access|unix.O_NONBLOCK|unix.O_NOFOLLOW|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		if gone := p.check(); gone != nil {
			return -1, gone
		}
		return -1, &os.PathError{Op: "open", Path: p.path, Err: err}
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && p.isOurs(&st) {
		return fd, nil
	}
	_ = unix.Close(fd)
	if gone := p.check(); gone != nil {
		return -1, gone
	}
	return -1, fmt.Errorf("the named pipe %s has been replaced for a while: start again", p.path)
}

// Remove removes the pipe if its path still leads to it, and nothing else. It
// may be called more than once.
func (p *Pipe) Remove() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removed {
		return nil
	}
	if p.check() == nil {
		if err := unix.Unlink(p.path); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("cannot remove the named pipe %s: %w", p.path, err)
		}
	}
	p.removed = true
	if p.pin != nil {
		return p.pin.Close()
	}
	return nil
}
