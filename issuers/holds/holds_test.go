package holds

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
	"tokenshell/tokens/tokenstest"
)

// crate is a hold of some pots, of which a commit takes what is payable.
type crate struct{ Hold }

// cellar is the smallest service.
type cellar struct {
	Books[crate, *crate]
	wine  *Quota
	purse *Pot
}

func (*cellar) Letter(*crate, json.RawMessage) error { return nil }

func (*cellar) CanonHold(w tokens.Canon, h *crate) { h.Canon(w) }

func (*cellar) Commit(h *crate, facts tokens.Facts) (any, error) {
	n := h.Amount
	if facts["less"] != "" {
		n--
	}
	h.Take(n)
	return n, nil
}

type stage struct {
	*issuerstest.Stage[*cellar]
}

func open(t *testing.T, without ...string) *stage {
	t.Helper()
	return &stage{issuerstest.New(t, "cellar", "cellar:drink", func(c issuers.Config) (*cellar, error) {
		var err error
		if c.Weakness, err = tokens.UnsafeWithout(without...); err != nil {
			return nil, err
		}
		s := &cellar{}
		s.Words = func(n int64) string { return tokens.Count(n, "bottle") }
		s.wine, s.purse = s.Quota("wine", 10, 4), s.Pot("purse", 100)
		s.Issuer, err = issuers.New[crate](t.Context(), c, s)
		return s, err
	})}
}

// take holds n of the wine for the customer, and as much of the purse.
func (s *stage) take(customer string, n int64) (tokens.Issued, error) {
	return s.Service.Issue(s.T.Context(), issuerstest.OrderOf("op_1", customer), func() (crate, issuers.Letter, error) {
		order := issuerstest.OrderOf("op_1", customer)
		h, fits := s.Service.Hold(order, n, append(s.Service.wine.Of(customer), s.Service.purse)...)
		if !fits {
			return crate{}, issuers.Letter{}, tokens.Refuse(issuers.QuotaExhausted, "no")
		}
		return crate{h}, issuers.Letter{Constraints: struct{}{}}, nil
	})
}

func (s *stage) must(issued tokens.Issued, err error) tokens.Issued {
	s.T.Helper()
	s.MustDo(err)
	s.WantBooks()
	return issued
}

// want wants the purse to be so, and what is left of the wine.
func (s *stage) want(held, taken, left int64) {
	s.T.Helper()
	s.WantBooks()
	p, q := s.Service.purse, s.Service.wine
	if n, limited := q.Left("user_123"); p.Held() != held || p.Taken() != taken || p.Free() != 100-held-taken || n != left || !limited {
		s.T.Errorf("%d held, %d taken, %d free, %d left", p.Held(), p.Taken(), p.Free(), n)
	}
}

// A hold is of all its pots or of none, and comes back as it went.
func TestAHold(t *testing.T) {
	s := open(t)
	s.want(0, 0, 4)
	one := s.must(s.take("user_123", 3))
	s.want(3, 0, 1)
	_, err := s.take("user_123", 2) // the customer's own
	s.MustRefuse(err, issuers.QuotaExhausted)
	s.want(3, 0, 1)
	s.must(s.take("user_456", 4))
	s.must(s.take("user_789", 3)) // all of the wine
	s.want(10, 0, 0)
	_, err = s.Redeem(one, issuerstest.Order("less", "yes"), "a")
	s.MustDo(err)
	s.want(7, 2, 1)
	s.MustDo(s.Cancel(one, "a"))
	s.want(7, 0, 3)
	s.Advance(tokens.DefaultLifetime)
	s.Service.Read(func() {})
	s.want(0, 0, 4)
	if got := s.Service.wine.Used(); got != 0 {
		t.Errorf("%d used", got)
	}
	if all, each := s.Service.wine.Limits(); all != 10 || each != 4 {
		t.Errorf("%d, %d", all, each)
	}
}

// A pot without an end takes as much as can be counted, and no more.
func TestAPotWithoutAnEnd(t *testing.T) {
	var pots Pots
	q := pots.Quota("air", Unlimited, Unlimited)
	b := &Books[crate, *crate]{}
	if _, limited := q.Left("user_123"); limited || len(q.Of("user_123")) != 1 {
		t.Error("it is limited")
	}
	h, fits := b.Hold(issuers.Order{}, Unlimited-1, q.Of("user_123")...)
	if !fits {
		t.Error("it does not fit")
	}
	if _, fits := b.Hold(issuers.Order{}, 2, q.Of("user_123")...); fits {
		t.Error("more than can be counted fits")
	}
	b.Release(&crate{h})
	if q.Used() != 0 {
		t.Errorf("%d used", q.Used())
	}
}

