package proxy

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Errors of values, without the values, which may be secrets.
var (
	errBool     = errors.New("it is neither true nor false")
	errNumber   = errors.New("it is not a whole number that fits")
	errDuration = errors.New("it is no duration")
	errUnit     = errors.New("the duration has no unit")
)

// setField reads text into an option's field, as Go's flag package and pflag do. On
// an error the field is as before.
func setField(field any, text string) error {
	switch f := field.(type) {
	case *string:
		*f = text
	case *Secret:
		*f = Secret(text)
	case *Optional[string]:
		*f = Some(text)
	case *[]string:
		*f = nil
		if text != "" {
			*f = strings.Split(text, ",")
		}
	case *bool:
		return parse(f, text, strconv.ParseBool, errBool)
	case *Optional[bool]:
		return parseOptional(f, text, strconv.ParseBool, errBool)
	case *uint64:
		return parse(f, text, parseUint, errNumber)
	case *Optional[uint64]:
		return parseOptional(f, text, parseUint, errNumber)
	case *Optional[int]:
		return parseOptional(f, text, parseInt, errNumber)
	case *time.Duration:
		return parse(f, text, time.ParseDuration, durationError(text))
	case *Optional[time.Duration]:
		return parseOptional(f, text, time.ParseDuration, durationError(text))
	}
	return nil
}

func parse[T any](field *T, text string, read func(string) (T, error), wrong error) error {
	v, err := read(text)
	if err != nil {
		return wrong
	}
	*field = v
	return nil
}

func parseOptional[T comparable](field *Optional[T], text string, read func(string) (T, error), wrong error) error {
	v, err := read(text)
	if err != nil {
		return wrong
	}
	*field = Some(v)
	return nil
}

func parseUint(s string) (uint64, error) { return strconv.ParseUint(s, 0, 64) }

func parseInt(s string) (int, error) {
	n, err := strconv.ParseInt(s, 0, strconv.IntSize)
	return int(n), err
}

func durationError(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return errUnit
	}
	return errDuration
}

// fieldText is what a field's flag is to say; false where the field is as by default.
func fieldText(field any) (string, bool) {
	switch f := field.(type) {
	case *string:
		return *f, *f != ""
	case *Secret:
		return string(*f), *f != ""
	case *Optional[string]:
		return f.Value, f.Set
	case *[]string:
		return strings.Join(*f, ","), len(*f) > 0 && !slices.Equal(*f, []string{""})
	case *bool:
		return strconv.FormatBool(*f), *f
	case *Optional[bool]:
		return strconv.FormatBool(f.Value), f.Set
	case *uint64:
		return strconv.FormatUint(*f, 10), *f != 0
	case *Optional[uint64]:
		return strconv.FormatUint(f.Value, 10), f.Set
	case *Optional[int]:
		return strconv.Itoa(f.Value), f.Set
	case *time.Duration:
		return f.String(), *f != 0
	case *Optional[time.Duration]:
		return f.Value.String(), f.Set
	case *Switch:
		return string(*f), *f != Inherit
	}
	return "", false
}

// setQuery reads the value of an instance's key, as v2 does: ports in base ten, and
// more words for true and false than flags have.
func setQuery(field any, text string) error {
	switch f := field.(type) {
	case *Optional[int]:
		return parseOptional(f, text, strconv.Atoi, errNumber)
	case *Switch:
		switch strings.ToLower(text) {
		case "true", "t", "":
			*f = On
		case "false", "f":
			*f = Off
		default:
			return errBool
		}
		return nil
	}
	return setField(field, text)
}

// nearest is the name that is one or two slips of the pen away; "" for none.
func nearest(word string, names []string) string {
	best, found := 3, ""
	for _, name := range names {
		if d := distance(word, name); d < best && 2*d <= len(name) {
			best, found = d, name
		}
	}
	return found
}

// distance is Levenshtein's.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// clearField sets an option's field to the proxy's default.
func clearField(field any) {
	switch f := field.(type) {
	case *string:
		*f = ""
	case *Secret:
		*f = ""
	case *Optional[string]:
		*f = Optional[string]{}
	case *[]string:
		*f = nil
	case *bool:
		*f = false
	case *Optional[bool]:
		*f = Optional[bool]{}
	case *uint64:
		*f = 0
	case *Optional[uint64]:
		*f = Optional[uint64]{}
	case *Optional[int]:
		*f = Optional[int]{}
	case *time.Duration:
		*f = 0
	case *Optional[time.Duration]:
		*f = Optional[time.Duration]{}
	}
}

// yamlString writes a text as a double-quoted string of YAML, which JSON's are.
func yamlString(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return `""` // no string fails
	}
	return string(quoted)
}
