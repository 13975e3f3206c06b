// The walk: every field of a world, whoever it belongs to, as lines that can be
// compared.

package world_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// walker goes through all that can be reached from a value, unexported or not.
type walker struct {
	without map[string]string // fields that it leaves out, and why
	met     map[string]bool   // of them, those that were there
	seen    map[visit]int     // what it was at, by the order of coming there
	field   string            // where it is
	lines   []string
	about   []string // of each line, the field that it is about
}

// visit is a place in memory, and what is there: a struct begins with its first
// field.
type visit struct {
	at   uintptr
	kind reflect.Type
}

// walk gives a line for every field below a value.
func walk(without map[string]string, met map[string]bool, value any) []string {
	return walked(without, met, value).lines
}

// walked is a walk that knows which field each line is about.
func walked(without map[string]string, met map[string]bool, value any) *walker {
	w := &walker{without: without, met: met, seen: map[visit]int{}}
	w.at("", reflect.ValueOf(value))
	return w
}

func (w *walker) say(path string, what any) {
	w.about = append(w.about, w.field)
	w.lines = append(w.lines, fmt.Sprintf("%s = %v", path, what))
}

func (w *walker) at(path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Invalid:
		w.say(path, "nothing")
	case reflect.Pointer:
		if v.IsNil() {
			w.say(path, nil)
			return
		}
		here := visit{v.Pointer(), v.Type()}
		if n := w.seen[here]; n > 0 {
			w.say(path, fmt.Sprintf("the %d-th", n))
			return
		}
		w.seen[here] = len(w.seen) + 1
		w.at(path, v.Elem())
	case reflect.Interface:
		if !v.IsNil() {
			path += "(" + v.Elem().Type().String() + ")"
		}
		w.at(path, v.Elem())
	case reflect.Struct:
		w.fields(path, v)
	case reflect.Map:
		w.entries(path, v)
	case reflect.Slice, reflect.Array:
		w.say(path+"[]", fmt.Sprintf("%d of them", v.Len()))
		if v.Type().Elem().Kind() == reflect.Uint8 {
			text := make([]byte, v.Len())
			for i := range text {
				text[i] = byte(v.Index(i).Uint())
			}
			w.say(path, fmt.Sprintf("%q", text))
			return
		}
		for i := range v.Len() {
			w.at(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Func, reflect.Chan:
		w.say(path, fmt.Sprintf("%s, nil: %t", v.Type(), v.IsNil()))
	case reflect.String:
		w.say(path, fmt.Sprintf("%q", v.String()))
	default:
		w.say(path, v)
	}
}

// fields goes through a struct. Locks say nothing, nor where a time is shown.
func (w *walker) fields(path string, v reflect.Value) {
	t := v.Type()
	if p := t.PkgPath(); p == "sync" || p == "internal/sync" {
		return
	}
	if t == reflect.TypeFor[time.Time]() {
		w.say(path, fmt.Sprintf("%d, %d", v.Field(0).Uint(), v.Field(1).Int()))
		return
	}
	name := t.String()
	if bracket := strings.IndexByte(name, '['); bracket >= 0 { // of a type of types
		name = name[:bracket]
	}
	for i := range v.NumField() {
		field := name + "." + t.Field(i).Name
		if _, out := w.without[field]; out {
			w.met[field] = true
			continue
		}
		was := w.field
		w.field = field
		w.at(path+"."+t.Field(i).Name, v.Field(i))
		w.field = was
	}
}

// entries goes through a map, in the order of its keys.
func (w *walker) entries(path string, v reflect.Value) {
	w.say(path+"{}", fmt.Sprintf("%d of them", v.Len()))
	byKey := map[string]reflect.Value{}
	for entries := v.MapRange(); entries.Next(); {
		key := &walker{seen: map[visit]int{}}
		key.at("", entries.Key())
		byKey[strings.ReplaceAll(strings.Join(key.lines, ""), " = ", " ")] = entries.Value()
	}
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		w.at(path+"{"+key+"}", byKey[key])
	}
}

// fieldsThatDiffer gives the fields of which two walks say something else. What is
// only in one of them, such as an entry under another id, has nothing to differ from,
// nor what a pointer led to before.
func fieldsThatDiffer(one, other *walker) (fields map[string]bool) {
	said := map[string]string{}
	for _, line := range one.lines {
		path, what, _ := strings.Cut(line, " = ")
		said[path] = what
	}
	fields = map[string]bool{}
	for i, line := range other.lines {
		path, what, _ := strings.Cut(line, " = ")
		if was, both := said[path]; both && was != what && !strings.HasPrefix(was, "the ") && !strings.HasPrefix(what, "the ") {
			fields[other.about[i]] = true
		}
	}
	return fields
}

// differences gives the first few lines that are not the same.
func differences(before, after []string) []string {
	var all []string
	for i := range max(len(before), len(after)) {
		was, is := "nothing", "nothing"
		if i < len(before) {
			was = before[i]
		}
		if i < len(after) {
			is = after[i]
		}
		if was != is {
			all = append(all, fmt.Sprintf("it was %.300s\nit is  %.300s", was, is))
		}
		if len(all) == 5 {
			break
		}
	}
	return all
}

// A field of any kind that changes is a line that changes, but where it is left
// out.
func TestTheWalkSeesEverything(t *testing.T) {
	type inner struct{ n int }
	type outer struct {
		text    string
		number  *inner
		same    *inner
		any     any
		list    []inner
		bytes   []byte
		byName  map[string]*inner
		at      time.Time
		call    func()
		left    int
		floated float64
	}
	make := func() *outer {
		n := &inner{1}
		return &outer{"a", n, n, inner{2}, []inner{{3}}, []byte("b"), map[string]*inner{"x": {4}}, time.Unix(5, 6), nil, 7, 8}
	}
	without := map[string]string{"world_test.outer.left": "to see that it is"}
	before := walk(without, map[string]bool{}, make())
	for name, change := range map[string]func(o *outer){
		"text":           func(o *outer) { o.text = "b" },
		"below":          func(o *outer) { o.number.n++ },
		"another's":      func(o *outer) { o.same = &inner{1} },
		"none":           func(o *outer) { o.number = nil },
		"any":            func(o *outer) { o.any = inner{3} },
		"kind of any":    func(o *outer) { o.any = &inner{2} },
		"longer":         func(o *outer) { o.list = append(o.list, inner{}) },
		"in a list":      func(o *outer) { o.list[0].n++ },
		"bytes":          func(o *outer) { o.bytes[0]++ },
		"in a map":       func(o *outer) { o.byName["x"].n++ },
		"key":            func(o *outer) { o.byName["y"] = o.byName["x"]; delete(o.byName, "x") },
		"time":           func(o *outer) { o.at = o.at.Add(1) },
		"func":           func(o *outer) { o.call = func() {} },
		"floating point": func(o *outer) { o.floated++ },
	} {
		o := make()
		change(o)
		if len(differences(before, walk(without, map[string]bool{}, o))) == 0 {
			t.Errorf("%s: it is not seen", name)
		}
	}
	o, met := make(), map[string]bool{}
	o.left++
	if d := differences(before, walk(without, met, o)); d != nil || !met["world_test.outer.left"] {
		t.Errorf("what is left out is seen: %s", d)
	}
}
