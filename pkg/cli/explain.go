package cli

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Explain is an error's text with what to do about it, where that is known.
func Explain(err error) string {
	var dns *net.DNSError
	var unknownCA x509.UnknownAuthorityError
	var request *url.Error
	text := err.Error()
	switch {
	case apierrors.IsUnauthorized(err):
		return text + "\nYou must be logged in to the server: the kubeconfig's credentials were not accepted"
	case errors.Is(err, syscall.ECONNREFUSED) && errors.As(err, &request):
		return fmt.Sprintf("the connection to the server %s was refused; is it up, and is it the right host and port?", host(request))
	case errors.As(err, &dns):
		return fmt.Sprintf("the server's name %q cannot be resolved (%s); is the kubeconfig's server right, is a VPN needed?", dns.Name, dns.Err)
	case errors.As(err, &unknownCA):
		return text + "\nThe kubeconfig's certificate authority is not the one that signed the server's certificate"
	}
	return text
}

func host(e *url.Error) string {
	if u, err := url.Parse(e.URL); err == nil {
		return u.Host
	}
	return e.URL
}
