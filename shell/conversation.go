// The conversation: what the parties of a world said to each other.

package shell

import (
	"context"
	"sync"
	"time"

	"tokenshell/tokens"
)

// conversationLimit is how many messages a conversation keeps; older ones leave.
const conversationLimit = 20_000

// message is a question of one party to another, or the answer to one.
type message struct {
	number   int // from 1
	time     time.Time
	from, to string
	step     string // what the question asks for: confirm, sign, relay, redeem…
	session  string // the order that it is about; empty for none
	answers  int    // the number of the question; 0 for a question
	outcome  string // of an answer: "ok", a reason, "no answer" or "interrupted"
	lost     bool   // it never arrived
	late     time.Duration
	again    int    // which try of the same attempt it is; 0 and 1 are the first
	text     string // in a few words, without the token
	detail   string // of a refusal
	token    string // the token in it: a secret, to be shown as its receiver sees it
	contents []field
}

// field is something that stood in a message.
type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// conversation keeps messages in the order in which they were sent. Safe for
// concurrent use.
type conversation struct {
	clock    tokens.Clock
	mu       sync.Mutex
	messages []message
	count    int            // of all that were ever sent
	tries    map[string]int // by attempt and step, since the session of it began
}

func newConversation(clock tokens.Clock) *conversation {
	return &conversation{clock: clock, tries: map[string]int{}}
}

// say keeps a message and gives it as it is kept. A question without an order
// is about that of the question which led to it.
func (c *conversation) say(m message) message {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	m.number, m.time = c.count, c.clock.Now()
	if last := len(c.messages) - 1; last >= 0 && m.session == "" && c.messages[last].to == m.from {
		m.session = c.messages[last].session
	}
	if len(c.messages) >= 2*conversationLimit {
		c.messages = append([]message(nil), c.messages[conversationLimit:]...)
		clear(c.tries) // the attempts they belonged to have ended long ago
	}
	c.messages = append(c.messages, m)
	return m
}

// about says which order a question was about, once its answer has named it.
func (c *conversation) about(number int, session string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := number - c.count + len(c.messages) - 1; at >= 0 {
		c.messages[at].session = session
	}
}

// lose says that a question never arrived after all.
func (c *conversation) lose(number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at := number - c.count + len(c.messages) - 1; at >= 0 {
		c.messages[at].lost = true
	}
}

// try counts the tries of an attempt's step.
func (c *conversation) try(attempt, step string) int {
	if attempt == "" {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries[attempt+" "+step]++
	return c.tries[attempt+" "+step]
}

// all gives the messages that are kept, oldest first.
func (c *conversation) all() []message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]message(nil), c.messages[max(0, len(c.messages)-conversationLimit):]...)
}

// offTheRecord marks what a person only looks up: nothing of it is said between
// parties, and no fault is used up by it.
func offTheRecord(ctx context.Context) context.Context {
	return context.WithValue(ctx, offTheRecordKey{}, true)
}

type offTheRecordKey struct{}

func isOffTheRecord(ctx context.Context) bool { return ctx.Value(offTheRecordKey{}) != nil }
