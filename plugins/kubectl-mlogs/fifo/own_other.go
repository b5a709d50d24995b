//go:build unix && !linux

package fifo

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// own sets the mode of the pipe and looks at it again. It does not open it: a
// program that waits for a reader would take us for one, and lose what it
// writes. The checks through a descriptor are those of every later open.
func (p *Pipe) own() error {
	if p.is.Mode&0o7777 != mode {
		if err := unix.Fchmodat(unix.AT_FDCWD, p.path, mode, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return fmt.Errorf("cannot set the mode of the named pipe %s to %04o: %w: set it with chmod", p.path, mode, err)
		}
	}
	return p.check()
}
