// The conversation: it is bounded, and many may talk at once.

package wire_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// A conversation keeps the newest messages, and their numbers.
func TestAConversationIsBounded(t *testing.T) {
	t.Parallel()
	c := wire.NewConversation(tokens.FrozenClock(time.Time{}))
	for n := 1; n <= 3*wire.ConversationLimit+7; n++ {
		if kept := c.Say(wire.Message{From: "client", To: "relay", Session: fmt.Sprint(n)}); kept.Number != n {
			t.Fatalf("message %d has number %d", n, kept.Number)
		}
		c.Try(fmt.Sprint(n), "redeem")
		if len(c.Tries) > 2*wire.ConversationLimit {
			t.Fatalf("%d tries are kept", len(c.Tries))
		}
	}
	c.About(1, "long gone") // says nothing
	c.About(3*wire.ConversationLimit+7, "renamed")
	all := c.All()
	if len(all) != wire.ConversationLimit || all[0].Number != 2*wire.ConversationLimit+8 || all[len(all)-1].Session != "renamed" {
		t.Errorf("%d messages, from %d to %q", len(all), all[0].Number, all[len(all)-1].Session)
	}
	for i, m := range all[:len(all)-1] {
		if m.Number != all[0].Number+i || m.Session != fmt.Sprint(m.Number) {
			t.Fatalf("message %d is about %q", m.Number, m.Session)
		}
	}
}

// Many talk at once, as checkouts of many sessions do.
func TestAConversationOfMany(t *testing.T) {
	c := wire.NewConversation(tokens.FrozenClock(time.Time{}))
	var talk sync.WaitGroup
	for range 8 {
		talk.Go(func() {
			for range 100 {
				m := c.Say(wire.Message{From: "client", To: "relay", Session: "op_1"})
				c.About(m.Number, "op_2")
				c.Try("it", "redeem")
				c.All()
			}
		})
	}
	talk.Wait()
	numbers := map[int]bool{}
	for _, m := range c.All() {
		numbers[m.Number] = true
	}
	if len(numbers) != 8*100 || c.Try("it", "redeem") != 8*100+1 {
		t.Errorf("%d messages with numbers of their own", len(numbers))
	}
}
