// The stdio driver: a relay behind an adapter.

package foreign

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/adapter"
	"tokenshell/tokens"
)

// maxCrashes is how often an adapter may fail to say hello.
const maxCrashes = 3

// stdio is a [Driver].
type stdio struct {
	file    *File
	tool    string
	crashes *crashCount

	mu      sync.Mutex
	process *adapter.Process // nil when it does not run
	calls   Callee
}

// crashCount counts failures to say hello, of all workers.
type crashCount struct {
	mu sync.Mutex
	n  int
}

func (c *crashCount) add() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n
}

func (d *stdio) About() About {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process == nil {
		return About{Name: d.file.Name, Can: d.file.can()}
	}
	h := d.process.Hello
	a := About{Name: h.Name, Version: h.Version, Language: h.Language, Ours: h.Reasons == "tokenshell"}
	for _, ability := range h.Can {
		if d.file.Can == nil || slices.Contains(*d.file.Can, ability) {
			a.Can = append(a.Can, ability)
		}
	}
	return a
}

// Ask gives what a target is known by: what its file says, or what its adapter
// says, which is started and ended for it.
func (f *File) Ask(ctx context.Context, tool string) (About, error) {
	if f.Stdio == nil {
		return About{Name: f.Name, Can: f.can()}, nil
	}
	d := &stdio{file: f, tool: tool, crashes: &crashCount{}}
	defer d.Stop()
	if err := d.start(ctx); err != nil {
		return About{}, err
	}
	return d.About(), nil
}

// command is what starts the adapter.
func (d *stdio) command() adapter.Command {
	s := d.file.Stdio
	return adapter.Command{Args: s.Command, Dir: d.file.within(s.Dir), Env: s.Env, Stop: time.Duration(d.file.Timeouts.Stop)}
}

// start starts the adapter, unless it runs.
func (d *stdio) start(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process != nil {
		return nil
	}
	begin := time.Duration(d.file.Timeouts.Start)
	p, err := adapter.Run(ctx, d.command(), d.tool, begin, d.answer)
	switch {
	case p == nil:
		return d.file.Wrong(fmt.Sprintf("the adapter does not start: %v", err))
	case ctx.Err() != nil:
		p.Kill()
		return ctx.Err()
	case err != nil:
		what, crashed, timeout := p.Why(err)
		p.Kill()
		status := Errored
		switch {
		case crashed:
			status = Crashed
		case timeout:
			status, what = TimedOut, fmt.Sprintf("no answer to hello within %s: does it flush its stdout after each line?", tokens.HowLong(begin))
		}
		if d.crashes.add() >= maxCrashes {
			return d.file.Wrong(fmt.Sprintf("the adapter failed %d times before it had said hello: %s", maxCrashes, what))
		}
		return Trouble(status, "hello: %s", what)
	}
	h := p.Hello
	switch {
	case h.Error != nil:
		err = d.file.Wrong(fmt.Sprintf("the adapter answered hello with an error: %s", Harmless(*h.Error)))
	case h.Unsupported || h.V != adapter.Version:
		err = d.file.Wrong(fmt.Sprintf(`the adapter's hello has "v": %d; this is version %d of the protocol`, h.V, adapter.Version))
	case h.Can == nil:
		err = d.file.Wrong(`the adapter's hello has no "can": [] says that it gives verdicts, and no more`)
	}
	for _, ability := range h.Can {
		if err == nil && !slices.Contains(abilities(), ability) {
			err = d.file.Wrong(fmt.Sprintf("the adapter says that it can %q, which is none of %s", Harmless(ability), strings.Join(abilities(), " ")))
		}
	}
	if err != nil {
		p.Close()
		return err
	}
	d.process = p
	return nil
}

// ask asks the adapter.
func (d *stdio) ask(ctx context.Context, within span, op string, m adapter.Members) (adapter.Line, error) {
	d.mu.Lock()
	p := d.process
	d.mu.Unlock()
	if p == nil {
		return adapter.Line{}, Trouble(Errored, "%s: the adapter was ended", op)
	}
	timed, cancel := context.WithTimeout(ctx, time.Duration(within))
	defer cancel()
	l, err := p.Ask(timed, op, m)
	switch {
	case err != nil && ctx.Err() != nil:
		return l, ctx.Err()
	case err != nil:
		return l, d.failed(p, op, within, err)
	case l.Unsupported:
		return l, Trouble(Skipped, "unsupported: the adapter does not know %s", op)
	case l.Error != nil:
		said := Harmless(*l.Error)
		return l, &attacks.Trouble{Status: Errored, What: "the adapter answered " + op + " with an error: " + said, Said: said}
	}
	return l, nil
}

// failed ends an adapter that does not answer; the next row gets a new one.
func (d *stdio) failed(p *adapter.Process, op string, within span, err error) error {
	what, crashed, timeout := p.Why(err)
	d.mu.Lock()
	if d.process == p {
		d.process = nil
	}
	d.mu.Unlock()
	p.Kill()
	switch {
	case timeout:
		return Trouble(TimedOut, "no answer to %s within %s; its process group was ended", op, tokens.HowLong(time.Duration(within)))
	case crashed:
		return Trouble(Crashed, "asked to %s, %s", op, what)
	}
	return Trouble(Errored, "asked to %s, it failed: %s", op, what)
}

