package canon

import (
	"bytes"
	"testing"
	"time"

	"tokenshell/tokens"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// canonAt gives what is written at a moment.
func canonAt(now time.Time, write func(w *Writer)) []byte {
	var w Writer
	w.Begin(now)
	write(&w)
	return bytes.Clone(w.Bytes())
}

// What is the same but for the text of ids, the time and the order of a set, is
// written alike; anything else differs.
func TestWriter(t *testing.T) {
	mint := tokens.NewMint([]byte("canon"))
	a, b, c := mint.ID("cpt"), mint.ID("cpt"), mint.ID("cpt")
	write := func(now time.Time, f func(w *Writer)) string { return string(canonAt(now, f)) }
	set := func(ids ...string) func(w *Writer) {
		return func(w *Writer) { w.Set(len(ids), func(i int) { w.Name(ids[i]) }) }
	}
	for name, tt := range map[string]struct {
		one, other func(w *Writer)
		same       bool
	}{
		"ids by appearance":           {func(w *Writer) { w.Name(a); w.Name(b); w.Name(a) }, func(w *Writer) { w.Name(c); w.Name(a); w.Name(c) }, true},
		"another id":                  {func(w *Writer) { w.Name(a); w.Name(b); w.Name(a) }, func(w *Writer) { w.Name(a); w.Name(b); w.Name(b) }, false},
		"no id":                       {func(w *Writer) { w.ID("") }, func(w *Writer) { w.ID(a) }, false},
		"a chosen name":               {func(w *Writer) { w.Name("op_1") }, func(w *Writer) { w.Name("op_2") }, false},
		"a party's name for a thing":  {func(w *Writer) { w.ID("k1"); w.ID("k1") }, func(w *Writer) { w.ID("k2"); w.ID("k2") }, true},
		"a name that begins a text":   {func(w *Writer) { w.Text("a"); w.Text("bc") }, func(w *Writer) { w.Text("ab"); w.Text("c") }, false},
		"a set":                       {set("x", "y", "z"), set("z", "x", "y"), true},
		"a set of ids":                {set(a, b), set(b, a), true},
		"a larger set":                {set("x"), set("x", "x"), false},
		"an empty set":                {func(w *Writer) { set()(w); w.Int(1) }, func(w *Writer) { w.Int(1) }, false},
		"a set names what comes next": {func(w *Writer) { set("y", a)(w); w.Name(b) }, func(w *Writer) { set(b, "y")(w); w.Name(a) }, true},
		"who is meant in a set":       {func(w *Writer) { w.Name(a); set(a, b)(w) }, func(w *Writer) { w.Name(a); set(b, c)(w) }, false},
		"a set of known ids":          {func(w *Writer) { w.Name(a); w.Name(b); set(a, b)(w) }, func(w *Writer) { w.Name(a); w.Name(b); set(b, a)(w) }, true},
		"a moment":                    {func(w *Writer) { w.Time(epoch) }, func(w *Writer) { w.Time(epoch.Add(1)) }, false},
		"no moment":                   {func(w *Writer) { w.Time(time.Time{}) }, func(w *Writer) { w.Time(epoch) }, false},
	} {
		if same := write(epoch, tt.one) == write(epoch, tt.other); same != tt.same {
			t.Errorf("%s: the same: %t", name, same)
		}
	}
	late := epoch.AddDate(400, 0, 0)
	if write(epoch, func(w *Writer) { w.Time(epoch.Add(time.Second)) }) != write(late, func(w *Writer) { w.Time(late.Add(time.Second)) }) {
		t.Error("a distance depends on the day")
	}
	half := epoch.Add(time.Second / 2)
	if write(epoch, func(w *Writer) { w.Time(half) }) != write(half, func(w *Writer) { w.Time(epoch.Add(time.Second)) }) {
		t.Error("half a second is not half a second")
	}
	if write(epoch, func(w *Writer) { w.Time(late) }) == write(epoch, func(w *Writer) { w.Time(late.Add(time.Hour)) }) {
		t.Error("times that are far off are the same")
	}
}

func TestWhatLooksMinted(t *testing.T) {
	id := tokens.NewMint([]byte("canon")).ID("op")
	for name, want := range map[string]bool{
		id: true, "op_1": false, "": false, id[2:]: false, id + "a": false, id[:len(id)-1] + "8": false, id[:len(id)-1] + "A": false, "x-" + id: true,
	} {
		if isMinted(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
}
