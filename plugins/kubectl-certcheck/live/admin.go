package live

import (
	"context"
	"encoding/json"
	"errors"
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
	body, err := adminGet(ctx, dial, "/certs")
	if err != nil {
		return nil, err
	}
	return ParseAdminCertificates(body)
}

// AdminWarming asks the admin interface of an Envoy which Secrets it waits for, by the
// names that it has for them ("kubernetes://web-tls"). The errors are those of
// AdminCertificates; Envoys before 1.16 have no such question.
func AdminWarming(ctx context.Context, dial Dialer) ([]string, error) {
	body, err := adminGet(ctx, dial, "/config_dump?resource=dynamic_warming_secrets")
	if err != nil {
		return nil, err
	}
	// Of a Secret only the name is read, though Envoy leaves the key out by itself.
	var dump struct{ Configs []struct{ Name string } }
	if err := json.Unmarshal(body, &dump); err != nil {
		return nil, errors.New("the answer to GET /config_dump is not the JSON of an Envoy")
	}
	var names []string
	for _, c := range dump.Configs {
		if c.Name != "" {
			names = append(names, c.Name)
		}
	}
	return names, nil
}

// adminGet asks the admin interface.
func adminGet(ctx context.Context, dial Dialer, path string) ([]byte, error) {
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
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://localhost:%d%s", AdminPort, path), nil)
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
		return nil, fmt.Errorf("GET %s is answered with status %d: this is not the admin interface of an Envoy", path, response.StatusCode)
	case len(body) > maxAdmin:
		return nil, fmt.Errorf("the answer to GET %s has more than %d MiB", path, maxAdmin>>20)
	}
	return body, nil
}
