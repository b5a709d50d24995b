package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// waitPause is how long --wait rests between two looks: certificates take minutes.
const waitPause = 5 * time.Second

// runWait looks until nothing is found that --fail-on is about and every Certificate is
// Ready, or --timeout is over. It tells on stderr when what it waits for has changed.
func (o *options) runWait(ctx context.Context, cluster *kube.Cluster) error {
	notices := cli.NewNotices(o.ErrOut, "certcheck")
	deadline := time.Now().Add(o.timeout)
	told := ""
	var last *state
	for {
		now := o.lookBefore(ctx, cluster, deadline)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case apierrors.IsUnauthorized(now.err): // waiting does not change it
			return now.err
		case now.pending == "":
			return o.conclude(now.report, now.seen, o.namespaces(cluster.Namespace))
		case now.err == nil || last == nil || time.Now().Before(deadline):
			last = now // a look that the deadline has cut tells less than the one before
		}
		if time.Now().Add(o.pause()).After(deadline) {
			return o.giveUp(last, notices, o.namespaces(cluster.Namespace))
		}
		told = tellOnce(notices, told, "waiting: "+last.pending)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(o.pause()):
		}
	}
}

func (o *options) pause() time.Duration { return min(waitPause, o.timeout/4) }

// giveUp prints what has kept it waiting. That is a failure in any case, also where
// --fail-on is not about it.
func (o *options) giveUp(last *state, notices *cli.Notices, namespaces []string) error {
	if last.err != nil {
		return fmt.Errorf("after %v: %w", o.timeout, last.err)
	}
	notices.Printf("after %v still waiting: %s", o.timeout, last.pending)
	if err := o.conclude(last.report, last.seen, namespaces); err != nil {
		return err
	}
	return &cli.Exit{Code: cli.CodeFinding}
}

// state is what one look has found.
type state struct {
	seen    *sight
	report  *finding.Report
	err     error  // what is waited for may not exist yet, or the API be away
	pending string // what is waited for, in one line; empty is nothing
}

// lookBefore looks and judges. An API that does not answer must not make it longer than
// the deadline.
func (o *options) lookBefore(ctx context.Context, cluster *kube.Cluster, deadline time.Time) *state {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	s := &state{}
	if s.seen, s.err = o.look(ctx, cluster); s.err == nil {
		s.report, s.err = o.check(s.seen, o.namespaces(cluster.Namespace))
	}
	if s.err == nil && len(s.report.Subjects) == 0 {
		s.err = errors.New("there is nothing to check yet")
	}
	switch {
	case s.err != nil:
		s.pending = s.err.Error()
	case s.report.Exceeds(o.failOn):
		s.pending = causes(s.report, o.failOn)
	default:
		s.pending = o.unready(s.seen, o.namespaces(cluster.Namespace))
	}
	return s
}

// unready is what cannot be called healthy though no rule complains of it: what the API
// failed to tell, and a Certificate that is so new that its rules are still patient.
func (o *options) unready(seen *sight, namespaces []string) string {
	for i := range seen.Missing {
		// A right that is missing will not come; an API that fails will be back.
		if m := &seen.Missing[i]; !m.Forbidden {
			return fmt.Sprintf("no %s could be read: %s", m.Resource, m.Reason)
		}
	}
	doors, err := rules.Doors(seen.Snapshot, o.judging(seen, namespaces))
	if err != nil {
		return err.Error()
	}
	for i := range doors {
		for _, use := range doors[i].Uses {
			for _, certificate := range seen.CertificatesFor(use.Secret) {
				if !isReady(certificate) {
					return fmt.Sprintf("Certificate %s/%s is not Ready", certificate.Namespace, certificate.Name)
				}
			}
		}
	}
	return ""
}

// isReady reports whether a Certificate is Ready as its spec is now.
func isReady(o *chain.Certificate) bool {
	ready := o.Conditions.Get("Ready")
	return ready != nil && ready.Status == "True" && (ready.ObservedGeneration == 0 || ready.ObservedGeneration >= o.Generation)
}

func tellOnce(notices *cli.Notices, told, text string) string {
	if text != told {
		notices.Printf("%s", text)
	}
	return text
}

// causes are the root causes of what is at or above a severity, in one line.
func causes(report *finding.Report, level finding.FailOn) string {
	var all []string
	for i := range report.Findings {
		f := &report.Findings[i]
		if one := (finding.Report{Findings: []finding.Finding{*f}}); !one.Exceeds(level) {
			continue
		}
		f = rootOf(report, f)
		if text := fmt.Sprintf("%s %s", f.ID, strings.TrimSuffix(f.What, ".")); !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	const most = 3
	if more := len(all) - most; more > 0 {
		all = append(all[:most], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, "; ")
}

// rootOf is the finding that another one follows from, in the end.
func rootOf(report *finding.Report, f *finding.Finding) *finding.Finding {
	for range report.Findings { // no chain is longer
		i := slices.IndexFunc(report.Findings, func(o finding.Finding) bool { return f.Because != nil && o.Ref() == *f.Because })
		if i < 0 {
			break
		}
		f = &report.Findings[i]
	}
	return f
}
