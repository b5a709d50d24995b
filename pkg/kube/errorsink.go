package kube

import (
	"fmt"
	"io"

	"github.com/go-logr/logr"
)

// errorSink writes the errors that a client-go component only logs, each as one
// line, to where the component's user will see them.
type errorSink struct{ to io.Writer }

var _ logr.LogSink = errorSink{}

func (s errorSink) Init(logr.RuntimeInfo)                 {}
func (s errorSink) Enabled(int) bool                      { return false }
func (s errorSink) Info(int, string, ...any)              {}
func (s errorSink) WithValues(...any) logr.LogSink        { return s }
func (s errorSink) WithName(string) logr.LogSink          { return s }
func (s errorSink) Error(err error, msg string, _ ...any) { fmt.Fprintf(s.to, "%s: %v\n", msg, err) }
