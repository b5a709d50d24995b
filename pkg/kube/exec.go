package kube

import (
	"context"
	"net/url"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/streaming/pkg/httpstream"
)

// Exec runs a command in a container over WebSocket, or over SPDY where the
// server or a proxy does not let WebSocket through. The error is a
// k8s.io/client-go/util/exec.CodeExitError when the command ended with another
// status than 0. A nil error is no proof of the end: a cut connection gives nil
// as well.
//
// Rights: create on pods/exec, and for WebSocket on servers before 1.35 get.
func (c *Cluster) Exec(ctx context.Context, namespace, pod string, opts *corev1.PodExecOptions, streams remotecommand.StreamOptions) error {
	// The server opens just the streams that it is told of; SPDY hangs when the
	// two sides differ.
	opts.Stdin, opts.Stdout, opts.Stderr = streams.Stdin != nil, streams.Stdout != nil, streams.Stderr != nil
	opts.TTY = streams.Tty
	config := rest.CopyConfig(c.Config)
	config.Timeout = 0
	target := c.core.Post().Namespace(namespace).Resource("pods").Name(pod).SubResource("exec").
		VersionedParams(opts, c.wire.params).URL()
	executor, err := newExecutor(config, target)
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, streams)
}

func newExecutor(config *rest.Config, target *url.URL) (remotecommand.Executor, error) {
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", target)
	if err != nil || os.Getenv("KUBECTL_REMOTE_COMMAND_WEBSOCKETS") == "false" {
		return spdy, err
	}
	websocket, err := remotecommand.NewWebSocketExecutor(config, "GET", target.String())
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(websocket, spdy, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
}
