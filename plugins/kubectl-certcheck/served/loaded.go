package served

import "time"

// Use is what an Envoy has a certificate for.
type Use string

const (
	UseServing Use = "cert_chain" // to identify itself
	UseTrust   Use = "ca_cert"    // to verify others
)

// Loaded is a certificate that an Envoy has loaded. Of a file with several it
// tells the first only (envoy#4661), and it says of no certificate from which
// Secret it is (envoy#6315).
type Loaded struct {
	Use  Use
	Path string // "<inline>" if it came by SDS
	// Serial is written as material.Certificate.Serial is.
	Serial string
	// DNSNames, URIs and Addresses are the SANs; the old form has none.
	DNSNames  []string `json:",omitempty"`
	URIs      []string `json:",omitempty"`
	Addresses []string `json:",omitempty"`
	// NotBefore and NotAfter are zero if unknown: in the old form, and where the
	// Envoys of old reckoned with 32 bits (a NotAfter before NotBefore, as in envoy#6315).
	NotBefore time.Time `json:",omitzero"`
	NotAfter  time.Time `json:",omitzero"`
	// Days until NotAfter; nil is unknown. Envoys tell 0 for expired ones too, those
	// before envoy#20581 (2022) a negative number.
	Days *int64 `json:",omitempty"`
}
