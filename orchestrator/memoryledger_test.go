package orchestrator

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"tokenshell/tokens"
)

var ledgerEpoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func use(t testing.TB, l Ledger, u Use) bool {
	t.Helper()
	first, err := l.Use(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

// plainLedger is the ledger as one would write it down: what the flat tables are
// held against.
type plainLedger map[[3]string]Use

func (p plainLedger) Use(_ context.Context, u Use) (first bool, err error) {
	key := [3]string{u.Session, u.Ref.Issuer, u.Ref.ID}
	if was, used := p[key]; used {
		return was.Attempt == u.Attempt && u.Attempt != "", nil
	}
	p[key] = u
	return true, nil
}

// FuzzLedger: for as long as a use has not expired, both say the same, whatever came
// in between; and after it, when every bucket has gone, it is new again.
func FuzzLedger(f *testing.F) {
	f.Add(uint64(1), uint16(300))
	f.Add(uint64(2), uint16(20_000))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16) {
		r := rand.New(rand.NewPCG(seed, 1))
		flat, plain := NewMemoryLedger(), plainLedger{}
		now := ledgerEpoch
		var saved any
		for range n {
			u := Use{
				Session: fmt.Sprint("op_", r.IntN(20)), Ref: tokens.Ref{Issuer: fmt.Sprint(r.IntN(3), ".svc"), ID: fmt.Sprint(r.IntN(int(n)/8 + 1))},
				Attempt: []string{"", "relay 1", "relay 2"}[r.IntN(3)], Now: now,
				Expires: now.Add(time.Duration(r.ExpFloat64() * float64(10*time.Minute))),
			}
			if was, used := plain[[3]string{u.Session, u.Ref.Issuer, u.Ref.ID}]; used && !now.Before(was.Expires) {
				continue // it may be known yet, or not
			}
			want, _ := plain.Use(t.Context(), u)
			if got := use(t, flat, u); got != want {
				t.Fatalf("%+v: %v, want %v", u, got, want)
			}
			switch r.IntN(50) {
			case 0:
				now = now.Add(time.Duration(r.IntN(120)) * time.Second)
			case 1:
				saved = flat.Save()
				use(t, flat, Use{Session: "another", Ref: u.Ref, Now: now, Expires: u.Expires})
				flat.Restore(saved)
			}
		}
		if now = now.Add(1000 * time.Hour); n > 0 && !use(t, flat, Use{Session: "op_0", Now: now, Expires: now.Add(1)}) {
			t.Fatal("a new use is not the first")
		}
		if len(flat.buckets) > 1 {
			t.Fatalf("%d buckets are kept of what has expired", len(flat.buckets)-1)
		}
	})
}

// One jti that is signed twice is one use, whenever which of its tokens expires.
func TestAUseIsFoundInEveryBucket(t *testing.T) {
	l := NewMemoryLedger()
	u := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Now: ledgerEpoch, Expires: ledgerEpoch.Add(time.Minute)}
	if !use(t, l, u) {
		t.Fatal("not the first")
	}
	for _, later := range []time.Duration{time.Second, 11 * time.Minute, 5 * time.Hour, 24 * 400 * time.Hour} {
		if u.Expires = ledgerEpoch.Add(later); use(t, l, u) {
			t.Errorf("with an exp %s later it is another one", later)
		}
	}
	if u.Expires = (time.Time{}); use(t, l, u) {
		t.Error("without an end it is another one")
	}
}

// It is known until it expires, to the nanosecond, and for a bucket's width at most
// after that.
func TestAUseIsKnownUntilItExpires(t *testing.T) {
	for _, lives := range []time.Duration{1, time.Second, 10*time.Minute - 1, 10 * time.Minute, time.Hour, time.Hour + 1, 9 * time.Hour, 24 * 30 * time.Hour} {
		l := NewMemoryLedger()
		u := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Now: ledgerEpoch, Expires: ledgerEpoch.Add(lives)}
		use(t, l, u)
		if u.Now = u.Expires.Add(-1); use(t, l, u) {
			t.Errorf("%s: forgotten before its time", lives)
		}
		if u.Now = u.Expires.Add(lives/6*wider + narrow*time.Second + time.Second); !use(t, l, u) {
			t.Errorf("%s: known for ever", lives)
		}
	}
}

