package main

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lock makes commands that change the cluster wait for each other. The kernel gives the lock up when its holder dies, however that happens.
func (c *cluster) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return nil, err
	}
	for said := false; ; {
		f, err := os.OpenFile(c.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
		if os.IsNotExist(err) { // a "down" has just removed the folder
			err = os.MkdirAll(c.dir, 0o755)
		}
		if err != nil {
			return nil, err
		}
		if f != nil {
			if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil && sameFile(f) {
				return func() { f.Close() }, nil
			}
			f.Close()
		}
		if !said {
			said = true
			fmt.Fprintln(c.stderr, "waiting for another cluster command to end")
		}
		if err := sleep(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// sameFile tells whether the locked file is still the one under that name: "down" removes it while others wait for it.
func sameFile(f *os.File) bool {
	locked, err1 := f.Stat()
	named, err2 := os.Stat(f.Name())
	return err1 == nil && err2 == nil && os.SameFile(locked, named)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
