package picture

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// textOf checks that a picture is XML, and returns its texts, with how each is drawn.
func textOf(t *testing.T, s Screen) (texts []string, attributes []map[string]string) {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, s); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for inText := false; ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts, attributes
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		switch token := token.(type) {
		case xml.StartElement:
			if inText = token.Name.Local == "text"; inText {
				set := map[string]string{}
				for _, a := range token.Attr {
					set[a.Name.Local] = a.Value
				}
				attributes = append(attributes, set)
			}
		case xml.EndElement:
			inText = false
		case xml.CharData:
			if inText {
				texts = append(texts, string(token))
			}
		}
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	texts, attributes := textOf(t, Screen{Command: "kubectl x", Columns: 20, Rows: 7,
		Output: "a <&> \x1b[1;31mred\x1b[0m b\n\n12345678901234567890123\n\x1b[38;5;208mo\x1b[39mp\x1b[2Kq\x07\n6\n7\n8\n"})
	want := []string{"$ ", "kubectl x", "a <&> ", "red", " b", "12345678901234567890", "123", "… and 4 lines more"}
	if strings.Join(texts, "|") != strings.Join(want, "|") {
		t.Fatalf("%q, want %q", texts, want)
	}
	if red := attributes[3]; red["fill"] != palette()[1] || red["font-weight"] != "bold" || attributes[4]["fill"] != "" {
		t.Errorf("%v, then %v", attributes[3], attributes[4])
	}
	// The piece behind "a <&> " begins at the seventh column.
	if at := attributes[3]["x"]; at != "60.8" {
		t.Errorf("red is at %s", at)
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	lines := parse("\x1b[38;5;208mo\x1b[39mp\x1b[2Kq\x07\x1b[92mr\x1b[mu\x1b[1mv\x1b[22mw\x1b[38;5;240mx\x1b[99zy\x1b[3")
	var got []string
	for _, p := range lines[0] {
		got = append(got, p.text+p.attributes())
	}
	want := []string{`o fill="#ff8700"`, "p", "q", `r fill="#b5e890"`, "u", `v font-weight="bold"`, "w", `x fill="#585858"`, `y fill="#585858"`}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("%q, want %q", got, want)
	}
}

// FuzzPicture: whatever a program writes, the picture is XML.
func FuzzPicture(f *testing.F) {
	f.Add("a\x1b[31mb\x1b]0;t\x07\xff")
	f.Fuzz(func(t *testing.T, output string) {
		textOf(t, Screen{Command: output, Output: output, Columns: 10, Rows: 5})
	})
}