// What never expires, or when nobody lives to see it, is known then, too.
func TestAUseThatStays(t *testing.T) {
	for name, expires := range map[string]time.Time{"never": {}, "in 2^62 seconds": time.Unix(1<<62, 0), "in 2^62 and one": time.Unix(1<<62+1, 0), "at the end of time": time.Unix(math.MaxInt64-62135596801, 0)} {
		l := NewMemoryLedger()
		u := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Now: ledgerEpoch, Expires: expires}
		if !use(t, l, u) {
			t.Errorf("%s: not the first", name)
		}
		for _, later := range []time.Duration{1, time.Hour, math.MaxInt64} {
			if u.Now = ledgerEpoch.Add(later); use(t, l, u) {
				t.Errorf("%s: forgotten after %s", name, later)
			}
		}
	}
}

// However many expire together, each is known, and the tables are full to three
// quarters at the most.
func TestManyUsesOfOneBucket(t *testing.T) {
	l := NewMemoryLedger()
	u := func(n int) Use {
		return Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: fmt.Sprint(n)}, Now: ledgerEpoch, Expires: ledgerEpoch.Add(time.Minute)}
	}
	for n := range 3 * large {
		if !use(t, l, u(n)) {
			t.Fatalf("use %d is not the first", n)
		}
		if n+1 == large || n == large || n+1 == 3*large {
			for known := range n + 1 {
				if use(t, l, u(known)) {
					t.Fatalf("of %d, use %d is not known", n+1, known)
				}
			}
			used := 0
			for _, tab := range l.buckets[0].tables {
				if 4*tab.used > 3*len(tab.slots) || 3*tab.used < len(tab.slots) && tab.used > 8 {
					t.Errorf("of %d, %d uses stand in %d slots", n+1, tab.used, len(tab.slots))
				}
				used += tab.used
			}
			if len(l.buckets) != 1 || (len(l.buckets[0].tables) == 1) != (n < large) || used != n+1 {
				t.Errorf("%d uses in %d tables of %d buckets, want %d", used, len(l.buckets[0].tables), len(l.buckets), n+1)
			}
		}
	}
}

// A part of a large bucket that has grown large itself is no reason to divide again:
// the other parts would be lost. A part that is empty has nothing.
func TestPartsAreNotDivided(t *testing.T) {
	b := &bucket{tables: make([]table, 1)}
	b.put(slot{key: 1})
	for n := range uint64(2 * large) {
		b.put(slot{key: (n + 1) * parts}) // all of one part
	}
	if len(b.tables) != parts || b.tables[0].used != 2*large {
		t.Fatalf("%d parts, %d uses in the first", len(b.tables), b.tables[0].used)
	}
	for key, known := range map[uint64]bool{1: true, parts: true, 2 * large * parts: true, 2: false, 1 + parts: false} {
		if _, found := b.table(slot{key: key}).find(key); found != known {
			t.Errorf("key %d: found is %t", key, found)
		}
	}
}

// What expires leaves, though something that never does came first.
func TestAUseThatStaysKeepsNobody(t *testing.T) {
	l := NewMemoryLedger()
	stays := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Now: ledgerEpoch}
	goes := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "2"}, Now: ledgerEpoch, Expires: ledgerEpoch.Add(time.Minute)}
	if !use(t, l, stays) || !use(t, l, goes) {
		t.Fatal("it is not the first")
	}
	later := goes
	later.Now, later.Expires = ledgerEpoch.Add(time.Hour), ledgerEpoch.Add(2*time.Hour)
	if !use(t, l, later) {
		t.Error("what has expired is still known")
	}
	if stays.Now = later.Now; use(t, l, stays) {
		t.Error("what never expires is forgotten")
	}
}

// Names are for worlds that are written down, and nobody else pays for them.
func TestNamesAreKeptOfANamingLedger(t *testing.T) {
	u := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Now: ledgerEpoch, Expires: ledgerEpoch.Add(time.Minute), Attempt: "att_1"}
	for want, l := range []*MemoryLedger{NewMemoryLedger(), NewNamingLedger()} {
		if use(t, l, u); len(l.buckets[0].names) != want {
			t.Errorf("%d names, want %d", len(l.buckets[0].names), want)
		}
	}
}

