package chain

import (
	"reflect"
	"testing"
)

// TestMerge: every list of objects is taken over, and so is what was noted of them.
func TestMerge(t *testing.T) {
	t.Parallel()
	var one, other Snapshot
	lists := 0
	from, to := reflect.ValueOf(&other).Elem(), reflect.ValueOf(&one).Elem()
	for i := range from.NumField() {
		f := from.Type().Field(i)
		if f.Type.Kind() != reflect.Slice || f.Name == "Missing" || f.Name == "Scope" {
			continue
		}
		lists++
		for _, v := range []reflect.Value{from, to} {
			v.Field(i).Set(reflect.MakeSlice(f.Type, 1, 1))
		}
	}
	other.dumped = map[scope]bool{{"Secret", "shop"}: true}
	one.Merge(&other)
	for i := range to.NumField() {
		if f := to.Field(i); f.Kind() == reflect.Slice && f.Len() == 2 {
			lists--
		}
	}
	if lists != 0 || !one.dumped[scope{"Secret", "shop"}] {
		t.Errorf("%d lists were left out; noted: %v", lists, one.dumped)
	}
}
