// Saves: whatever changes in a model comes back; a field that nobody saves fails here.

package explore

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/stage"
	"tokenshell/tokens"
)

// open gives a field that may be read and set, whoever it belongs to.
func open(v reflect.Value) reflect.Value {
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}

// written writes down everything that a value leads to: a pointer by its first
// appearance, a function only as one.
func written(b *strings.Builder, v reflect.Value, seen map[uintptr]int) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			b.WriteString("nil ")
			return
		}
		n, known := seen[v.Pointer()]
		if !known {
			n = len(seen)
			seen[v.Pointer()] = n
		}
		if fmt.Fprintf(b, "*%d ", n); !known {
			written(b, v.Elem(), seen)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fmt.Fprintf(b, "%s:", v.Type().Field(i).Name)
			written(b, open(v.Field(i)), seen)
		}
	case reflect.Slice:
		fmt.Fprintf(b, "[%d ", v.Len())
		for i := range v.Len() {
			written(b, v.Index(i), seen)
		}
	case reflect.Map:
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		for _, key := range keys {
			fmt.Fprintf(b, "%v=", key)
			one := reflect.New(v.Type().Elem()).Elem()
			one.Set(v.MapIndex(key))
			written(b, one, seen)
		}
	case reflect.Func, reflect.Interface:
		fmt.Fprintf(b, "%v ", v.IsNil())
	default:
		fmt.Fprintf(b, "%v ", v)
	}
}

func dump(v any) string {
	var b strings.Builder
	written(&b, reflect.ValueOf(v), map[uintptr]int{})
	return b.String()
}

// spoil changes every field of everything that a value leads to, and counts them by
// type and name.
func spoil(v reflect.Value, seen map[uintptr]bool, changed map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !seen[v.Pointer()] {
			seen[v.Pointer()] = true
			spoil(v.Elem(), seen, changed)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if k := v.Index(i).Kind(); k == reflect.Pointer {
				spoil(v.Index(i), seen, changed)
			}
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			spoil(v.MapIndex(key), seen, changed)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := open(v.Field(i))
			spoil(f, seen, changed)
			switch changed[v.Type().Name()+"."+v.Type().Field(i).Name] = true; f.Kind() {
			case reflect.Int:
				f.SetInt(f.Int() + 7)
			case reflect.String:
				f.SetString(f.String() + "!")
			case reflect.Bool:
				f.SetBool(!f.Bool())
			default:
				f.SetZero()
			}
		}
	}
}

func TestWhateverChangesInTheModelComesBack(t *testing.T) {
	c := newCourse(t, 1)
	on, err := stage.New(c.plan, tokens.Weakness{}, bound.Bound{Sessions: 2, Tokens: 3, Faults: 6, Clock: 3})
	if err != nil {
		t.Fatal(err)
	}
	on.SettleOn(c.customer)
	rng := rand.New(rand.NewPCG(1, 2))
	w := &walker{stage: on, ctx: t.Context(), tried: map[string]int{}}
	changed := map[string]bool{}
	begin := on.Save()
	for range 60 {
		on.Restore(begin)
		for range 9 {
			w.moves = on.Moves(w.moves)
			st := stage.Step{Move: w.pick(rng)}
			here := on.Save()
			if err := on.Try(t.Context(), st.Move, nil); err != nil {
				t.Fatal(err)
			}
			if at, d := w.decide(rng, st.Move, 0); d.Fate != "" {
				on.Restore(here)
				st.Plan = append(make([]stage.Decision, at), d)
				if err := loud(on.Try(t.Context(), st.Move, st.Plan)); err != nil {
					t.Fatal(err)
				}
			}
		}
		was, saved := dump(on.Model), on.Save()
		spoil(reflect.ValueOf(on.Model), map[uintptr]bool{}, changed)
		if dump(on.Model) == was {
			t.Fatal("nothing was changed")
		}
		if on.Restore(saved); dump(on.Model) != was {
			t.Fatalf("it is not as it was\n%s\n%s", was, dump(on.Model))
		}
	}
	for _, want := range []string{"World.Now", "World.Late", "World.lost", "Session.compensating", "step.owed", "step.freed", "Hold.attempt", "Key.left"} {
		if !changed[want] {
			t.Errorf("%s was never changed", want)
		}
	}
}
