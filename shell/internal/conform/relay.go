// The relay of a target, as a world knows it: asked by way of a driver, and
// watched by its calls.

package conform

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// Relay is a relay that somebody else wrote. It satisfies [world.Relay], and keeps
// what a client can know of its sessions. Safe for concurrent use.
type Relay struct {
	driver   foreign.Driver
	services []orchestrator.Service // in the order of redemption
	clock    tokens.Clock
	reasons  reasons
	prefix   string // of names that it is asked to give
	peek     func(raw string) (tokens.Unverified, error)
	ours     func(raw string) string // a token of the target's contract as our domains know it
	hide     func(string) string     // takes secrets out of what it says

	// before is called before the relay is asked anything; nil for rows, which say
	// themselves what changes.
	before func(context.Context) error
	again  func(context.Context) error // after it was started again
	alias  map[string]string           // the relay's names, by those that a client wanted; nil when nobody asks by those

	mu       sync.Mutex
	sessions map[string]*session
	opened   int
	texts    map[tokens.Ref]string
	said     map[tokens.Reason]bool // what the relay itself gave as a reason
	breach   string                 // the first promise that its calls broke
	leaked   string                 // where it said a token
	missed   string                 // what it asked last that reached no service
	calls    int
}

// Restart has the relay stop and starts it again: what it keeps is its own business.
func (r *Relay) Restart(ctx context.Context) error {
	if err := r.driver.Restart(ctx); err != nil {
		return r.unable(err)
	}
	return r.again(ctx)
}

// session is what is known of one.
type session struct {
	orchestrator.Snapshot
	texts    []string // of its steps
	attempts map[string]string
	order    []int // the steps that stand redeemed, or may, in their order
	refused  string
	out      map[string]foreign.Said // by token, of services that were unavailable for it
	resumed  bool
	number   int
	turns    int      // steps that were asked to redeem
	chosen   []string // what the client named to redeem; nil is all
}

func newRelay(d foreign.Driver, f *foreign.File, c orchestrator.Config, r reasons) *Relay {
	return &Relay{
		driver: d, hide: f.Hide, services: c.Services, clock: c.Clock, reasons: r, peek: tokens.Peek, ours: func(raw string) string { return raw },
		sessions: map[string]*session{}, texts: map[tokens.Ref]string{}, said: map[tokens.Reason]bool{},
	}
}

// hear looks for a token in what the relay says, and makes it harmless.
func (r *Relay) hear(where, text string) string {
	if redact.HasToken(text) {
		r.mu.Lock()
		if r.leaked == "" {
			r.leaked = where
		}
		r.mu.Unlock()
	}
	return foreign.Harmless(r.hide(text))
}

// ready tells the relay what it has to know before it is asked.
func (r *Relay) ready(ctx context.Context) error {
	if r.before == nil {
		return nil
	}
	return r.before(ctx)
}

// named gives the relay's name of a session.
func (r *Relay) named(order string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if theirs := r.alias[order]; theirs != "" {
		return theirs
	}
	return order
}

// unable puts what a relay cannot do, or does not do, into a client's words; in
// rows it is a status. For what has no verdict the protocol has but an error, in
// which a relay with our reasons names one.
func (r *Relay) unable(err error) error {
	t := foreign.IsTrouble(err)
	if r.before == nil || t == nil {
		return err
	}
	if t.Status == foreign.Skipped {
		return exit.Unable("can in the target file says what it does", "this relay cannot do that: %s", t.What)
	}
	reason, detail, _ := strings.Cut(t.Said, ": ")
	if r.reasons.ours && r.reasons.ofTheirs(reason) != nil {
		return tokens.Refuse(tokens.Reason(reason), "%s", r.hide(detail))
	}
	return foreign.Trouble(t.Status, "%s", r.hide(t.What))
}

// refusal is the relay's own no.
func (r *Relay) refusal(where, reason, detail string) error {
	reason, detail = r.hear("the reason of its "+where, reason), r.hear("the detail of its "+where, detail)
	fits := r.reasons.ofTheirs(reason)
	told := tokens.Reason(reason)
	if len(fits) == 1 {
		told = fits[0]
	}
	if told == "" {
		told = "rejected"
	}
	r.mu.Lock()
	r.said[told] = true
	r.mu.Unlock()
	if detail == "" {
		detail = "the relay says no more"
	}
	return tokens.Refuse(told, "%s", detail)
}

