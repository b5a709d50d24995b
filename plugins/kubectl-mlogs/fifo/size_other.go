//go:build unix && !linux

package fifo

// pipeBuf is PIPE_BUF, or less: so many bytes are written at once or not at
// all.
const pipeBuf = 512

// capacity is how many bytes the pipe can hold at most: 8 KiB on macOS, up to
// 64 KiB on the BSDs.
func capacity(int) int { return 64 << 10 }
