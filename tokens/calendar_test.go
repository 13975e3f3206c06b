package tokens

import (
	"context"
	"errors"
	"testing"
	"time"
)

// Time ends with the year 9000, however one gets there.
func TestTheCalendarEnds(t *testing.T) {
	last := time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, to := range map[string]func(*WorldClock, time.Time) error{
		"set":     (*WorldClock).Set,
		"advance": func(c *WorldClock, t time.Time) error { return c.Advance(t.Sub(c.Now())) },
	} {
		c := FrozenClock(last.Add(-time.Hour))
		if err := to(c, last.Add(1)); !errors.Is(err, errLastMoment) {
			t.Errorf("%s past the end: %v", name, err)
		}
		if err := to(c, last); err != nil || !c.Now().Equal(last) {
			t.Errorf("%s to the end: %v, it is %s", name, err, c.Now())
		}
	}
}

// A party's wait is given up as the world's is.
func TestAPartyGivesUpWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := FrozenClock(epoch)
	if err := c.Of("coupons").Wait(ctx, time.Second); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	at(t, c, 0)
}

// A live clock can be skewed like a frozen one.
func TestALiveClockIsSkewed(t *testing.T) {
	c := LiveClock()
	c.Skew("coupons", time.Hour)
	if d := c.Of("coupons").Now().Sub(c.Now()); d < 59*time.Minute || d > time.Hour {
		t.Errorf("%s ahead", d)
	}
}
