// Reach: what was met, how often, and what has to be.

package explore

import (
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
	"tokenshell/tokens"
)

// met is something that was met: {session stuck}, {fate coupons.redeem late},
// {answer redeem expired}, {turn open closed}.
type met struct{ Kind, Name, By string }

func (m met) String() string { return strings.TrimSuffix(m.Kind+" "+m.Name+" "+m.By, " ") }

// reach counts what was met.
type reach struct{ Counts map[met]int }

func newReach() *reach { return &reach{map[met]int{}} }

// of gives the counts of a kind, by name.
func (r *reach) of(kind string) map[string]int {
	some := map[string]int{}
	for what, n := range r.Counts {
		if what.Kind == kind {
			some[what.Name] += n
		}
	}
	return some
}

func (r *reach) add(other *reach) {
	for what, n := range other.Counts {
		r.Counts[what] += n
	}
}

// state notes what a state shows.
func (r *reach) state(s *stage.Stage) {
	for _, of := range s.Model.Sessions {
		r.Counts[met{"session", s.Model.Stood(of), ""}]++
		for _, st := range of.Stands() {
			r.Counts[met{"step", st.Status, ""}]++
			if st.Result != "" {
				r.Counts[met{"result", st.Result, ""}]++
			}
		}
	}
	for _, p := range s.World.Parties {
		for _, e := range p.Entries() {
			r.Counts[met{"confirmed", p.Name, ""}]++
			r.Counts[met{"reservation", stage.BookState(e), ""}]++
			if e.State == issuers.Committed {
				r.Counts[met{"redeemed", p.Name, ""}]++
			}
		}
	}
}

// tried notes what a verb led to, from where everything stood.
func (r *reach) tried(s *stage.Stage, m stage.Move, from *standing) {
	verb := stage.Alphabet[m.Verb].Name
	r.Counts[met{"verb", verb, ""}]++
	for _, made := range s.Trace {
		if made.Made.Fate != "" {
			r.Counts[met{"fate", made.Asked(), string(made.Made.Fate)}]++
		}
	}
	if len(s.Said.Reasons) == 0 && !s.Said.Wrong && !s.Said.Stopped {
		r.Counts[met{"answer", verb, "done"}]++
	}
	for _, reason := range s.Said.Reasons {
		r.Counts[met{"reason", reason, ""}]++
		r.Counts[met{"answer", verb, reason}]++
	}
	r.turns(s, from)
}

// nothing is the state of what is not there, yet or any more.
const nothing = "none"

// standing is where sessions and reservations stand.
type standing struct {
	sessions []string // by number, from 0
	holds    map[*spec.Hold]string
}

// stands takes down where everything stands.
func (f *standing) stands(s *stage.Stage) {
	f.sessions = f.sessions[:0]
	for n := range s.Bound.Sessions {
		f.sessions = append(f.sessions, sessionState(s, n))
	}
	if f.holds == nil {
		f.holds = map[*spec.Hold]string{}
	}
	clear(f.holds)
	for _, h := range s.Model.Holds {
		f.holds[h] = holdState(s, h)
	}
}

func sessionState(s *stage.Stage, n int) string {
	if of := s.Model.Session(stage.OrderName(n + 1)); of != nil {
		return s.Model.Stood(of)
	}
	return nothing
}

func holdState(s *stage.Stage, h *spec.Hold) string {
	if s.Model.Kept(h) {
		return h.State
	}
	return nothing
}

// turns notes what stands elsewhere than it did.
func (r *reach) turns(s *stage.Stage, from *standing) {
	for n, was := range from.sessions {
		if is := sessionState(s, n); is != was {
			r.Counts[met{"turn", was, is}]++
		}
	}
	for _, h := range s.Model.Holds {
		was, known := from.holds[h]
		if !known {
			was = nothing
		}
		if is := holdState(s, h); is != was {
			r.Counts[met{"entry", was, is}]++
		}
	}
}

