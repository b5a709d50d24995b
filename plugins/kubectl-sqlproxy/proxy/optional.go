package proxy

// Optional is a value that may be left to the proxy's default, where the default is
// not the zero value: an address "" is another one than none.
type Optional[T comparable] struct {
	Value T
	Set   bool
}

// Some is a value that is set.
func Some[T comparable](value T) Optional[T] { return Optional[T]{value, true} }

// Or returns the value, or what holds where none is set.
func (o Optional[T]) Or(unset T) T {
	if o.Set {
		return o.Value
	}
	return unset
}

// Switch is an instance's own choice, for or against what holds for all.
type Switch string

// The choices. Inherit leaves it to what holds for all instances.
const (
	Inherit Switch = ""
	On      Switch = "true"
	Off     Switch = "false"
)

// Or returns the choice, or what holds for all.
func (s Switch) Or(all bool) bool {
	if s == Inherit {
		return all
	}
	return s == On
}
