package world

import (
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// voice is one container that writes its log by and by.
type voice struct {
	pod   string
	log   *kubetest.Container
	line  lineFunc
	every time.Duration // on average
	next  time.Time
	count int
	mute  bool // it has crashed, or is gone
}

// addVoice lets a container speak. w.mu is held, or nobody else is there yet.
func (w *World) addVoice(pod, container string, line lineFunc, every time.Duration) *voice {
	v := &voice{pod: pod, log: w.server.Container(Namespace, pod, container), line: line, every: every, next: time.Now()}
	w.voices = append(w.voices, v)
	return v
}

// say gives the voice's next line, and when the one after is due. w.mu is held.
func (w *World) say(v *voice) string {
	v.count++
	pause := v.every/2 + time.Duration(w.random.Int64N(int64(v.every)))
	v.next = v.next.Add(pause)
	return v.line(w.random, v.count)
}

// remember writes what the voices have said up to now.
func (w *World) remember(now time.Time) {
	for _, v := range w.voices {
		v.next = now.Add(-past + time.Duration(w.random.Int64N(int64(v.every))))
		for v.next.Before(now) {
			at := v.next
			v.log.WriteAt(at, w.say(v))
		}
	}
}

// live lets the voices speak until the world ends.
func (w *World) live() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-w.stop:
			return
		case now := <-ticker.C:
			w.speak(now)
		}
	}
}

func (w *World) speak(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, v := range w.voices {
		if !v.mute && !v.next.After(now) {
			v.log.Write(w.say(v))
		}
	}
}
