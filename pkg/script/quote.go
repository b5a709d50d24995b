package script

import "strings"

// columns is how long a line may be before it is wrapped.
const columns = 100

// Quote returns arg as one word of a POSIX shell, whatever is in it: plain words
// as they are, others in single quotes. NUL, which no argument can hold, is left
// out.
func Quote(arg string) string {
	if plain(arg) {
		return arg
	}
	arg = strings.ReplaceAll(arg, "\x00", "")
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// plain reports whether no shell sees anything but letters in a word. zsh would
// look for a program where it begins with "=".
func plain(word string) bool {
	for i := range len(word) {
		c := word[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_-./:,@%+=", rune(c)) {
			return false
		}
	}
	return word != "" && word[0] != '='
}

// Command returns a command line that runs the program args[0], quoted, and
// wrapped with backslashes where it is long.
func Command(args ...string) string {
	var b strings.Builder
	column := 0
	for i, arg := range args {
		word := Quote(arg)
		switch {
		case i == 0 && strings.Contains(word, "=") && plain(arg):
			word = "'" + word + "'" // or it would set a variable
		case i > 0 && column+1+len(word)+len(` \`) > columns:
			b.WriteString(" \\\n  ")
			column = len("  ")
		case i > 0:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		if newline := strings.LastIndexByte(word, '\n'); newline >= 0 {
			column = len(word) - newline - 1
		} else {
			column += len(word)
		}
	}
	return b.String()
}
