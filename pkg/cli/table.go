package cli

import (
	"bytes"
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
)

// Table prints rows as kubectl does; control characters in cells are escaped.
type Table struct{ table metav1.Table }

// NewTable returns a table with these column headings.
func NewTable(columns ...string) *Table {
	t := &Table{}
	for _, c := range columns {
		t.table.ColumnDefinitions = append(t.table.ColumnDefinitions, metav1.TableColumnDefinition{Name: c, Type: "string"})
	}
	return t
}

// Add adds a row with one cell for each column.
func (t *Table) Add(cells ...any) {
	t.table.Rows = append(t.table.Rows, metav1.TableRow{Cells: cells})
}

// Print writes the table. Where the last cells of a row are empty, its line ends earlier.
func (t *Table) Print(to io.Writer) error {
	var padded bytes.Buffer
	w := printers.GetNewTabWriter(&padded)
	if err := printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(&t.table, w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var b bytes.Buffer
	for line := range bytes.Lines(padded.Bytes()) {
		b.Write(bytes.TrimRight(line, " \n"))
		b.WriteByte('\n')
	}
	_, err := b.WriteTo(to)
	return err
}
