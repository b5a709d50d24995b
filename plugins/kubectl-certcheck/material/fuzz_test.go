package material

import (
	"bytes"
	"encoding/pem"
	"testing"
)

// FuzzParse: whatever encoding/pem finds is a readable block with the same
// bytes, nothing else is, and blocks lie one behind the other in the input.
func FuzzParse(f *testing.F) {
	leaf := mint(f, nil, nil)
	one, key := leaf.pem(), armour("PRIVATE KEY", leaf.pkcs8(f))
	for _, data := range [][]byte{
		one, key, cat(one, key), cat(bytes.TrimSpace(one), one), cat(utf8Mark, one), leaf.cert.Raw, one[:99], one[40:],
		bytes.ReplaceAll(one, []byte("\n"), []byte(`\n`)), bytes.ReplaceAll(one, []byte("\n"), []byte("\r\n")), bytes.ReplaceAll(one, []byte("-----"), []byte("----")),
		[]byte("-----BEGIN A-----\n-----BEGIN A-----\nb: c\n\nAAAA\n-----END A-----\n"),
		[]byte("-----BEGIN A-----\na: -----END A-----\n\nAAAA\n-----END A-----\n"),
		[]byte("-----END -----BEGIN A-----\nAAAA\n-----END A-----\n"),
		[]byte("-----BEGIN A:-----\n-----END A:-----\n-----BEGIN B-----\n-----END B-----"),
		[]byte("LS0tLS1CRUdJTiBBLS0tLS0KLS0tLS1FTkQgQS0tLS0tCg=="), []byte("\x30\x80"), []byte("\xff\xfe-"),
	} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := Parse(data, Certificates)
		if b.Size != len(data) || b.Form == "" {
			t.Fatalf("%d bytes of form %q", b.Size, b.Form)
		}
		if b.Form == FormBase64 {
			return // offsets are of what it decodes to
		}
		end, rest := 0, data
		for i, block := range b.Blocks {
			if block.Offset < end || block.End <= block.Offset || block.End > len(data) {
				t.Fatalf("block %d is from %d to %d, the one before ends at %d", i, block.Offset, block.End, end)
			}
			end = block.End
			if b.Form == FormPEM && block.Line != bytes.Count(data[:block.Offset], []byte("\n"))+1 {
				t.Fatalf("block %d is at line %d", i, block.Line)
			}
			if !block.Readable {
				if len(block.Problems) == 0 {
					t.Fatalf("block %d is not readable, and nothing is wrong with it", i)
				}
				continue
			}
			var want *pem.Block
			if want, rest = pem.Decode(rest); want == nil {
				t.Fatalf("block %d is not there for encoding/pem", i)
			}
			if got, _ := pem.Decode(data[block.Offset:block.End]); got == nil || !bytes.Equal(got.Bytes, want.Bytes) || block.Bytes != len(want.Bytes) || block.End != len(data)-len(rest) {
				t.Fatalf("block %d is another than that of encoding/pem", i)
			}
		}
		if more, _ := pem.Decode(rest); more != nil && len(b.Blocks) < MaxBlocks {
			t.Fatalf("encoding/pem finds one more: %q", more.Type)
		}
		for _, p := range b.Problems {
			if p.Offset < 0 || p.Length < 0 || p.Offset+p.Length > len(data) {
				t.Fatalf("%+v of %d bytes", p, len(data))
			}
		}
		NewChain(b.Certificates(), nil)
	})
}
