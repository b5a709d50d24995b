package main

import (
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// printGauges prints when the certificates of the doors end, and when they are due for
// renewal: a report has verdicts only, and an alert goes by times.
func (o *options) printGauges(seen *sight, namespaces []string) error {
	terms, err := rules.Terms(seen.Snapshot, o.judging(seen, namespaces))
	if err != nil {
		return err
	}
	ends := finding.Gauge{Name: "certcheck_certificate_not_after_timestamp_seconds", Help: "When the certificate that a Secret has for a door ends, in seconds since 1970."}
	renewals := finding.Gauge{Name: "certcheck_certificate_renewal_timestamp_seconds", Help: "When the certificate that a Secret has for a door is due for renewal, in seconds since 1970."}
	for _, t := range terms {
		d := t.Door
		labels := []finding.Label{
			{Name: "api_version", Value: d.APIVersion}, {Name: "kind", Value: d.Kind}, {Name: "namespace", Value: d.Namespace}, {Name: "name", Value: d.Name}, {Name: "file", Value: d.File},
			{Name: "secret_namespace", Value: t.Secret.Namespace}, {Name: "secret", Value: t.Secret.Name},
		}
		ends.Samples = append(ends.Samples, sample(labels, t.NotAfter))
		if !t.Renewal.IsZero() {
			renewals.Samples = append(renewals.Samples, sample(labels, t.Renewal))
		}
	}
	for _, g := range []finding.Gauge{ends, renewals} {
		if err := g.Print(o.Out); err != nil {
			return err
		}
	}
	return nil
}

func sample(labels []finding.Label, at time.Time) finding.Sample {
	return finding.Sample{Labels: labels, Value: float64(at.Unix())}
}
