package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// longestAnswer is how many bytes an answer may have; nobody needs more to say yes.
const longestAnswer = 256

// Confirm asks a question on the terminal and reports whether the answer is y or
// yes; anything else, an empty line too, is no. With yes it is not asked. Where
// nobody could see the question and answer it, because stdin or stderr is no
// terminal, it returns an error that names --yes at once; the command's flag has to
// have that name. When ctx ends, the error is its cause.
func Confirm(ctx context.Context, streams genericiooptions.IOStreams, question string, yes bool) (bool, error) {
	switch {
	case yes:
		return true, nil
	case !IsTerminal(streams.In):
		return false, errors.New("not confirmed: stdin is no terminal to ask on; look at what would be done, then give --yes")
	case !IsTerminal(streams.ErrOut):
		return false, errors.New("not confirmed: stderr is no terminal to ask on; look at what would be done, then give --yes")
	}
	return ask(ctx, streams.In, streams.ErrOut, question)
}

// ask is Confirm on any streams.
func ask(ctx context.Context, in io.Reader, out io.Writer, question string) (bool, error) {
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if _, err := fmt.Fprintf(out, "%s [y/N] ", Visible(question)); err != nil {
		return false, fmt.Errorf("not confirmed: the question cannot be shown: %w", err)
	}
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	// A read of a terminal cannot be interrupted. When ctx ends first, this goroutine
	// stays until the next byte comes or the process ends, which it is about to do.
	go func() {
		text, err := readLine(ctx, in)
		answers <- answer{text, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(out) // what comes next begins a line
		return false, context.Cause(ctx)
	case a := <-answers:
		if a.err != nil {
			fmt.Fprintln(out)
			return false, fmt.Errorf("not confirmed: no answer: %w", a.err)
		}
		switch strings.ToLower(strings.TrimSpace(a.text)) {
		case "y", "yes":
			return true, nil
		}
		return false, nil
	}
}

// readLine reads one line byte by byte: what follows it belongs to whoever reads
// next. It takes at most one byte after ctx has ended. A line that does not end, and
// one that is too long for an answer, are errors.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < longestAnswer; {
		n, err := in.Read(b)
		switch {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case n == 1 && b[0] == '\n':
			return string(line), nil
		case n == 1:
			line = append(line, b[0])
		}
		if errors.Is(err, io.EOF) {
			return "", io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("the answer is longer than %d bytes", longestAnswer)
}
