// The clock: the only file that asks the machine for the time.

package tokens

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Clock tells one party the time and lets it wait.
type Clock interface {
	// Now is the party's time, in UTC.
	Now() time.Time
	// Wait returns nil after d, or ctx's error when that ends first. Under a
	// frozen clock it moves the clock by d and returns at once.
	Wait(ctx context.Context, d time.Duration) error
}

// WorldClock is the time of one world: live, or frozen until somebody moves
// it. It never goes back: live time is counted from the monotonic reading, so
// a machine clock that jumps back is not seen. Safe for concurrent use.
type WorldClock struct {
	mu     sync.Mutex
	frozen bool
	base   time.Time // what the world's time was at since
	since  time.Time // machine time with its monotonic reading; unused when frozen
	skews  map[string]time.Duration
}

// LiveClock starts a clock at the machine's time.
func LiveClock() *WorldClock {
	now := time.Now()
	return &WorldClock{base: now, since: now, skews: map[string]time.Duration{}}
}

// FrozenClock starts a clock that stands at t.
func FrozenClock(t time.Time) *WorldClock {
	return &WorldClock{base: t, frozen: true, skews: map[string]time.Duration{}}
}

// Stopwatch gives a func that says how much machine time has passed since.
func Stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// Now is the world's time in UTC, without any party's skew.
func (c *WorldClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *WorldClock) now() time.Time {
	if c.frozen {
		return c.base.Round(0).UTC()
	}
	return c.base.Add(time.Since(c.since)).Round(0).UTC()
}

// Frozen reports whether the clock stands still.
func (c *WorldClock) Frozen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frozen
}

// Freeze stops the clock where it is.
func (c *WorldClock) Freeze() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.frozen = c.now(), true
}

// Run lets a frozen clock go on from where it stands.
func (c *WorldClock) Run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.since, c.frozen = c.now(), time.Now(), false
}

// Set moves the clock forward to t. It refuses to go back, for then tokens
// would come to life again.
func (c *WorldClock) Set(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if t.After(lastMoment) {
		return errLastMoment
	}
	if t.Before(now) {
		return fmt.Errorf("time never goes back: it is %s, %s is before that", now.Format(time.RFC3339), t.UTC().Format(time.RFC3339))
	}
	c.base, c.since = t, time.Now()
	return nil
}

// Advance moves the clock forward by d, which must not be negative.
func (c *WorldClock) Advance(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d < 0 {
		return fmt.Errorf("time never goes back: %s is negative", HowLong(d))
	}
	if c.now().Add(d).After(lastMoment) {
		return errLastMoment
	}
	c.base = c.base.Add(d)
	return nil
}

// lastMoment leaves room for what is issued then to be written down.
var lastMoment = time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)

var errLastMoment = errors.New("the calendar ends with the year 9000")

// Wait waits in the world's time; see [Clock].
func (c *WorldClock) Wait(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	if c.frozen {
		c.base = c.base.Add(max(d, 0)) // a negative wait is over at once, as a timer's
		c.mu.Unlock()
		return nil
	}
	c.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Skew sets how far the party's own clock is ahead of the world's; negative
// is behind.
func (c *WorldClock) Skew(party string, ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skews[party] = ahead
}

// Skews gives every skew that was set, by party.
func (c *WorldClock) Skews() map[string]time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]time.Duration, len(c.skews))
	for party, d := range c.skews {
		if d != 0 {
			out[party] = d
		}
	}
	return out
}

// savedClock is a clock that was put aside.
type savedClock struct {
	at     time.Time
	frozen bool
	skews  map[string]time.Duration
}

// Save puts the time aside, and how far each party is off.
func (c *WorldClock) Save() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return savedClock{c.now(), c.frozen, maps.Clone(c.skews)}
}

// Restore takes back what Save gave. It is the one way back in time; a live clock
// goes on from there.
func (c *WorldClock) Restore(saved any) {
	was := saved.(savedClock)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.frozen = was.at, was.frozen
	if !c.frozen {
		c.since = time.Now()
	}
	clear(c.skews)
	maps.Copy(c.skews, was.skews)
}

// Of is the clock as the party reads it: the world's, plus the party's skew.
func (c *WorldClock) Of(party string) Clock { return partyClock{c, party} }

type partyClock struct {
	world *WorldClock
	party string
}

func (p partyClock) Now() time.Time {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return p.world.now().Add(p.world.skews[p.party])
}

func (p partyClock) Wait(ctx context.Context, d time.Duration) error { return p.world.Wait(ctx, d) }
