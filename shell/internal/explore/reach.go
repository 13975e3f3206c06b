// Reach: what was met, and how often.

package explore

import (
	"strings"

	"tokenshell/issuers"
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
func (r *reach) state(s *stage) {
	for _, of := range s.model.Sessions {
		r.Counts["session "+s.model.Stood(of)]++
		for _, st := range of.Stands() {
			r.Counts["step "+st.Status]++
			if st.Result != "" {
				r.Counts["result "+st.Result]++
			}
		}
	}
	for _, p := range s.world.Parties {
		for _, e := range p.Entries() {
			r.Counts["confirmed "+p.Name]++
			r.Counts["reservation "+bookState(e)]++
			if e.State == issuers.Committed {
				r.Counts["redeemed "+p.Name]++
			}
		}
	}
}

// tried notes what a verb led to.
func (r *reach) tried(s *stage, m Move) {
	r.Counts["verb "+alphabet[m.verb].name]++
	for _, made := range s.trace {
		if made.Made.Fate != "" {
			r.Counts["fate "+made.step()+" "+string(made.Made.Fate)]++
		}
	}
	for _, reason := range s.said.Reasons {
		r.Counts["reason "+reason]++
	}
}
