package issuers

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tokenshell/tokens"
)

// The whole state machine: every event on a reservation in every state.
func TestReservations(t *testing.T) {
	type event = func(*stage, string) error
	wait := func(s *stage, _ string) error { return s.clock.Advance(time.Second) }
	expire := func(s *stage, _ string) error { return s.clock.Advance(tokens.DefaultLifetime) }
	redeem := func(attempt string) event {
		return func(s *stage, raw string) error { _, err := s.redeem(raw, attempt); return err }
	}
	cancel := func(attempt string) event {
		return func(s *stage, raw string) error { return s.cancel(raw, attempt) }
	}
	revoke := func(s *stage, raw string) error { return s.Revoke(background, raw) }
	for name, tt := range map[string]struct {
		events     []event
		answer     error // the last event's: a reason, or nil
		state      State
		held, gone int
	}{
		"reserved":                             {[]event{wait}, nil, Reserved, 3, 0},
		"redeemed":                             {[]event{redeem("a")}, nil, Committed, 0, 3},
		"redeemed again by its attempt":        {[]event{redeem("a"), redeem("a")}, nil, Committed, 0, 3},
		"redeemed again by another":            {[]event{redeem("a"), redeem("b")}, tokens.AlreadyRedeemed, Committed, 0, 3},
		"cancelled before":                     {[]event{cancel("a")}, nil, Cancelled, 0, 0},
		"cancelled twice":                      {[]event{cancel("a"), cancel("a")}, nil, Cancelled, 0, 0},
		"redeemed late, after its cancel":      {[]event{cancel("a"), redeem("a")}, tokens.Revoked, Cancelled, 0, 0},
		"redeemed by another after a cancel":   {[]event{cancel("a"), redeem("b")}, tokens.Revoked, Cancelled, 0, 0},
		"taken back":                           {[]event{redeem("a"), cancel("a")}, nil, Cancelled, 0, 0},
		"taken back twice":                     {[]event{redeem("a"), cancel("a"), cancel("a")}, nil, Cancelled, 0, 0},
		"redeemed again after the taking back": {[]event{redeem("a"), cancel("a"), redeem("a")}, tokens.Revoked, Cancelled, 0, 0},
		"cancelled by another attempt":         {[]event{redeem("a"), cancel("b")}, nil, Committed, 0, 3},
		"cancelled by no attempt":              {[]event{redeem("a"), cancel("")}, nil, Committed, 0, 3},
		"revoked":                              {[]event{revoke}, nil, Released, 0, 0},
		"revoked twice":                        {[]event{revoke, revoke}, nil, Released, 0, 0},
		"revoked, then redeemed":               {[]event{revoke, redeem("a")}, tokens.Revoked, Released, 0, 0},
		"revoked, then cancelled":              {[]event{revoke, cancel("a")}, nil, Released, 0, 0},
		"cancelled, then revoked":              {[]event{cancel("a"), revoke}, nil, Cancelled, 0, 0},
		"redeemed, then revoked":               {[]event{redeem("a"), revoke}, tokens.AlreadyRedeemed, Committed, 0, 3},
		"expired":                              {[]event{expire}, nil, Released, 0, 0},
		"expired, then redeemed":               {[]event{expire, redeem("a")}, tokens.Expired, Released, 0, 0},
		"expired, then cancelled":              {[]event{expire, cancel("a")}, nil, Released, 0, 0},
		"expired, then revoked":                {[]event{expire, revoke}, tokens.Expired, Released, 0, 0},
		"redeemed, expired, redeemed again":    {[]event{redeem("a"), expire, redeem("a")}, nil, Committed, 0, 3},
		"redeemed, expired, by another":        {[]event{redeem("a"), expire, redeem("b")}, tokens.AlreadyRedeemed, Committed, 0, 3},
		"redeemed, expired, taken back":        {[]event{redeem("a"), expire, cancel("a")}, nil, Cancelled, 0, 0},
		"cancelled, expired":                   {[]event{cancel("a"), expire}, nil, Cancelled, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			issued := s.mustTakeSecret(t, 3, "")
			var err error
			for _, do := range tt.events {
				err = do(s, issued.Raw)
			}
			if answer, refused := tt.answer.(tokens.Reason); refused {
				mustRefuse(t, err, answer)
			} else {
				mustDo(t, err)
			}
			s.wantBooks(t, tt.held, tt.gone)
			if entry := s.Entries(func(*crate) string { return "" })[0]; entry.State != tt.state {
				t.Errorf("it is %s, want %s", entry.State, tt.state)
			}
		})
	}
}

// Leeway lets a token live longer, and its reservation with it.
func TestAReservationStandsForTheLeeway(t *testing.T) {
	s := newStage(t)
	s.leeway = 5 * time.Second
	first, second := s.mustTakeSecret(t, 3, ""), s.mustTakeSecret(t, 4, "")
	s.advance(t, tokens.DefaultLifetime+4*time.Second)
	s.wantBooks(t, 7, 0)
	_, err := s.redeem(first.Raw, "a")
	mustDo(t, err)
	s.advance(t, time.Second)
	_, err = s.redeem(second.Raw, "a")
	mustRefuse(t, err, tokens.Expired)
	s.wantBooks(t, 0, 3)
}

