// Package reached has what was met while a world was explored, how often, and what has
// to be.
package reached

import (
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
	"tokenshell/tokens"
)

// Met is something that was met: {session stuck}, {fate coupons.redeem late},
// {answer redeem expired}, {turn open closed}.
type Met struct{ Kind, Name, By string }

// Of gives a thing that is met.
func Of(kind, name, by string) Met { return Met{kind, name, by} }

// String is how it is listed.
func (m Met) String() string { return strings.TrimSuffix(m.Kind+" "+m.Name+" "+m.By, " ") }

// Tally counts what was met.
type Tally struct{ Counts map[Met]int }

// New makes one that has met nothing.
func New() *Tally { return &Tally{map[Met]int{}} }

// Of gives the counts of a kind, by name.
func (r *Tally) Of(kind string) map[string]int {
	some := map[string]int{}
	for what, n := range r.Counts {
		if what.Kind == kind {
			some[what.Name] += n
		}
	}
	return some
}

// Add adds what another has met.
func (r *Tally) Add(other *Tally) {
	for what, n := range other.Counts {
		r.Counts[what] += n
	}
}

// State notes what a state shows.
func (r *Tally) State(s *stage.Stage) {
	for _, of := range s.Model.Sessions {
		r.Counts[Met{"session", s.Model.Stood(of), ""}]++
		for _, st := range of.Stands() {
			r.Counts[Met{"step", st.Status, ""}]++
			if st.Result != "" {
				r.Counts[Met{"result", st.Result, ""}]++
			}
		}
	}
	for _, p := range s.World.Parties {
		for _, e := range p.Reservations() {
			r.Counts[Met{"confirmed", p.Name, ""}]++
			r.Counts[Met{"reservation", stage.BookState(e), ""}]++
			if e.State == issuers.Committed {
				r.Counts[Met{"redeemed", p.Name, ""}]++
			}
		}
	}
}

// Tried notes what a verb led to, from where everything stood.
func (r *Tally) Tried(s *stage.Stage, m stage.Move, from *Standing) {
	verb := stage.Alphabet[m.Verb].Name
	r.Counts[Met{"verb", verb, ""}]++
	for _, made := range s.Trace {
		if made.Made.Fate != "" {
			r.Counts[Met{"fate", made.Asked(), string(made.Made.Fate)}]++
		}
	}
	if len(s.Said.Reasons) == 0 && !s.Said.Wrong && !s.Said.Stopped {
		r.Counts[Met{"answer", verb, "done"}]++
	}
	for _, reason := range s.Said.Reasons {
		r.Counts[Met{"reason", reason, ""}]++
		r.Counts[Met{"answer", verb, reason}]++
	}
	r.turns(s, from)
}

// Nothing is the state of what is not there, yet or any more.
const Nothing = "none"

// Standing is where sessions and reservations stand.
type Standing struct {
	sessions []string // by number, from 0
	holds    map[*spec.Hold]string
}

// Stands takes down where everything stands.
func (f *Standing) Stands(s *stage.Stage) {
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
	return Nothing
}

func holdState(s *stage.Stage, h *spec.Hold) string {
	if h.State == "" || !s.Model.Kept(h) { // it is another's, or forgotten
		return Nothing
	}
	return h.State
}

// turns notes what stands elsewhere than it did.
func (r *Tally) turns(s *stage.Stage, from *Standing) {
	for n, was := range from.sessions {
		if is := sessionState(s, n); is != was {
			r.Counts[Met{"turn", was, is}]++
		}
	}
	for _, h := range s.Model.Holds {
		was, known := from.holds[h]
		if !known {
			was = Nothing
		}
		if is := holdState(s, h); is != was {
			r.Counts[Met{"entry", was, is}]++
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
		{Nothing, "open"}, {"open", "closed"}, {"open", "completed"}, {"open", "compensated"}, {"open", "stuck"}, {"open", "redeeming"},
		{"redeeming", "completed"}, {"redeeming", "compensated"}, {"redeeming", "stuck"}, {"stuck", "compensated"}, {"stuck", "completed"},
		{"closed", Nothing}, {"completed", Nothing}, {"compensated", Nothing},
	}
	reservationTurns = [][2]string{
		{Nothing, "reserved"}, {"reserved", "committed"}, {"reserved", "cancelled"}, {"reserved", "revoked"}, {"reserved", "expired"}, {"committed", "cancelled"},
		{"committed", Nothing}, {"cancelled", Nothing}, {"revoked", Nothing}, {"expired", Nothing},
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
	What Met
	Why  string
}

// Excuses are those. None is a session's state, a step's status or a fate.
var Excuses = []excuse{}

// Wanted gives everything that has to be met by a default run in a world, in order.
func Wanted(s *stage.Stage) []Met {
	var all []Met
	for _, state := range sessionStates {
		all = append(all, Met{"session", string(state), ""})
	}
	for _, t := range sessionTurns {
		all = append(all, Met{"turn", t[0], t[1]})
	}
	for _, status := range stepStatuses {
		all = append(all, Met{"step", string(status), ""})
	}
	for _, result := range stepResults {
		all = append(all, Met{"result", string(result), ""})
	}
	for _, state := range reservationStates {
		all = append(all, Met{"reservation", state, ""})
	}
	for _, t := range reservationTurns {
		all = append(all, Met{"entry", t[0], t[1]})
	}
	for _, reason := range reasonsInScope {
		all = append(all, Met{"reason", string(reason), ""})
	}
	for _, step := range s.World.Steps() {
		for _, kind := range s.Kinds(step) {
			all = append(all, Met{"fate", step.String(), string(kind)})
		}
	}
	for _, l := range stage.Alphabet {
		if verb := (Met{"verb", l.Name, ""}); !slices.Contains(all, verb) {
			all = append(all, verb)
		}
	}
	return all
}

// Missing gives what was never met and is not excused.
func (r *Tally) Missing(s *stage.Stage) []string {
	missing := []string{}
	for _, what := range Wanted(s) {
		if r.Counts[what] == 0 && !slices.ContainsFunc(Excuses, func(e excuse) bool { return e.What == what }) {
			missing = append(missing, what.String())
		}
	}
	return missing
}
