// Shortening: what was found by chance, without what it does not need.

package explore

import (
	"context"
	"slices"

	"tokenshell/shell/internal/evidence"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/stage"
)

// aimed is a step whose decisions are about messages by what they ask for: when
// something before them is left out, they still mean the same.
type aimed struct {
	move stage.Move
	aims []aim
}

// aim is a decision about the nth question for a step, from 0.
type aim struct {
	asked    string
	nth      int
	decision stage.Decision
}

// aim gives a way by what its decisions are about.
func (w *walker) aim(way []stage.Step) []aimed {
	w.stage.Restore(w.held[0])
	all := make([]aimed, len(way))
	for i, st := range way {
		_ = w.stage.Try(w.ctx, st.Move, st.Plan) // the last one breaks
		all[i].move = st.Move
		seen := map[string]int{}
		for at, m := range w.stage.Trace {
			if at < len(st.Plan) && st.Plan[at].Fate != "" {
				all[i].aims = append(all[i].aims, aim{m.Asked(), seen[m.Asked()], st.Plan[at]})
			}
			seen[m.Asked()]++
		}
	}
	return all
}

// shorten leaves out steps and decisions for as long as something still breaks.
func (w *walker) shorten(found *finding) *finding {
	way := w.aim(found.Way)
	for again := true; again && w.ctx.Err() == nil; { // until nothing can be left out
		again = false
		try := func(shorter []aimed) bool {
			f := w.breaks(shorter)
			if f != nil {
				found, way, again = f, shorter[:len(f.Way)], true
			}
			return f != nil
		}
		for i := len(way) - 1; i >= 0; i-- {
			if i >= len(way) || try(without(way, i)) {
				continue
			}
			for at := len(way[i].aims) - 1; at >= 0; at-- {
				plain := slices.Clone(way)
				plain[i].aims = slices.Delete(slices.Clone(way[i].aims), at, at+1)
				try(plain)
				if i >= len(way) {
					break
				}
			}
		}
		for _, shorter := range said(way) {
			if try(shorter) {
				break
			}
		}
	}
	return found
}

// said gives ways in which an order says from the beginning what it is told later.
func said(way []aimed) (all [][]aimed) {
	for at, a := range way {
		if a.move.Verb != stage.SetsFact || len(a.aims) > 0 {
			continue
		}
		begin := slices.IndexFunc(way, func(b aimed) bool { return b.move.Verb == stage.Opens && b.move.Order == a.move.Order })
		if begin < 0 || begin > at || way[begin].move.Arg > 0 {
			continue
		}
		shorter := slices.Delete(slices.Clone(way), at, at+1)
		shorter[begin].move.Arg = a.move.Arg + 1
		all = append(all, shorter)
	}
	return all
}

// polish says what was found in fewer lines, where it can.
func (c *course) polish(ctx context.Context, found *finding) (*finding, error) {
	w, err := newSearch(c.plan, c.weakness, found.Bound, c.customer).newWalker(ctx)
	if err != nil {
		return nil, err
	}
	w.out = &batch{reach: reached.New()}
	for _, shorter := range said(w.aim(found.Way)) {
		if f := w.breaks(shorter); f != nil && f.Monitor == found.Monitor && len(f.Way) < len(found.Way) {
			return f, nil
		}
	}
	if len(found.Way) <= fewSteps {
		return found, nil
	}
	if f := w.shorten(found); f.Monitor == found.Monitor && len(f.Way) < len(found.Way) { // an ending has what it need not have
		return f, nil
	}
	return found, nil
}

// fewSteps are no more than it takes, for the search finds the shortest way; an ending
// comes on top.
const fewSteps = 5

// without leaves a step out, and whatever is about the token or the session that it
// made; those that were made later have other numbers then.
func without(way []aimed, at int) []aimed {
	gone := way[at].move
	fits := func(m *stage.Move) bool {
		if (gone.Verb == stage.Confirms || gone.Verb == stage.ConfirmsBriefly || gone.Verb == stage.Imports) && m.Token >= gone.Token {
			if m.Token == gone.Token {
				return false
			}
			m.Token--
		}
		if gone.Verb == stage.Opens && m.Order >= gone.Order {
			if m.Order == gone.Order {
				return false
			}
			m.Order--
		}
		return true
	}
	all := slices.Clone(way[:at])
	for _, a := range way[at+1:] {
		var aims []aim
		for _, one := range a.aims {
			if !one.decision.Fate.HasLine() || fits(&one.decision.Inner) {
				aims = append(aims, one)
			}
		}
		a.aims = aims
		if fits(&a.move) {
			all = append(all, a)
		}
	}
	return all
}

// breaks goes a way, as far as it makes sense, and gives what breaks on it.
func (w *walker) breaks(way []aimed) *finding {
	s := w.stage
	s.Restore(w.held[0])
	var gone []stage.Step
	for _, a := range way {
		ends := a.move.Verb == stage.Rotates || a.move.Verb == stage.Advances && a.move.Arg >= stage.FarAway || a.move.Verb == stage.Opens && int(a.move.Order) == s.Opened+1
		plain := a.move
		if plain.Verb == stage.Opens {
			plain.Arg = 0 // whatever it says
		}
		if w.moves = s.Moves(w.moves); !ends && !slices.Contains(w.moves, plain) {
			return nil
		}
		st := stage.Step{Move: a.move}
		here := s.Save()
		broken := s.Try(w.ctx, st.Move, nil)
		for _, one := range a.aims {
			at := one.asks(s.Trace)
			if at < len(st.Plan) {
				return nil // nobody asks
			}
			st.Plan = append(append(slices.Clip(st.Plan), make([]stage.Decision, at-len(st.Plan))...), one.decision)
			s.Restore(here)
			broken = s.Try(w.ctx, st.Move, st.Plan)
		}
		gone = append(gone, st)
		if broken = loud(broken); broken == nil {
			broken = w.audit()
		}
		if broken != nil {
			return evidence.Of(broken, gone, s.Bound)
		}
	}
	return nil
}

// asks gives the place of a question among those that were asked; -1 when it was not.
func (a aim) asks(trace []stage.Message) int {
	seen := 0
	for at, m := range trace {
		if m.Asked() != a.asked {
			continue
		}
		if seen == a.nth {
			return at
		}
		seen++
	}
	return -1
}
