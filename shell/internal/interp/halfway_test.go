// Halfway: every verb, interrupted at any look that it takes at its context.

package interp_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
)

// halfway is a context that ends when it is looked at for the n-th time.
type halfway struct {
	context.Context
	end   context.CancelFunc
	at    int64
	looks atomic.Int64
}

func newHalfway(parent context.Context, at int64) *halfway {
	ctx, end := context.WithCancel(parent)
	return &halfway{Context: ctx, end: end, at: at}
}

func (c *halfway) look() {
	if c.looks.Add(1) == c.at {
		c.end()
	}
}

func (c *halfway) Err() error {
	c.look()
	return c.Context.Err()
}

func (c *halfway) Done() <-chan struct{} {
	c.look()
	return c.Context.Done()
}

// mostPlaces is in how many places a verb is interrupted; a whole export makes
// every token of the catalogue, and is interrupted in fewer.
func mostPlaces(path string) int64 {
	if path == "attack export" {
		return 2
	}
	return 12
}

// stage is a shell in which every verb has something to do.
func stage(t *testing.T) *interp.Shell {
	t.Helper()
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.Do(t, s, "set check on", "session new op_1 --fact subtotal=120.00", "coupon confirm TEN", "points confirm 500", "payment confirm 80.00 --method visa")
	club, err := os.ReadFile(shelltest.Testdata(t, "trust", "club.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"club.json": string(club), "evil.jwt": shelltest.Do(t, s, "token raw points-1"), "checkout.tsh": "relay coupon-1\ncheckout\n"} {
		shelltest.WriteFile(t, filepath.Join(s.Dir.Path, name), text)
	}
	return s
}

// A verb that is interrupted ends soon, with the error of its context or as if it
// had not been, and every invariant holds; what it had begun can be ended.
func TestEveryVerbIsInterruptedHalfway(t *testing.T) {
	t.Parallel()
	for path, node := range shelltest.Verbs(t) {
		lines := strings.Split(strings.ReplaceAll(interp.Example(node), "session new op_1", "session new op_2"), "; ")
		if lines[0] == "" {
			t.Errorf("%s has no example", path)
			continue
		}
		if path == "redeem" {
			lines = []string{"relay coupon-1 points-1 payment-1", "redeem"}
		}
		if path == "bench" {
			lines = []string{"bench --for 20ms"}
		}
		last := lines[len(lines)-1]
		if path == "attack run" || path == "explore" {
			last += " --jq '.'"
		}
		run := func(at int64) (c *halfway, s *interp.Shell, err error) {
			s = stage(t)
			shelltest.Do(t, s, lines[:len(lines)-1]...)
			c = newHalfway(t.Context(), at)
			defer c.end()
			return c, s, s.Line(c, last, false, io.Discard, io.Discard)
		}
		whole, _, fine := run(0)
		looks := whole.looks.Load()
		for at := int64(1); at <= looks; at += 1 + looks/mostPlaces(path) {
			began := time.Now()
			c, s, err := run(at)
			if took := time.Since(began); took > time.Minute {
				t.Errorf("%s: interrupted at look %d of %d, it took %s", last, at, looks, took)
			}
			interrupted := exit.Code(err) == exit.Interrupted
			if (err != nil) != (fine != nil) && !interrupted || interrupted && !errors.Is(err, context.Canceled) || at == 1 && !interrupted {
				t.Errorf("%s: interrupted at look %d of %d: %v, and else %v", last, at, looks, err, fine)
			}
			if c.Context.Err() == nil {
				t.Errorf("%s: it was not interrupted at look %d of %d", last, at, looks)
			}
			if broken := s.World.Audit(); broken != nil {
				t.Errorf("%s: interrupted at look %d of %d: %v", last, at, looks, broken)
			}
			if path == "redeem" || path == "checkout" || path == "source" {
				_ = s.Line(t.Context(), "redeem --resume", false, io.Discard, io.Discard) // there may be nothing to resume
				if state := strings.TrimSpace(shelltest.Do(t, s, "session show --jq .state")); state != "open" && state != "completed" && state != "compensated" {
					t.Errorf("%s: interrupted at look %d of %d, the session is %s for ever", last, at, looks, state)
				}
				if broken := s.World.Audit(); broken != nil {
					t.Errorf("%s: interrupted at look %d of %d, and resumed: %v", last, at, looks, broken)
				}
			}
		}
	}
}