// What is wrong anywhere in the books comes out of the audit, of every pot.
func TestTheBooksAreAudited(t *testing.T) {
	s := open(t)
	one := s.must(s.take("user_123", 3))
	_, err := s.Redeem(one, issuerstest.Order("less", "yes"), "a")
	s.MustDo(err)
	s.must(s.take("user_123", 1))
	all := map[string]*Pot{"purse": s.Service.purse, "wine": s.Service.wine.all, "wine for user_123": s.Service.wine.Of("user_123")[1]}
	for name, p := range all {
		for what, wrong := range map[string]*int64{"held": &p.held, "taken": &p.taken, "archived": &p.archived, "size": &p.size} {
			was := *wrong
			for _, by := range []int64{1, -1} {
				if *wrong += by; what == "size" {
					*wrong = 0
				}
				if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "cellar: "+name+" has ") {
					t.Errorf("%s of %s is wrong: %v", what, name, err)
				}
				*wrong = was
			}
			s.WantBooks()
		}
	}
}

// More taken than was held is wrong, though the sums are right.
func TestMoreTakenThanHeld(t *testing.T) {
	s := open(t)
	one := s.must(s.take("user_123", 3))
	_, err := s.Redeem(one, issuerstest.Order(), "a")
	s.MustDo(err)
	s.Service.Each(func(r *issuers.Reservation[crate]) {
		r.Hold.taken++
		for _, p := range r.Hold.of {
			p.taken++
		}
	})
	if err := s.Service.Audit(); err == nil || !strings.HasPrefix(err.Error(), "cellar: 4 bottles taken of 3 bottles that were held, by cpt_") {
		t.Errorf("got %v", err)
	}
}

// A service that gives back twice, or nothing at expiry, is found out.
func TestAWeakServiceIsFoundOut(t *testing.T) {
	s := open(t, tokens.CancelOnce)
	one := s.must(s.take("user_123", 3))
	_, err := s.Redeem(one, issuerstest.Order(), "a")
	s.MustDo(err)
	s.MustDo(s.Cancel(one, "a"))
	s.WantBooks()
	s.MustDo(s.Cancel(one, "a"))
	if err := s.Service.Audit(); err == nil || !strings.Contains(err.Error(), "has -3 bottles taken") {
		t.Errorf("given back twice: %v", err)
	}
	s = open(t, tokens.HoldReturns)
	s.must(s.take("user_123", 3))
	s.Advance(tokens.DefaultLifetime)
	if err := s.Service.Audit(); err == nil || !strings.Contains(err.Error(), "is still reserved") {
		t.Errorf("not given back: %v", err)
	}
}

// What is forgotten stays taken.
func TestWhatIsForgotten(t *testing.T) {
	s := open(t)
	one := s.must(s.take("user_123", 3))
	_, err := s.Redeem(one, issuerstest.Order("less", "yes"), "a")
	s.MustDo(err)
	s.Advance(issuers.Retention + time.Hour)
	s.Service.Read(func() {})
	s.want(0, 2, 2)
	if n := len(s.Service.Entries(func(*crate) string { return "" })); n != 0 {
		t.Errorf("%d remembered", n)
	}
	s.Service.purse.taken++
	if err := s.Service.Audit(); err == nil || !strings.HasSuffix(err.Error(), "purse has 3 bottles taken, its reservations say 2 bottles") {
		t.Errorf("one more is taken: %v", err)
	}
}

// Everything that was counted comes back, and is written down: also of pots that
// were made since, which count for nothing then.
func TestTheCountsComeBack(t *testing.T) {
	s := open(t)
	one := s.must(s.take("user_123", 2))
	before, saved := written(s.Service), s.Service.Save()
	if again := written(s.Service); again != before {
		t.Errorf("it is written in two ways:\n%s\n%s", before, again)
	}
	for name, do := range map[string]func(){
		"held":      func() { s.must(s.take("user_123", 1)) },
		"another's": func() { s.must(s.take("user_456", 1)) },
		"taken": func() {
			_, err := s.Redeem(one, issuerstest.Order(), "a")
			s.MustDo(err)
		},
		"revoked": func() { s.MustDo(s.Service.Revoke(t.Context(), one.Raw)) },
	} {
		do()
		s.WantBooks()
		if written(s.Service) == before {
			t.Errorf("%s: it is not written down", name)
		}
		s.Service.Restore(saved)
		s.WantBooks()
		if after := written(s.Service); after != before {
			t.Errorf("%s: it was %s\nit is %s", name, before, after)
		}
	}
}

