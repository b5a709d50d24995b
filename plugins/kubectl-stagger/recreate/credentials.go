package recreate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

const (
	computeScope   = "https://www.googleapis.com/auth/compute"
	getCredentials = "run gcloud auth application-default login, or name a key file in GOOGLE_APPLICATION_CREDENTIALS, or, in a pod, use Workload Identity"
)

// credentials are Application Default Credentials, looked for when they are needed.
type credentials struct {
	mu     sync.Mutex
	source oauth2.TokenSource
}

// token returns an access token. Its errors hold no part of any credential, and are
// final where asking again does not help.
//
// The library knows no context where it waits (for a metadata server that may not
// be there, say), so it is left behind when ctx ends.
func (c *credentials) token(ctx context.Context) (string, error) {
	type answer struct {
		token *oauth2.Token
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		token, err := c.fetch(ctx)
		answers <- answer{token, err}
	}()
	select {
	case a := <-answers:
		if a.err != nil {
			return "", a.err
		}
		return a.token.AccessToken, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (c *credentials) fetch(ctx context.Context) (*oauth2.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.source == nil {
		// The source is used longer than ctx lasts.
		lasting := context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, &http.Client{Timeout: 30 * time.Second})
		found, err := google.FindDefaultCredentials(lasting, computeScope)
		if err != nil {
			return nil, final{fmt.Errorf("no usable credentials for Compute Engine: %s; %s", oneLine(err.Error()), getCredentials)}
		}
		c.source = oauth2.ReuseTokenSource(nil, found.TokenSource)
	}
	token, err := c.source.Token()
	if err != nil {
		told := fmt.Errorf("no access token came from Google: %s; %s", tokenProblem(err), getCredentials)
		if mayPass(err) {
			return nil, told
		}
		return nil, final{told}
	}
	return token, nil
}

// mayPass reports whether a token may come when asked for again: the server was not
// reached, or had trouble of its own.
func mayPass(err error) bool {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return refused.Response != nil && (refused.Response.StatusCode >= 500 || refused.Response.StatusCode == http.StatusTooManyRequests)
	}
	var unreached *url.Error
	return errors.As(err, &unreached)
}

// tokenProblem says why no token came without the answer's body, which the
// library's text has.
func tokenProblem(err error) string {
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) {
		return oneLine(err.Error())
	}
	said := struct {
		Error       string
		Description string `json:"error_description"`
	}{}
	_ = json.Unmarshal(refused.Body, &said) // the status will do
	if said.Error == "" && refused.Response != nil {
		said.Error = refused.Response.Status
	}
	if said.Description != "" {
		said.Error += ": " + said.Description
	}
	return oneLine(said.Error)
}
