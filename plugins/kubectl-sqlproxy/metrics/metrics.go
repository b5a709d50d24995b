// Package metrics reads what a proxy with --prometheus says of its instances: how many
// connections are open, and how often something failed since it started.
package metrics

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Counts are of one instance, in one process of the proxy.
type Counts struct {
	Open            int64 // connections that are open now
	DialFailures    int64 // connections to the instance that failed
	RefreshFailures int64 // certificates that could not be had
}

const (
	maxPage = 8 << 20 // bytes
	maxLine = 64 << 10
)

// Read takes the counts, by the instance's connection name, from a page of Prometheus's
// text format. An instance that was never dialled has no lines there. The error says
// which line cannot be read, or that the page is none of a proxy.
func Read(page io.Reader) (map[string]Counts, error) {
	all := map[string]Counts{}
	limited := &io.LimitedReader{R: page, N: maxPage}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	samples := 0
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		s, err := parseSample(text)
		if err != nil && limited.N <= 0 { // it may be cut
			break
		}
		if err != nil {
			return nil, fmt.Errorf("line %d of the metrics: %w", n, err)
		}
		samples++
		s.addTo(all)
	}
	switch {
	case errors.Is(lines.Err(), bufio.ErrTooLong):
		return nil, fmt.Errorf("the metrics have a line of more than %d bytes", maxLine)
	case lines.Err() != nil:
		return nil, fmt.Errorf("reading the metrics: %w", lines.Err())
	case limited.N <= 0:
		return nil, fmt.Errorf("the metrics have more than %d bytes", maxPage)
	case samples == 0:
		return nil, errors.New("the page has no metrics")
	}
	return all, nil
}

// addTo counts a sample. Names may have the prefix of --prometheus-namespace, counters
// the suffix of later formats.
func (s *sample) addTo(all map[string]Counts) {
	instance := s.labels["cloudsql_instance"]
	if instance == "" {
		instance = s.labels["alloydb_instance"]
	}
	if instance == "" || math.IsNaN(s.value) || math.Abs(s.value) > 1<<53 {
		return
	}
	c, n := all[instance], int64(s.value)
	switch name := strings.TrimSuffix(s.name, "_total"); {
	case strings.HasSuffix(name, "conn_open_connections"):
		c.Open += n
	case strings.HasSuffix(name, "conn_dial_failure_count"):
		c.DialFailures += n
	case strings.HasSuffix(name, "conn_refresh_failure_count"):
		c.RefreshFailures += n
	}
	all[instance] = c
}

// Get asks a proxy's HTTP server for its metrics, on a connection that dial makes.
func Get(ctx context.Context, dial func(context.Context) (net.Conn, error)) (map[string]Counts, error) {
	transport := &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
		DisableKeepAlives: true,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/metrics answers with status %s", strconv.Itoa(response.StatusCode))
	}
	return Read(response.Body)
}
