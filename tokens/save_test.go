package tokens

import (
	"testing"
	"time"
)

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
	live.since = live.since.Add(-time.Hour) // as after an hour of the machine's
	live.Restore(saved)
	if gone := live.Now().Sub(saved.(savedClock).at); gone < 0 || gone > time.Minute || live.Frozen() {
		t.Errorf("a live clock is %s on", gone)
	}
}
