package material

// Limits of the work that is done for one input.
const (
	// MaxBytes is how much of an input is read. A Secret holds 1 MiB at most.
	MaxBytes = 10 << 20
	// MaxBlocks is how many blocks of an input are looked into.
	MaxBlocks = 10_000
	// maxCertificate and maxKey are the sizes, in bytes of DER, up to which a block
	// is parsed: a key of 16384 bits has 9 KB, 100 names of full length have 25 KB.
	maxCertificate = 256 << 10
	maxKey         = 16 << 10
)

// Form is the form of an input as a whole.
type Form string

const (
	FormPEM   Form = "PEM"
	FormEmpty Form = "empty" // no bytes, or only white space
	// FormDER is DER without the PEM armour. Its certificates or its key are in
	// Blocks, with the problem NotPEM.
	FormDER    Form = "DER"
	FormPKCS12 Form = "PKCS#12" // .p12, .pfx
	FormPKCS7  Form = "PKCS#7"  // .p7b
	FormJKS    Form = "JKS"     // Java's key store, JCEKS included
	// FormBase64 is base64 of PEM or DER, as in a Secret whose data was encoded
	// twice. What is in it is in Blocks; offsets and lines are of the decoded bytes.
	FormBase64 Form = "base64"
	// FormUTF16 is text in UTF-16, as PowerShell's redirection writes it.
	FormUTF16 Form = "UTF-16"
	// FormOther is none of these: no block, not even a broken one.
	FormOther Form = "other"
)

// Expect is what an input is for.
type Expect int

const (
	Anything     Expect = iota
	Certificates        // tls.crt, ca.crt
	PrivateKey          // tls.key
)

// Bundle is what an input holds.
type Bundle struct {
	Form Form
	Size int // bytes of the input
	// Blocks are in the order of the input; the broken ones are among them.
	Blocks []Block
	// Problems are those of the input as a whole and of what lies outside blocks.
	Problems []Problem
}

// Block is one PEM block, or what is left of it, or one DER value.
type Block struct {
	// Label is the text behind BEGIN: "CERTIFICATE". It is empty in DER, and
	// where it is no label (letters, digits, blanks and punctuation, 40 at most).
	Label string
	Kind  Kind
	// Offset is where the block begins, in bytes from 0; End is behind its last
	// byte. Line is the line of Offset, from 1; DER has no lines, there it is 0.
	Offset, End, Line int
	// Readable says whether encoding/pem finds the block, and OpenSSL, which wants
	// the same: BEGIN and END on lines of their own, equal labels, base64 between.
	// What is in a block that is not readable is told all the same, if it can be.
	Readable bool
	// Headers says that the block has headers ("Proc-Type: 4,ENCRYPTED").
	Headers bool
	// Bytes is the length of the decoded block.
	Bytes    int
	Problems []Problem
	// DuplicateOf is the index of an earlier block of the same content; -1 is none.
	DuplicateOf int
	// Certificate and Key are what was found inside, whatever the label says.
	Certificate *Certificate
	Key         *Key
}

// Kind is what a block holds: by its content if that is known, else by its label.
type Kind string

const (
	KindCertificate Kind = "certificate"
	KindKey         Kind = "private key"
	KindParameters  Kind = "parameters" // EC PARAMETERS, DH PARAMETERS
	KindPublicKey   Kind = "public key"
	KindRequest     Kind = "certificate request"
	KindCRL         Kind = "CRL"
	KindPKCS7       Kind = "PKCS#7"
	KindOther       Kind = "other"
)

// Problem is one thing that is wrong with an input or with a block of it.
type Problem struct {
	Code Code
	// Offset, in bytes from 0, and Line, from 1, are where it begins; Length is in
	// bytes, 0 if it has no extent.
	Offset, Line, Length int
	// Detail is the complaint of crypto/x509 about a certificate. It is empty for
	// all else, so that no part of a key can be in it.
	Detail string `json:",omitempty"`
}

// Has reports whether the block has the problem.
func (b *Block) Has(code Code) bool { return has(b.Problems, code) }

// Has reports whether the bundle as a whole, not a block of it, has the problem.
func (b *Bundle) Has(code Code) bool { return has(b.Problems, code) }

func has(problems []Problem, code Code) bool {
	for _, p := range problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// Certificates returns the certificates that servers and cert-manager find in
// the bundle, in order: those in readable blocks labelled CERTIFICATE without
// headers. Duplicates are among them.
func (b *Bundle) Certificates() []*Certificate {
	var found []*Certificate
	for i := range b.Blocks {
		if block := &b.Blocks[i]; block.Readable && block.Label == labelCertificate && !block.Headers && block.Certificate != nil {
			found = append(found, block.Certificate)
		}
	}
	return found
}

// Key returns the key that servers use: the first readable block whose label
// ends in PRIVATE KEY. It is nil if there is none, or if that one is broken.
func (b *Bundle) Key() *Key {
	for i := range b.Blocks {
		if block := &b.Blocks[i]; block.Readable && isKeyLabel(block.Label) {
			return block.Key
		}
	}
	return nil
}
