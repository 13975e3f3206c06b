// Package wire carries what parties say to each other: here it goes wrong as
// ordered, and is taken down.
package wire

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aws/smithy-go"

	"tokenshell/tokens"
)

// Wire connects the parties of a world.
type Wire struct {
	Faults       *Faults
	Conversation *Conversation

	Decide    func(Question) Fault                   // decides on the relay's questions, before any fault; may be nil
	Choose    func(Question) Fault                   // decides on every question, in the place of the faults; may be nil
	Does      func(Question) (done func(error))      // is told what a party is at, and then what it made of it; may be nil
	Meanwhile func(ctx context.Context, line string) // runs another client's verb
	Restart   func(relay, why string) error          // starts a relay again that has crashed

	lives [2]atomic.Int64 // how often each relay was started
	mu    sync.Mutex
	late  []*delayed
}

// Question is what one party asks another.
type Question struct {
	From, To, Step string
	Session        string
	Attempt        string // of a redemption or its cancellation
	Text           string // what is asked for, in a few words
	Token          string
	Contents       []Field
	Says           func(error) error // how the party says no, where that is a language of its own; may be nil
}

// ErrNoAnswer is all that the asker of a timeout and of a lost reply sees.
var ErrNoAnswer = errors.New("no answer came in time")

// delayed is a question that has not arrived yet.
type delayed struct {
	Question
	deliver func(context.Context) (said string, err error)
}

// Carry takes a question to its party and the answer back, or has one of them
// go wrong as ordered. describe writes an answer down; it may be nil.
func Carry[T any](ctx context.Context, w *Wire, q Question, ask func(context.Context) (T, error), describe func(*Message, T)) (answer T, err error) {
	if isOffTheRecord(ctx) {
		return ask(ctx)
	}
	if q.From == Relay {
		q.From = RelayOf(ctx)
	}
	return Suffer(ctx, w, q, w.fate(q), ask, describe)
}

// Suffer is [Carry] with a fault that was taken already.
func Suffer[T any](ctx context.Context, w *Wire, q Question, fault Fault, ask func(context.Context) (T, error), describe func(*Message, T)) (answer T, err error) {
	return carrier[T]{w, q, ask, describe}.carry(ctx, fault)
}

// fate decides how a question goes wrong; the zero value for not at all.
func (w *Wire) fate(q Question) Fault {
	if w.Decide != nil && IsRelay(q.From) {
		if f := w.Decide(q); f.Kind != "" {
			return f
		}
	}
	return w.Ordered(q)
}

// Ordered gives what was ordered for a question: how it goes wrong, the zero value
// for not at all.
func (w *Wire) Ordered(q Question) Fault {
	if w.Choose != nil {
		return w.Choose(q)
	}
	return w.Faults.Take(q.From, q.To, q.Step)
}

// carrier carries one question.
type carrier[T any] struct {
	wire     *Wire
	q        Question
	ask      func(context.Context) (T, error)
	describe func(*Message, T)
}

func (c carrier[T]) carry(ctx context.Context, fault Fault) (answer T, err error) {
	var nothing T
	asked := c.asked(fault)
	switch fault.Kind {
	case Refuse:
		no := tokens.Refuse(tokens.ServiceUnavailable, "%s refuses to %s", c.q.To, c.q.Step)
		return c.answered(ctx, asked, nothing, no, true)
	case Timeout, Unavailable:
		return nothing, c.noAnswer(ctx)
	case Late:
		c.wire.post(&delayed{c.q, func(ctx context.Context) (string, error) {
			asked := asked
			asked.Text, asked.Lost = "arrives late: "+c.q.Text, false
			return c.arrive(ctx, c.wire.Conversation.Say(asked))
		}})
		return nothing, c.noAnswer(ctx)
	case CrashBefore:
		return nothing, c.crash(ctx)
	case Slow:
		if err := c.wire.Faults.Clock.Wait(ctx, Slowness); err != nil { // interrupted on its way
			c.wire.Conversation.lose(asked.Number)
			return nothing, err
		}
	case Meanwhile:
		c.wire.Meanwhile(At(ctx, Relay), fault.Line)
	}
	answer, err, died := c.does(ctx)
	if died {
		return nothing, c.noAnswer(ctx)
	}
	answer, err = c.answered(ctx, asked, answer, err, fault.Kind != LostReply && fault.Kind != CrashAfter)
	switch fault.Kind {
	case MeanwhileAfter:
		if ctx.Err() == nil { // else no answer is on its way: nobody waits for one
			c.wire.Meanwhile(At(ctx, Relay), fault.Line)
		}
	case CrashAfter:
		return nothing, c.crash(ctx)
	case Duplicate:
		asked.Text, asked.Session = "the same once more: "+c.q.Text, c.q.Session
		_, _ = c.arrive(copied(ctx, c.q.Attempt), c.wire.Conversation.Say(asked)) // what is answered goes to nobody
	}
	return answer, err
}

// asked takes the question down.
func (c carrier[T]) asked(fault Fault) (asked Message) {
	if c.wire.Conversation.silent {
		return asked
	}
	asked = Message{
		From: c.q.From, To: c.q.To, Step: c.q.Step, Session: c.q.Session, Text: c.q.Text, Token: c.q.Token, Contents: c.q.Contents,
		Again: c.wire.Conversation.Try(c.q.Attempt, c.q.Step),
	}
	switch fault.Kind {
	case Timeout, Unavailable, Late, CrashBefore:
		asked.Lost = true
	case Slow:
		asked.Late = Slowness
	}
	return c.wire.Conversation.Say(asked)
}

