package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// ParseAdminCertificates reads what an Envoy answers to GET /certs: the JSON form
// of envoy.admin.v3.Certificates (api/envoy/admin/v3/certs.proto; v2alpha is
// alike, its first version has single objects instead of lists), or the form of
// 2018, up to about Envoy 1.7 and so of Istio 0.8: objects one after the other
// with a text in each of ca_cert and cert_chain. It fails if the answer is neither; what it
// does not understand inside is left out.
func ParseAdminCertificates(answer []byte) ([]served.Loaded, error) {
	answer = bytes.TrimSpace(answer)
	if len(answer) == 0 {
		return nil, nil // the old form of none
	}
	var loaded []served.Loaded
	known := false
	for decoder := json.NewDecoder(bytes.NewReader(answer)); ; {
		var context struct {
			Certificates *[]usesJSON `json:"certificates"`
			usesJSON
		}
		err := decoder.Decode(&context)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			// Envoy writes the old form without quoting: a path may break the JSON.
			if loaded, known = parseText(string(answer)); known {
				break
			}
			return nil, fmt.Errorf("the answer to GET /certs is in no known form: %w", err)
		}
		known = known || context.Certificates != nil || context.CACert != nil || context.CertChain != nil
		loaded = context.appendTo(loaded)
		if context.Certificates != nil {
			for _, uses := range *context.Certificates {
				loaded = uses.appendTo(loaded)
			}
		}
	}
	if !known {
		return nil, errors.New("the answer to GET /certs is in no known form: it is JSON, but has neither certificates nor cert_chain")
	}
	return loaded, nil
}

type usesJSON struct {
	CACert    json.RawMessage `json:"ca_cert"`
	CertChain json.RawMessage `json:"cert_chain"`
}

func (u usesJSON) appendTo(loaded []served.Loaded) []served.Loaded {
	loaded = appendDetails(loaded, served.UseTrust, u.CACert)
	return appendDetails(loaded, served.UseServing, u.CertChain)
}

// detailsJSON is a CertificateDetails. 64-bit numbers are strings in the JSON of
// protobuf.
type detailsJSON struct {
	Path    string          `json:"path"`
	Serial  string          `json:"serial_number"`
	SANs    []sanJSON       `json:"subject_alt_names"`
	Days    json.RawMessage `json:"days_until_expiration"`
	From    string          `json:"valid_from"`
	Expires string          `json:"expiration_time"`
}

type sanJSON struct {
	DNS     string `json:"dns"`
	URI     string `json:"uri"`
	Address string `json:"ip_address"`
}

// appendDetails appends what a ca_cert or cert_chain is: a list, an object, a text.
func appendDetails(loaded []served.Loaded, use served.Use, raw json.RawMessage) []served.Loaded {
	var list []json.RawMessage
	var text string
	var details detailsJSON
	switch {
	case len(raw) == 0:
	case json.Unmarshal(raw, &list) == nil:
		for _, one := range list {
			if len(one) > 0 && one[0] != '[' {
				loaded = appendDetails(loaded, use, one)
			}
		}
	case json.Unmarshal(raw, &text) == nil:
		if l, _, ok := cutText(text); ok {
			l.Use = use
			loaded = append(loaded, l)
		}
	default:
		json.Unmarshal(raw, &details)                   //nolint:errcheck // a field of another type leaves the others
		if details.Path != "" || details.Serial != "" { // else there is none
			loaded = append(loaded, details.loaded(use))
		}
	}
	return loaded
}

func (d detailsJSON) loaded(use served.Use) served.Loaded {
	l := served.Loaded{Use: use, Path: d.Path, Serial: serialOf(d.Serial), Days: daysOf(strings.Trim(string(d.Days), `"`))}
	for _, san := range d.SANs {
		l.DNSNames = appendNonempty(l.DNSNames, san.DNS)
		l.URIs = appendNonempty(l.URIs, san.URI)
		l.Addresses = appendNonempty(l.Addresses, san.Address)
	}
	l.NotBefore, _ = time.Parse(time.RFC3339, d.From)   //nolint:errcheck // zero is unknown
	l.NotAfter, _ = time.Parse(time.RFC3339, d.Expires) //nolint:errcheck // zero is unknown
	if l.NotAfter.Before(l.NotBefore) {
		l.NotAfter = time.Time{}
	}
	return l
}

func appendNonempty(list []string, s string) []string {
	if s == "" {
		return list
	}
	return append(list, s)
}

// serialOf writes a serial number of BN_bn2hex as material does: hex, lower case,
// whole bytes, none of them zero in front.
func serialOf(hex string) string {
	digits := strings.TrimLeft(strings.ToLower(strings.ReplaceAll(hex, ":", "")), "0")
	if len(digits)%2 == 1 {
		digits = "0" + digits
	}
	return digits
}

// daysOf reads days that went through an unsigned number, where -1 is 2^64-1. The
// largest int stands for a certificate that is not there.
func daysOf(text string) *int64 {
	days, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		unsigned, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return nil
		}
		days = int64(unsigned)
	}
	if days == math.MaxInt32 {
		return nil
	}
	return &days
}
