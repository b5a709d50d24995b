package cli

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"
)

// Table prints rows in columns, aligned as kubectl's are. A cell with control characters is
// quoted, so that what a cluster says never drives a terminal. (The table printer of
// cli-runtime does the same, and is an eighth of a megabyte in the binary.)
type Table struct{ rows [][]string }

// NewTable returns a table with these column headings.
func NewTable(columns ...string) *Table {
	return &Table{rows: [][]string{columns}}
}

// Add adds a row with one cell for each column.
func (t *Table) Add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = plain(fmt.Sprint(c))
	}
	t.rows = append(t.rows, row)
}

// plain quotes text that is not one line of characters to be seen.
func plain(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return strconv.Quote(s)
}

// Print writes the table. Where the last cells of a row are empty, its line ends earlier.
func (t *Table) Print(to io.Writer) error {
	var padded, b bytes.Buffer
	w := tabwriter.NewWriter(&padded, 6, 0, 3, ' ', 0)
	for _, row := range t.rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for line := range bytes.Lines(padded.Bytes()) {
		b.Write(bytes.TrimRight(line, " \n"))
		b.WriteByte('\n')
	}
	_, err := b.WriteTo(to)
	return err
}
