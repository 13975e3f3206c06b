// The run: one row on one target, and its verdict.

package attacks

import (
	"context"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"tokenshell/shell/attacks/parts"
	"tokenshell/tokens"
)

// Status is a verdict.
type Status string

// The verdicts. Only Refused is good: the attack was refused for the row's
// reason, the books are as they have to be, and valid tokens came through.
const (
	Refused     Status = "refused"
	GotThrough  Status = "got_through"
	WrongReason Status = "wrong_reason"

	Skipped Status = "skipped" // it was not tried: there is not what it is about
)

// Trouble is an answer that is none: neither yes nor no. It ends a row with a
// status of the target's own.
type Trouble struct {
	Status Status
	What   string
	Said   string // the party's own words, if it gave any
	No     bool   // of what has no other word for a no
}

func (t *Trouble) Error() string { return t.What }

// Fitter is a [Target] that knows which of its answers are as good as a reason.
// Without one, the reason has to be the wanted one.
type Fitter interface {
	Fits(v Verb, want, got tokens.Reason) bool
}

// Result is what came of a row.
type Result struct {
	Row
	Status Status
	Reason tokens.Reason // what the attack was answered with; empty when it was done
	Detail string        // what did not go as it had to; empty when everything did

	Control bool     // it is a control token that did not come through
	Trouble *Trouble // what ended it early; nil when nothing did, or an error of no status
}

// held is a token of a run.
type held struct {
	raw     string
	service string // the role of the service that issued it
	kid     string
}

// run is a row while it runs.
type run struct {
	target Target
	row    Row
	seed   uint64
	key    *ecdsa.PrivateKey
	tokens map[string]held
	names  map[string]string // the relay's names for the row's sessions
	mark   Books
	reason tokens.Reason
	told   bool // the reason is the relay's
	done   bool // the last step that may be either was done

	lost bool // a control failed

	// What the target showed since the last action, which alone changes it; nil
	// when nobody has looked.
	shown *Shop
	open  *Books
}

// do does one thing to the target.
func (r *run) do(ctx context.Context, a Action) (Answer, error) {
	r.forget()
	return r.target.Do(ctx, a)
}

// forget is called before an action, so that what it changes is seen.
func (r *run) forget() { r.shown, r.open = nil, nil }

// shop gives what there is.
func (r *run) shop() Shop {
	if r.shown == nil {
		shop := r.target.Shop()
		r.shown = &shop
	}
	return *r.shown
}

// books gives what the domains have written down.
func (r *run) books() Books {
	if r.open == nil {
		books := r.target.Books()
		r.open = &books
	}
	return *r.open
}

func wrong(format string, args ...any) error {
	return &Trouble{Status: WrongReason, What: fmt.Sprintf(format, args...)}
}
func through(format string, args ...any) error {
	return &Trouble{Status: GotThrough, What: fmt.Errorf(format, args...).Error()}
}

// Run runs a row on a fresh target. The attacker's keys come from the seed. A
// row whose control does not come through, or over which a party panics, counts
// as [WrongReason].
func Run(ctx context.Context, row Row, target Target, seed uint64) (result Result) {
	r := &run{target: target, row: row, seed: seed, tokens: map[string]held{}, names: map[string]string{}}
	result = Result{Row: row, Status: Refused}
	end := func(err error) {
		result.Reason, result.Control = r.reason, r.lost
		var v *Trouble
		if errors.As(err, &v) {
			result.Status, result.Detail, result.Trouble = v.Status, err.Error(), v
		} else if err != nil {
			result.Status, result.Detail = WrongReason, err.Error()
		}
	}
	defer func() {
		if p := recover(); p != nil {
			end(wrong("a party panics: %v", p))
		}
	}()
	end(r.all(ctx))
	return result
}

func (r *run) all(ctx context.Context) (err error) {
	if r.key, err = parts.AttackerKey(r.seed); err != nil {
		return err
	}
	// A row goes on after a control that failed: an attack that gets through weighs more.
	before := r.control(ctx, "before", late)
	sound := r.books().Broken == ""
	err = r.steps(ctx)
	var v *Trouble
	if broken := r.books().Broken; errors.As(err, &v) && v.Status == WrongReason && broken != "" && sound {
		err = through("%w; the books do not hold: %s", err, broken)
	}
	switch worse := errors.As(err, &v) && v.Status == GotThrough; {
	case before != nil && !worse:
		return r.uncontrolled("before", before)
	case err != nil:
		return err
	}
	if broken := r.books().Broken; broken != "" && sound {
		return through("the books do not hold: %s", broken)
	}
	if err := r.control(ctx, "after", early); err != nil {
		return r.uncontrolled("after", err)
	}
	if broken := r.books().Broken; broken != "" && sound {
		return through("the books do not hold: %s", broken)
	}
	return nil
}

// uncontrolled says that a control did not come through. What is no answer at
// all keeps its own status.
func (r *run) uncontrolled(when string, err error) error {
	r.lost = true
	var v *Trouble
	switch {
	case errors.As(err, &v) && v.Status == Skipped:
		return v // why is why, wherever it was asked
	case v != nil:
		return &Trouble{Status: v.Status, What: fmt.Sprintf("the control %s it: %v", when, err)}
	}
	return wrong("the control %s it: %v", when, err)
}