// Open opens a session, whose name is the relay's.
func (r *Relay) Open(ctx context.Context, id, customer string, facts tokens.Facts) (orchestrator.Snapshot, error) {
	r.mu.Lock()
	r.opened++
	number := r.opened
	r.mu.Unlock()
	if id == "" {
		id = fmt.Sprintf("op_%s%d", r.prefix, number)
	}
	if err := r.ready(ctx); err != nil {
		return orchestrator.Snapshot{}, err
	}
	name, err := r.driver.Open(ctx, id, customer, facts)
	if err != nil {
		return orchestrator.Snapshot{}, r.unable(err)
	}
	facts = maps.Clone(facts)
	if facts == nil {
		facts = tokens.Facts{}
	}
	now := r.clock.Now()
	s := &session{Snapshot: orchestrator.Snapshot{ID: name, Customer: customer, Facts: facts, State: orchestrator.Open, Opened: now, Ends: now.Add(orchestrator.SessionTTL)}, attempts: map[string]string{}, out: map[string]foreign.Said{}, number: number}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions[name] = s
	if r.alias != nil && id != name {
		r.alias[id] = name
	}
	return s.copy(), nil
}

func (s *session) copy() orchestrator.Snapshot {
	snap := s.Snapshot
	snap.Facts, snap.Steps = maps.Clone(s.Facts), slices.Clone(s.Steps)
	return snap
}

// Session gives what a client knows of a session.
func (r *Relay) Session(order string) (orchestrator.Snapshot, error) {
	order = r.named(order)
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[order]
	if s == nil {
		return orchestrator.Snapshot{}, tokens.Refuse(tokens.SessionUnknown, "nobody here opened a session %q", order)
	}
	return s.copy(), nil
}