// written writes a service's counts and holds down.
func written(s *cellar) string { return tokenstest.Written(s.Canon) }

// Whatever tells two holds or two pots apart is written down; a pot that was made for
// nothing that is left is none.
func TestAllOfAHoldIsWrittenDown(t *testing.T) {
	seen := map[string]int{}
	for n, h := range []Hold{
		{Order: "op_1", Customer: "user_123", Amount: 3}, {Order: "op_2", Customer: "user_123", Amount: 3}, {Order: "op_1", Customer: "user_456", Amount: 3},
		{Order: "op_1", Customer: "user_123", Amount: 4}, {Order: "op_1", Customer: "user_123", Amount: 3, taken: 2}, {Order: "op_1", Customer: "user_123", Amount: 3, taken: 2, undone: true},
	} {
		text := tokenstest.Written(h.Canon)
		if other, is := seen[text]; is {
			t.Errorf("holds %d and %d are both %s", other, n, text)
		}
		seen[text] = n
	}
	clear(seen)
	for n, counts := range []sums{{}, {held: 1}, {taken: 1}, {archived: 1}} {
		for at := range 2 {
			var pots Pots
			both := []*Pot{pots.Pot("wine", 10), pots.own("wine for user_123", 4)}
			both[at].sums = counts
			text := tokenstest.Written(pots.CanonCounts)
			if other, is := seen[text]; is && n > 0 {
				t.Errorf("pots %d and %d are both %s", other, 2*n+at, text)
			}
			seen[text] = 2*n + at
		}
	}
	var none, empty Pots
	none.Pot("wine", 10)
	empty.Pot("wine", 10)
	empty.own("wine for user_123", 4)
	if a, b := tokenstest.Written(none.CanonCounts), tokenstest.Written(empty.CanonCounts); a != b {
		t.Errorf("without a pot of nothing %s, with it %s", a, b)
	}
	var one, other Pots
	one.own("wine for user_123", 4).held = 1
	other.own("wine for user_456", 4).held = 1
	if a, b := tokenstest.Written(one.CanonCounts), tokenstest.Written(other.CanonCounts); a == b {
		t.Errorf("two customers are both %s", a)
	}
}

// What a hold is of, and for whom, stands in it; what was taken back is not taken.
func TestAHoldSaysWhatItIs(t *testing.T) {
	var pots Pots
	b := &Books[crate, *crate]{}
	h, fits := b.Hold(issuers.Order{ID: "op_1", Customer: "user_123"}, 3, pots.Pot("wine", 10))
	if !fits || h.Order != "op_1" || h.Customer != "user_123" || h.Amount != 3 || h.Taken() != 0 {
		t.Errorf("%+v", h)
	}
	c := &crate{h}
	c.Take(2)
	if c.Taken() != 2 {
		t.Errorf("%d taken", c.Taken())
	}
	b.Undo(c)
	if c.Taken() != 0 {
		t.Errorf("%d taken of what was taken back", c.Taken())
	}
}

// Each customer has a quota of their own, however many there are; and a quota is
// limited when it is in all, or for each.
func TestQuotas(t *testing.T) {
	s := open(t)
	for _, customer := range []string{"user_123", "user_456", "user_789"} {
		s.must(s.take(customer, 2))
	}
	for _, customer := range []string{"user_123", "user_456", "user_789"} {
		if left, _ := s.Service.wine.Left(customer); left != 2 {
			t.Errorf("%d left for %s", left, customer)
		}
	}
	s.Service.Restore(s.Service.Save()) // of more pots than there were in the beginning
	one := s.must(s.take("user_123", 1))
	_, err := s.Redeem(one, issuerstest.Order(), "a")
	s.MustDo(err)
	if used := s.Service.wine.Used(); used != 7 {
		t.Errorf("%d used", used)
	}
	for _, tt := range []struct {
		all, each, left int64
		limited         bool
	}{{10, Unlimited, 10, true}, {Unlimited, 4, 4, true}, {10, 4, 4, true}, {3, 4, 3, true}, {Unlimited, Unlimited, Unlimited, false}} {
		var pots Pots
		if left, limited := pots.Quota("wine", tt.all, tt.each).Left("user_123"); left != tt.left || limited != tt.limited {
			t.Errorf("%d and %d each: %d left, limited %t", tt.all, tt.each, left, limited)
		}
	}
}