func TestBucketsAreFew(t *testing.T) {
	l := NewMemoryLedger()
	n := 0
	for after := time.Duration(1); after < math.MaxInt64/4; after += after/7 + time.Minute {
		n++
		use(t, l, Use{Session: "op_1", Ref: tokens.Ref{ID: fmt.Sprint(n)}, Now: ledgerEpoch, Expires: ledgerEpoch.Add(after)})
	}
	if len(l.buckets) > 60 {
		t.Errorf("%d buckets for %d uses", len(l.buckets), n)
	}
	for _, seconds := range []int64{-1 << 62, 1 << 62} { // of tokens whose time nobody checks
		use(t, l, Use{Session: "op_2", Ref: tokens.Ref{ID: fmt.Sprint(seconds)}, Now: ledgerEpoch, Expires: time.Unix(seconds, 0)})
	}
}

// Two uses that the tables take for one: the second is refused.
func TestACollisionFailsClosed(t *testing.T) {
	l := NewMemoryLedger()
	one, other := Use{Session: "op_1", Ref: tokens.Ref{ID: "1"}, Attempt: "a"}, Use{Session: "op_1", Ref: tokens.Ref{ID: "2"}, Attempt: "a"}
	h := l.hash(&other)
	use(t, l, one)
	l.buckets[0].put(slot{h.key, l.hash(&one).attempt}) // as if the key of one were that of the other
	if use(t, l, other) {
		t.Error("the second of two that collide is accepted")
	}
}

// A key that hashes to what an empty slot looks like is a key like others, and an
// attempt that hashes to nobody is somebody.
func TestHashesAreNeverEmpty(t *testing.T) {
	var tab table
	for n := range 40 {
		tab.put(slot{key: uint64(n + 1), attempt: 1})
	}
	if len(tab.slots)*3 < tab.used*4 {
		t.Errorf("%d of %d slots are used", tab.used, len(tab.slots))
	}
	for n := range 40 {
		if _, found := tab.find(uint64(n + 1)); !found {
			t.Errorf("%d is lost", n+1)
		}
	}
	if _, found := tab.find(41); found {
		t.Error("41 was never there")
	}
	l := NewMemoryLedger()
	if h := l.hash(&Use{}); h.key == empty || h.attempt != nobody {
		t.Errorf("%+v", h)
	}
	if h := l.hash(&Use{Attempt: "a"}); h.attempt == nobody {
		t.Errorf("%+v", h)
	}
}

func TestSecretsAreOfALedger(t *testing.T) {
	u := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Attempt: "a"}
	one, other := NewMemoryLedger(), NewMemoryLedger()
	if again := one.hash(&u); again == other.hash(&u) || again != one.hash(&u) {
		t.Error("the secret is nobody's")
	}
	if said := fmt.Sprintf("%+v %#v", one, one); len(said) > 400 {
		t.Errorf("a printer shows more than it should: %s", said)
	}
	moved := u
	moved.Session, moved.Ref.Issuer = "op_", "1a"
	if one.hash(&u).key == one.hash(&moved).key {
		t.Error("what is hashed runs together")
	}
}

// A ledger that was put aside is as it was then, and what it is put aside as does not
// change with it. Only a naming one knows what was used by name.
func TestALedgerComesBack(t *testing.T) {
	for _, l := range []*MemoryLedger{NewMemoryLedger(), NewNamingLedger()} {
		u := Use{Session: "op_1", Ref: tokens.Ref{Issuer: "a", ID: "1"}, Attempt: "x", Now: ledgerEpoch, Expires: ledgerEpoch.Add(time.Minute)}
		names := 0
		if l.named {
			names = 1
		}
		before := l.Save()
		for range 2 {
			if !use(t, l, u) {
				t.Error("not the first, after what was put aside before it")
			}
			after := l.Save()
			if after != l.Save() {
				t.Error("it is put aside twice, though nothing has changed")
			}
			l.Restore(before)
			if len(l.uses()) != 0 {
				t.Errorf("%v of before the first use", l.uses())
			}
			l.Restore(after)
			other := u
			if other.Attempt = "y"; use(t, l, other) || !use(t, l, u) || len(l.uses()) != names {
				t.Errorf("after what was put aside behind it: %v", l.uses())
			}
			l.Restore(before)
		}
	}
}
