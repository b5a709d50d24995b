package file

import (
	"testing"
	"time"
)

// Nobody takes the lines: the exec is given up, and there is no other until
// somebody does. Nothing is lost, not even when the file is rotated meanwhile.
func TestStalledOutput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(100)
	b.run()
	b.takesAll()
	b.sink.shut(true)
	b.write(50_000)
	b.until("that the exec is given up", func() bool { _, running := b.exec.counts(); return running == 0 })
	before, _ := b.exec.counts()
	b.write(100)
	rename(t, b.path, b.path+".1")
	b.write(30_000)
	rename(t, b.path+".1", b.path+".2")
	rename(t, b.path, b.path+".1")
	b.write(100)
	time.Sleep(time.Second)
	if now, _ := b.exec.counts(); now != before {
		t.Errorf("%d execs while the output is not read", now-before)
	}
	b.sink.shut(false)
	b.takesAll()
	b.write(100)
	b.takesAll()
}

// What was read of a file that has ended must not be lost for want of a reader.
func TestStalledOutputOfAPodThatIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(100)
	b.run()
	b.takesAll()
	b.sink.shut(true)
	b.write(100)
	b.until("that the exec is given up", func() bool { _, running := b.exec.counts(); return running == 0 })
	b.State.SetGone()
	time.Sleep(grace + 300*time.Millisecond) // until nothing is to be read any more
	b.sink.shut(false)
	<-b.done
	b.takesAll()
}

// An output that is slow, and never stalls for long.
func TestSlowOutput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(60_000)
	b.run()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 20 {
			b.sink.shut(true)
			time.Sleep(100 * time.Millisecond)
			b.sink.shut(false)
		}
	}()
	<-ended
	b.takesAll()
	if begun, _ := b.exec.counts(); begun > 2 {
		t.Errorf("%d execs", begun)
	}
}

// The stream breaks at the turn to a new file, of which nothing has been read yet,
// and which is rotated before there is another stream.
func TestCutAtTheTurn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write(100)
	b.run()
	b.takesAll()
	b.exec.mu.Lock()
	b.exec.cutAfter = " turn "
	b.exec.mu.Unlock()
	rename(t, b.path, b.path+".1")
	b.write(100)
	b.until("the cut", func() bool { b.exec.mu.Lock(); defer b.exec.mu.Unlock(); return b.exec.cutAfter == "" })
	rename(t, b.path+".1", b.path+".2")
	rename(t, b.path, b.path+".1")
	b.write(100)
	b.takesAll()
}
