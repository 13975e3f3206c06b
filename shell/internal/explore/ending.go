// The ending: whatever happened, when nothing goes wrong any more every order comes
// to its end.

package explore

import (
	"fmt"
	"slices"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
)

// ending brings a state to its end in three ways: at once, after time has passed, and
// when somebody opens an order after days, if there is anything in the middle.
func (w *walker) ending(at int32, here stage.Kept) {
	e := end{w: w, at: at}
	calm := e.nothingLeft()
	if !e.comes() {
		return
	}
	if !calm { // else time has passed, and nothing else
		w.stage.Restore(here)
		e.done = nil
		if !e.do(stage.TimePasses) {
			return
		}
	}
	if !e.comes() {
		return
	}
	if !calm {
		w.stage.Restore(here)
		e.done = nil
		if !e.lasts() {
			return
		}
	}
	w.out.endings++
}

// lasts brings everything to its end after days, with other keys: what owes is
// remembered for as long as it does, and what has ended for a day from then on.
func (e *end) lasts() bool {
	for i := range e.w.stage.Names {
		if !e.do(stage.Move{Verb: stage.Rotates, Arg: uint8(i)}) {
			return false
		}
	}
	opens := func() bool { return e.do(stage.Move{Verb: stage.Opens, Order: uint8(e.w.stage.Opened + 1)}) }
	return e.do(stage.DaysPass) && opens() && e.comes() && opens()
}

// end is one under way, from a state.
type end struct {
	w    *walker
	at   int32
	done []stage.Step
}

// do does a move, and reports whether all is well.
func (e *end) do(m stage.Move) bool {
	broken := e.w.stage.Try(e.w.ctx, m, nil)
	e.done = append(e.done, stage.Step{Move: m})
	if broken = loud(broken); broken != nil && e.w.ctx.Err() == nil {
		e.broke(broken)
	}
	return broken == nil
}

// nothingLeft reports whether there is nothing late, and nobody in the middle of
// anything.
func (e *end) nothingLeft() bool {
	s := e.w.stage
	return len(s.Model.Late) == 0 && !slices.ContainsFunc(s.Model.Sessions, func(of *spec.Session) bool { return unfinished(s, of) })
}

func unfinished(s *stage.Stage, of *spec.Session) bool {
	state := s.Model.Stood(of)
	return state == "redeeming" || state == "stuck"
}

// comes does everything that brings orders to their end, and reports whether it did.
func (e *end) comes() bool {
	s := e.w.stage
	for len(s.Model.Late) > 0 {
		for i, step := range s.World.Steps() {
			if step.String() == s.Model.Late[0].Step {
				if !e.do(stage.Move{Verb: stage.Delivers, Arg: uint8(i)}) {
					return false
				}
				break
			}
		}
	}
	for n := 1; n <= s.Opened; n++ {
		of := s.Model.Session(stage.OrderName(n))
		for range 2 {
			if of == nil || !unfinished(s, of) {
				break
			}
			resumes := stage.Move{Verb: stage.Resumes, Order: uint8(n)}
			if s.Model.Elsewhere(of) {
				resumes.Verb = stage.ResumesThere // whoever has the lease goes on
			}
			if !e.do(resumes) {
				return false
			}
		}
	}
	if !e.do(stage.TimePasses) {
		return false
	}
	broken := e.w.audit()
	if broken == nil && s.Watches(stage.Ends) {
		broken = endless(s)
	}
	if broken != nil {
		e.broke(broken)
	}
	return broken == nil
}

// endless says what has no end.
func endless(s *stage.Stage) error {
	for _, snap := range s.World.Sessions() {
		switch snap.State {
		case orchestrator.Completed, orchestrator.Compensated, orchestrator.Closed:
		default:
			return &stage.Complaint{Monitor: stage.Ends, Err: fmt.Errorf("session %s is %s for ever", snap.ID, snap.State)}
		}
	}
	for _, p := range s.World.Parties {
		for _, e := range p.Entries() {
			if e.State == issuers.Reserved {
				return &stage.Complaint{Monitor: stage.Ends, Err: fmt.Errorf("%s holds %s for ever", p.Name, s.Handle(e.Ref))}
			}
		}
	}
	return nil
}

// broke says that it is none.
func (e *end) broke(broken error) {
	f := e.w.search.finding(e.at, e.done[len(e.done)-1], broken)
	f.Way = append(f.Way[:len(f.Way)-1], e.done...)
	e.w.out.found = f
}