// The states that have to be met.
var (
	sessionStates     = []orchestrator.State{orchestrator.Open, orchestrator.Redeeming, orchestrator.Completed, orchestrator.Compensated, orchestrator.Stuck, orchestrator.Closed}
	stepStatuses      = []orchestrator.Status{orchestrator.Accepted, orchestrator.Redeemed, orchestrator.Refused, orchestrator.Cancelled, orchestrator.Released}
	stepResults       = []orchestrator.Status{orchestrator.Redeemed, orchestrator.Repeated, orchestrator.Refused, orchestrator.Cancelled, orchestrator.Failed}
	reservationStates = []string{string(issuers.Reserved), string(issuers.Committed), string(issuers.Cancelled), "revoked", "expired"}
)

// The turns that have to be met: from one state to another, by one verb. A session
// that nobody went on with in its time is seen to be stuck, and may be completed yet.
var (
	sessionTurns = [][2]string{
		{nothing, "open"}, {"open", "closed"}, {"open", "completed"}, {"open", "compensated"}, {"open", "stuck"}, {"open", "redeeming"},
		{"redeeming", "completed"}, {"redeeming", "compensated"}, {"redeeming", "stuck"}, {"stuck", "compensated"}, {"stuck", "completed"},
		{"closed", nothing}, {"completed", nothing}, {"compensated", nothing},
	}
	reservationTurns = [][2]string{
		{nothing, "reserved"}, {"reserved", "committed"}, {"reserved", "cancelled"}, {"reserved", "revoked"}, {"reserved", "expired"}, {"committed", "cancelled"},
		{"committed", nothing}, {"cancelled", nothing}, {"revoked", nothing}, {"expired", nothing},
	}
)

// reasonsInScope are the reasons that an order's way through the relay may lead to,
// whatever the domains confirm. Texts that nobody issued are the catalogue's.
var reasonsInScope = []tokens.Reason{
	tokens.SignatureInvalid, tokens.KeyUnknown, tokens.SessionUnknown, tokens.SessionClosed, tokens.SessionMismatch, tokens.AlreadyRedeemed,
	tokens.Expired, tokens.Replayed, tokens.LedgerUnavailable, tokens.Revoked, tokens.ConstraintViolated, tokens.ServiceUnavailable, tokens.NotYetValid,
}

// excuse is something that has to be met and need not, and why.
type excuse struct {
	what met
	why  string
}

// excuses are those. None is a session's state, a step's status or a fate.
var excuses = []excuse{
	{met{"reason", "not_yet_valid", ""}, "no party's clock is behind another's: clock skew is no move yet"},
}

// wanted gives everything that has to be met by a default run in a world, in order.
func wanted(s *stage.Stage) []met {
	var all []met
	for _, state := range sessionStates {
		all = append(all, met{"session", string(state), ""})
	}
	for _, t := range sessionTurns {
		all = append(all, met{"turn", t[0], t[1]})
	}
	for _, status := range stepStatuses {
		all = append(all, met{"step", string(status), ""})
	}
	for _, result := range stepResults {
		all = append(all, met{"result", string(result), ""})
	}
	for _, state := range reservationStates {
		all = append(all, met{"reservation", state, ""})
	}
	for _, t := range reservationTurns {
		all = append(all, met{"entry", t[0], t[1]})
	}
	for _, reason := range reasonsInScope {
		all = append(all, met{"reason", string(reason), ""})
	}
	for _, step := range s.World.Steps() {
		for _, kind := range s.Kinds(step) {
			all = append(all, met{"fate", step.String(), string(kind)})
		}
	}
	for _, l := range stage.Alphabet {
		if verb := (met{"verb", l.Name, ""}); !slices.Contains(all, verb) {
			all = append(all, verb)
		}
	}
	return all
}

// missing gives what was never met and is not excused.
func (r *reach) missing(s *stage.Stage) []string {
	missing := []string{}
	for _, what := range wanted(s) {
		if r.Counts[what] == 0 && !slices.ContainsFunc(excuses, func(e excuse) bool { return e.what == what }) {
			missing = append(missing, what.String())
		}
	}
	return missing
}
