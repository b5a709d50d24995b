package source

import "bytes"

// kubeletMessages are the beginnings of what kubelet writes into a log stream
// when it fails after the response has begun: too late for an HTTP status, so
// the text comes in place of a line, without a time.
// Sources: k8s.io/kubernetes pkg/kubelet/kuberuntime (ReadLogs and
// GetContainerLogs), k8s.io/cri-client/pkg/logs, kubernetes issue 64315.
func kubeletMessages() [][]byte {
	return [][]byte{
		[]byte("failed to create fsnotify watcher"),
		[]byte("failed to watch"),
		[]byte("failed to try resolving symlinks"),
		[]byte("failed to open log file"),
		[]byte("unable to retrieve container logs for"),
		[]byte("rpc error: code = "),
		[]byte("failed to read log file"),
		[]byte("failed to seek"),
		[]byte("error getting ContainerStatus"),
	}
}

// fromKubelet tells kubelet's own messages from log text. Only lines without a
// time are to be asked about.
func fromKubelet(line []byte) bool {
	for _, beginning := range kubeletMessages() {
		if bytes.HasPrefix(line, beginning) {
			return true
		}
	}
	return false
}
