package tokens

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at wants the clock to show the epoch plus d.
func at(t *testing.T, c Clock, d time.Duration) {
	t.Helper()
	if got, want := c.Now(), epoch.Add(d); !got.Equal(want) {
		t.Errorf("it is %s, want %s", got, want)
	}
}

func TestFrozenClockStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := FrozenClock(epoch)
		time.Sleep(time.Hour) // the bubble's hour
		at(t, c, 0)
		if !c.Frozen() {
			t.Error("not frozen")
		}
	})
}

func TestClockNeverGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, live := range []bool{false, true} {
			c := FrozenClock(epoch)
			if live {
				c.Run()
			}
			for _, err := range []error{c.Set(epoch.Add(-time.Nanosecond)), c.Set(time.Time{}), c.Advance(-time.Nanosecond)} {
				if err == nil {
					t.Error("it went back")
				}
				at(t, c, 0)
			}
			for _, err := range []error{c.Set(epoch), c.Advance(0), c.Set(epoch.Add(time.Second)), c.Advance(time.Second)} {
				if err != nil {
					t.Error(err)
				}
			}
			at(t, c, 2*time.Second)
		}
	})
}

func TestClockSetTellsWhatTimeItIs(t *testing.T) {
	err := FrozenClock(epoch).Set(epoch.Add(-time.Hour))
	const want = "time never goes back: it is 2026-01-01T00:00:00Z, 2025-12-31T23:00:00Z is before that"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLiveClockGoesWithTheMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := LiveClock()
		start := time.Now()
		time.Sleep(3 * time.Second)
		if got := c.Now().Sub(start); got != 3*time.Second || c.Frozen() {
			t.Errorf("%s later, frozen %v", got, c.Frozen())
		}
		if err := c.Set(epoch); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		at(t, c, time.Second)
		c.Freeze()
		c.Freeze()
		time.Sleep(time.Minute)
		at(t, c, time.Second)
		c.Run()
		c.Run()
		time.Sleep(time.Second)
		at(t, c, 2*time.Second)
		if _, offset := c.Now().Zone(); offset != 0 || c.Now().Location() != time.UTC {
			t.Error("not in UTC")
		}
	})
}

func TestClockShowsNoMonotonicReading(t *testing.T) {
	live := LiveClock()
	for _, c := range []Clock{live, live.Of("relay"), FrozenClock(time.Now())} {
		if now := c.Now(); now != now.Round(0) {
			t.Errorf("%v carries a monotonic reading", now)
		}
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		frozen, live := FrozenClock(epoch), FrozenClock(epoch)
		live.Run()
		for _, c := range []Clock{frozen, live} {
			for _, d := range []time.Duration{2 * time.Second, 0, -time.Hour} { // a negative wait is none
				if err := c.Wait(ctx, d); err != nil {
					t.Error(err)
				}
				at(t, c, 2*time.Second)
			}
		}
		go func() { time.Sleep(time.Second); cancel() }()
		if err := live.Wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		at(t, live, 3*time.Second)
		if err := frozen.Wait(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		at(t, frozen, 2*time.Second)
	})
}

func TestSkewIsThePartysAlone(t *testing.T) {
	c := FrozenClock(epoch)
	c.Skew("points.svc", time.Minute)
	c.Skew("coupons.svc", -time.Second)
	c.Skew("payments.svc", time.Hour)
	c.Skew("payments.svc", 0)
	at(t, c, 0)
	at(t, c.Of("points.svc"), time.Minute)
	at(t, c.Of("coupons.svc"), -time.Second)
	at(t, c.Of("payments.svc"), 0)
	if err := c.Of("points.svc").Wait(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	at(t, c, time.Second)
	at(t, c.Of("points.svc"), time.Minute+time.Second)
	got := c.Skews()
	if diff := cmp.Diff(map[string]time.Duration{"points.svc": time.Minute, "coupons.svc": -time.Second}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got["points.svc"] = 0 // a copy
	at(t, c.Of("points.svc"), time.Minute+time.Second)
}

// Many readers, and somebody who moves, freezes and runs it: no reader sees
// time go back.
func TestClockIsSafeForConcurrentUse(t *testing.T) {
	c := LiveClock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 300 {
			c.Freeze()
			_ = c.Advance(time.Millisecond)
			c.Run()
			_ = c.Set(c.Now().Add(time.Millisecond))
		}
	}()
	last := c.Now()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		now := c.Now()
		if now.Before(last) {
			t.Fatalf("%s after %s", now, last)
		}
		last = now
	}
}
