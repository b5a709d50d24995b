package recreate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// attemptTimeout is how long one request may take, so that an answer that never
	// comes is asked for again.
	attemptTimeout = 30 * time.Second
	// maxAnswer is how many bytes of an answer are read: a page of 500 VMs has less
	// than 1 MB.
	maxAnswer = 32 << 20
)

// rest asks the Compute Engine API.
type rest struct {
	endpoint    string // without a slash at the end
	userAgent   string
	client      *http.Client
	credentials *credentials // nil: none are sent
	retry       retry
}

// newClient makes a client that follows no redirection: the API sends none, and a
// token must not go elsewhere.
func newClient() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// request is one call of the API. It may be sent more than once.
type request struct {
	call   string // "instances.get", for errors
	method string
	path   string // below the endpoint, without a slash in front
	query  url.Values
	body   any // nil for none
}

// do sends a request, again where the answer may be another one soon, and decodes
// the answer into out.
func (c *rest) do(ctx context.Context, r request, out any) error {
	var body []byte
	if r.body != nil {
		var err error
		if body, err = json.Marshal(r.body); err != nil {
			return err
		}
	}
	err := c.retry.do(ctx, func(ctx context.Context) (time.Duration, error) { return c.once(ctx, r, body, out) })
	if err != nil {
		return fmt.Errorf("%s: %w", r.call, err)
	}
	return nil
}

// once sends a request one time. The duration is how long the server wants one to
// wait; an error that is no passing trouble is final.
func (c *rest) once(ctx context.Context, r request, body []byte, out any) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	target := c.endpoint + "/" + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	hr, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(body))
	if err != nil {
		return 0, final{err}
	}
	hr.Header.Set("User-Agent", c.userAgent)
	hr.Header.Set("Accept", "application/json")
	if body != nil {
		hr.Header.Set("Content-Type", "application/json")
	}
	token := ""
	if c.credentials != nil {
		if token, err = c.credentials.token(ctx); err != nil {
			return 0, err
		}
		hr.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := c.client.Do(hr)
	if err != nil {
		return 0, c.unreachable(hr.URL, err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		return 0, c.unreachable(hr.URL, err)
	case answer.StatusCode/100 != 2:
		refusal := refusal(answer.StatusCode, raw, token)
		if !refusal.passing() {
			return 0, final{refusal}
		}
		return retryAfter(answer.Header.Get("Retry-After"), time.Now()), refusal
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return 0, final{fmt.Errorf("the answer of %s is not the Compute Engine API's: %w", hr.URL.Host, err)}
	}
	return 0, nil
}

// unreachable names the host of a request that got no answer, and not the whole
// URL, which says nothing more.
func (c *rest) unreachable(at *url.URL, err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return fmt.Errorf("no answer from %s: %w", at.Host, err)
}

// refusal reads Google's form of an error; other bodies, as of a proxy, say no more
// than the status.
func refusal(status int, body []byte, token string) *Error {
	var said struct {
		Error struct {
			Message string
			Status  string
			Errors  []struct{ Reason, Message string }
		}
	}
	_ = json.Unmarshal(body, &said) // the status will do
	reason, message := said.Error.Status, said.Error.Message
	if len(said.Error.Errors) > 0 {
		reason = said.Error.Errors[0].Reason
		if message == "" {
			message = said.Error.Errors[0].Message
		}
	}
	if message == "" {
		message = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", status, http.StatusText(status)))
	}
	if token != "" {
		message = strings.ReplaceAll(message, token, "(token)") // no server does that, and no log must have it
	}
	return newError(status, reason, message)
}

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}
