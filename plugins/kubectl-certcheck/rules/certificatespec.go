package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// certSpec: what the webhook refuses. In a cluster, such a Certificate was made while
// the webhook was not there.
func (c *checker) certSpec(i *issuance) {
	if i.OldAPI() {
		return // no webhook then; see CRT11
	}
	wrong := slices.Concat(i.wrongNames(), i.wrongTimes(), i.wrongKey())
	if len(wrong) == 0 {
		return
	}
	f := finding.Finding{
		ID: "CRT20", Severity: finding.Error, Object: i.Object,
		What:     "The API refuses the Certificate: " + wrong[0].Source + " " + wrong[0].Text + ".",
		Evidence: wrong,
		Docs:     "https://cert-manager.io/docs/usage/certificate/",
		Fix:      []finding.Step{do("Correct the manifest: " + wrong[0].Source + ".")},
	}
	if len(wrong) > 1 {
		f.What = fmt.Sprintf("The API refuses the Certificate for %d reasons: %s %s, and more.", len(wrong), wrong[0].Source, wrong[0].Text)
		f.Fix[0].Do = "Correct the manifest: each field below."
	}
	part := blocks
	if i.UID != "" {
		part = aside
		f.Severity = finding.Warning
		f.Cause = "It is in the cluster, so it was made while cert-manager's webhook did not check; each later change of it is refused."
	}
	c.add(part, f)
}

// wrong is one field, and what is wrong with it.
func certWrong(field, format string, args ...any) finding.Evidence {
	return finding.Evidence{Source: field, Text: fmt.Sprintf(format, args...)}
}

func (i *issuance) wrongNames() []finding.Evidence {
	var wrong []finding.Evidence
	if i.SecretName == "" {
		wrong = append(wrong, certWrong("spec.secretName", "is missing"))
	}
	if i.Issuer.Name == "" {
		wrong = append(wrong, certWrong("spec.issuerRef.name", "is missing"))
	}
	if i.CommonName == "" && len(i.DNSNames)+len(i.Addresses) == 0 && !i.OtherNames && !slices.Contains(i.Wrong, "spec.ipAddresses") {
		wrong = append(wrong, certWrong("spec.dnsNames", "is empty, and there is no commonName and no other name"))
	}
	if n := len(i.CommonName); n > 64 {
		wrong = append(wrong, certWrong("spec.commonName", "has %d letters, and 64 is the most", n))
	}
	for _, field := range i.Wrong {
		what := "is no duration, as 2160h is"
		if field == "spec.ipAddresses" {
			what = "has an item that is no IP address"
		}
		wrong = append(wrong, certWrong(field, "%s", what))
	}
	return wrong
}

// The bounds of the API (pkg/apis/certmanager/v1/const.go).
const (
	shortestDuration    = time.Hour
	standardDuration    = 90 * 24 * time.Hour
	shortestRenewBefore = 5 * time.Minute
)

func (i *issuance) wrongTimes() []finding.Evidence {
	var wrong []finding.Evidence
	duration := i.Duration
	if duration == 0 {
		duration = standardDuration
	}
	if duration < shortestDuration {
		wrong = append(wrong, certWrong("spec.duration", "is %s, and 1h is the least", certSpan(duration)))
	}
	switch percent := i.RenewBeforePercentage; {
	case i.RenewBefore != 0 && percent != 0:
		wrong = append(wrong, certWrong("spec.renewBefore", "and spec.renewBeforePercentage are both set"))
	case i.RenewBefore != 0 && i.RenewBefore < shortestRenewBefore:
		wrong = append(wrong, certWrong("spec.renewBefore", "is %s, and 5m is the least", certSpan(i.RenewBefore)))
	case i.RenewBefore >= duration:
		wrong = append(wrong, certWrong("spec.renewBefore", "is %s, which is not shorter than the duration, %s", certSpan(i.RenewBefore), certSpan(duration)))
	case percent < 0 || percent >= 100 || percent > 0 && duration/100*time.Duration(100-percent) < shortestRenewBefore:
		wrong = append(wrong, certWrong("spec.renewBeforePercentage", "is %d, which leaves no time between two renewals", percent))
	}
	if policy := i.RenewalPolicy; policy != "" && policy != "Disabled" && policy != "RenewBefore" {
		wrong = append(wrong, certWrong("spec.renewal.policy", "is %s, and may be RenewBefore or Disabled", policy))
	} else if policy == "Disabled" && i.Windows > 0 {
		wrong = append(wrong, certWrong("spec.renewal.windows", "are of no use with the policy Disabled"))
	}
	return wrong
}

