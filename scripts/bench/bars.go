//go:build linux

package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// bar is one demand on what was measured.
type bar struct {
	what     string
	limit    string
	measured string
	missed   bool
}

// atMost is a bar on a plain figure.
func atMost[T int64 | float64 | int](what string, value, limit T, show func(T) string) bar {
	return bar{what: what, limit: "at most " + show(limit), measured: show(value), missed: value > limit}
}

// ratio is a bar on one figure over another, as "1/20 of stern's" reads.
func ratio(what string, value, of int64, limit float64) bar {
	return atMost(what, float64(value)/float64(max(of, 1)), limit, func(r float64) string { return fmt.Sprintf("%.3f x", r) })
}

// holds is a bar that is either kept or not; problem says how it was missed.
func holds(what, limit string, problem error) bar {
	if problem != nil {
		return bar{what: what, limit: limit, measured: problem.Error(), missed: true}
	}
	return bar{what: what, limit: limit, measured: "yes"}
}

// printBars prints the bars and says how many were missed.
func printBars(to io.Writer, bars []bar) (missed int) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nBAR\tLIMIT\tMEASURED\t")
	for _, b := range bars {
		verdict := "ok"
		if b.missed {
			verdict = "MISSED"
			missed++
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", b.what, b.limit, b.measured, verdict)
	}
	w.Flush()
	return missed
}

// row is a line of a scenario's table.
type row struct {
	name string
	figures
}

// printRows prints figures, with their ratios to those of the first row.
func printRows(to io.Writer, title string, rows []row) {
	fmt.Fprintf(to, "\n%s\n\n", title)
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "client\twall\tCPU\tpeak RSS\twall/%[1]s\tCPU/%[1]s\t\n", rows[0].name)
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%.2f s\t%.2f s\t%s\t%.2f\t%.2f\t\n", r.name, r.wall.Seconds(), r.cpu.Seconds(), megabytes(r.rss),
			r.wall.Seconds()/rows[0].wall.Seconds(), r.cpu.Seconds()/rows[0].cpu.Seconds())
	}
	w.Flush()
}

func megabytes[T int | int64](bytes T) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }
