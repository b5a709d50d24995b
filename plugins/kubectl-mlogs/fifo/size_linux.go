package fifo

import "golang.org/x/sys/unix"

// pipeBuf is PIPE_BUF: so many bytes are written at once or not at all.
const pipeBuf = 4096

// capacity is how many bytes the pipe can hold at most. Any program that has
// it open may change that.
func capacity(fd int) int {
	if n, err := unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0); err == nil {
		return n
	}
	return 1 << 20 // the largest that a user may ask for
}
