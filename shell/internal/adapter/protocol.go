// Package adapter is the protocol by which somebody else's relay is driven, both
// sides of it: JSON Lines over a process's standard input and output, version 1.
//
// Either side asks, and answers come in any order. A [Conn] is one end of it, a
// [Process] an adapter that runs, and [Serve] our own relay behind the protocol.
package adapter

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// Version is that of the protocol.
const Version = 1

// lineLimit is the longest line, in bytes.
const lineLimit = 4 << 20

// Members are those of a line that is sent.
type Members map[string]any

// Line is a line that came: a question if it has an op, else an answer.
type Line struct {
	ID *int64 `json:"id"`
	Re *int64 `json:"re"`
	Op string `json:"op"`

	Error       *string `json:"error"`
	Unsupported bool    `json:"unsupported"`

	V        int      `json:"v"` // hello
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	Language string   `json:"language"`
	Can      []string `json:"can"`
	Reasons  string   `json:"reasons"`

	Session  string       `json:"session"`
	Customer string       `json:"customer"`
	Facts    tokens.Facts `json:"facts"`
	Token    string       `json:"token"`
	Tokens   []string     `json:"tokens"` // nil is all

	Verdict string `json:"verdict"`
	State   string `json:"state"`
	Status  string `json:"status"`
	Service string `json:"service"`
	Reason  string `json:"reason"`
	Detail  string `json:"detail"`

	Action  string `json:"action"`
	Attempt string `json:"attempt"`

	Now         int64    `json:"now"` // seconds
	Audience    string   `json:"audience"`
	Type        string   `json:"typ"`
	MaxLifetime int64    `json:"max_lifetime"`
	Leeway      int64    `json:"leeway"`
	Issuers     []Issuer `json:"issuers"`

	Raw []byte `json:"-"` // the line as it came
}

// Issuer is whom a relay trusts, in the order of redemption.
type Issuer struct {
	Name         string          `json:"iss"`
	Service      string          `json:"service"`
	Capabilities []string        `json:"capabilities"`
	Keys         json.RawMessage `json:"jwks"`
}

// ErrEnded is that the other side has ended.
var ErrEnded = errors.New("the other side has ended")

// ProtocolError is a line that the protocol does not have.
type ProtocolError struct{ What string }

func (e *ProtocolError) Error() string { return e.What }

// Conn is one end of the protocol. Safe for concurrent use.
type Conn struct {
	handle func(Line) Members // answers a question

	out sync.Mutex
	to  io.Writer

	mu      sync.Mutex
	last    int64
	waiting map[int64]asked
	ended   error // why nothing comes any more; nil while it may
	over    chan struct{}

	busy sync.WaitGroup // questions that are being answered
}

// asked is a question that waits for its answer.
type asked struct {
	op string
	to chan Line
}

// answers are the members that the answer to an op may have, beside these of all.
var (
	answers = map[string][]string{
		"hello": {"v", "name", "version", "language", "can", "reasons"}, "open": {"session"}, "relay": {"verdict", "service", "reason", "detail"},
		"redeem": {"state", "reason", "detail"}, "resume": {"state", "reason", "detail"}, "call": {"status", "reason", "detail"},
	}
	ofAll = []string{"re", "error", "unsupported"}
)

// read reads a line's members, by their names as they are written. Those that an
// answer does not have are ignored, whatever is in them.
func (c *Conn) read(text []byte) (l Line, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return l, err
	}
	var head struct {
		ID *int64 `json:"id"`
		Re *int64 `json:"re"`
		Op string `json:"op"`
	}
	_ = json.Unmarshal(text, &head) // what is of the wrong type is found below
	known := questions
	if head.Re != nil && (head.Op == "" || head.ID == nil) {
		c.mu.Lock()
		known = append(slices.Clone(ofAll), answers[c.waiting[*head.Re].op]...)
		c.mu.Unlock()
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return !slices.Contains(known, name) })
	if text, err = json.Marshal(members); err != nil {
		return l, err
	}
	err = json.Unmarshal(text, &l)
	return l, err
}

// questions are the members that a question may have, and what takes the place of it.
var questions = []string{
	"id", "op", "re", "v", "tool", "session", "customer", "facts", "token", "tokens", "action", "attempt", "service",
	"now", "audience", "typ", "max_lifetime", "leeway", "issuers",
}

// NewConn makes an end that writes to a stream and has handle answer what the
// other side asks, several questions at a time.
func NewConn(to io.Writer, handle func(Line) Members) *Conn {
	return &Conn{handle: handle, to: to, waiting: map[int64]asked{}, over: make(chan struct{})}
}

