// The conversation: what the parties of a world said to each other.

package wire

import (
	"context"
	"maps"
	"sync"
	"time"

	"tokenshell/shell/internal/ring"
	"tokenshell/tokens"
)

// ConversationLimit is how many messages a conversation keeps; older ones leave.
const ConversationLimit = 20_000

// Message is a question of one party to another, or the answer to one.
type Message struct {
	Number   int // from 1
	Time     time.Time
	From, To string
	Step     string // what the question asks for: confirm, sign, relay, redeem…
	Session  string // the order that it is about; empty for none
	Answers  int    // the number of the question; 0 for a question
	Outcome  string // of an answer: "ok", a reason, "no answer" or "interrupted"
	Lost     bool   // it never arrived
	Late     time.Duration
	Again    int    // which try of the same attempt it is; 0 and 1 are the first
	Text     string // in a few words, without the token
	Detail   string // of a refusal
	Token    string // the token in it: a secret, to be shown as its receiver sees it
	Contents []Field

	Undone bool // it was said after the moment to which the world was taken back
}

// Field is something that stood in a message.
type Field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Conversation keeps messages in the order in which they were sent. Safe for
// concurrent use.
type Conversation struct {
	clock    tokens.Clock
	silent   bool // nobody will ask
	mu       sync.Mutex
	messages *ring.Ring[Message]
	Tries    map[string]int // by attempt and step, since the session of it began
}

// savedConversation is what was said by then.
type savedConversation struct {
	past  ring.Past
	tries map[string]int
}

// NewConversation makes a conversation in which nothing was said yet.
func NewConversation(clock tokens.Clock) *Conversation {
	return &Conversation{clock: clock, messages: ring.New[Message](ConversationLimit), Tries: map[string]int{}}
}

// Silence has it keep nothing: for a world of which nobody will ask what was said.
func (c *Conversation) Silence() { c.silent = true }

// Say keeps a message and gives it as it is kept. A question without an order
// is about that of the question which led to it.
func (c *Conversation) Say(m Message) Message {
	if c.silent {
		return m
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m.Number, m.Time = c.messages.Count()+1, c.clock.Now()
	if last := c.messages.Last(); last != nil && m.Session == "" && last.To == m.From {
		m.Session = last.Session
	}
	if c.messages.Add(m) {
		clear(c.Tries) // the attempts they belonged to have ended long ago
	}
	return m
}

// About says which order a question was about, once its answer has named it.
func (c *Conversation) About(number int, session string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.messages.At(number - 1); m != nil {
		m.Session = session
	}
}

// lose says that a question never arrived after all.
func (c *Conversation) lose(number int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.messages.At(number - 1); m != nil {
		m.Lost = true
	}
}

// Try counts the tries of an attempt's step.
func (c *Conversation) Try(attempt, step string) int {
	if attempt == "" {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Tries[attempt+" "+step]++
	return c.Tries[attempt+" "+step]
}

// All gives the messages that are kept, oldest first.
func (c *Conversation) All() []Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.messages.All()
	for i := range all {
		all[i].Undone = c.messages.Undone(all[i].Number - 1)
	}
	return all
}

// Save puts aside which messages were said.
func (c *Conversation) Save() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return savedConversation{c.messages.Past(), maps.Clone(c.Tries)}
}

// Restore takes back what Save gave. What was said is still told, as undone.
func (c *Conversation) Restore(saved any) {
	was := saved.(savedConversation)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages.Return(was.past)
	clear(c.Tries)
	maps.Copy(c.Tries, was.tries)
}

// Canon writes nothing: what was said is told, and decides nothing.
func (c *Conversation) Canon(tokens.Canon) {}

// OffTheRecord marks what a person only looks up: nothing of it is said between
// parties, and no fault is used up by it.
func OffTheRecord(ctx context.Context) context.Context {
	return context.WithValue(ctx, offTheRecordKey{}, true)
}

type offTheRecordKey struct{}

func isOffTheRecord(ctx context.Context) bool { return ctx.Value(offTheRecordKey{}) != nil }
