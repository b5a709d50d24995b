package fifo

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// own looks at the pipe again through a descriptor, which cannot be led
// elsewhere, and sets its mode. O_PATH opens the file and not the pipe: a
// program that waits for a reader does not take us for one.
func (p *Pipe) own() error {
	fd, err := unix.Open(p.path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return cannotMake(p.path, err)
	}
	p.pin = os.NewFile(uintptr(fd), p.path)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || !p.isOurs(&st) {
		_ = p.pin.Close()
		return fmt.Errorf("the named pipe %s has been replaced while it was made: try again", p.path)
	}
	if st.Mode&0o7777 == mode {
		return nil
	}
	// fchmod refuses such descriptors, and fchmodat2 is too young.
	if err := unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", fd), mode); err != nil {
		_ = p.pin.Close()
		return fmt.Errorf("cannot set the mode of the named pipe %s to %04o: %w: set it with chmod", p.path, mode, err)
	}
	return nil
}
