package finding

// coloured returns text in the colour of a severity, by the sixteen colours that
// every terminal has in a theme of its own.
func coloured(text string, s Severity, colour bool) string {
	var code string
	switch s {
	case Error:
		code = "31"
	case Warning:
		code = "33"
	case Skipped:
		code = "35"
	case OK:
		code = "32"
	}
	if !colour || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[39m"
}
