package material

import (
	"bytes"
	"encoding/asn1"
)

// parseOther looks into data that has no PEM block, not even a broken one.
func parseOther(data []byte, expect Expect) *Bundle {
	if b := binary(data, expect); b != nil {
		return b
	}
	text := bytes.TrimSpace(bytes.TrimPrefix(data, utf8Mark))
	if der, err := decodeLoosely(text); err == nil && len(der) > 0 {
		if b := inBase64(der, expect); b != nil {
			b.Form = FormBase64
			return b
		}
	}
	return &Bundle{Form: FormOther}
}

// inBase64 looks into what base64 decoded to.
func inBase64(der []byte, expect Expect) *Bundle {
	if b := binary(der, expect); b != nil {
		return b
	}
	p := &parser{data: der, bundle: &Bundle{}, expect: expect}
	if p.armour(); len(p.bundle.Blocks) == 0 {
		return nil
	}
	p.outside()
	return p.bundle
}

// binary recognizes the forms that are not text.
func binary(data []byte, expect Expect) *Bundle {
	switch {
	case len(bytes.TrimSpace(bytes.TrimPrefix(data, utf8Mark))) == 0:
		return &Bundle{Form: FormEmpty}
	case isUTF16(data):
		return &Bundle{Form: FormUTF16}
	case bytes.HasPrefix(data, []byte("\xfe\xed\xfe\xed")), bytes.HasPrefix(data, []byte("\xce\xce\xce\xce")):
		return &Bundle{Form: FormJKS}
	case data[0] != 0x30: // SEQUENCE, as all that follows
		return nil
	case isPKCS12(data):
		return &Bundle{Form: FormPKCS12}
	case isPKCS7(data):
		return &Bundle{Form: FormPKCS7}
	}
	return values(data, expect)
}

// values looks for certificates and keys in DER, one behind the other.
func values(data []byte, expect Expect) *Bundle {
	p := &parser{data: data, bundle: &Bundle{Form: FormDER}, expect: expect}
	at := 0
	for at < len(data) && !p.full {
		value := first(data[at:])
		cert, key, _ := sniff(value)
		if cert == nil && key == nil {
			break
		}
		p.add(Block{Offset: at, End: at + len(value), Problems: []Problem{{Code: NotPEM, Offset: at}}}, "", value, false)
		at += len(value)
	}
	if len(p.bundle.Blocks) == 0 {
		return nil
	}
	if at < len(data) && !p.full {
		p.bundle.Problems = append(p.bundle.Problems, Problem{Code: GarbageAfter, Offset: at, Length: len(data) - at})
	}
	return p.bundle
}

// isUTF16 recognizes the byte order mark, or a dash of two bytes.
func isUTF16(data []byte) bool {
	for _, start := range []string{"\xff\xfe", "\xfe\xff", "-\x00", "\x00-"} {
		if bytes.HasPrefix(data, []byte(start)) {
			return true
		}
	}
	return false
}

// isPKCS12 recognizes a PFX (RFC 7292, 4): version 3 and a ContentInfo.
func isPKCS12(data []byte) bool {
	var pfx struct {
		Version int
		Safe    contentInfo
		MAC     asn1.RawValue `asn1:"optional"`
	}
	_, err := asn1.Unmarshal(data, &pfx)
	return err == nil && pfx.Version == 3
}

// isPKCS7 recognizes SignedData (RFC 2315, 9).
func isPKCS7(data []byte) bool {
	var info contentInfo
	_, err := asn1.Unmarshal(data, &info)
	return err == nil && info.Type.String() == "1.2.840.113549.1.7.2"
}

// contentInfo is of RFC 2315, 7.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"optional"`
}
