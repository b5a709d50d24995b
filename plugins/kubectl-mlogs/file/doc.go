// Package file reads log files inside containers as they grow, each line once.
//
// A small shell script (agent.sh) runs in the container through exec, one for
// each file. It tells where in which file every byte that it sends has its
// place, so that a stream that breaks is resumed at the exact byte, a renamed
// file is read to its end before the new one, and a truncated one is noticed.
// Its stdin is its lifeline: when mlogs is gone, so is the script.
//
// It is not `tail -F`: no tail tells where in its output a rotation or a
// truncation was. GNU's loses what is written to the old file after the rename,
// and busybox's goes on in the middle of a line when a truncated file has grown
// past the old size.
package file
