package tokens

import (
	"bytes"
	"testing"
	"time"
)

// canonAt gives what is written at a moment.
func canonAt(now time.Time, write func(w *Canon)) []byte {
	var w Canon
	w.Begin(now)
	write(&w)
	return bytes.Clone(w.Bytes())
}

// What is the same but for the text of ids, the time and the order of a set, is
// written alike; anything else differs.
func TestCanon(t *testing.T) {
	mint := NewMint([]byte("canon"))
	a, b, c := mint.ID("cpt"), mint.ID("cpt"), mint.ID("cpt")
	write := func(now time.Time, f func(w *Canon)) string { return string(canonAt(now, f)) }
	set := func(ids ...string) func(w *Canon) {
		return func(w *Canon) { w.Set(len(ids), func(i int) { w.Name(ids[i]) }) }
	}
	for name, tt := range map[string]struct {
		one, other func(w *Canon)
		same       bool
	}{
		"ids by appearance":           {func(w *Canon) { w.Name(a); w.Name(b); w.Name(a) }, func(w *Canon) { w.Name(c); w.Name(a); w.Name(c) }, true},
		"another id":                  {func(w *Canon) { w.Name(a); w.Name(b); w.Name(a) }, func(w *Canon) { w.Name(a); w.Name(b); w.Name(b) }, false},
		"no id":                       {func(w *Canon) { w.ID("") }, func(w *Canon) { w.ID(a) }, false},
		"a chosen name":               {func(w *Canon) { w.Name("op_1") }, func(w *Canon) { w.Name("op_2") }, false},
		"a party's name for a thing":  {func(w *Canon) { w.ID("k1"); w.ID("k1") }, func(w *Canon) { w.ID("k2"); w.ID("k2") }, true},
		"a name that begins a text":   {func(w *Canon) { w.Text("a"); w.Text("bc") }, func(w *Canon) { w.Text("ab"); w.Text("c") }, false},
		"a set":                       {set("x", "y", "z"), set("z", "x", "y"), true},
		"a set of ids":                {set(a, b), set(b, a), true},
		"a larger set":                {set("x"), set("x", "x"), false},
		"an empty set":                {func(w *Canon) { set()(w); w.Int(1) }, func(w *Canon) { w.Int(1) }, false},
		"a set names what comes next": {func(w *Canon) { set("y", a)(w); w.Name(b) }, func(w *Canon) { set(b, "y")(w); w.Name(a) }, true},
		"who is meant in a set":       {func(w *Canon) { w.Name(a); set(a, b)(w) }, func(w *Canon) { w.Name(a); set(b, c)(w) }, false},
		"a set of known ids":          {func(w *Canon) { w.Name(a); w.Name(b); set(a, b)(w) }, func(w *Canon) { w.Name(a); w.Name(b); set(b, a)(w) }, true},
		"a moment":                    {func(w *Canon) { w.Time(epoch) }, func(w *Canon) { w.Time(epoch.Add(1)) }, false},
		"no moment":                   {func(w *Canon) { w.Time(time.Time{}) }, func(w *Canon) { w.Time(epoch) }, false},
	} {
		if same := write(epoch, tt.one) == write(epoch, tt.other); same != tt.same {
			t.Errorf("%s: the same: %t", name, same)
		}
	}
	late := epoch.AddDate(400, 0, 0)
	if write(epoch, func(w *Canon) { w.Time(epoch.Add(time.Second)) }) != write(late, func(w *Canon) { w.Time(late.Add(time.Second)) }) {
		t.Error("a distance depends on the day")
	}
	half := epoch.Add(time.Second / 2)
	if write(epoch, func(w *Canon) { w.Time(half) }) != write(half, func(w *Canon) { w.Time(epoch.Add(time.Second)) }) {
		t.Error("half a second is not half a second")
	}
	if write(epoch, func(w *Canon) { w.Time(late) }) == write(epoch, func(w *Canon) { w.Time(late.Add(time.Hour)) }) {
		t.Error("times that are far off are the same")
	}
}

func TestWhatLooksMinted(t *testing.T) {
	id := NewMint([]byte("canon")).ID("op")
	for name, want := range map[string]bool{
		id: true, "op_1": false, "": false, id[2:]: false, id + "a": false, id[:len(id)-1] + "8": false, id[:len(id)-1] + "A": false, "x-" + id: true,
	} {
		if isMinted(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
	}
}

// A mint and a clock that were put aside are as they were, and what was put aside
// stays as it was.
func TestMintAndClockComeBack(t *testing.T) {
	mint, clock := NewMint([]byte("saved")), FrozenClock(epoch)
	mint.ID("op")
	clock.Skew("relay", time.Minute)
	ids, times := mint.Save(), clock.Save()
	next, other := mint.ID("op"), mint.ID("other")
	for range 2 {
		clock.Skew("relay", -time.Hour)
		clock.Skew("kms", time.Hour)
		clock.Run()
		if err := clock.Advance(time.Hour); err != nil {
			t.Fatal(err)
		}
		mint.Restore(ids)
		clock.Restore(times)
		if got := mint.ID("op"); got != next {
			t.Errorf("the next id is %s, it was %s", got, next)
		}
		if got := mint.ID("other"); got != other {
			t.Errorf("the first other id is %s, it was %s", got, other)
		}
		at(t, clock, 0)
		at(t, clock.Of("relay"), time.Minute)
		at(t, clock.Of("kms"), 0)
		if !clock.Frozen() {
			t.Error("it goes on")
		}
	}
	live := LiveClock()
	saved := live.Save()
	if err := live.Advance(time.Hour); err != nil {
		t.Fatal(err)
	}
	live.Restore(saved)
	if gone := live.Now().Sub(saved.(savedClock).at); gone < 0 || gone > time.Minute || live.Frozen() {
		t.Errorf("a live clock is %s on", gone)
	}
}
