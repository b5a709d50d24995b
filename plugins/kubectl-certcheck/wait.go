package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/kube"
)

// waitPause is how long --wait rests between two looks: certificates take minutes.
const waitPause = 5 * time.Second

// runWait looks until nothing is found that --fail-on is about, or --timeout is over.
// It tells on stderr when the causes have changed.
func (o *options) runWait(ctx context.Context, cluster *kube.Cluster) error {
	notices := cli.NewNotices(o.ErrOut, "certcheck")
	deadline := time.Now().Add(o.timeout)
	told := ""
	for {
		report, err := o.lookAndCheck(ctx, cluster)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		last := time.Now().Add(o.pause()).After(deadline)
		switch {
		case err != nil && last:
			return fmt.Errorf("after %v: %w", o.timeout, err)
		case err != nil: // what is waited for may not exist yet, or the API be away
			told = tellOnce(notices, told, "waiting: "+err.Error())
		case !report.Exceeds(o.failOn):
			return o.conclude(report)
		case last:
			notices.Printf("still not healthy after %v", o.timeout)
			return o.conclude(report)
		default:
			told = tellOnce(notices, told, "waiting: "+causes(report, o.failOn))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(o.pause()):
		}
	}
}

func (o *options) pause() time.Duration { return min(waitPause, o.timeout/4) }

func (o *options) lookAndCheck(ctx context.Context, cluster *kube.Cluster) (*finding.Report, error) {
	seen, err := o.look(ctx, cluster)
	if err != nil {
		return nil, err
	}
	report, err := o.check(seen, o.namespaces(cluster.Namespace))
	if err == nil && len(report.Subjects) == 0 && len(report.Findings) == 0 {
		err = errors.New("there is nothing to check yet")
	}
	return report, err
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