// Read reads what the other side says until it ends. The error is [ErrEnded], a
// [ProtocolError], or that of the stream.
func (c *Conn) Read(from io.Reader) error {
	err := c.lines(from)
	c.mu.Lock()
	c.ended = err
	c.mu.Unlock()
	close(c.over)
	return err
}

// Idle waits until every question that came is answered.
func (c *Conn) Idle() { c.busy.Wait() }

func (c *Conn) lines(from io.Reader) error {
	scanner := bufio.NewScanner(from)
	scanner.Buffer(make([]byte, 64<<10), lineLimit+len("\r\n"))
	cut := false // the last line has no end
	scanner.Split(func(data []byte, atEOF bool) (int, []byte, error) {
		cut = atEOF && len(data) > 0 && !bytes.Contains(data, []byte{'\n'})
		return bufio.ScanLines(data, atEOF)
	})
	for scanner.Scan() {
		text := append([]byte(nil), scanner.Bytes()...)
		if cut && !json.Valid(text) {
			return &ProtocolError{"it ended in the middle of a line: " + shown(text)}
		}
		if err := c.line(text); err != nil {
			return err
		}
	}
	switch err := scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &ProtocolError{fmt.Sprintf("it wrote a line of more than %d MiB, which is no message of the protocol", lineLimit>>20)}
	case err != nil:
		return fmt.Errorf("%w: %w", ErrEnded, err)
	}
	return ErrEnded
}

// line takes one line: an answer to whoever waits for it, or a question.
func (c *Conn) line(text []byte) error {
	l, err := c.read(text)
	if err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			if l.Op != "" && l.ID != nil { // the rest of it was read: whoever asks is told
				return c.write(Members{"re": *l.ID, "error": fmt.Sprintf("%q is of the wrong type", wrong.Field)})
			}
			return &ProtocolError{fmt.Sprintf("%q is of the wrong type in %s", wrong.Field, shown(text))}
		}
		return &ProtocolError{shown(text) + " is no message of the protocol; print to stderr"}
	}
	l.Raw = text
	switch {
	case l.Op != "" && l.ID != nil:
		c.busy.Go(func() {
			answer := c.handle(l)
			answer["re"] = *l.ID
			_ = c.write(answer) // who has gone needs no answer
		})
		return nil
	case l.Re == nil:
		return &ProtocolError{shown(text) + " is no message of the protocol: it has neither an op with an id, nor re; print to stderr"}
	}
	c.mu.Lock()
	to := c.waiting[*l.Re].to
	delete(c.waiting, *l.Re)
	c.mu.Unlock()
	if to == nil {
		return &ProtocolError{fmt.Sprintf("it answered question %d, which nobody asked or which is answered already", *l.Re)}
	}
	to <- l
	return nil
}

// shown gives the beginning of a line, made harmless.
func shown(text []byte) string {
	const enough = 200
	said := redact.Tokens(string(text)) // first: half a token has not its shape
	if len(said) > enough {
		said = said[:enough] + "…"
	}
	return fmt.Sprintf("%q", redact.Printable(said))
}

func (c *Conn) write(m Members) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.out.Lock()
	defer c.out.Unlock()
	_, err = c.to.Write(append(text, '\n'))
	return err
}

// Ask asks the other side and waits for its answer. The error is ctx's, or why
// none will come.
func (c *Conn) Ask(ctx context.Context, op string, m Members) (Line, error) {
	question := Members{"op": op}
	for name, value := range m {
		question[name] = value
	}
	answer := make(chan Line, 1)
	c.mu.Lock()
	if c.ended != nil {
		defer c.mu.Unlock()
		return Line{}, c.ended
	}
	c.last++
	id := c.last
	question["id"] = id
	c.waiting[id] = asked{op, answer}
	c.mu.Unlock()
	sent := make(chan error, 1)
	go func() { sent <- c.write(question) }() // a pipe that nobody reads is full
	for {
		select {
		case l := <-answer:
			return l, nil
		case err := <-sent:
			if sent = nil; err != nil {
				<-c.overOr(ctx)
				return Line{}, c.why(ctx, err)
			}
		case <-c.over:
			select {
			case l := <-answer: // its last words
				return l, nil
			default:
			}
			return Line{}, c.why(ctx, ErrEnded)
		case <-ctx.Done():
			return Line{}, ctx.Err()
		}
	}
}

// overOr ends when nothing comes any more, or with ctx.
func (c *Conn) overOr(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		select {
		case <-c.over:
		case <-ctx.Done():
		}
		close(done)
	}()
	return done
}

// why says why no answer comes.
func (c *Conn) why(ctx context.Context, otherwise error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended != nil:
		return c.ended
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return otherwise
}
