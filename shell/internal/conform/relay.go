// The relay of a target, as a world knows it: asked by way of a driver, and
// watched by its calls.

package conform

import (
	"context"
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
	parts    []string               // segments of those that were handed in
	missed   string                 // what it asked last that reached no service
	calls    int
	ordered  bool // it was told in which order to redeem
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
		driver: d, hide: f.Hide, ordered: f.Stdio != nil, services: c.Services, clock: c.Clock, reasons: r, peek: tokens.Peek, ours: func(raw string) string { return raw },
		sessions: map[string]*session{}, texts: map[tokens.Ref]string{}, said: map[tokens.Reason]bool{},
	}
}

// hear looks for a token in what the relay says, and makes it harmless.
func (r *Relay) hear(where, text string) string {
	if redact.HasToken(text) || r.HoldsPart(text) {
		r.mu.Lock()
		if r.leaked == "" {
			r.leaked = where
		}
		r.mu.Unlock()
	}
	return foreign.Harmless(r.hide(text))
}

// leastPart is how long a segment is at least that nobody writes by chance.
const leastPart = 40

// HoldsPart reports whether a text holds a segment of a token that was handed in,
// but for the header, in which there is nothing that not everybody knows.
func (r *Relay) HoldsPart(text string) bool {
	if len(text) < leastPart {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.parts, func(part string) bool { return strings.Contains(text, part) })
}

// handed notes the segments of a token that is handed in.
func (r *Relay) handed(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, rest, ok := strings.Cut(token, "."); ok {
		for part := range strings.SplitSeq(rest, ".") {
			if len(part) >= leastPart {
				r.parts = append(r.parts, part)
			}
		}
	}
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

// asNo takes an error for a no, of what has no verdict in which a relay says it.
func asNo(err error) error {
	if t := foreign.IsTrouble(err); t != nil && t.Status == foreign.Errored {
		t.No = true
	}
	return err
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
		return orchestrator.Snapshot{}, r.unable(asNo(err))
	}
	facts = maps.Clone(facts)
	if facts == nil {
		facts = tokens.Facts{}
	}
	now := r.clock.Now()
	s := &session{Snapshot: orchestrator.Snapshot{ID: name, Customer: customer, Facts: facts, State: orchestrator.Open, Opened: now, Ends: now.Add(orchestrator.SessionTTL)}, attempts: map[string]string{}, out: map[string]foreign.Said{}, number: number}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.sessions[name]; old != nil && now.Before(old.Ends) { // it is that one still, whoever asked for its name
		return old.copy(), nil
	}
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
	r.handed(token)
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
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.services {
		if name := r.services[i].Name; err == nil && seen.Ref.Issuer == name+".svc" {
			if service != "" && service != name && r.isService(service) {
				r.broken("the relay says that it accepted %s for %s, and %s has issued it", tokens.Word(seen.Ref.ID), service, name)
			}
			service = name
		}
	}
	r.texts[ref] = token
	if s := r.sessions[order]; s != nil {
		s.Steps = append(s.Steps, orchestrator.Step{Ref: ref, Service: service, Expires: r.clock.Now().Add(tokens.MaxLifetime), Status: orchestrator.Accepted})
		s.texts = append(s.texts, token)
	}
	return service, nil
}

// isService reports whether a service has this name.
func (r *Relay) isService(name string) bool {
	return slices.ContainsFunc(r.services, func(s orchestrator.Service) bool { return s.Name == name })
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
		return orchestrator.Snapshot{}, r.unable(asNo(err))
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
