package proxy

import (
	"flag"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/kubechores/kubechores/pkg/finding"
)

// fieldValue is an option's field as both flag packages want it.
type fieldValue struct {
	field any
	bool  bool
}

func (v fieldValue) Set(text string) error { return setField(v.field, text) }
func (v fieldValue) String() string        { return "" }
func (v fieldValue) Type() string          { return "" }
func (v fieldValue) IsBoolFlag() bool      { return v.bool }

// listValue is v1's -instances.
type listValue struct{ texts *[]string }

func (v listValue) Set(text string) error { *v.texts = append(*v.texts, text); return nil }
func (v listValue) String() string        { return "" }

// byLibrary reads arguments by the flag package that the proxy uses.
func byLibrary(p Program, args []string) (s Spec, instances []string, err error) {
	d := dialectOf(p.Engine)
	s.Program = p
	if p.Engine == V1 {
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		for i := range d.options {
			set.Var(fieldValue{d.options[i].field(&s), d.options[i].isBool()}, d.options[i].name, "")
		}
		set.Bool("version", false, "")
		set.Var(listValue{&instances}, v1Instances, "")
		err = set.Parse(args)
		instances = slices.DeleteFunc(strings.Split(strings.Join(instances, ","), ","), func(s string) bool { return s == "" })
		return s, instances, err
	}
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	set.SetOutput(io.Discard)
	for i := range d.options {
		o := &d.options[i]
		letter := ""
		if o.short != 0 {
			letter = string(o.short)
		}
		f := set.VarPF(fieldValue{o.field(&s), o.isBool()}, o.name, letter, "")
		if o.isBool() {
			f.NoOptDefVal = "true"
		}
	}
	set.BoolP("version", "v", false, "")
	err = set.Parse(args)
	return s, set.Args(), err
}

// Arguments that the proxy's own flag package takes are read as it reads them, and
// those that it refuses are an Error.
func TestReadAsTheFlagPackagesDo(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, e := range []Engine{V1, V2, AlloyDB} {
		d, taken := dialectOf(e), 0
		for range 4000 {
			var args []string
			for range r.IntN(5) {
				o := d.options[r.IntN(len(d.options))]
				value := []string{"true", "false", "7", "7s", "0", "x", "", "a:b:c", "--"}[r.IntN(9)]
				letter := "-l"
				if o.short != 0 {
					letter = "-" + string(o.short)
				}
				args = append(args, [][]string{{d.flag(&o) + "=" + value}, {d.flag(&o), value}, {"--" + o.name}, {letter + value}, {letter, value}, {letter + "=" + value}, {"-lg" + letter[1:]}, {value},
					{"-instances", "a:b:c=tcp:1,"}, {"a:b:c"}, {"-" + o.name}}[r.IntN(11)]...)
			}
			want, instances, err := byLibrary(Program{Engine: e}, args)
			got, problems := Parse(Program{Engine: e}, args, nil)
			var names []string
			for _, i := range got.Instances {
				text := i.Name
				if e == V1 {
					text, _ = i.v1Text()
				}
				names = append(names, text)
			}
			if err != nil {
				if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == finding.Error }) {
					t.Fatalf("%s %q: %v, and no problem", e, args, err)
				}
				continue
			}
			taken++
			if onlyOneDash(problems) {
				continue // it is read as letters, which nobody means
			}
			got.Instances, got.Extra = nil, nil
			if !reflect.DeepEqual(got, want) || !slices.Equal(names, instances) && len(names)+len(instances) > 0 {
				t.Fatalf("%s %q\ngot  %+v %q\nwant %+v %q\n%v", e, args, got, names, want, instances, problems)
			}
		}
		if taken < 400 {
			t.Errorf("%s: %d command lines were taken", e, taken)
		}
	}
}

func onlyOneDash(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.ID == FlagOther && !strings.HasPrefix(p.Where.Name, "--") })
}
