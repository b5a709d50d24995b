//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kubechores/kubechores/scripts/bench/tlsfleet"
)

const (
	certcheck   = "certcheck"
	checkTime   = 5 * time.Second
	checkMemory = 200 * 1e6
)

// check measures kubectl-certcheck over all namespaces of a large cluster: everything
// comes from the API, and a verdict for each Gateway, Ingress, pod and certificate goes
// out.
func (s settings) check(ctx context.Context, out io.Writer) ([]bar, error) {
	source, err := startSource(ctx, 0, 0, "-tls")
	if err != nil {
		return nil, err
	}
	defer source.close()
	var runs []figures
	var problem error
	size := tlsfleet.Large()
	for round := range s.rounds + 1 {
		f, err := s.checkOnce(ctx, source, size)
		if errors.Is(err, errNoCheck) {
			problem = err
		} else if err != nil {
			return nil, err
		}
		if round > 0 { // the first one makes the server's answers, too
			runs = append(runs, f)
		}
	}
	result := median(runs)
	printRows(out, fmt.Sprintf("check: %d Secrets, %d Certificates, %d Gateways, %d Ingresses and %d pods, read from the API; median of %d rounds",
		size.Secrets, size.Certificates, size.Gateways, size.Ingresses, size.Pods, s.rounds), []row{{certcheck, result}})
	return checkBars(result, problem), nil
}

func checkBars(f figures, problem error) []bar {
	return []bar{
		atMost("wall of "+certcheck+", check", int64(f.wall), int64(checkTime), func(ns int64) string { return fmt.Sprintf("%.1f s", time.Duration(ns).Seconds()) }),
		atMost("peak RSS of "+certcheck+", check", f.rss, checkMemory, megabytes),
		holds("check of "+certcheck, "of all doors", problem),
	}
}

// errNoCheck is that what was printed is no check of the cluster.
var errNoCheck = errors.New("not a check of the whole cluster")

// checkOnce makes one check.
func (s settings) checkOnce(ctx context.Context, source *remote, size tlsfleet.Size) (figures, error) {
	p, err := source.start(ctx, []string{s.certcheck, "-A", "-o", "json", "--fail-on", "none", "--kubeconfig", source.file(kubeconfigIn)})
	if err != nil {
		return figures{}, err
	}
	seen, readErr := readReport(p.stdout)
	if _, err := io.Copy(io.Discard, p.stdout); err != nil {
		readErr = errors.Join(readErr, err)
	}
	f, err := p.finish()
	if err != nil {
		return f, err
	}
	if readErr != nil || seen.kinds["Gateway"] != size.Gateways || seen.kinds["Ingress"] != size.Ingresses || seen.kinds["Secret"] == 0 || seen.findings == 0 {
		return f, fmt.Errorf("%w: subjects %v and %d findings, %v", errNoCheck, seen.kinds, seen.findings, readErr)
	}
	return f, nil
}

// report is what is counted of a report.
type report struct {
	kinds    map[string]int // of subjects
	findings int
}

// readReport counts piece by piece: a client begins with the memory that this process
// has, so that must not grow to hold a whole report.
func readReport(from io.Reader) (report, error) {
	seen := report{kinds: map[string]int{}}
	d := json.NewDecoder(from)
	if _, err := d.Token(); err != nil {
		return seen, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return seen, err
		}
		switch name {
		case "subjects":
			err = eachItem(d, func(s struct{ Object struct{ Kind string } }) { seen.kinds[s.Object.Kind]++ })
		case "findings":
			err = eachItem(d, func(struct{}) { seen.findings++ })
		default:
			err = d.Decode(&struct{}{})
			if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
				err = nil // a field of another type, which is skipped all the same
			}
		}
		if err != nil {
			return seen, err
		}
	}
	return seen, nil
}

func eachItem[T any](d *json.Decoder, do func(T)) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		var item T
		if err := d.Decode(&item); err != nil {
			return err
		}
		do(item)
	}
	_, err := d.Token()
	return err
}