// A leeway that grows later brings nothing back.
func TestWhatExpiredStaysExpired(t *testing.T) {
	s := newStage(t)
	issued := s.mustTakeSecret(t, 3, "")
	s.advance(t, tokens.DefaultLifetime)
	s.wantBooks(t, 0, 0)
	s.leeway = time.Minute
	_, err := s.redeem(issued.Raw, "a")
	mustRefuse(t, err, tokens.Expired)
}

// What is long past is forgotten, and what is forgotten is refused.
func TestNothingGrowsForEver(t *testing.T) {
	s := newStage(t)
	s.total = 1 << 30
	var first tokens.Issued
	for n := range 200 {
		o := Order{ID: fmt.Sprintf("op_%d", n), Customer: order.Customer}
		issued, err := s.takeFor(o, 1, "")
		mustDo(t, err)
		if n == 0 {
			first = issued
		}
		request := redemption(issued.Raw, "a")
		request.Session.Order = o.ID
		if n%2 == 0 {
			_, err = s.Redeem(background, request)
			mustDo(t, err)
		}
		s.advance(t, time.Hour)
	}
	s.Read(func() {})
	if n := len(s.Issuer.books.byID); n > 26 {
		t.Errorf("%d reservations are remembered, an hour each", n)
	}
	if n := len(s.Issuer.books.byOrder); n > 26 {
		t.Errorf("%d orders are remembered", n)
	}
	if n := len(s.Issuer.books.live) + len(s.Issuer.books.finished); n > 26 {
		t.Errorf("%d reservations wait", n)
	}
	request := redemption(first.Raw, "a")
	request.Session.Order = "op_0"
	_, err := s.Redeem(background, request)
	mustRefuse(t, err, tokens.Expired)
	mustRefuse(t, s.Cancel(background, tokens.Cancellation{Token: first.Raw, Session: request.Session, Attempt: "a"}), tokens.NotIssuedHere)
	s.wantBooks(t, 0, 100) // what was redeemed stays so
}

func TestADroppedReservationLeavesNothing(t *testing.T) {
	s := newStage(t)
	mustDo(t, s.Keys().Retire(s.Keys().List()[0].ID))
	for range 10 {
		if _, err := s.take(1); err == nil {
			t.Fatal("issued without a key")
		}
	}
	if b := &s.Issuer.books; len(b.byID) != 0 || len(b.byOrder) != 0 {
		t.Errorf("%d by jti, %d by order", len(b.byID), len(b.byOrder))
	}
	s.advance(t, tokens.MaxLifetime)
	s.wantBooks(t, 0, 0)
	if n := len(s.Issuer.books.live); n != 0 {
		t.Errorf("%d wait for their expiry", n)
	}
}

// What has expired is free for who comes next, though nobody has looked at the books.
func TestWhatExpiredIsTakenAgain(t *testing.T) {
	s := newStage(t)
	for range 3 {
		if _, err := s.take(s.total); err != nil {
			t.Fatal(err)
		}
		s.advance(t, tokens.DefaultLifetime)
	}
}

// A key is forgotten though the token that it was to sign never left.
func TestAKeyOfWhatWasDropped(t *testing.T) {
	s := newStage(t)
	s.kms.sign = func(*kms.SignInput, func() (*kms.SignOutput, error)) (*kms.SignOutput, error) {
		return nil, &types.KMSInternalException{}
	}
	_, err := s.take(1)
	mustFail(t, err)
	s.kms.sign = nil
	s.rotate(t)
	s.wantBooks(t, 0, 0)
	s.advance(t, tokens.DefaultLifetime+Retention+time.Second)
	s.wantBooks(t, 0, 0)
	if keys := s.Keys().List(); len(keys) != 1 {
		t.Errorf("%d keys are remembered: %v", len(keys), keys)
	}
}

func TestStandingHoldsOfAnOrder(t *testing.T) {
	s := newStage(t)
	count := func() (n int) { s.Read(func() { n = len(s.Standing(order.ID, order.Customer)) }); return n }
	first, second := s.mustTakeSecret(t, 1, ""), s.mustTakeSecret(t, 2, "")
	if _, err := s.redeem(first.Raw, "a"); err != nil || count() != 2 {
		t.Fatalf("%d stand, %v", count(), err)
	}
	mustDo(t, s.Revoke(background, second.Raw))
	if count() != 1 {
		t.Errorf("%d stand", count())
	}
}

func TestEntriesTellEveryReservationOldestFirst(t *testing.T) {
	s := newStage(t)
	first := s.mustTakeSecret(t, 1, "")
	s.advance(t, time.Second)
	second, third := s.mustTakeSecret(t, 2, ""), s.mustTakeSecret(t, 3, "")
	receipt, err := s.redeem(first.Raw, "a")
	mustDo(t, err)
	mustDo(t, s.Revoke(background, second.Raw))
	entries := s.Entries(func(c *crate) string { return fmt.Sprint(c.n) })
	if len(entries) != 3 || entries[0].Ref != first.Ref || entries[0].Receipt != receipt.ID || entries[0].Holds != "1" {
		t.Fatalf("got %+v", entries)
	}
	at := slices.IndexFunc(entries, func(e Entry) bool { return e.Ref == second.Ref })
	if entries[at].State != Released || entries[at].Why != "revoked" {
		t.Errorf("got %+v", entries[at])
	}
	if at = 3 - at; entries[at].Ref != third.Ref || entries[at].State != Reserved || entries[at].Customer != order.Customer {
		t.Errorf("got %+v", entries[at])
	}
}
