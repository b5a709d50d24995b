package metrics

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// sample is one line of the text format: a name, labels and a value.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

// parseSample reads NAME{LABEL="VALUE",…} VALUE [TIME].
func parseSample(line string) (*sample, error) {
	end := strings.IndexAny(line, "{ \t")
	if end <= 0 {
		return nil, errors.New("it has no name and value")
	}
	s := &sample{name: line[:end], labels: map[string]string{}}
	rest := line[end:]
	if rest[0] == '{' {
		var err error
		if rest, err = s.readLabels(rest[1:]); err != nil {
			return nil, err
		}
	}
	fields := strings.Fields(rest)
	if len(fields) < 1 || len(fields) > 2 {
		return nil, fmt.Errorf("%d words stand where a value is to be, and maybe a time", len(fields))
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // which gives an infinite value
		return nil, fmt.Errorf("%q is no value", clip(fields[0]))
	}
	s.value = value
	return s, nil
}

// readLabels reads what stands after {, and returns what stands after }.
func (s *sample) readLabels(rest string) (string, error) {
	for {
		rest = strings.TrimLeft(rest, " \t,")
		if after, closed := strings.CutPrefix(rest, "}"); closed {
			return after, nil
		}
		name, after, ok := strings.Cut(rest, "=")
		after, quoted := strings.CutPrefix(strings.TrimLeft(after, " \t"), `"`)
		if !ok || !quoted {
			return "", errors.New(`a label is not NAME="VALUE"`)
		}
		var value strings.Builder
		if rest, ok = unquote(after, &value); !ok {
			return "", errors.New("the value of a label does not end")
		}
		s.labels[strings.TrimSpace(name)] = value.String()
	}
}

// unquote reads a value up to its quote, in which \\, \" and \n stand for others.
func unquote(text string, value *strings.Builder) (rest string, ok bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			if text[i] == 'n' {
				value.WriteByte('\n')
			} else {
				value.WriteByte(text[i])
			}
		default:
			value.WriteByte(c)
		}
	}
	return "", false
}

func clip(text string) string { return text[:min(len(text), 40)] }