// answer answers what the adapter asks.
func (d *stdio) answer(q adapter.Line) adapter.Members {
	d.mu.Lock()
	calls := d.calls
	d.mu.Unlock()
	switch {
	case q.Op != "call":
		return adapter.Members{"unsupported": true}
	case calls == nil:
		return adapter.Members{"error": "nothing may be called before the first reset"}
	case q.Action != "redeem" && q.Action != "cancel":
		return adapter.Members{"error": fmt.Sprintf("action %q is neither redeem nor cancel", q.Action)}
	}
	a := calls.Call(context.Background(), Call{q.Action, q.Service, q.Session, q.Token, q.Attempt, q.Facts})
	m := adapter.Members{"status": a.Status}
	if a.Reason != "" {
		m["reason"], m["detail"] = a.Reason, a.Detail
	}
	return m
}

func (d *stdio) Reset(ctx context.Context, s Setup, calls Callee) error {
	if err := d.start(ctx); err != nil {
		return err
	}
	d.mu.Lock()
	d.calls = calls
	d.mu.Unlock()
	_, err := d.ask(ctx, d.file.Timeouts.Start, "reset", adapter.Members{
		"now": s.Now.Unix(), "audience": s.Contract.Audience, "typ": s.Contract.Type,
		"max_lifetime": int64(s.MaxLifetime / time.Second), "leeway": int64(s.Leeway / time.Second), "issuers": s.Issuers,
	})
	return err
}

func (d *stdio) Open(ctx context.Context, session, customer string, facts tokens.Facts) (string, error) {
	l, err := d.ask(ctx, d.file.Timeouts.Request, "open", adapter.Members{"session": session, "customer": customer, "facts": notNil(facts)})
	if err == nil && l.Session == "" {
		return "", Trouble(Errored, `open: the answer has no "session"`)
	}
	return l.Session, err
}

func notNil(facts tokens.Facts) tokens.Facts {
	if facts == nil {
		return tokens.Facts{}
	}
	return facts
}

func (d *stdio) Relay(ctx context.Context, session, token string) (Verdict, error) {
	l, err := d.ask(ctx, d.file.Timeouts.Request, "relay", adapter.Members{"session": session, "token": token})
	if err != nil {
		return Verdict{}, err
	}
	v := Verdict{Service: l.Service, Reason: l.Reason, Detail: l.Detail}
	switch l.Verdict {
	case "accepted":
		v.Accepted = true
	case "rejected":
	case "error":
		return v, Trouble(Errored, "the verdict is error: %s", Harmless(strings.TrimSpace(l.Reason+" "+l.Detail)))
	default:
		return v, Trouble(Errored, "%q is no verdict: accepted, rejected or error", Harmless(l.Verdict))
	}
	return v, nil
}

func (d *stdio) Redeem(ctx context.Context, session string, named []string) (End, error) {
	return d.ended(d.ask(ctx, d.file.Timeouts.Redeem, "redeem", adapter.Members{"session": session, "tokens": named}))
}

func (d *stdio) Resume(ctx context.Context, session string) (End, error) {
	return d.ended(d.ask(ctx, d.file.Timeouts.Redeem, "resume", adapter.Members{"session": session}))
}

func (d *stdio) ended(l adapter.Line, err error) (End, error) {
	if err != nil {
		return End{}, err
	}
	if !slices.Contains([]string{"completed", "compensated", "stuck", "rejected"}, l.State) {
		return End{}, Trouble(Errored, "%q is no state: completed, compensated, stuck or rejected", Harmless(l.State))
	}
	return End{l.State, l.Reason, l.Detail}, nil
}

func (d *stdio) Close(ctx context.Context, session string) error {
	_, err := d.ask(ctx, d.file.Timeouts.Request, "close", adapter.Members{"session": session})
	return err
}

func (d *stdio) Facts(ctx context.Context, session string, facts tokens.Facts) error {
	_, err := d.ask(ctx, d.file.Timeouts.Request, "facts", adapter.Members{"session": session, "facts": facts})
	return err
}

func (d *stdio) Keys(ctx context.Context, s Setup) error {
	_, err := d.ask(ctx, d.file.Timeouts.Request, "keys", adapter.Members{"issuers": s.Issuers})
	return err
}

func (d *stdio) Clock(ctx context.Context, now time.Time) error {
	_, err := d.ask(ctx, d.file.Timeouts.Request, "clock", adapter.Members{"now": now.Unix()})
	return err
}

// Restart has the adapter end and starts it again; its state is its own to keep.
func (d *stdio) Restart(ctx context.Context) error {
	if _, err := d.ask(ctx, d.file.Timeouts.Request, "restart", nil); err != nil {
		return err
	}
	d.Stop()
	return d.start(ctx)
}

func (d *stdio) Stop() {
	d.mu.Lock()
	p := d.process
	d.process = nil
	d.mu.Unlock()
	if p != nil {
		p.Close()
	}
}
