package live

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// AdminPort is where Istio's Envoys have their admin interface, on the pod's
// loopback, where a port-forward leads to.
const AdminPort = 15000

const (
	// maxAdmin is how much of an answer is read, in bytes. A certificate takes less
	// than 1 KiB.
	maxAdmin     = 32 << 20
	adminTimeout = 30 * time.Second
)

// AdminCertificates asks the admin interface of an Envoy (GET /certs) which
// certificates it has loaded. Nothing is changed by that. The error is a *served.Failure
// if there was no answer.
func AdminCertificates(ctx context.Context, dial Dialer) ([]served.Loaded, error) {
	parent := ctx
	ctx, cancel := context.WithTimeout(parent, adminTimeout)
	defer cancel()
	client := &http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://localhost:%d/certs", AdminPort), nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, failureOf(parent, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAdmin+1))
	switch {
	case err != nil:
		return nil, failureOf(parent, err)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("GET /certs is answered with status %d: this is not the admin interface of an Envoy", response.StatusCode)
	case len(body) > maxAdmin:
		return nil, fmt.Errorf("the answer to GET /certs has more than %d MiB", maxAdmin>>20)
	}
	return ParseAdminCertificates(body)
}
