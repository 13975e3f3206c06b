package issuers

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tokenshell/tokens"
)

const goroutines = 64

// together runs f in many goroutines that begin as one.
func together(f func(n int)) {
	var begin, end sync.WaitGroup
	begin.Add(1)
	for n := range goroutines {
		end.Go(func() { begin.Wait(); f(n) })
	}
	begin.Done()
	end.Wait()
}

func TestManyConfirmationsNeverOverbook(t *testing.T) {
	s := newStage(t) // 100 crates
	var got atomic.Int64
	together(func(int) {
		switch _, err := s.takeFor(order, 3, ""); {
		case err == nil:
			got.Add(1)
		case !errors.Is(err, tooMany):
			t.Error(err)
		}
	})
	if got.Load() != 33 {
		t.Errorf("%d confirmations of 3 out of 100", got.Load())
	}
	s.wantBooks(t, 99, 0)
}

func TestOneAttemptOfManyRedeems(t *testing.T) {
	s := newStage(t)
	issued := s.mustTakeSecret(t, 3, "")
	var won, lost atomic.Int64
	together(func(n int) {
		switch _, err := s.redeem(issued.Raw, fmt.Sprintf("att_%d", n)); {
		case err == nil:
			won.Add(1)
		case errors.Is(err, tokens.AlreadyRedeemed):
			lost.Add(1)
		default:
			t.Error(err)
		}
	})
	if won.Load() != 1 || lost.Load() != goroutines-1 {
		t.Errorf("%d won, %d lost", won.Load(), lost.Load())
	}
	s.wantBooks(t, 0, 3)
}

func TestOneAttemptAskedManyTimesHasOneReceipt(t *testing.T) {
	s := newStage(t)
	issued := s.mustTakeSecret(t, 3, "")
	var first atomic.Int64
	receipts := make([]tokens.Receipt, goroutines)
	together(func(n int) {
		var err error
		if receipts[n], err = s.redeem(issued.Raw, "att"); err != nil {
			t.Error(err)
		}
		if !receipts[n].Repeated {
			first.Add(1)
		}
	})
	if first.Load() != 1 {
		t.Errorf("%d were the first", first.Load())
	}
	for _, r := range receipts {
		if r.ID != receipts[0].ID {
			t.Errorf("receipts %s and %s", r.ID, receipts[0].ID)
		}
	}
	s.wantBooks(t, 0, 3)
}

// Confirm, redeem, cancel, revoke, rotate and expiry all at once: in the end
// the books add up and nothing is held.
func TestEverythingAtOnce(t *testing.T) {
	s := newStage(t)
	issued := make([]tokens.Issued, 8)
	for i := range issued {
		issued[i] = s.mustTakeSecret(t, 1, "")
	}
	together(func(n int) {
		raw := issued[n%len(issued)].Raw
		switch n / len(issued) {
		case 0, 1:
			_, _ = s.redeem(raw, "a")
		case 2:
			_, _ = s.redeem(raw, "b")
		case 3:
			_ = s.cancel(raw, "a")
		case 4:
			_ = s.Revoke(background, raw)
		case 5:
			if more, err := s.takeFor(order, 1, ""); err == nil {
				_, _ = s.redeem(more.Raw, "c")
			}
		case 6:
			s.Entries(func(*crate) string { return "" })
			_, _ = s.Keys().Rotate(background)
		case 7:
			if n == goroutines-1 {
				_ = s.clock.Advance(tokens.MaxLifetime)
			}
			s.Keys().JWKS()
		}
		s.Read(func() {
			if s.held < 0 || s.gone < 0 || s.held+s.gone > s.total {
				t.Errorf("%d held, %d gone", s.held, s.gone)
			}
		})
	})
	_ = s.clock.Advance(tokens.MaxLifetime)
	held, gone := s.books(t)
	committed := 0
	for _, entry := range s.Entries(func(*crate) string { return "" }) {
		switch entry.State {
		case Committed:
			committed++
		case Reserved:
			t.Errorf("%s is still reserved", entry.Ref.ID)
		}
	}
	if held != 0 || gone != committed {
		t.Errorf("%d held, %d gone, %d committed", held, gone, committed)
	}
}

func TestRotationsAtOnce(t *testing.T) {
	s := newStage(t)
	s.kms.newKey(t, shelfAlias, "ECC_NIST_P256", "SIGN_VERIFY")
	var made atomic.Int64
	together(func(int) {
		if _, err := s.Keys().Rotate(background); err == nil {
			made.Add(1)
		}
	})
	if made.Load() != 1 {
		t.Errorf("%d versions of one key", made.Load())
	}
	s.wantStates(t, KeyRetired, KeyActive)
}
