// The ending: whatever happened, when nothing goes wrong any more every order comes
// to its end.

package explore

import (
	"fmt"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/stage"
)

// ending brings a state to its end in two ways: at once, and after time has passed.
func (w *walker) ending(at int32, here stage.Kept) {
	for _, first := range [][]stage.Move{nil, {{Verb: stage.Advances, Arg: stage.FarAway}}} {
		w.stage.Restore(here)
		if w.end(at, first); w.out.found != nil {
			return
		}
	}
	w.out.endings++
}

// end does what comes first, and then everything that brings orders to their end.
func (w *walker) end(at int32, first []stage.Move) {
	s := w.stage
	var done []stage.Step
	do := func(m stage.Move) bool {
		broken := s.Try(w.ctx, m, nil)
		done = append(done, stage.Step{Move: m})
		if broken = loud(broken); broken != nil && w.ctx.Err() == nil {
			w.broke(at, done, broken)
		}
		return broken == nil
	}
	for _, m := range first {
		if !do(m) {
			return
		}
	}
	for len(s.Model.Late) > 0 {
		for i, step := range s.World.Steps() {
			if step.String() == s.Model.Late[0].Step {
				if !do(stage.Move{Verb: stage.Delivers, Arg: uint8(i)}) {
					return
				}
				break
			}
		}
	}
	for n := 1; n <= s.Opened; n++ {
		of := s.Model.Session(stage.OrderName(n))
		for range 2 {
			if of == nil || s.Model.Stood(of) != "redeeming" && s.Model.Stood(of) != "stuck" {
				break
			}
			resumes := stage.Move{Verb: stage.Resumes, Order: uint8(n)}
			if s.Model.Elsewhere(of) {
				resumes.Verb = stage.ResumesThere // whoever has the lease goes on
			}
			if !do(resumes) {
				return
			}
		}
	}
	if !do(stage.Move{Verb: stage.Advances, Arg: stage.FarAway}) {
		return
	}
	if err := w.audit(); err != nil {
		w.broke(at, done, err)
		return
	}
	if !s.Watches(stage.Ends) {
		return
	}
	for _, snap := range s.World.Sessions() {
		switch snap.State {
		case orchestrator.Completed, orchestrator.Compensated, orchestrator.Closed:
		default:
			w.broke(at, done, endless("session %s is %s for ever", snap.ID, snap.State))
			return
		}
	}
	for _, p := range s.World.Parties {
		for _, e := range p.Entries() {
			if e.State == issuers.Reserved {
				w.broke(at, done, endless("%s holds %s for ever", p.Name, s.Handle(e.Ref)))
				return
			}
		}
	}
}

func endless(format string, args ...any) error {
	return &stage.Complaint{Monitor: stage.Ends, Err: fmt.Errorf(format, args...)}
}

// broke says that an ending is none.
func (w *walker) broke(at int32, done []stage.Step, broken error) {
	f := w.search.finding(at, done[len(done)-1], broken)
	f.Way = append(f.Way[:len(f.Way)-1], done...)
	w.out.found = f
}
