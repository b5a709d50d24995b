package material

// Code names a problem. Its value is stable.
type Code string

// Problems of an input as a whole, and of what lies outside blocks.
const (
	// TooLarge: what is behind MaxBytes or MaxBlocks was not looked at; for a
	// block, it is larger than any certificate or key, and was not parsed.
	TooLarge Code = "TooLarge"
	// ByteOrderMark: a UTF-8 byte order mark at the start. The first BEGIN is then
	// not at the start of its line, and parsers skip the first block.
	ByteOrderMark Code = "ByteOrderMark"
	// CarriageReturns: lines end with CR LF. encoding/pem and OpenSSL read them.
	CarriageReturns Code = "CarriageReturns"
	// GarbageBefore, GarbageBetween, GarbageAfter: text that is no block, before the
	// first block, between two, behind the last. Parsers skip it.
	GarbageBefore  Code = "GarbageBefore"
	GarbageBetween Code = "GarbageBetween"
	GarbageAfter   Code = "GarbageAfter"
	// BeginMissing: an END line without BEGIN.
	BeginMissing Code = "BeginMissing"
	// NotText: there are bytes that no text has, though there are PEM blocks.
	NotText Code = "NotText"
)

// Problems of the armour of a block: it is not Readable because of them.
const (
	// EndMissing: the block is cut off: the input ends, or the next block begins.
	EndMissing Code = "EndMissing"
	// LabelMismatch: END has another label than BEGIN.
	LabelMismatch Code = "LabelMismatch"
	// NotAtLineStart: something is in front of BEGIN or END on its line: blanks of
	// an indented YAML text, a quote, a byte order mark.
	NotAtLineStart Code = "NotAtLineStart"
	// Glued: END and the next BEGIN share a line, as when files without a last
	// newline are concatenated. Both blocks have the problem.
	Glued Code = "Glued"
	// NotAlone: something follows BEGIN or END on its line.
	NotAlone Code = "NotAlone"
	// EscapedNewlines: the lines end with a backslash and an n instead of a newline.
	EscapedNewlines Code = "EscapedNewlines"
	// WrongDashes: BEGIN or END is not between five dashes on each side.
	WrongDashes Code = "WrongDashes"
	// BadBase64: what is between BEGIN and END is not base64.
	BadBase64 Code = "BadBase64"
	// Unread: encoding/pem does not find the block, for a reason that is none of these.
	Unread Code = "Unread"
)

// Problems of what is in a block.
const (
	// NoContent: there is nothing between BEGIN and END.
	NoContent Code = "NoContent"
	// NotPEM: the content is DER without armour.
	NotPEM Code = "NotPEM"
	// Misplaced: a private key where certificates are expected, or the other way round.
	Misplaced Code = "Misplaced"
	// Mislabelled: the content is not what the label says.
	Mislabelled Code = "Mislabelled"
	// TrustedLabel: TRUSTED CERTIFICATE, OpenSSL's own form (openssl x509
	// -trustout). Only OpenSSL reads it.
	TrustedLabel Code = "TrustedLabel"
	// OldLabel: X509 CERTIFICATE. OpenSSL reads it, Go and thus cert-manager do not.
	OldLabel Code = "OldLabel"
	// HasHeaders: a certificate with headers. x509.CertPool skips it, and others do.
	HasHeaders Code = "HasHeaders"
	// BadContent: the content cannot be parsed as what it is labelled. For a
	// certificate, Problem.Detail says what crypto/x509 says.
	BadContent Code = "BadContent"
	// TrailingBytes: there are bytes behind the certificate or the key in its block.
	TrailingBytes Code = "TrailingBytes"
	// Repeated: the content is that of an earlier block (Block.DuplicateOf).
	Repeated Code = "Repeated"
)
