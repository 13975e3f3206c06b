// The step: one thing that happens in a row, and what has to come of it.

package attacks

import (
	"time"

	"tokenshell/tokens"
)

// Step is an [Action] whose parties and tokens go by the row's own names.
type Step struct {
	Verb     Verb
	Session  string
	Customer string // first or second
	Service  string // early, late or sealing; empty is the token's own
	Token    string // several, separated by commas, take turns when the step happens several times
	As       string // the name of the token that comes of it
	Forge    *Forgery
	Attempt  string
	By       Span
	Phase    string
	Kind     string
	Count    int
	Times    int // when more than one, they happen at once, and exactly one may be done

	Refused  bool          // it has to be refused for the row's reason
	Want     tokens.Reason // it has to be refused for this one
	State    State         // where the session has to end
	Repeated bool          // the answer has to be one that was given before
	Either   bool          // it may be done or refused, whatever is wanted: the steps after it see what came of it
	Anyhow   bool          // it has to be refused, whatever is wanted
	IfDone   bool          // it is left out unless the last step that may be either was done
	Amid     *Step         // happens as well, while the first service is asked to do Phase
	Loose    bool          // no contract of relays speaks of it: who goes wrong there is warned
}

// The names that rows use; the relay has its own for the sessions. A row that
// says nothing is about the victim's session and the first service.
const (
	victim    = "victim"
	elsewhere = "elsewhere" // another session of the same customer
	intruder  = "intruder"  // a session of another customer
	never     = "never"     // nobody opened it

	first  = "first"
	second = "second"

	early   = "early"   // the service that is redeemed first
	late    = "late"    // the one after it
	sealing = "sealing" // one that seals
)

// Span is a length of time, in what it depends on.
type Span struct {
	Lives    int // lifetimes of a token
	Sessions int // lifetimes of an open session
	Leeways  int
	Plus     time.Duration
}

// life is how long a token lives; over, after how long no relay takes it any more;
// forgotten, after how long everybody has forgotten a session.
var (
	life      = Span{Lives: 1}
	over      = Span{Lives: 1, Leeways: 1}
	forgotten = Span{Plus: 30 * time.Hour}
	almost    = Span{Lives: 1, Plus: -time.Second}
)

// In gives the span where things live for as long as a shop says.
func (s Span) In(shop Shop) time.Duration {
	return time.Duration(s.Lives)*shop.Life + time.Duration(s.Sessions)*shop.SessionLife + time.Duration(s.Leeways)*shop.Leeway + s.Plus
}

func open(session, customer string) Step {
	return Step{Verb: Open, Session: session, Customer: customer}
}
func confirm(as, session, service string) Step {
	return Step{Verb: Confirm, As: as, Session: session, Service: service}
}
func forged(as, from string, f Forgery) Step {
	return Step{Verb: forge, As: as, Token: from, Forge: &f}
}
func told(phase string) Step     { return Step{Verb: Tell, Session: victim, Phase: phase} }
func relay(token string) Step    { return Step{Verb: Relay, Session: victim, Token: token} }
func direct(token string) Step   { return Step{Verb: Direct, Session: victim, Token: token} }
func revoke(token string) Step   { return Step{Verb: Revoke, Token: token} }
func cancel(token string) Step   { return Step{Verb: Cancel, Session: victim, Token: token} }
func redeem(state State) Step    { return Step{Verb: Redeem, Session: victim, State: state} }
func resume(state State) Step    { return Step{Verb: Resume, Session: victim, State: state} }
func closed(session string) Step { return Step{Verb: Close, Session: session} }
func wait(by Span) Step          { return Step{Verb: Advance, By: by} }
func rotate() Step               { return Step{Verb: Rotate, Service: early} }
func retire(token string) Step   { return Step{Verb: Retire, Token: token} }
func disable(token string) Step  { return Step{Verb: Disable, Token: token} }
func restart() Step              { return Step{Verb: Restart} }
func marked() Step               { return Step{Verb: mark} }
func same() Step                 { return Step{Verb: unmoved} }
func atMost(fetches int) Step    { return Step{Verb: fetched, Count: fetches} }

func fault(service, phase, kind string, count int) Step {
	return Step{Verb: Fault, Service: service, Phase: phase, Kind: kind, Count: count}
}

// refused wants the row's reason; with wants another.
func (s Step) refused() Step             { s.Refused = true; return s }
func (s Step) with(r tokens.Reason) Step { s.Want = r; return s }
func (s Step) in(session string) Step    { s.Session = session; return s }
func (s Step) at(service string) Step    { s.Service = service; return s }
func (s Step) attempt(id string) Step    { s.Attempt = id; return s }
func (s Step) again() Step               { s.Repeated = true; return s }
func (s Step) times(n int) Step          { s.Times = n; return s }
func (s Step) either() Step              { s.Either = true; return s }
func (s Step) anyhow() Step              { s.Anyhow = true; return s }
func (s Step) ifDone() Step              { s.IfDone = true; return s }
func (s Step) loose() Step               { s.Loose = true; return s }
func (s Step) amid(phase string, other Step) Step {
	s.Phase, s.Amid = phase, &other
	return s.loose()
}

// scene opens the victim's session with a token t of the first service.
func scene(more ...Step) []Step {
	return append([]Step{open(victim, first), confirm("t", victim, early)}, more...)
}

// both tries a forgery of a good token on the relay and past it; the good one
// is accepted after that.
func both(f Forgery) []Step {
	return scene(forged("x", "t", f), relay("x").refused(), direct("x").refused(), relay("t"))
}

// bothFor is both for a forgery that the service refuses for another reason than
// the relay does.
func bothFor(f Forgery, past tokens.Reason) []Step {
	return scene(forged("x", "t", f), relay("x").refused(), direct("x").with(past), relay("t"))
}

// atRelay tries a forgery on the relay alone.
func atRelay(f Forgery) []Step {
	return scene(forged("x", "t", f), relay("x").refused(), relay("t"))
}

// atService tries a forgery that only its service can recognise; the good token
// is redeemed after that.
func atService(service string, f Forgery) []Step {
	return []Step{
		open(victim, first), confirm("t", victim, service), confirm("u", victim, service),
		forged("x", "t", f), direct("x").refused(), direct("t"),
	}
}
