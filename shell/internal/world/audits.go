// Audits: what must hold of a whole world, and the witness at its services.

package world

import (
	"context"
	"fmt"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/witness"
	"tokenshell/tokens"
)

// opened takes down that an order was opened under a name: no service may still
// have books of an earlier order of that name, for it would count them in.
func (w *World) opened(order string) {
	if !w.Witness.Watching() {
		return
	}
	for _, p := range w.Parties {
		for _, e := range p.Reservations() {
			if e.Ref.Order == order {
				w.Witness.Breach("order %q was opened while %s remembers an earlier one of that name", order, p.Name)
				return
			}
		}
	}
}

// Audit checks the invariants of the whole world: each domain's books, the
// relay's sessions, the two against each other, and what the witness saw. The
// error is the first that does not hold.
func (w *World) Audit() error {
	if err := w.Witness.Complaint(); err != nil {
		return err
	}
	for _, p := range w.Parties {
		if err := p.Audit(); err != nil {
			return err
		}
	}
	if w.inside == nil {
		return nil // what somebody else's relay has written down is its own
	}
	if err := w.inside.Audit(); err != nil {
		return err
	}
	return w.auditAgreement()
}

// auditAgreement holds what the sessions say of their tokens against the books
// of the services. What an order may still owe is on both sides until it is
// settled, and nothing is redeemed twice in whatever orders.
func (w *World) auditAgreement() error {
	sessions := w.inside.Sessions()
	if err := w.Witness.Owing(sessions); err != nil {
		return err
	}
	known, committed := map[tokens.Ref]bool{}, map[tokens.Ref]string{} // the attempt, of what stands redeemed
	for _, p := range w.Parties {
		for _, e := range p.Reservations() {
			known[e.Ref] = true
			if e.State == issuers.Committed {
				committed[e.Ref] = e.Attempt
			}
		}
	}
	w.standinBooks.redeemed(committed)
	once := make(map[witness.Use]tokens.Ref, len(committed))
	for ref := range committed {
		if other, twice := once[witness.UseOf(ref)]; twice {
			return fmt.Errorf("%s of %s is redeemed twice, for orders %q and %q", tokens.Word(ref.ID), tokens.Word(ref.Issuer), min(ref.Order, other.Order), max(ref.Order, other.Order))
		}
		once[witness.UseOf(ref)] = ref
	}
	if err := w.auditReceipts(sessions, committed); err != nil {
		return err
	}
	recent := w.Clock.Now().Add(-issuers.Retention) // older ones may be forgotten
	for _, snap := range sessions {
		for _, step := range snap.Steps {
			stands := step.Attempt != "" && committed[step.Ref] == step.Attempt
			_, books := w.Issuer(step.Ref.Issuer)
			switch {
			case snap.State == orchestrator.Completed && step.Result != "" && !stands && step.Expires.After(recent):
				return fmt.Errorf("session %q is completed, and %s has no redemption of %s", snap.ID, step.Service, tokens.Word(step.Ref.ID))
			case snap.State == orchestrator.Compensated && stands:
				return fmt.Errorf("session %q is compensated, and %s still has %s redeemed", snap.ID, step.Service, tokens.Word(step.Ref.ID))
			case snap.State == orchestrator.Stuck && books == nil && !known[step.Ref]:
				return fmt.Errorf("session %q is stuck, and %s has forgotten %s", snap.ID, step.Service, tokens.Word(step.Ref.ID))
			}
		}
	}
	return nil
}

// auditReceipts asks the domains whether their receipts fit each order. What an order
// says stays as it is from its redemption on. What was redeemed past the relay may be
// forgotten before its order is.
func (w *World) auditReceipts(sessions []orchestrator.Snapshot, committed map[tokens.Ref]string) error {
	recent := w.Clock.Now().Add(-issuers.Retention)
	for _, p := range w.Parties {
		domain, ok := p.Domain.(Fitting)
		if !ok {
			continue
		}
		for _, snap := range sessions {
			var receipts []tokens.Receipt
			for _, step := range snap.Steps {
				if step.Service == p.Name && step.Status == orchestrator.Redeemed && step.Receipt != nil {
					receipts = append(receipts, *step.Receipt)
				}
			}
			if len(receipts) == 0 {
				continue
			}
			others := -len(receipts)
			for ref := range committed {
				if ref.Order == snap.ID && ref.Issuer == issuers.IssuerName(p.Name) {
					others++
				}
			}
			all := snap.State == orchestrator.Completed && others == 0 && snap.Opened.After(recent)
			if err := domain.Fits(snap.Facts, receipts, all); err != nil {
				return fmt.Errorf("session %q: %w", snap.ID, err)
			}
		}
	}
	return nil
}

// RelayToken hands a token to the relay, under the witness's eyes if it is ours:
// of another's nobody knows in which order it judged what came at once.
func (w *World) RelayToken(ctx context.Context, session, raw string, ref tokens.Ref) (service string, err error) {
	service, err = w.Relay.Relay(ctx, session, raw)
	if w.Witness.Watching() && w.inside != nil {
		if snap, bad := w.Relay.Session(session); bad == nil {
			w.Witness.Relayed(ref, snap, err)
		}
	}
	return service, err
}
