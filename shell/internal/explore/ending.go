// The ending: whatever happened, when nothing goes wrong any more every order comes
// to its end.

package explore

import (
	"fmt"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
)

// ending brings a state to its end in two ways: at once, and after time has passed.
func (w *walker) ending(at int32, here kept) {
	for _, first := range [][]Move{nil, {{verb: advances, arg: farAway}}} {
		w.stage.restore(here)
		if w.end(at, first); w.out.found != nil {
			return
		}
	}
	w.out.endings++
}

// end does what comes first, and then everything that brings orders to their end.
func (w *walker) end(at int32, first []Move) {
	s := w.stage
	var done []step
	do := func(m Move) bool {
		broken := s.try(w.ctx, m, nil)
		done = append(done, step{Move: m})
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
	for len(s.model.Late) > 0 {
		for i, step := range s.world.Steps() {
			if step.String() == s.model.Late[0].Step {
				if !do(Move{verb: delivers, arg: uint8(i)}) {
					return
				}
				break
			}
		}
	}
	for n := 1; n <= s.opened; n++ {
		of := s.model.Session(orderName(n))
		for range 2 {
			if of == nil || s.model.Stood(of) != "redeeming" && s.model.Stood(of) != "stuck" {
				break
			}
			if !do(Move{verb: resumes, order: uint8(n)}) {
				return
			}
		}
	}
	if !do(Move{verb: advances, arg: farAway}) {
		return
	}
	if err := s.world.Audit(); err != nil {
		w.broke(at, done, err)
		return
	}
	for _, snap := range s.world.Sessions() {
		switch snap.State {
		case orchestrator.Completed, orchestrator.Compensated, orchestrator.Closed:
		default:
			w.broke(at, done, fmt.Errorf("session %s is %s for ever", snap.ID, snap.State))
			return
		}
	}
	for _, p := range s.world.Parties {
		for _, e := range p.Entries() {
			if e.State == issuers.Reserved {
				w.broke(at, done, fmt.Errorf("%s holds %s for ever", p.Name, s.handle(e.Ref)))
				return
			}
		}
	}
}

// broke says that an ending is none.
func (w *walker) broke(at int32, done []step, broken error) {
	f := w.search.finding(at, done[len(done)-1], broken)
	f.Way = append(f.Way[:len(f.Way)-1], done...)
	w.out.found = f
}
