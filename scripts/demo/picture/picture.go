// Package picture draws what a program has written to a terminal as an SVG, colours and
// all, so that pages show real runs.
package picture

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Screen is what is drawn.
type Screen struct {
	// Command is the command line above the output.
	Command string
	Output  string
	// Columns is the width: longer lines are wrapped. Rows is the most lines; what is
	// beyond is cut, and said.
	Columns, Rows int
}

// Sizes of one character, and colours: those of a dark terminal.
const (
	charWidth, lineHeight, margin = 7.8, 17.0, 14.0
	background, foreground        = "#1b1f27", "#d7dae0"
)

// palette are the 16 colours of SGR 30 to 37 and 90 to 97.
func palette() [16]string {
	return [16]string{
		"#4b5263", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d7dae0",
		"#7f848e", "#ff7b86", "#b5e890", "#ffd68a", "#7cc3ff", "#dd8cf0", "#6fd3df", "#ffffff",
	}
}

// Write draws the screen.
func Write(w io.Writer, s Screen) error {
	lines := append([][]piece{{{text: "$ ", style: style{colour: palette()[8]}}, {text: s.Command, style: style{bold: true}}}, nil}, parse(s.Output)...)
	lines = wrap(lines, s.Columns)
	if s.Rows > 0 && len(lines) > s.Rows {
		cut := len(lines) - s.Rows + 1
		lines = append(lines[:s.Rows-1], []piece{{text: fmt.Sprintf("… and %d lines more", cut), style: style{colour: palette()[8]}}})
	}
	width, height := float64(s.Columns)*charWidth+2*margin, float64(len(lines))*lineHeight+2*margin
	b := &strings.Builder{}
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(b, "<title>%s</title>\n", escape(s.Command))
	fmt.Fprintf(b, `<rect width="100%%" height="100%%" rx="6" fill="%s"/>`+"\n", background)
	fmt.Fprintf(b, `<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" fill="%s" xml:space="preserve">`+"\n", foreground)
	for n, line := range lines {
		if len(line) > 0 {
			writeLine(b, line, margin+lineHeight*(float64(n)+0.75))
		}
	}
	b.WriteString("</g>\n</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// writeLine draws each piece where its characters are in a terminal, whatever the font.
func writeLine(b *strings.Builder, line []piece, y float64) {
	column := 0
	for _, p := range line {
		length := utf8.RuneCountInString(p.text)
		if strings.TrimSpace(p.text) != "" {
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
				margin+float64(column)*charWidth, y, float64(length)*charWidth, p.attributes(), escape(p.text))
		}
		column += length
	}
}

// escape writes text for XML. It takes no control characters, of which nothing remains
// after parse.
func escape(text string) string {
	var b strings.Builder
	// A Builder takes everything.
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// wrap breaks lines that are longer than the terminal is wide.
func wrap(lines [][]piece, columns int) [][]piece {
	var all [][]piece
	for _, line := range lines {
		var now []piece
		left := columns
		for _, p := range line {
			for text := []rune(p.text); len(text) > 0; {
				if left == 0 {
					all, now, left = append(all, now), nil, columns
				}
				n := min(left, len(text))
				now = append(now, piece{string(text[:n]), p.style})
				text, left = text[n:], left-n
			}
		}
		all = append(all, now)
	}
	return all
}