// order gives the relay's name for one of the row's sessions.
func (r *run) order(role string) string {
	if name := r.names[role]; name != "" {
		return name
	}
	return "op_" + r.shop().Row + role
}

func (r *run) steps(ctx context.Context) error {
	r.mark = r.books()
	for i, step := range r.row.Steps {
		if err := r.step(ctx, step); err != nil {
			return fmt.Errorf("step %d, %s: %w", i+1, step.name(), err)
		}
	}
	return nil
}

// control takes a valid token of a service all the way: confirmed, relayed and
// redeemed, if this target can redeem.
func (r *run) control(ctx context.Context, session, role string) error {
	do := func(a Action) (Answer, error) {
		a.Session = r.order(session)
		answer, err := r.do(ctx, a)
		if err != nil {
			return answer, fmt.Errorf("%s: %w", a.Verb, err)
		}
		return answer, nil
	}
	opened, err := do(Action{Verb: Open, Customer: r.customer(first)})
	if err != nil {
		return err
	}
	r.names[session] = opened.Session
	good, err := do(Action{Verb: Confirm, Service: r.service(role).Name})
	if err != nil {
		return err
	}
	if _, _, _, err := parts.Decode(good.Token); err != nil {
		return err
	}
	if _, err := do(Action{Verb: Relay, Token: good.Token}); err != nil {
		return err
	}
	if !r.shop().Can(NeedRedeem) {
		return nil
	}
	before := r.books()
	ended, err := do(Action{Verb: Redeem})
	now := r.books()
	switch {
	case err != nil && now.Broken != "":
		return fmt.Errorf("%w; the books do not hold: %s", err, now.Broken)
	case err != nil:
		return err
	}
	switch {
	case State(ended.State) != Completed:
		return fmt.Errorf("the session is %q", ended.State)
	case maps.Equal(before.Reservations, now.Reservations):
		return errors.New("it was redeemed, and the books do not know")
	case now.Broken != "":
		return fmt.Errorf("the books do not hold: %s", now.Broken)
	}
	return nil
}

// step does one step and compares what comes of it with what is wanted.
func (r *run) step(ctx context.Context, s Step) error {
	switch s.Verb {
	case mark:
		r.mark = r.books()
		return nil
	case unmoved:
		if now := r.books(); !maps.Equal(r.mark.Accounts, now.Accounts) {
			return through("the accounts have moved: %s", difference(r.mark.Accounts, now.Accounts))
		}
		return nil
	case fetched:
		if n := r.books().Fetches - r.mark.Fetches; n > s.Count {
			return through("keys were fetched %d times, where %d are enough: whoever sends tokens has it ask the issuers", n, s.Count)
		}
		return nil
	case forge:
		good, ok := r.tokens[s.Token]
		if !ok {
			return fmt.Errorf("there is no token %q", s.Token)
		}
		raw, err := r.forge(ctx, s.Forge, good)
		r.tokens[s.As] = held{raw, good.service, good.kid}
		return err
	}
	switch {
	case s.IfDone && !r.done:
		return nil
	case s.Amid != nil:
		return r.amid(ctx, s)
	case s.Times > 1:
		return r.together(ctx, s)
	}
	var before Books
	if r.still(s) {
		before = r.books()
	}
	answer, err := r.do(ctx, r.action(s, 0))
	if err := r.judge(s, answer, err, before); err != nil {
		return err
	}
	if s.Verb == Open {
		switch was := r.names[s.Session]; {
		case s.Either && was != "":
			return nil // the old name is what the row is about
		case was != "" && was != answer.Session:
			return &Trouble{Status: Skipped, What: "names: no session of this relay has the name that another had"}
		}
		r.names[s.Session] = answer.Session
	}
	if s.Verb == Confirm {
		header, _, _, err := parts.Decode(answer.Token)
		if err != nil {
			return err
		}
		var named struct {
			KeyID string `json:"kid"`
		}
		if err := json.Unmarshal(header, &named); err != nil {
			return err
		}
		r.tokens[s.As] = held{answer.Token, s.Service, named.KeyID}
	}
	return nil
}

// action gives a step's action: the n-th of those that happen at once.
func (r *run) action(s Step, n int) Action {
	a := Action{
		Verb: s.Verb, Customer: r.customer(s.Customer), Attempt: s.Attempt,
		By: s.By.In(r.shop()), Phase: s.Phase, Kind: s.Kind, Count: s.Count,
	}
	if s.Session != "" {
		a.Session = r.order(s.Session)
	}
	role := s.Service
	if s.Token != "" {
		names := strings.Split(s.Token, ",")
		token := r.tokens[names[n%len(names)]]
		a.Token, a.KeyID = token.raw, token.kid
		if role == "" {
			role = token.service
		}
	}
	if role != "" {
		a.Service = r.service(role).Name
	}
	return a
}

func (s Step) name() string { return strings.TrimSpace(string(s.Verb) + " " + s.Token) }
