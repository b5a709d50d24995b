package world

import (
	"time"

	"github.com/kubechores/kubechores/pkg/kubetest"
)

// voice writes one log by and by.
type voice struct {
	pod   string
	paper paper
	line  lineFunc
	every time.Duration // on average
	next  time.Time
	count int
	mute  bool // it has crashed, or is gone
}

// paper is where a voice writes: a container's log, or a file in a container.
type paper interface {
	Write(line string)
	WriteAt(t time.Time, line string)
}

// addVoice lets a pod speak. w.mu is held, or nobody else is there yet.
func (w *World) addVoice(pod string, on paper, line lineFunc, every time.Duration) *voice {
	v := &voice{pod: pod, paper: on, line: line, every: every, next: time.Now()}
	w.voices = append(w.voices, v)
	return v
}

// addWeb lets a pod of web speak, on its log and in its file; as addVoice.
func (w *World) addWeb(pod string) {
	w.addVoice(pod, w.log(pod, "web"), accessLog, 700*time.Millisecond)
	w.addVoice(pod, w.disks[pod].files[AuditLog], auditLog, time.Second)
}

func (w *World) log(pod, container string) *kubetest.Container {
	return w.server.Container(Namespace, pod, container)
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
			v.paper.WriteAt(at, w.say(v))
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
			v.paper.Write(w.say(v))
		}
	}
}