// SetFact tells a fact of the order.
func (r *Relay) SetFact(order, name, value string) error {
	order = r.named(order)
	if _, err := r.Session(order); err != nil {
		return err
	}
	ctx := context.Background()
	if err := r.ready(ctx); err != nil {
		return err
	}
	if err := r.driver.Facts(ctx, order, tokens.Facts{name: value}); err != nil {
		return r.unable(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sessions[order].Facts[name] = value
	return nil
}

// Relay hands in a token.
func (r *Relay) Relay(ctx context.Context, order, token string) (string, error) {
	order = r.named(order)
	if err := r.ready(ctx); err != nil {
		return "", err
	}
	v, err := r.driver.Relay(ctx, order, token)
	if err != nil {
		return "", r.unable(err)
	}
	if !v.Accepted {
		return "", r.refusal("verdict", v.Reason, v.Detail)
	}
	seen, err := r.peek(token)
	ref := tokens.Ref{Issuer: seen.Ref.Issuer, ID: seen.Ref.ID, Order: order}
	service := r.hear("the service of its verdict", v.Service)
	r.hear("the detail of its verdict", v.Reason+" "+v.Detail)
	if err == nil {
		for i := range r.services {
			if seen.Ref.Issuer == r.services[i].Name+".svc" && service == "" {
				service = r.services[i].Name
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts[ref] = token
	if s := r.sessions[order]; s != nil {
		s.Steps = append(s.Steps, orchestrator.Step{Ref: ref, Service: service, Expires: r.clock.Now().Add(tokens.MaxLifetime), Status: orchestrator.Accepted})
		s.texts = append(s.texts, token)
	}
	return service, nil
}

// Redeem has the relay redeem what it accepted.
func (r *Relay) Redeem(ctx context.Context, order string, named []tokens.Ref) (orchestrator.Snapshot, error) {
	order = r.named(order)
	if err := r.ready(ctx); err != nil {
		return orchestrator.Snapshot{}, err
	}
	var texts []string
	r.mu.Lock()
	for _, ref := range named {
		text := r.texts[tokens.Ref{Issuer: ref.Issuer, ID: ref.ID, Order: order}]
		if text == "" {
			text = r.texts[ref]
		}
		texts = append(texts, text)
	}
	if s := r.sessions[order]; s != nil {
		s.chosen, r.missed = texts, ""
		for i := range s.Steps {
			if s.Steps[i].Result == orchestrator.Redeemed {
				s.Steps[i].Result = orchestrator.Repeated // unless it is asked again
			}
		}
	}
	r.mu.Unlock()
	e, err := r.driver.Redeem(ctx, order, texts)
	return r.ended(order, texts, e, err)
}

// Resume takes a redemption to its end.
func (r *Relay) Resume(ctx context.Context, order string) (orchestrator.Snapshot, error) {
	order = r.named(order)
	if err := r.ready(ctx); err != nil {
		return orchestrator.Snapshot{}, err
	}
	r.mu.Lock()
	if s := r.sessions[order]; s != nil && s.State == orchestrator.Stuck {
		s.resumed = true
		for i := range s.Steps {
			if s.Steps[i].Result != orchestrator.Failed {
				s.Steps[i].Result = "" // it was told before
			}
		}
	}
	r.mu.Unlock()
	e, err := r.driver.Resume(ctx, order)
	return r.ended(order, nil, e, err)
}

// ended notes where a redemption ended, and holds it against the calls.
func (r *Relay) ended(order string, named []string, e foreign.End, err error) (orchestrator.Snapshot, error) {
	switch {
	case err != nil:
		return orchestrator.Snapshot{}, r.unable(err)
	case e.State == "rejected" && e.Reason == "" && e.Detail == "":
		return orchestrator.Snapshot{}, r.refusal("redemption", "", "the relay refused before it began, and gave no reason")
	case e.State == "rejected":
		return orchestrator.Snapshot{}, r.refusal("redemption", e.Reason, e.Detail)
	}
	r.hear("the reason of its redemption", e.Reason+" "+e.Detail)
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[order]
	if s == nil {
		return orchestrator.Snapshot{}, foreign.Trouble(foreign.Errored, "redeem: the relay redeemed session %q, which nobody opened", order)
	}
	s.State = orchestrator.State(e.State)
	for i := range s.Steps {
		step := &s.Steps[i]
		part := named == nil || slices.Contains(named, s.texts[i])
		switch {
		case s.State == orchestrator.Completed && part && step.Status != orchestrator.Redeemed:
			r.broken("the relay says that session %s is completed, and %s was not asked to redeem %s, or said no", tokens.Word(order), step.Service, tokens.Word(step.Ref.ID))
		case s.State == orchestrator.Compensated && step.Status == orchestrator.Redeemed:
			r.broken("the relay says that session %s is compensated, and never took %s back from %s", tokens.Word(order), tokens.Word(step.Ref.ID), step.Service)
		}
	}
	said := func(step orchestrator.Step) bool { return step.Reason != "" }
	if s.State != orchestrator.Completed && r.missed != "" && !slices.ContainsFunc(s.Steps, said) {
		return s.copy(), foreign.Trouble(foreign.Errored, "the relay says that session %s is %s, after a call that reached no service: %s", tokens.Word(order), s.State, r.missed)
	}
	return s.copy(), nil
}

// Missed notes what the relay asked that reached no service.
func (r *Relay) Missed(call string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.missed = call
}

// Close ends an open session.
func (r *Relay) Close(ctx context.Context, order string) (orchestrator.Snapshot, error) {
	order = r.named(order)
	if err := r.ready(ctx); err != nil {
		return orchestrator.Snapshot{}, err
	}
	if err := r.driver.Close(ctx, order); err != nil {
		return orchestrator.Snapshot{}, r.unable(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sessions[order]
	if s == nil {
		return orchestrator.Snapshot{}, tokens.Refuse(tokens.SessionUnknown, "nobody here opened a session %q", order)
	}
	s.State = orchestrator.Closed
	return s.copy(), nil
}

// broken notes the first promise that was not kept. It must be locked.
func (r *Relay) broken(format string, args ...any) {
	if r.breach == "" {
		r.breach = fmt.Sprintf(format, args...)
	}
}

// Broken gives the first promise that its calls broke; empty when all were kept.
func (r *Relay) Broken() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.breach
}

// Call has one of our services answer the relay, and watches what it is asked.
func (r *Relay) Call(ctx context.Context, c foreign.Call) foreign.Said {
	at := slices.IndexFunc(r.services, func(s orchestrator.Service) bool { return s.Name == c.Service })
	if at < 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.broken("the relay called a service %s, which there is not", tokens.Word(foreign.Harmless(c.Service)))
		return foreign.Said{Status: "refused", Reason: string(tokens.ServiceUnavailable), Detail: "there is no such service"}
	}
	s, step, attempt := r.asked(c)
	if again, ok := r.stillOut(s, c); ok {
		return again
	}
	about := tokens.Session{Order: c.Session}
	var facts tokens.Facts
	if s != nil {
		about.Customer, facts = s.Customer, c.Facts
		if facts == nil {
			r.mu.Lock()
			facts = maps.Clone(s.Facts)
			r.mu.Unlock()
		}
	}
	token := r.ours(c.Token)
	var (
		receipt tokens.Receipt
		err     error
	)
	if c.Action == "redeem" {
		receipt, err = r.services[at].Redeemer.Redeem(ctx, tokens.Redemption{Token: token, Session: about, Facts: facts, Attempt: attempt})
	} else {
		err = r.services[at].Redeemer.Cancel(ctx, tokens.Cancellation{Token: token, Session: about, Attempt: attempt})
	}
	answer := answerOf(receipt, err)
	if s != nil && step >= 0 {
		r.answered(s, step, c.Action, attempt, answer, receipt)
	}
	return answer
}

// stillOut gives once more what a service answered that was not available to redeem
// a token. Some relays take that for a refusal and others ask again: for both of
// them it is the same in the end.
func (r *Relay) stillOut(s *session, c foreign.Call) (foreign.Said, bool) {
	if s == nil || c.Action != "redeem" {
		return foreign.Said{}, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := s.out[c.Token]
	return a, ok
}

// answerOf puts what a service said into the protocol's words.
func answerOf(receipt tokens.Receipt, err error) foreign.Said {
	var refusal *tokens.Refusal
	switch {
	case err == nil && receipt.Repeated:
		return foreign.Said{Status: "repeated"}
	case err == nil:
		return foreign.Said{Status: "done"}
	case errors.As(err, &refusal):
		return foreign.Said{Status: "refused", Reason: string(refusal.Reason), Detail: refusal.Detail}
	}
	return foreign.Said{Status: "lost"}
}

// asked watches a call: whether it may be made. It gives the session and the step
// that it is about; nil and -1 when there is none.
func (r *Relay) asked(c foreign.Call) (*session, int, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	s := r.sessions[c.Session]
	if s == nil {
		r.broken("the relay asked %s to %s for session %s, which nobody opened", c.Service, c.Action, tokens.Word(foreign.Harmless(c.Session)))
		return nil, -1, c.Attempt
	}
	step := slices.Index(s.texts, c.Token)
	if step < 0 {
		r.broken("the relay forwarded to %s (%s) a token that it had not accepted in session %s, byte for byte", c.Service, c.Action, tokens.Word(c.Session))
		return s, -1, c.Attempt
	}
	st := &s.Steps[step]
	attempt := c.Attempt
	known, tried := s.attempts[c.Token]
	if attempt == "" && (c.Action == "redeem" || tried) {
		attempt = "att_" + c.Session // a session is one attempt
	}
	if st.Service == "" {
		st.Service = c.Service
	}
	if c.Action == "redeem" {
		switch {
		case tried && known != attempt:
			r.broken("the relay asked %s again to redeem %s, under another attempt id", c.Service, tokens.Word(st.Ref.ID))
		case s.refused != "" && s.refused != c.Token:
			r.broken("after a refusal the relay asked %s to redeem %s in session %s", c.Service, tokens.Word(st.Ref.ID), tokens.Word(c.Session))
		}
		if s.chosen != nil && !slices.Contains(s.chosen, c.Token) {
			r.broken("the relay asked %s to redeem %s, which the client had not named", c.Service, tokens.Word(st.Ref.ID))
		}
		s.attempts[c.Token] = attempt
		if st.Turn == 0 {
			s.turns++
			st.Turn = s.turns
		}
		return s, step, attempt
	}
	if at := slices.Index(s.order, step); at >= 0 {
		if at != len(s.order)-1 {
			last := s.Steps[s.order[len(s.order)-1]]
			r.broken("the relay took %s back before %s, which it had asked to redeem after it", tokens.Word(st.Ref.ID), tokens.Word(last.Ref.ID))
		}
		s.order = slices.Delete(s.order, at, at+1)
	}
	if tried && known != attempt {
		r.broken("the relay asked %s to cancel another attempt of %s than it had redeemed", c.Service, tokens.Word(st.Ref.ID))
	}
	return s, step, attempt
}

// answered notes what a service said of a step.
func (r *Relay) answered(s *session, at int, action, attempt string, a foreign.Said, receipt tokens.Receipt) {
	r.mu.Lock()
	defer r.mu.Unlock()
	st := &s.Steps[at]
	unknown := func() {
		st.Result, st.Reason, st.Detail = orchestrator.Failed, tokens.ServiceUnavailable, st.Service+": no answer came in time"
	}
	if action == "redeem" {
		st.Attempt = attempt
		switch a.Status {
		case "done", "repeated":
			st.Status, st.Result, st.Reason, st.Detail = orchestrator.Redeemed, orchestrator.Redeemed, "", ""
			st.Receipt = &receipt // our service's own: the relay need not tell
			if a.Status == "repeated" {
				st.Result = orchestrator.Repeated
			}
			s.stands(at)
		case "refused":
			s.order = slices.DeleteFunc(s.order, func(step int) bool { return step == at })
			s.refused = s.texts[at]
			st.Status, st.Result, st.Reason, st.Detail = orchestrator.Refused, orchestrator.Refused, tokens.Reason(a.Reason), a.Detail
			if st.Reason == tokens.ServiceUnavailable {
				s.out[s.texts[at]] = a
			}
		default:
			s.stands(at) // for all that the relay knows
			unknown()
		}
		return
	}
	switch {
	case a.Status != "done" && a.Status != "repeated":
		if st.Attempt != "" && st.Status != orchestrator.Refused {
			unknown()
			if a.Reason != "" {
				st.Detail = fmt.Sprintf("%s will not cancel: %s: %s", st.Service, a.Reason, a.Detail)
			}
		}
	case st.Status == orchestrator.Redeemed:
		st.Status, st.Result, st.Reason, st.Detail = orchestrator.Cancelled, orchestrator.Cancelled, "", ""
	case st.Attempt == "":
		st.Status = orchestrator.Released
	case st.Status == orchestrator.Accepted: // nobody knew whether it was redeemed
		st.Status = orchestrator.Cancelled
		if s.resumed { // that it failed was told before
			st.Result, st.Reason, st.Detail = orchestrator.Cancelled, "", ""
		}
	}
}

// stands notes that a step is redeemed, or may be.
func (s *session) stands(at int) {
	if !slices.Contains(s.order, at) {
		s.order = append(s.order, at)
	}
}

// Sessions gives what is known of all sessions, by the time they were opened.
func (r *Relay) Sessions() []orchestrator.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := slices.SortedFunc(maps.Values(r.sessions), func(a, b *session) int { return a.number - b.number })
	snaps := make([]orchestrator.Snapshot, len(all))
	for i, s := range all {
		snaps[i] = s.copy()
	}
	return snaps
}

// reasons are a target's words for ours.
type reasons struct {
	ours   bool // its words are ours
	theirs map[string][]tokens.Reason
}

// ofTheirs gives what one of theirs may mean; nil when nobody says.
func (r reasons) ofTheirs(reason string) []tokens.Reason {
	if fits, ok := r.theirs[reason]; ok {
		return fits
	}
	if r.ours && slices.ContainsFunc(tokens.Reasons(), func(row tokens.ReasonRow) bool { return string(row.Reason) == reason }) {
		return []tokens.Reason{tokens.Reason(reason)}
	}
	return nil
}

// fits reports whether a relay's own reason is as good as ours.
func (r reasons) fits(how string, want, got tokens.Reason) bool {
	meant := r.ofTheirs(string(got))
	if r.meansOurs(got) {
		meant = append(meant, got)
	}
	switch {
	case how == "any":
		return true
	case how == "exact":
		return slices.Contains(meant, want)
	}
	return len(meant) == 0 || slices.Contains(meant, want)
}

// meansOurs reports whether a reason was mapped to this one of ours.
func (r reasons) meansOurs(ours tokens.Reason) bool {
	for _, fits := range r.theirs {
		if len(fits) == 1 && fits[0] == ours {
			return true
		}
	}
	return false
}
