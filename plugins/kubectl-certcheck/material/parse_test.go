package material

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func blocksOf(b *Bundle) (out []string) {
	for _, block := range b.Blocks {
		read := "unread"
		if block.Readable {
			read = "read"
		}
		content := ""
		if block.Certificate != nil {
			content = " " + block.Certificate.Subject.CommonName
		}
		if block.Key != nil {
			content = " " + string(block.Key.Encoding)
		}
		out = append(out, fmt.Sprintf("%d %q %s %s%s %v", block.Line, block.Label, block.Kind, read, content, codes(block.Problems)))
	}
	return out
}

func TestParse(t *testing.T) {
	leaf, other := mint(t, nil, nil), mint(t, nil, ca("other"))
	one, two := leaf.pem(), other.pem()
	n := bytes.Count(one, []byte("\n"))
	body := strings.TrimSuffix(strings.TrimPrefix(string(one), "-----BEGIN CERTIFICATE-----\n"), "-----END CERTIFICATE-----\n")
	text := func(s ...string) []byte { return []byte(strings.Join(s, "")) }
	good := `"CERTIFICATE" certificate read leaf []`
	at := func(line int, rest string) string { return fmt.Sprint(line, " ", rest) }
	bad := func(code ...Code) string { return fmt.Sprintf(`"CERTIFICATE" certificate unread leaf %v`, code) }
	key := armour("PRIVATE KEY", leaf.pkcs8(t))

	for name, c := range map[string]struct {
		data   []byte
		expect Expect
		blocks []string
		whole  []Code
		form   Form // FormPEM if empty
	}{
		"one":         {data: one, blocks: []string{at(1, good)}},
		"two":         {data: cat(one, two), blocks: []string{at(1, good), at(n+1, `"CERTIFICATE" certificate read other []`)}},
		"no newline":  {data: bytes.TrimSpace(one), blocks: []string{at(1, good)}},
		"CRLF":        {data: bytes.ReplaceAll(one, []byte("\n"), []byte("\r\n")), blocks: []string{at(1, good)}, whole: []Code{CarriageReturns}},
		"blank lines": {data: text("\n\n", string(one), "\n \n"), blocks: []string{at(3, good)}},
		"text around": {data: text("subject=x\n", string(one), "issuer=y\n", string(two), "bye\n"),
			blocks: []string{at(2, good), at(n+3, `"CERTIFICATE" certificate read other []`)},
			whole:  []Code{GarbageBefore, GarbageBetween, GarbageAfter}},
		"bytes around":       {data: text("\x00\x01", "\n", string(one)), blocks: []string{at(2, good)}, whole: []Code{GarbageBefore, NotText}},
		"Latin-1":            {data: text("caf\xe9\n", string(one)), blocks: []string{at(2, good)}, whole: []Code{GarbageBefore, NotText}},
		"UTF-8":              {data: text("café\ufffd\t\r\n", string(one)), blocks: []string{at(2, good)}, whole: []Code{CarriageReturns, GarbageBefore}},
		"cut in an escape":   {data: text(`-----BEGIN A-----\nAAAA\`), blocks: []string{at(1, `"A" other unread [EndMissing EscapedNewlines BadBase64]`)}},
		"broken, headers":    {data: text("-----BEGIN EC PRIVATE KEY-----\nDEK-Info: x\n\nAAAA\n-----END KEY-----\n"), blocks: []string{at(1, `"EC PRIVATE KEY" private key unread SEC 1 [LabelMismatch]`)}},
		"mark":               {data: cat(utf8Mark, one, two), blocks: []string{at(1, bad(NotAtLineStart)), at(n+1, `"CERTIFICATE" certificate read other []`)}, whole: []Code{ByteOrderMark}},
		"repeated":           {data: cat(one, one), blocks: []string{at(1, good), at(n+1, `"CERTIFICATE" certificate read leaf [Repeated]`)}},
		"cut off":            {data: one[:len(one)-60], blocks: []string{at(1, `"CERTIFICATE" certificate unread [EndMissing BadBase64]`)}},
		"end lost":           {data: text("-----BEGIN CERTIFICATE-----\n", body, string(two)), blocks: []string{at(1, bad(EndMissing)), at(n, `"CERTIFICATE" certificate read other []`)}},
		"begin lost":         {data: text(body, "-----END CERTIFICATE-----\n", string(two)), blocks: []string{at(n, `"CERTIFICATE" certificate read other []`)}, whole: []Code{BeginMissing}},
		"bad base64":         {data: text("-----BEGIN CERTIFICATE-----\n!", body, "-----END CERTIFICATE-----\n", string(one)), blocks: []string{at(1, `"CERTIFICATE" certificate unread [BadBase64]`), at(n+1, good)}},
		"other end":          {data: text("-----BEGIN CERTIFICATE-----\n", body, "-----END CERT-----\n", string(two)), blocks: []string{at(1, bad(LabelMismatch)), at(n+1, `"CERTIFICATE" certificate read other []`)}},
		"glued":              {data: cat(bytes.TrimSpace(one), one), blocks: []string{at(1, bad(Glued)), at(n, `"CERTIFICATE" certificate unread leaf [Glued Repeated]`)}},
		"glued by blanks":    {data: cat(bytes.TrimSpace(one), []byte("  "), one), blocks: []string{at(1, bad(Glued)), at(n, `"CERTIFICATE" certificate unread leaf [Glued Repeated]`)}},
		"indented":           {data: bytes.ReplaceAll(one, []byte("-----B"), []byte("  -----B")), blocks: []string{at(1, bad(NotAtLineStart))}},
		"one line":           {data: bytes.ReplaceAll(one, []byte("\n"), []byte(" ")), blocks: []string{at(1, bad(NotAlone, NotAtLineStart))}},
		"escaped":            {data: bytes.ReplaceAll(one, []byte("\n"), []byte(`\n`)), blocks: []string{at(1, bad(EscapedNewlines))}},
		"four dashes":        {data: bytes.ReplaceAll(one, []byte("-----"), []byte("----")), blocks: []string{at(1, bad(WrongDashes))}},
		"no content":         {data: text("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"), blocks: []string{at(1, `"CERTIFICATE" certificate read [NoContent]`)}},
		"no content twice":   {data: bytes.Repeat([]byte("-----BEGIN A-----\n-----END A-----\n"), 2), blocks: []string{at(1, `"A" other read [NoContent]`), at(3, `"A" other read [NoContent]`)}},
		"bytes behind a key": {data: armour("PRIVATE KEY", append(leaf.pkcs8(t), 0)), blocks: []string{at(1, `"PRIVATE KEY" private key read PKCS#8 [TrailingBytes]`)}},
		"not ASN.1":          {data: armour("CERTIFICATE", []byte("hello")), blocks: []string{at(1, `"CERTIFICATE" certificate read [BadContent]`)}},
		"bytes behind":       {data: armour("CERTIFICATE", append(slices.Clone(leaf.cert.Raw), 5, 0)), blocks: []string{at(1, `"CERTIFICATE" certificate read leaf [TrailingBytes]`)}},
		"trusted":            {data: armour("TRUSTED CERTIFICATE", append(slices.Clone(leaf.cert.Raw), 0x30, 0)), blocks: []string{at(1, `"TRUSTED CERTIFICATE" certificate read leaf [TrustedLabel]`)}},
		"old label":          {data: armour("X509 CERTIFICATE", leaf.cert.Raw), blocks: []string{at(1, `"X509 CERTIFICATE" certificate read leaf [OldLabel]`)}},
		"headers":            {data: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.cert.Raw, Headers: map[string]string{"a": "b"}}), blocks: []string{at(1, `"CERTIFICATE" certificate read leaf [HasHeaders]`)}},
		"strange label":      {data: armour("CERT", leaf.cert.Raw), blocks: []string{at(1, `"CERT" certificate read leaf [Mislabelled]`)}},
		"label is no label":  {data: armour("MIIEvQIBADANBgkqh", []byte("hello")), blocks: []string{at(1, `"" other read []`)}},
		"key as certificate": {data: armour("CERTIFICATE", leaf.pkcs8(t)), expect: Certificates,
			blocks: []string{at(1, `"CERTIFICATE" private key read PKCS#8 [Mislabelled Misplaced]`)}},
		"certificate as key": {data: armour("PRIVATE KEY", leaf.cert.Raw), expect: PrivateKey,
			blocks: []string{at(1, `"PRIVATE KEY" certificate read leaf [Mislabelled Misplaced]`)}},
		"key first": {data: cat(key, one), expect: Certificates,
			blocks: []string{at(1, `"PRIVATE KEY" private key read PKCS#8 [Misplaced]`), at(bytes.Count(key, []byte("\n"))+1, good)}},
		"certificate in tls.key": {data: cat(one, key), expect: PrivateKey,
			blocks: []string{at(1, `"CERTIFICATE" certificate read leaf [Misplaced]`), at(n+1, `"PRIVATE KEY" private key read PKCS#8 []`)}},
		"request": {data: armour("CERTIFICATE REQUEST", []byte{0x30, 0}), blocks: []string{at(1, `"CERTIFICATE REQUEST" certificate request read []`)}},

		"empty":         {data: nil, form: FormEmpty},
		"white":         {data: []byte(" \n\t"), form: FormEmpty},
		"only a mark":   {data: utf8Mark, form: FormEmpty},
		"hello":         {data: []byte("hello, world"), form: FormOther},
		"a word":        {data: []byte("changeme"), form: FormOther},
		"JKS":           {data: []byte("\xfe\xed\xfe\xed\x00\x00\x00\x02"), form: FormJKS},
		"JCEKS":         {data: []byte("\xce\xce\xce\xce\x00\x00\x00\x02"), form: FormJKS},
		"UTF-16":        {data: []byte("\xff\xfe-\x00-\x00"), form: FormUTF16},
		"PKCS#12":       {data: unhex(t, "30 18 020103 3013 06092a864886f70d010701 a006 0404 00000000"), form: FormPKCS12},
		"PKCS#7":        {data: unhex(t, "30 0f 06092a864886f70d010702 a002 3000"), form: FormPKCS7},
		"other content": {data: unhex(t, "30 0f 06092a864886f70d010701 a002 3000"), form: FormOther},
		"a sequence":    {data: unhex(t, "3000"), form: FormOther},
		"base64 of one": {data: []byte("MAAwADAA"), form: FormOther},
		"DER":           {data: leaf.cert.Raw, form: FormDER, blocks: []string{at(0, `"" certificate unread leaf [NotPEM]`)}},
		"two DER":       {data: cat(leaf.cert.Raw, other.cert.Raw), form: FormDER, blocks: []string{at(0, `"" certificate unread leaf [NotPEM]`), at(0, `"" certificate unread other [NotPEM]`)}},
		"DER and more":  {data: cat(leaf.cert.Raw, []byte("x")), form: FormDER, blocks: []string{at(0, `"" certificate unread leaf [NotPEM]`)}, whole: []Code{GarbageAfter}},
		"DER key":       {data: leaf.pkcs8(t), form: FormDER, expect: Certificates, blocks: []string{at(0, `"" private key unread PKCS#8 [NotPEM Misplaced]`)}},
		"base64 twice":  {data: []byte(base64.StdEncoding.EncodeToString(one)), form: FormBase64, blocks: []string{at(1, good)}},
		"base64 of DER": {data: []byte(base64.StdEncoding.EncodeToString(leaf.cert.Raw) + "\n"), form: FormBase64, blocks: []string{at(0, `"" certificate unread leaf [NotPEM]`)}},
		"JSON":          {data: []byte(`{"kind":"Secret"}`), form: FormOther},
	} {
		t.Run(name, func(t *testing.T) {
			b := Parse(c.data, c.expect)
			if c.form == "" {
				c.form = FormPEM
			}
			if b.Form != c.form || b.Size != len(c.data) {
				t.Errorf("form %q of %d bytes, want %q of %d", b.Form, b.Size, c.form, len(c.data))
			}
			if got := blocksOf(b); !slices.Equal(got, c.blocks) {
				t.Errorf("blocks:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.blocks, "\n"))
			}
			if got := codes(b.Problems); !slices.Equal(got, c.whole) {
				t.Errorf("problems %v, want %v", got, c.whole)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	one := mint(t, nil, nil).pem()
	data := cat([]byte("# a\n# b\n"), one, []byte("\nxyz \n"), one)
	b := Parse(data, Certificates)
	if len(b.Blocks) != 2 || len(b.Problems) != 2 {
		t.Fatalf("%+v", b)
	}
	for i, block := range b.Blocks {
		if !bytes.Equal(data[block.Offset:block.End], one) {
			t.Errorf("block %d is %q", i, data[block.Offset:block.End])
		}
	}
	if b.Blocks[1].DuplicateOf != 0 || b.Blocks[0].DuplicateOf != -1 {
		t.Errorf("duplicates of %d and %d", b.Blocks[0].DuplicateOf, b.Blocks[1].DuplicateOf)
	}
	p := b.Problems[1]
	if got := string(data[p.Offset : p.Offset+p.Length]); got != "xyz" || p.Line != bytes.Count(data[:p.Offset], []byte("\n"))+1 {
		t.Errorf("garbage %q at line %d", got, p.Line)
	}
}

func TestKindOf(t *testing.T) {
	for label, want := range map[string]Kind{
		"CERTIFICATE": KindCertificate, "TRUSTED CERTIFICATE": KindCertificate, "X509 CERTIFICATE": KindCertificate,
		"PRIVATE KEY": KindKey, "DSA PRIVATE KEY": KindKey, "ENCRYPTED PRIVATE KEY": KindKey, "NOPRIVATE KEY": KindOther,
		"PUBLIC KEY": KindPublicKey, "RSA PUBLIC KEY": KindPublicKey, "EC PARAMETERS": KindParameters, "DH PARAMETERS": KindParameters,
		"CERTIFICATE REQUEST": KindRequest, "NEW CERTIFICATE REQUEST": KindRequest, "X509 CRL": KindCRL, "PKCS7": KindPKCS7, "CMS": KindPKCS7, "": KindOther,
	} {
		if got := kindOf(label); got != want {
			t.Errorf("%q: %q, want %q", label, got, want)
		}
	}
}

func TestCleanLabel(t *testing.T) {
	for label, want := range map[string]bool{
		"CERTIFICATE": true, "PKCS #7 SIGNED DATA": true, "AZ 09.": true, strings.Repeat("A", maxLabel): true,
		strings.Repeat("A", maxLabel+1): false, "Certificate": false, "A/B": false, "A\n": false, "É": false,
	} {
		if got := cleanLabel(label); got != map[bool]string{true: label}[want] {
			t.Errorf("%q gives %q", label, got)
		}
	}
}

// What crypto/x509 says of a certificate is told.
func TestBadContentSaysWhy(t *testing.T) {
	leaf := mint(t, nil, nil)
	broken := slices.Clone(leaf.cert.Raw)
	broken[len(broken)-1]++ // in the signature: no matter for parsing
	if b := Parse(armour("CERTIFICATE", broken), Anything); b.Blocks[0].Certificate == nil {
		t.Fatal("a wrong signature is no matter for parsing")
	}
	b := Parse(armour("CERTIFICATE", leaf.cert.Raw[:100]), Anything)
	if p := b.Blocks[0].Problems; len(p) != 1 || !strings.HasPrefix(p[0].Detail, "x509: ") {
		t.Errorf("%+v", p)
	}
}

func TestParseIsBounded(t *testing.T) {
	one := mint(t, nil, nil).pem()
	for name, data := range map[string][]byte{
		"blocks":      bytes.Repeat([]byte("-----BEGIN A-----\n-----END A-----\n"), MaxBlocks+5),
		"begins":      bytes.Repeat([]byte("-----BEGIN A-----\n"), MaxBytes/18),
		"glued":       bytes.Repeat([]byte("-----BEGIN A----------END A-----"), MaxBytes/32),
		"ends":        bytes.Repeat([]byte("-----END A-----\n"), MaxBytes/16),
		"dashes":      bytes.Repeat([]byte("-"), MaxBytes),
		"headers":     bytes.Repeat([]byte("-----BEGIN A:-----\n-----END A:-----\n"), MaxBytes/36),
		"zeros":       make([]byte, MaxBytes),
		"sequences":   bytes.Repeat([]byte{0x30, 0x80}, MaxBytes/2),
		"base64":      bytes.Repeat([]byte("LS0t"), MaxBytes/4),
		"lines":       bytes.Repeat([]byte("\n"), MaxBytes),
		"large block": armour("CERTIFICATE", make([]byte, MaxBytes/2)),
	} {
		start := time.Now()
		b := Parse(data, Anything)
		if took := time.Since(start); took > 30*time.Second { // it takes well below a second
			t.Errorf("%s took %v", name, took)
		}
		if len(b.Blocks) > MaxBlocks || len(b.Blocks) == MaxBlocks && !b.Has(TooLarge) {
			t.Errorf("%s: %d blocks, problems %v", name, len(b.Blocks), codes(b.Problems))
		}
	}
	large := cat(one, bytes.Repeat([]byte("\n"), MaxBytes), one)
	if b := Parse(large, Anything); len(b.Blocks) != 1 || !b.Has(TooLarge) || b.Size != len(large) {
		t.Errorf("%d blocks, size %d, problems %v", len(b.Blocks), b.Size, codes(b.Problems))
	}
}
