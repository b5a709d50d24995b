package material

import "strings"

const (
	labelCertificate  = "CERTIFICATE"
	labelTrusted      = "TRUSTED CERTIFICATE"
	labelOld          = "X509 CERTIFICATE"
	labelPKCS1        = "RSA PRIVATE KEY"
	labelSEC1         = "EC PRIVATE KEY"
	labelPKCS8        = "PRIVATE KEY"
	labelEncryptedKey = "ENCRYPTED PRIVATE KEY"
)

// isKeyLabel reports whether crypto/tls takes a block of the label for a key.
func isKeyLabel(label string) bool {
	return label == labelPKCS8 || strings.HasSuffix(label, " "+labelPKCS8)
}

// kindOf says what a label promises.
func kindOf(label string) Kind {
	switch {
	case label == labelCertificate || label == labelTrusted || label == labelOld:
		return KindCertificate
	case isKeyLabel(label):
		return KindKey
	case strings.HasSuffix(label, " PARAMETERS"):
		return KindParameters
	case label == "PUBLIC KEY" || strings.HasSuffix(label, " PUBLIC KEY"):
		return KindPublicKey
	case strings.HasSuffix(label, "CERTIFICATE REQUEST"):
		return KindRequest
	case label == "X509 CRL":
		return KindCRL
	case label == "PKCS7" || label == "CMS" || label == "PKCS #7 SIGNED DATA":
		return KindPKCS7
	}
	return KindOther
}

// maxLabel is the length of the longest label that is kept.
const maxLabel = 40

// cleanLabel returns a label that may be shown: one that can be a label, and
// thus is no piece of a key that slipped behind BEGIN.
func cleanLabel(label string) string {
	if len(label) > maxLabel {
		return ""
	}
	for _, c := range []byte(label) {
		upper := 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !upper && !digit && c != ' ' && c != '#' && c != '.' {
			return ""
		}
	}
	return label
}