func (i *issuance) wrongKey() []finding.Evidence {
	switch size := i.KeySize; i.KeyAlgorithm {
	case "", "RSA", "rsa":
		if size != 0 && (size < 2048 || size > 8192) {
			return []finding.Evidence{certWrong("spec.privateKey.size", "is %d, and RSA keys have 2048 to 8192 bits", size)}
		}
	case "ECDSA", "ecdsa":
		if size != 0 && size != 256 && size != 384 && size != 521 {
			return []finding.Evidence{certWrong("spec.privateKey.size", "is %d, and ECDSA keys have 256, 384 or 521 bits", size)}
		}
	case "Ed25519":
	default:
		return []finding.Evidence{certWrong("spec.privateKey.algorithm", "is %s, and may be RSA, ECDSA or Ed25519", i.KeyAlgorithm)}
	}
	return nil
}

// certRotation: the key in the Secret is not what is asked for, and must not be changed.
func (c *checker) certRotation(i *issuance) {
	ready := i.Conditions.Get("Ready")
	if i.loses() || !c.certKeepsKey(i) || ready == nil || ready.Status == "True" && !i.stale(ready) {
		return
	}
	secret := c.Secret(i.Secret())
	if secret == nil || secret.TLS == nil || secret.TLS.Key == nil {
		return
	}
	key := secret.TLS.Key.Key()
	if key == nil || i.wants(key) {
		return
	}
	f := finding.Finding{
		ID: "CRT15", Severity: finding.Warning, Object: i.Object,
		What:     fmt.Sprintf("spec.privateKey asks for a key of %s, Secret %s has one of %s %d, and rotationPolicy forbids a new one: no new certificate is issued.", i.keyWanted(), i.SecretName, key.Kind, key.Bits),
		Evidence: append(quote("spec.privateKey.rotationPolicy", i.RotationPolicy), i.conditionWords("Ready")...),
		Fix:      i.change("Let cert-manager make a new key with every certificate.", `{"spec":{"privateKey":{"rotationPolicy":"Always"}}}`),
		Docs:     "https://cert-manager.io/docs/usage/certificate/",
	}
	if e := c.LastEvent(&i.Meta, "CannotRegenerateKey"); e != nil && i.since(e) {
		f.Evidence = append(f.Evidence, quote("event CannotRegenerateKey", e.Message)...)
	}
	c.add(blocks, f)
}

// certKeepsKey reports whether the key stays: by the policy, or by its default before
// v1.18. With an unknown version nothing is said of the default.
func (c *checker) certKeepsKey(i *issuance) bool {
	if i.RotationPolicy != "" {
		return i.RotationPolicy == "Never"
	}
	if controller := c.Controller(); controller != nil && !i.OldAPI() {
		major, minor, ok := controller.Version()
		return ok && major == 1 && minor < 18
	}
	return false
}

// wants reports whether a key is of the kind and size that are asked for.
func (i *issuance) wants(key *material.Key) bool {
	kind, size := material.RSA, 2048
	switch strings.ToLower(i.KeyAlgorithm) {
	case "ecdsa":
		kind, size = material.ECDSA, 256
	case "ed25519":
		return key.Kind == material.Ed25519
	}
	if i.KeySize != 0 {
		size = i.KeySize
	}
	return key.Encrypted || key.Kind == kind && key.Bits == size
}

// keyWanted is the kind of key that is asked for.
func (i *issuance) keyWanted() string {
	algorithm := i.KeyAlgorithm
	if algorithm == "" {
		algorithm = "RSA"
	}
	if i.KeySize == 0 {
		return algorithm
	}
	return fmt.Sprintf("%s %d", algorithm, i.KeySize)
}
