package clidoc

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Markdown returns one page with the usage, flags and examples of root and of each
// command below it, in the order of help.
func Markdown(root *cobra.Command) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# Commands of %s\n\nThis page is made from the commands themselves; `go test -run TestDocs -update` writes it.\n", root.CommandPath())
	for _, cmd := range commands(root) {
		cmd.InitDefaultHelpFlag()
		text := cmd.Long
		if text == "" {
			text = cmd.Short
		}
		fmt.Fprintf(&b, "\n## %s\n\n", cmd.CommandPath())
		block(&b, "text", text)
		if cmd.Runnable() {
			block(&b, "text", cmd.UseLine())
		}
		if cmd.Example != "" {
			block(&b, "sh", unindented(cmd.Example))
		}
		b.WriteString(FlagTable(cmd))
	}
	return []byte(b.String())
}

// block is text that markdown leaves as it is.
func block(b *strings.Builder, kind, text string) {
	fmt.Fprintf(b, "```%s\n%s\n```\n\n", kind, strings.Trim(text, "\n"))
}

func unindented(text string) string {
	return strings.ReplaceAll("\n"+text, "\n  ", "\n")
}

// FlagTable is a table of a command's flags, those of its parents among them; --help is in
// it when cobra has added it.
func FlagTable(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString("| flag | default | |\n| --- | --- | --- |\n")
	cmd.InitDefaultVersionFlag()
	cmd.InheritedFlags() // they are among the command's flags after this
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		value := f.DefValue
		if value == "[]" {
			value = ""
		}
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, value, escape(f.Usage))
	})
	return b.String()
}
