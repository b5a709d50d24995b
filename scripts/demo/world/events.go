package world

import (
	"slices"
	"time"
)

// Rollout replaces the pods of web one by one, as after a new version was
// deployed, and returns when all are new or the world has ended.
func (w *World) Rollout() {
	w.changes.Lock()
	defer w.changes.Unlock()
	w.web.Rollout(func(old, fresh string) {
		w.mu.Lock()
		w.voices = slices.DeleteFunc(w.voices, func(v *voice) bool { return v.pod == old })
		w.removeDisk(old)
		w.log(fresh, "web").Write("web 2.4.1 listening on :8080")
		w.addWeb(fresh)
		w.mu.Unlock()
		w.pause(upTime)
	})
}

// CrashWorker lets the worker crash, and brings it back after a back-off.
func (w *World) CrashWorker() {
	w.mu.Lock()
	if w.worker.mute {
		w.mu.Unlock()
		return
	}
	w.worker.mute = true
	log := w.log(w.worker.pod, "worker")
	for _, line := range lastWords() {
		log.WriteErr(line)
	}
	log.Crash(2)
	w.mu.Unlock()

	w.pause(backOf)

	w.mu.Lock()
	defer w.mu.Unlock()
	log.Recover()
	log.Write("worker started, queue depth 12")
	w.worker.mute, w.worker.next = false, time.Now().Add(w.worker.every)
}

// Repeat goes on rolling out and crashing, so that somebody who looks around
// has something to see, until the world ends.
func (w *World) Repeat(every time.Duration) {
	for w.pause(every) {
		w.CrashWorker()
		if !w.pause(every) {
			return
		}
		w.Rollout()
	}
}

// pause reports false when the world has ended.
func (w *World) pause(d time.Duration) bool {
	select {
	case <-w.stop:
		return false
	case <-time.After(d):
		return true
	}
}