// arrive delivers a question to whose asker nobody answers any more. It gives what
// is answered, in words.
func (c carrier[T]) arrive(ctx context.Context, asked Message) (said string, err error) {
	answer, err, died := c.does(ctx)
	if died {
		return "", ErrNoAnswer
	}
	m, err := c.note(asked, answer, err, false)
	return m.Text, err
}

// answered takes an answer down, and gives it as the asker hears it.
func (c carrier[T]) answered(ctx context.Context, asked Message, answer T, err error, heard bool) (T, error) {
	_, err = c.note(asked, answer, err, heard)
	if heard {
		return answer, err
	}
	var nothing T
	return nothing, c.noAnswer(ctx)
}

// note takes an answer down, and gives it as its party puts it.
func (c carrier[T]) note(asked Message, answer T, err error, heard bool) (Message, error) {
	if err != nil && c.q.Says != nil {
		err = c.q.Says(err)
	}
	if c.wire.Conversation.silent {
		return Message{}, err
	}
	said := Message{From: c.q.To, To: c.q.From, Step: c.q.Step, Session: asked.Session, Answers: asked.Number, Outcome: "ok", Lost: !heard}
	said.conclude(err)
	if err == nil && c.describe != nil {
		c.describe(&said, answer)
	}
	if said.Session != asked.Session {
		c.wire.Conversation.About(asked.Number, said.Session)
	}
	return c.wire.Conversation.Say(said), err
}

// noAnswer is what an asker hears who waits in vain.
func (c carrier[T]) noAnswer(ctx context.Context) error {
	if ctx.Err() != nil { // nobody waits for it any more
		return ctx.Err()
	}
	return &tokens.Failure{Party: c.q.To, Err: ErrNoAnswer}
}

// crashed goes up through a relay that stops in the middle of what it does, to
// whoever asked it.
type crashed struct{}

// crash stops the relay: whatever it was at ends here.
func (c carrier[T]) crash(ctx context.Context) error {
	if !IsRelay(c.q.To) {
		panic(crashed{})
	}
	if err := c.wire.Restart(c.q.To, "crashed, and was started again"); err != nil {
		return err
	}
	return c.noAnswer(ctx)
}

// does has the party do what it is asked. A relay may die of it, and is started
// again; its answer goes to nobody.
func (c carrier[T]) does(ctx context.Context) (answer T, err error, died bool) {
	if c.wire.Does != nil {
		done := c.wire.Does(c.q)
		defer func() { done(err) }()
	}
	if !IsRelay(c.q.To) {
		answer, err = c.ask(ctx)
		return answer, err, false
	}
	life := c.wire.lived(c.q.To)
	defer func() {
		if cause := recover(); cause != nil {
			if _, is := cause.(crashed); !is {
				panic(cause)
			}
			if err = c.wire.Restart(c.q.To, "crashed, and was started again"); err == nil {
				died = true
			}
			return
		}
		died = life != c.wire.lived(c.q.To) // somebody else had it stop meanwhile
	}()
	answer, err = c.ask(ctx)
	return answer, err, false
}

// Started notes that a relay was started again: whoever waits for the old one
// waits in vain.
func (w *Wire) Started(relay, text string) {
	w.life(relay).Add(1)
	w.Conversation.Say(Message{From: relay, To: relay, Step: "restart", Text: text, Outcome: "ok"})
}

func (w *Wire) lived(relay string) int64 { return w.life(relay).Load() }

func (w *Wire) life(relay string) *atomic.Int64 {
	if relay == Relay2 {
		return &w.lives[1]
	}
	return &w.lives[0]
}

func (w *Wire) post(l *delayed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late, l)
}

// Late gives the questions that have not arrived yet, oldest first.
func (w *Wire) Late() []Question {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []Question
	for _, l := range w.late {
		all = append(all, l.Question)
	}
	return all
}

// Save puts aside which questions are late.
func (w *Wire) Save() any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.late)
}

// Restore takes back what Save gave.
func (w *Wire) Restore(saved any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late[:0:0], saved.([]*delayed)...)
}

// ErrNoneLate is the answer to delivering what is not late.
var ErrNoneLate = errors.New("no such question is late")

// Delivered is what became of a question that was late.
type Delivered struct {
	Question
	Said    string // what the party answered, in words, to nobody
	Refused error  // why it did not do it
}

// Deliver has the oldest late question of a step arrive; [ErrNoneLate] when none is.
func (w *Wire) Deliver(ctx context.Context, party, step string) (Delivered, error) {
	w.mu.Lock()
	at := slices.IndexFunc(w.late, func(l *delayed) bool { return l.To == party && l.Step == step })
	if at < 0 {
		w.mu.Unlock()
		return Delivered{}, ErrNoneLate
	}
	l := w.late[at]
	w.late = slices.Delete(w.late, at, at+1)
	w.mu.Unlock()
	d := Delivered{Question: l.Question}
	d.Said, d.Refused = l.deliver(ctx)
	return d, nil
}

// conclude says how an answer turned out.
func (m *Message) conclude(err error) {
	var (
		refusal *tokens.Refusal
		failure *tokens.Failure
		api     smithy.APIError
	)
	switch {
	case err == nil:
	case errors.As(err, &refusal):
		m.Outcome, m.Detail = string(refusal.Reason), refusal.Detail
	case errors.As(err, &failure):
		m.Outcome, m.Detail = string(tokens.ServiceUnavailable), fmt.Sprintf("%s: %v", failure.Party, failure.Err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		m.Outcome = "interrupted"
	case errors.As(err, &api):
		m.Outcome = api.ErrorCode()
	default:
		m.Outcome = "failed"
	}
}

// Add notes what stands in a message, unless it is empty.
func (m *Message) Add(name, value string) {
	if value != "" {
		m.Contents = append(m.Contents, Field{name, value})
	}
}
