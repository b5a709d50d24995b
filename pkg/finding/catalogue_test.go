package finding

import (
	"slices"
	"strings"
	"testing"
)

func catalogue() Catalogue {
	return Catalogue{
		{"SEC05", Error, "certificate expired"},
		{"CRT02", Error, "last request failed"},
		{"CHAL01", Error, "provider call failed"},
		{"IAM01", Error, "hosted zones may not be listed"},
		{"GWC08", Warning, "credential in several Gateways"},
		{"ENV07", Info, "who serves it"},
		{"ENV08", Info, "no permission"},
		{"GWC06", Error, "host not covered"},
		{"ING01", Error, "Secret missing"},
		{"POD01", Warning, "not reloaded"},
	}
}

func TestCatalogueValidate(t *testing.T) {
	for want, change := range map[string]func(c Catalogue){
		"":                 func(Catalogue) {},
		"twice":            func(c Catalogue) { c[0].ID = "iam01" },
		"is not an id":     func(c Catalogue) { c[0].ID = "no good" },
		"unknown severity": func(c Catalogue) { c[0].Severity = "fatal" },
		"needs a title":    func(c Catalogue) { c[0].Title = "" },
	} {
		c := catalogue()
		change(c)
		err := c.Validate()
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestCatalogueCheck(t *testing.T) {
	for want, change := range map[string]func(r *Report){
		"":                             func(*Report) {},
		"X1 is not in the catalogue":   func(r *Report) { r.Findings[4].ID = "X1" },
		"GWC08 is at most warning":     func(r *Report) { r.Findings[4].Severity = Error },
		"X2 was looked at":             func(r *Report) { r.Subjects[0].Checked = []string{"X2"} },
		"needs an id, an object and a": func(r *Report) { r.Findings[4].What = "" },
	} {
		r := broken()
		change(r)
		err := catalogue().Check(r)
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestCatalogueMissing(t *testing.T) {
	if got := catalogue().Missing(broken(), fromFiles()); !slices.Equal(got, []string{"GWC06", "ING01", "POD01"}) {
		t.Error(got)
	}
}

func TestCatalogueMarkdown(t *testing.T) {
	want := "| id | at worst | what is wrong |\n| --- | --- | --- |\n| `SEC05` | error | certificate expired |\n"
	if got := catalogue()[:1].Markdown(); got != want {
		t.Error(got)
	}
}
