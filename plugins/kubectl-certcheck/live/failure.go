package live

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// failureOf recognizes what went wrong. Parent is the caller's context, without
// the deadline of the one handshake.
func failureOf(parent context.Context, err error) *served.Failure {
	var known *served.Failure
	if errors.As(err, &known) && parent.Err() == nil {
		found := *known
		return &found
	}
	f := &served.Failure{Kind: kindOf(err), Detail: err.Error()}
	if parent.Err() != nil {
		f.Kind, f.Detail = served.Canceled, parent.Err().Error()
	}
	if number, ok := alertNumber(err); ok && f.Kind != served.Canceled {
		f.Kind, f.Alert = served.Alert, alertName(number)
	}
	return f
}

func kindOf(err error) served.Kind {
	var lookup *net.DNSError
	var header tls.RecordHeaderError
	var network net.Error
	switch {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return served.NoSuchHost
	case errors.As(err, &lookup):
		return served.LookupFailed
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return served.Timeout
	case errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return served.Reset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return served.Closed
	case errors.As(err, &header) && string(header.RecordHeader[:]) == "HTTP/":
		return served.PlainHTTP
	case errors.As(err, &header):
		return served.NotTLS
	}
	return kindOfText(err.Error())
}

// kindOfText recognizes errors that are known by their words only: what a kubelet
// reports of the pod's side, what Windows says, and errors of crypto/tls.
func kindOfText(text string) served.Kind {
	for _, known := range []struct {
		words string
		kind  served.Kind
	}{
		{"refused", served.Refused},
		{"reset by peer", served.Reset},
		{"forcibly closed", served.Reset},
		{"broken pipe", served.Reset},
		{"network is unreachable", served.Unreachable},
		{"no route to host", served.Unreachable},
		{"host is unreachable", served.Unreachable},
		{"unreachable network", served.Unreachable},
		{"unreachable host", served.Unreachable},
		{"timed out", served.Timeout},
		{"i/o timeout", served.Timeout},
		{"tls: failed to parse certificate from server", served.BadCertificate},
		{"tls: server selected unsupported protocol version", served.NoCommonVersion},
	} {
		if strings.Contains(text, known.words) {
			return known.kind
		}
	}
	return served.Other
}
