package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// errExpanded ends a conversion whose aliases repeat long strings: the parser counts
// only how many they are.
var errExpanded = errors.New("the aliases of the document make too much of it")

// errAmbiguous is of keys like 1 and "1": which of the two kubectl would send is chance.
var errAmbiguous = errors.New("two keys of an object become the same text")

// encoder makes JSON of the parser's tree, as kubectl does, but of limited size.
type encoder struct {
	out  bytes.Buffer
	most int // bytes
}

func (e *encoder) value(v any) error {
	if e.out.Len() > e.most {
		return errExpanded
	}
	switch v := v.(type) {
	case map[any]any:
		return e.object(v)
	case []any:
		e.out.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				e.out.WriteByte(',')
			}
			if err := e.value(item); err != nil {
				return err
			}
		}
		e.out.WriteByte(']')
		return nil
	}
	return e.scalar(v)
}

// object writes a map, by name, so that the same file makes the same bytes.
func (e *encoder) object(v map[any]any) error {
	type member struct {
		name  string
		value any
	}
	members := make([]member, 0, len(v))
	for key, value := range v {
		name, err := nameOf(key)
		if err != nil {
			return err
		}
		members = append(members, member{name, value})
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	e.out.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			if m.name == members[i-1].name {
				return errAmbiguous
			}
			e.out.WriteByte(',')
		}
		if err := e.scalar(m.name); err != nil {
			return err
		}
		e.out.WriteByte(':')
		if err := e.value(m.value); err != nil {
			return err
		}
	}
	e.out.WriteByte('}')
	return nil
}

func (e *encoder) scalar(v any) error {
	if text, ok := v.(string); ok && e.out.Len()+len(text) > e.most {
		return errExpanded
	}
	encoder := json.NewEncoder(&e.out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	e.out.Truncate(e.out.Len() - 1) // the line's end
	return nil
}

// nameOf is a key as JSON has it: YAML's may be numbers and more.
func nameOf(key any) (string, error) {
	switch key := key.(type) {
	case string:
		return key, nil
	case bool, int, int64, uint64:
		return fmt.Sprint(key), nil
	case float64:
		switch {
		case math.IsInf(key, 1):
			return ".inf", nil
		case math.IsInf(key, -1):
			return "-.inf", nil
		case math.IsNaN(key):
			return ".nan", nil
		}
		return strconv.FormatFloat(key, 'g', -1, 32), nil // of 32 bits, as kubectl does
	}
	return "", errors.New("a key is no text")
}
