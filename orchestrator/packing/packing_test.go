package packing

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzJSON: whatever is written as JSON is read again to the byte, with what stands
// behind it, whether or not the words are full.
func FuzzJSON(f *testing.F) {
	for _, body := range []string{
		`{"burned":5,"worth":"0.05"}`, `{"a":"x, \"y\": {z}","b":[1,-2.5e9,null,true,""],"c":{"d":"2026-01-01T00:00:00Z"}}`,
		"", "null", "\x00", `"":`, `{"k\"":1}`, "a\x00b", "\xff\xfe:", strings.Repeat("x", longestForm+1), `{"`, `":":":`,
	} {
		f.Add([]byte(body))
	}
	var w Words
	f.Fuzz(func(t *testing.T, body []byte) {
		p := w.Pack(nil)
		p.JSON(body)
		p.Text("behind")
		p.Part()
		u := w.Unpack(p.Packed())
		u.Part()
		if got := u.JSON(); !bytes.Equal(got, body) || got == nil {
			t.Fatalf("%q became %q", body, got)
		}
		if got := u.Text(); got != "behind" {
			t.Fatalf("behind %q stands %q", body, got)
		}
		for _, s := range []shared{w.words, w.forms, w.shapes} {
			if len(s.all) > mostShared || len(s.at) != len(s.all) {
				t.Fatalf("%d are shared, %d known", len(s.all), len(s.at))
			}
		}
	})
}

// TestWhatManyHaveCostsANumber: of the second of two alike, only what is its own is
// written, and one byte for the rest of it.
func TestWhatManyHaveCostsANumber(t *testing.T) {
	var w Words
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(worth string) string {
		p := w.Pack(nil)
		p.Base = at.Unix()
		p.Word("points.svc")
		p.Bits(true, false)
		p.Few(-3)
		p.Seldom("")
		p.Time(at.Add(time.Minute))
		p.ID("rcp_" + strings.Repeat("b", 25) + "e")
		p.JSON([]byte(`{"burned":5,"worth":"` + worth + `"}`))
		p.Part()
		return p.Packed()
	}
	write("0.05")
	if got, want := write("0.07"), "\x01"+"\x78"+"\x08\x42\x10\x84\x21\x08\x42\x10\x84\x21\x08\x42\x10\x84\x21\x09"+"\x015"+"\x040.07"; got != want {
		t.Errorf("%q is written, not %q", got, want)
	}
	for n := range mostShared { // other bodies than it knows are written out, and those that it knows are not
		p := w.Pack(nil)
		p.JSON(fmt.Appendf(nil, `{"key %d":0}`, n))
		p.Part()
		p.Packed()
	}
	if first, last := write("0.05"), w.Pack(nil); len(first) != 25 {
		t.Errorf("%q is %d bytes", first, len(first))
	} else {
		last.JSON([]byte(`{"late":1}`))
		last.Part()
		if packed := last.Packed(); !strings.Contains(packed, "late") {
			t.Errorf("%q says nothing of what it is", packed)
		}
	}
}

// TestTimes: the nanoseconds are written only when they change, and another zone is
// noticed.
func TestTimes(t *testing.T) {
	var w Words
	all := []time.Time{{}, time.Unix(5, 7).UTC(), time.Unix(-9, 7).UTC(), time.Unix(1<<40, 0).UTC(), {}, time.Unix(0, 999999999).UTC()}
	p := w.Pack([]byte("front"))
	for _, at := range all {
		p.Time(at)
	}
	p.Part()
	if !p.InUTC {
		t.Error("they are in UTC")
	}
	u := w.Unpack(strings.TrimPrefix(p.Packed(), "front"))
	u.Part()
	var got []time.Time
	for range all {
		got = append(got, u.Time())
	}
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("(-written +read):\n%s", diff)
	}
	p = w.Pack(nil)
	p.Time(time.Unix(1, 0).In(time.FixedZone("elsewhere", 3600)))
	if p.InUTC {
		t.Error("a time of another zone is said to be in UTC")
	}
}

// TestNothingStaysInTheRoom: what was packed is in what came of it, and nowhere else.
func TestNothingStaysInTheRoom(t *testing.T) {
	var w Words
	p := w.Pack([]byte("secret"))
	p.Text("secret")
	p.ID("secret")
	p.Part()
	p.Packed()
	for _, room := range [][]byte{w.room.bytes[:cap(w.room.bytes)], w.room.own[:cap(w.room.own)], w.room.shape[:cap(w.room.shape)]} {
		if bytes.Contains(room, []byte("secret")) {
			t.Errorf("%q stays", room)
		}
	}
}
