package collect

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

const (
	headBytes = 16 << 10 // of a log's beginning: what a proxy says at its start
	tailLines = 200      // of its end
	lineBytes = 4 << 10  // that are kept of a line
	readBytes = 4 << 20  // that are read of a log's end at most
)

// Of how many pods of a workload logs are read. Sidecars of one workload all say the
// same; those of many workloads say it a thousand times.
const (
	podsOfShared  = 20
	podsOfSidecar = 3
	manyLogs      = 400 // containers in all, shared proxies first
)

// logs reads the logs of the proxies' containers.
func (r *reading) logs(ctx context.Context) error {
	proxies := r.proxies()
	slices.SortStableFunc(proxies, func(a, b *snapshot.Proxy) int { return -compareBools(a.Shared, b.Shared) })
	todo := newGroup(ctx)
	n := 0
	for _, p := range proxies {
		limit := podsOfSidecar
		if p.Shared {
			limit = podsOfShared
		}
		for _, pod := range telling(p, limit) {
			if n++; n > manyLogs {
				r.miss("Log", "pods/log", "", fmt.Sprintf("logs are read of at most %d containers: ask for one proxy, or for one namespace", manyLogs))
				return todo.Wait()
			}
			r.query.Note("logs")
			todo.Go(func() error { return r.logsOf(ctx, pod, p.Container.Name) })
		}
	}
	return todo.Wait()
}

// telling are the pods whose logs say most: those with trouble, then the newest.
func telling(p *snapshot.Proxy, limit int) []*snapshot.Pod {
	pods := slices.Clone(p.Pods)
	trouble := func(pod *snapshot.Pod) int {
		status := statusOf(&pod.Value, p.Container.Name)
		if status == nil {
			return 0
		}
		return cmp.Compare(0, int(status.RestartCount)) - compareBools(!status.Ready, false)
	}
	slices.SortStableFunc(pods, func(a, b *snapshot.Pod) int {
		return cmp.Or(cmp.Compare(trouble(a), trouble(b)), b.Value.CreationTimestamp.Compare(a.Value.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return pods[:min(limit, len(pods))]
}

func statusOf(pod *corev1.Pod, container string) *corev1.ContainerStatus {
	for _, all := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range all {
			if all[i].Name == container {
				return &all[i]
			}
		}
	}
	return nil
}

// logsOf reads the log of a container, and of its run before. While it waits to start
// again, both would be the same.
func (r *reading) logsOf(ctx context.Context, pod *snapshot.Pod, container string) error {
	status := statusOf(&pod.Value, container)
	if status == nil {
		return nil
	}
	ran := status.LastTerminationState.Terminated != nil
	waits := status.State.Running == nil && status.State.Terminated == nil
	if waits && !ran {
		return nil // nothing has been said yet
	}
	if err := r.log(ctx, pod, container, false); err != nil || waits || !ran {
		return err
	}
	return r.log(ctx, pod, container, true)
}

func (r *reading) log(ctx context.Context, pod *snapshot.Pod, container string, previous bool) error {
	lines, err := r.readLog(ctx, pod, container, previous)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case apierrors.IsNotFound(err) || apierrors.IsBadRequest(err):
		return nil // the pod is gone, or the run that was there is
	case err != nil:
		r.miss("Log", "pods/log", pod.Namespace, err.Error())
		if len(lines) == 0 {
			return nil
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.snapshot.Logs = append(r.snapshot.Logs, &snapshot.Log{Namespace: pod.Namespace, Pod: pod.Name, Container: container, Previous: previous, Lines: lines})
	return nil
}

// readLog reads the beginning of a log, and its end where that is not all.
func (r *reading) readLog(ctx context.Context, pod *snapshot.Pod, container string, previous bool) ([]string, error) {
	limit := int64(headBytes)
	opts := corev1.PodLogOptions{Container: container, Previous: previous, Timestamps: true, LimitBytes: &limit}
	head, whole, err := r.read(ctx, pod, &opts, headBytes)
	if err != nil || whole {
		return withoutTimes(head), err
	}
	last := int64(tailLines)
	opts.LimitBytes, opts.TailLines = nil, &last
	tail, _, err := r.read(ctx, pod, &opts, readBytes)
	return withoutTimes(join(head, tail)), err
}

// read returns the lines of a log, and whether less than limit bytes of it were there. A
// line that the limit has cut is left out, unless it is the only one.
func (r *reading) read(ctx context.Context, pod *snapshot.Pod, opts *corev1.PodLogOptions, limit int64) (lines []string, whole bool, err error) {
	stream, err := r.cluster.OpenLog(ctx, pod.Namespace, pod.Name, opts)
	if err != nil {
		return nil, false, err
	}
	defer stream.Close()
	limited := &io.LimitedReader{R: stream, N: limit}
	lines, cut, err := split(limited)
	whole = limited.N > 0
	if cut && !whole && len(lines) > 1 {
		lines = lines[:len(lines)-1]
	}
	return lines, whole, err
}

// split takes a log apart, and says whether its last line has no end. Of long lines the
// beginning is kept.
func split(from io.Reader) (lines []string, cut bool, err error) {
	in := bufio.NewReaderSize(from, lineBytes)
	for err == nil {
		var text []byte
		text, err = in.ReadSlice('\n')
		line := string(bytes.TrimRight(text, "\r\n"))
		for errors.Is(err, bufio.ErrBufferFull) {
			text, err = in.ReadSlice('\n')
		}
		ended := bytes.HasSuffix(text, []byte("\n"))
		if ended || line != "" {
			lines, cut = append(lines, line), !ended
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return lines, cut, err
}

// join puts the end of a log after its beginning, without what is in both.
func join(head, tail []string) []string {
	if len(head) == 0 {
		return tail
	}
	// The API puts the time in front of each line, so that no two are the same.
	if at := slices.Index(tail, head[len(head)-1]); at >= 0 {
		tail = tail[at+1:]
	}
	return append(head, tail...)
}

// withoutTimes takes away what the API puts in front of each line.
func withoutTimes(lines []string) []string {
	for i, line := range lines {
		if stamp, text, ok := strings.Cut(line, " "); ok && strings.HasSuffix(stamp, "Z") {
			lines[i] = text
		}
	}
	return lines
}
