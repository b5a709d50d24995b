package manifest

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"strings"

	strict "sigs.k8s.io/json"
)

// Decode reads an object's JSON as the API does: names of fields in their own case.
// The error says which field is of a wrong type, and quotes no value.
func Decode(raw []byte, into any) error {
	if err := strict.UnmarshalCaseSensitivePreserveInts(raw, into); err != nil {
		return errors.New(harmless(err))
	}
	return nil
}

// harmless is an error's text without what it quotes, which may be a Secret's, and
// without the names of Go's types.
func harmless(err error) string {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		is, _, _ := strings.Cut(wrong.Value, " ") // after it a number's digits
		if wrong.Field == "" {
			return article(is) + " where " + article(jsonType(wrong.Type)) + " must be"
		}
		return wrong.Field + " is " + article(is)
	}
	text := strings.TrimPrefix(err.Error(), "json: ")
	const key = "invalid map key" // and then a Go value
	if before, _, found := strings.Cut(text, key); found {
		return before + key
	}
	if strings.ContainsAny(regexp.MustCompile(`'[[:punct:]]'`).ReplaceAllString(text, ""), "'`\"") {
		first, last := strings.IndexAny(text, "'`\""), strings.LastIndexAny(text, "'`\"")
		text = text[:first] + "…" + text[last+1:]
	}
	return regexp.MustCompile(`\S{40,}`).ReplaceAllString(text, "…")
}

// jsonType is what JSON calls the type of a Go value.
func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "bool"
	case reflect.Slice, reflect.Array:
		return "array"
	case reflect.Struct, reflect.Map, reflect.Pointer, reflect.Interface:
		return "object"
	}
	return "number"
}

func article(word string) string {
	if strings.ContainsAny(word[:1], "ao") { // array, object
		return "an " + word
	}
	return "a " + word
}
