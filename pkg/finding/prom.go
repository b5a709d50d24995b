package finding

import "slices"

// prom prints the findings and verdicts as gauges whose value is 1, and the time
// of the check, by which an alert sees that nobody checks any more.
func (v *view) prom() []byte {
	findings := Gauge{Name: v.Check + "_finding", Help: "1 for each finding; root is true for one that follows from no other."}
	for i, f := range v.findings {
		root := "false"
		if v.root[i] == i {
			root = "true"
		}
		labels := []Label{{"id", f.ID}, {"severity", string(f.Severity)}, {"root", root}}
		findings.Samples = append(findings.Samples, Sample{append(labels, f.Object.labels()...), 1})
	}
	verdicts := Gauge{Name: v.Check + "_verdict", Help: "1 for the verdict on each subject."}
	for _, s := range v.subjects {
		if !s.invented {
			verdicts.Samples = append(verdicts.Samples, Sample{append(s.Object.labels(), Label{"verdict", string(s.verdict)}), 1})
		}
	}
	checked := Gauge{Name: v.Check + "_checked_timestamp_seconds", Help: "When this was checked, in seconds since 1970.",
		Samples: []Sample{{Value: float64(v.CheckedAt.Unix())}}}
	return slices.Concat(findings.text(), verdicts.text(), checked.text())
}

// labels leave the line of a file out: it changes with every edit.
func (o Object) labels() []Label {
	return []Label{{"api_version", o.APIVersion}, {"kind", o.Kind}, {"namespace", o.Namespace}, {"name", o.Name}, {"file", o.File}}
}
