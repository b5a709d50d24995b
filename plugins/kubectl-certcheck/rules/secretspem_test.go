package rules

import (
	"encoding/pem"
	"strings"
	"testing"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// TestComplaints: each thing that goes wrong when files are pasted, with the line that
// it is in; and nothing about a text that is right.
func TestComplaints(t *testing.T) {
	t.Parallel()
	w := wish{}
	good := string(w.authority(t, "CA"))
	lines := strings.Count(good, "\n")
	block := func(label, content string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: []byte(content)}))
	}
	for name, tt := range map[string]struct {
		text     string
		expect   material.Expect
		severity finding.Severity
		says     string
		line     int
	}{
		"good":            {good, material.Certificates, "", "", 0},
		"two":             {good + good, material.Certificates, "", "", 0},
		"CR LF":           {strings.ReplaceAll(good, "\n", "\r\n"), material.Certificates, finding.Info, "CR LF", 1},
		"text before":     {"subject=CN = x\n" + good, material.Certificates, finding.Info, "in front of the first block", 1},
		"text after":      {good + "bye\n", material.Certificates, finding.Info, "behind the last block", lines + 1},
		"no newline":      {strings.TrimSpace(good) + good, material.Certificates, finding.Error, "on one line", 1},
		"escaped":         {strings.ReplaceAll(good, "\n", `\n`), material.Certificates, finding.Error, `letters \n`, 1},
		"indented":        {"  " + strings.ReplaceAll(good, "\n", "\n  "), material.Certificates, finding.Error, "in front of BEGIN or END", 1},
		"byte order mark": {"\ufeff" + good, material.Certificates, finding.Warning, "byte order mark", 1},
		"key first":       {block("RSA PRIVATE KEY", "x") + good, material.Certificates, finding.Warning, "holds a private key, which has no place there", 1},
		"no certificate":  {block("CERTIFICATE", "x") + good, material.Certificates, finding.Error, "no valid certificate: x509", 1},
		"headers":         {strings.Replace(good, "CERTIFICATE-----\n", "CERTIFICATE-----\nA: b\n\n", 1), material.Certificates, finding.Warning, "headers", 1},
		"old label":       {strings.ReplaceAll(good, "CERTIFICATE", "X509 CERTIFICATE"), material.Certificates, finding.Warning, "X509 CERTIFICATE", 1},
		"OpenSSH":         {block("OPENSSH PRIVATE KEY", "openssh-key-v1"), material.PrivateKey, finding.Error, "OpenSSH's form", 1},
		"encrypted":       {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", material.PrivateKey, finding.Error, "encrypted key", 1},
		"UTF-16":          {"\xff\xfe-\x00-\x00", material.Certificates, finding.Error, "UTF-16", 0},
		"a word":          {"hello", material.Certificates, finding.Error, "no block at all", 0},
	} {
		all := complaintsOf(material.Parse([]byte(tt.text), tt.expect))
		if tt.says == "" {
			if len(all) > 0 {
				t.Errorf("%s: %v", name, all)
			}
			continue
		}
		found := false
		for _, one := range all {
			found = found || one.severity == tt.severity && strings.Contains(one.text, tt.says) && one.line == tt.line
		}
		if !found {
			t.Errorf("%s: %+v, want %s: %s (line %d)", name, all, tt.severity, tt.says, tt.line)
		}
	}
}
