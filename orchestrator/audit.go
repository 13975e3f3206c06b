// The audit: what must hold of a relay's sessions at every moment.

package orchestrator

import (
	"context"
	"fmt"

	"tokenshell/tokens"
)

// Audit checks every session that is remembered: no (iss, jti) accepted twice,
// nothing owed by a session that ended well, nothing left half done, no token kept
// by one that has ended and owes nothing. The error names the session, or says that
// the store does not answer.
func (r *Relay) Audit() error {
	all, err := r.Store.All(context.Background())
	if err != nil {
		return noStore(context.Background(), err)
	}
	for _, s := range all {
		snap, seen := s.snapshot(r.stateOf(s)), map[tokens.Ref]bool{}
		for at, step := range snap.Steps {
			if seen[step.Ref] {
				return fmt.Errorf("session %q accepted %s twice", snap.ID, tokens.Word(step.Ref.ID))
			}
			seen[step.Ref] = true
			if s.Steps[at].Token != "" && !s.Ended.IsZero() && s.State != Stuck {
				return fmt.Errorf("session %q has ended, and the relay keeps its token %s", snap.ID, tokens.Word(step.Ref.ID))
			}
			if err := step.audit(snap.State); err != nil {
				return fmt.Errorf("session %q is %s, and %s %w", snap.ID, snap.State, tokens.Word(step.Ref.ID), err)
			}
		}
	}
	return nil
}

// audit holds where a token stands against where its session does.
func (st *Step) audit(state State) error {
	wrong := false
	switch state {
	case Open:
		wrong = st.Status != Accepted
	case Completed:
		wrong = st.Result != "" && st.Status != Redeemed
	case Compensated:
		wrong = st.Status == Redeemed || st.Result == Failed && st.Status != Cancelled
	case Closed:
		wrong = st.Status != Released && st.Status != Accepted
	}
	if wrong {
		return fmt.Errorf("is %s", st.Status)
	}
	return nil
}
