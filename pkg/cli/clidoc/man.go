package clidoc

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"
)

// ManPages returns a page of section 1 for root and for each command below it, by the
// file's name: "kubectl-mlogs.1". They depend on the commands alone; the date on them is
// that of this function's text. It changes the texts of root: make one for it.
func ManPages(root *cobra.Command) (map[string][]byte, error) {
	date := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	pages := map[string][]byte{}
	for _, cmd := range commands(root) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		plain(cmd)
		var page bytes.Buffer
		header := &doc.GenManHeader{Title: strings.ToUpper(name), Section: "1", Date: &date, Source: "kubechores", Manual: "kubectl plugins"}
		if err := doc.GenMan(cmd, header, &page); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		pages[name+".1"] = []byte(roff(page.String()))
	}
	return pages, nil
}

// commands are root and what is below it, as help shows them.
func commands(root *cobra.Command) []*cobra.Command {
	root.DisableAutoGenTag = true
	all := []*cobra.Command{root}
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() {
			cmd.DisableAutoGenTag = true
			all = append(all, commands(cmd)...)
		}
	}
	return all
}

// plain makes markdown of the texts of a command, which are plain text: cobra/doc takes
// them for markdown.
func plain(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	cmd.Short, cmd.Long = escape(cmd.Short), escape(cmd.Long)
	cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		f.Usage = escape(f.Usage)
		if f.DefValue == "[]" {
			f.DefValue = ""
		}
	})
}

func escape(text string) string {
	return regexp.MustCompile("[\\\\`*_{}\\[\\]<>#|~!]").ReplaceAllString(text, `\$0`)
}

// roff repairs what cobra/doc leaves: flags whose default says nothing, and characters that
// are typeset as others, so that what is copied from the page does not run.
func roff(page string) string {
	page = regexp.MustCompile(`(?m)^(\\fB.*--.*\\fP)(?:\[=false\])$`).ReplaceAllString(page, "$1")
	page = regexp.MustCompile(`(?m)^(\\fB.*--.*\\fP\[?=)(?:"")?(\]?)$`).ReplaceAllString(page, `$1\fIVALUE\fP$2`)
	plain := strings.NewReplacer("-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, ".") {
			lines[i] = plain.Replace(line)
		}
	}
	return strings.Join(lines, "\n")
}
