package diagnose

import (
	"fmt"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
)

// connectionCatalogue is what can be wrong with what the log says of connections to the instances.
func connectionCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "api-disabled", Severity: finding.Error, Title: "The API is not switched on in the project"},
		{ID: "scopes", Severity: finding.Error, Title: "The nodes' scopes keep the proxy from the API"},
		{ID: "not-authorized", Severity: finding.Error, Title: "The proxy's account may not connect to the instance"},
		{ID: "instance-not-found", Severity: finding.Error, Title: "The instance does not exist"},
		{ID: "instance-stopped", Severity: finding.Error, Title: "The instance is stopped"},
		{ID: "quota", Severity: finding.Error, Title: "The quota of the API is used up"},
		{ID: "api-unavailable", Severity: finding.Error, Title: "The API does not answer, or fails"},
		{ID: "iam-login", Severity: finding.Error, Title: "The database does not take the proxy's account for a user"},
		{ID: "ip-type-mismatch", Severity: finding.Error, Title: "The instance has no address of the type that the proxy is told to use"},
		{ID: "no-ip", Severity: finding.Error, Title: "The instance has no address"},
		{ID: "first-generation", Severity: finding.Error, Title: "The instance is of the first generation"},
		{ID: "server-certificate", Severity: finding.Error, Title: "The server's certificate is not the instance's"},
		{ID: "dial-timeout", Severity: finding.Error, Title: "The instance does not answer"},
		{ID: "dial-refused", Severity: finding.Error, Title: "The instance refuses connections"},
		{ID: "dialer-closed", Severity: finding.Warning, Title: "Connections came to a proxy that was ending"},
		{ID: "mdx", Severity: finding.Warning, Title: "The server ended connections before their first byte"},
		{ID: "max-connections", Severity: finding.Error, Title: "The proxy refuses connections above its limit"},
		{ID: "server-reset", Severity: finding.Warning, Title: "Connections are cut from the instance's side"},
		{ID: "client-reset", Severity: finding.Info, Title: "Clients vanished without closing their connections"},
		{ID: "plaintext-ssl", Severity: finding.Error, Title: "A client asks for TLS, which the proxy does not offer"},
	}
}

// checkConnections judges what the log says of connections to the instances.
func (c *checker) checkConnections(s *subject) {
	c.checkTLS(s)
	for _, f := range c.complaints(s) {
		c.addComplaint(s, f)
	}
}

// recent is how long what was logged last is taken for how it is.
const recent = time.Hour

// addComplaint adds what a log says, as bad as it is by now: what worked later is history.
func (c *checker) addComplaint(s *subject, d *complaint) {
	known := knownFaults()[d.id]
	f := finding.Finding{ID: d.id, Severity: known.severity, Object: s.Object, Evidence: d.evidence()}
	old := !d.last.IsZero() && c.Now.Sub(d.last) > recent
	switch {
	case d.over && !known.comesAndGoes:
		return
	case d.over:
		f.Severity = finding.Info
	case old && f.Severity == finding.Error:
		f.Severity = finding.Warning
	}
	c.describe(s, d, &f)
	if f.What = strings.TrimSuffix(f.What, "."); d.over {
		f.What += "; later connections worked"
	} else if old {
		f.What += "; seen last on " + d.last.UTC().Format(time.DateOnly)
	}
	f.What += "."
	part := aside
	if f.Severity == finding.Error {
		part = blocks
	}
	c.add(s, part, f)
}

// evidence is the newest line, and how often and since when there are such.
func (d *complaint) evidence() []finding.Evidence {
	all := quote(d.log.source(), shownLine(bothEnds(d.line.message)))
	text := ""
	if d.count > 1 {
		text = counted(d.count, "time")
	}
	if d.pods > 1 {
		text += fmt.Sprintf(" in the logs of %d pods", d.pods)
	}
	switch {
	case d.first.IsZero():
	case d.count > 1:
		text += ", from " + d.first.UTC().Format(time.RFC3339) + " to " + d.last.UTC().Format(time.RFC3339)
	default:
		text = "once, at " + d.last.UTC().Format(time.RFC3339)
	}
	return append(all, quote("how often", text)...)
}

// bothEnds is a long message without its middle: whom it is about stands in front, what
// the API says of it at the end.
func bothEnds(message string) string {
	const front, end = 100, 170
	if len(message) <= front+end {
		return message
	}
	first, last := message[:front], message[len(message)-end:]
	// Whole words, where there are any.
	if at := strings.LastIndexByte(first, ' '); at > 0 && message[front] != ' ' {
		first = first[:at]
	}
	if at := strings.IndexByte(last, ' '); at >= 0 && at < end/2 {
		last = last[at+1:]
	}
	return strings.ToValidUTF8(first+" … "+last, "")
}
