package live

import (
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/served"
)

// The text of the old form: ContextImpl::getCertChainInformation in Envoys of
// early 2018, source/common/ssl/context_impl.cc.
const (
	textPath   = "Certificate Path: "
	textSerial = ", Serial Number: "
	textDays   = ", Days until Expiration: "
)

// parseText finds the texts in an answer that is no JSON. It reports whether
// there was one.
func parseText(answer string) (loaded []served.Loaded, found bool) {
	for {
		start := strings.Index(answer, textPath)
		if start < 0 {
			return loaded, found
		}
		use := served.UseServing
		if strings.LastIndex(answer[:start], string(served.UseTrust)) > strings.LastIndex(answer[:start], string(served.UseServing)) {
			use = served.UseTrust
		}
		l, rest, ok := cutText(answer[start:])
		if ok {
			l.Use = use
			loaded, found = append(loaded, l), true
		}
		answer = rest
	}
}

// cutText reads one text and returns what is behind it.
func cutText(text string) (l served.Loaded, rest string, ok bool) {
	text, found := strings.CutPrefix(text, textPath)
	line, _, _ := strings.Cut(text, "\n") // a text is one line
	path, fields, havePath := strings.Cut(line, textSerial)
	serial, days, haveSerial := strings.Cut(fields, textDays)
	if !found || !havePath || !haveSerial {
		return served.Loaded{}, text, false
	}
	days = days[:len(days)-len(strings.TrimLeft(days, "-0123456789"))]
	consumed := len(path) + len(textSerial) + len(serial) + len(textDays) + len(days)
	return served.Loaded{Path: path, Serial: serialOf(serial), Days: daysOf(days)}, text[consumed:], true
}
