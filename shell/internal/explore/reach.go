// Reach: what was met, how often, and what has to be.

package explore

import (
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/stage"
	"tokenshell/tokens"
)

// reach counts what was met, by kind and name: "session stuck", "fate
// coupons.redeem late", "reason expired".
type reach struct{ Counts map[string]int }

func newReach() *reach { return &reach{map[string]int{}} }

// of gives the counts of a kind, by name.
func (r *reach) of(kind string) map[string]int {
	some := map[string]int{}
	for what, n := range r.Counts {
		if name, ok := strings.CutPrefix(what, kind+" "); ok {
			some[name] = n
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
		r.Counts["session "+s.Model.Stood(of)]++
		for _, st := range of.Stands() {
			r.Counts["step "+st.Status]++
			if st.Result != "" {
				r.Counts["result "+st.Result]++
			}
		}
	}
	for _, p := range s.World.Parties {
		for _, e := range p.Entries() {
			r.Counts["confirmed "+p.Name]++
			r.Counts["reservation "+stage.BookState(e)]++
			if e.State == issuers.Committed {
				r.Counts["redeemed "+p.Name]++
			}
		}
	}
}

// tried notes what a verb led to.
func (r *reach) tried(s *stage.Stage, m stage.Move) {
	r.Counts["verb "+stage.Alphabet[m.Verb].Name]++
	for _, made := range s.Trace {
		if made.Made.Fate != "" {
			r.Counts["fate "+made.Asked()+" "+string(made.Made.Fate)]++
		}
	}
	for _, reason := range s.Said.Reasons {
		r.Counts["reason "+reason]++
	}
}

// The states that have to be met.
var (
	sessionStates     = []orchestrator.State{orchestrator.Open, orchestrator.Redeeming, orchestrator.Completed, orchestrator.Compensated, orchestrator.Stuck, orchestrator.Closed}
	stepStatuses      = []orchestrator.Status{orchestrator.Accepted, orchestrator.Redeemed, orchestrator.Refused, orchestrator.Cancelled, orchestrator.Released}
	stepResults       = []orchestrator.Status{orchestrator.Redeemed, orchestrator.Repeated, orchestrator.Refused, orchestrator.Cancelled, orchestrator.Failed}
	reservationStates = []string{string(issuers.Reserved), string(issuers.Committed), string(issuers.Cancelled), "revoked", "expired"}
)

// reasonsInScope are the reasons that an order's way through the relay may lead to,
// whatever the domains confirm. Texts that nobody issued are the catalogue's.
var reasonsInScope = []tokens.Reason{
	tokens.SignatureInvalid, tokens.KeyUnknown, tokens.SessionUnknown, tokens.SessionClosed, tokens.SessionMismatch, tokens.AlreadyRedeemed,
	tokens.Expired, tokens.Replayed, tokens.LedgerUnavailable, tokens.Revoked, tokens.ConstraintViolated, tokens.ServiceUnavailable, tokens.NotYetValid,
}

// excuse is something that has to be met and need not, and why.
type excuse struct{ what, why string }

// excuses are those. None is a session's state, a step's status or a fate.
var excuses = []excuse{
	{"reason not_yet_valid", "no party's clock is behind another's: clock skew is no move yet"},
}

// wanted gives everything that has to be met by a default run in a world, in order.
func wanted(s *stage.Stage) []string {
	var all []string
	for _, state := range sessionStates {
		all = append(all, "session "+string(state))
	}
	for _, status := range stepStatuses {
		all = append(all, "step "+string(status))
	}
	for _, result := range stepResults {
		all = append(all, "result "+string(result))
	}
	for _, state := range reservationStates {
		all = append(all, "reservation "+state)
	}
	for _, reason := range reasonsInScope {
		all = append(all, "reason "+string(reason))
	}
	for _, step := range s.World.Steps() {
		for _, kind := range s.Kinds(step) {
			all = append(all, "fate "+step.String()+" "+string(kind))
		}
	}
	for _, l := range stage.Alphabet {
		if !slices.Contains(all, "verb "+l.Name) {
			all = append(all, "verb "+l.Name)
		}
	}
	return all
}

// missing gives what was never met and is not excused.
func (r *reach) missing(s *stage.Stage) []string {
	return slices.DeleteFunc(wanted(s), func(what string) bool {
		return r.Counts[what] > 0 || slices.ContainsFunc(excuses, func(e excuse) bool { return e.what == what })
	})
}
