// Rules: what the shop's domains allow is known to the model by itself, and not
// believed of them.

package explore

import (
	"errors"
	"strings"
	"testing"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
	"tokenshell/tokens"
)

// A world that allows other things than its file says is found, with the verb that shows
// it: here it is the model that was told something else.
func TestTheModelKnowsTheShopsRules(t *testing.T) {
	coupon := func(m *spec.World, code string) *spec.Coupon {
		for i := range m.Coupons {
			if m.Coupons[i].Code == code {
				return &m.Coupons[i]
			}
		}
		t.Fatalf("there is no %s", code)
		return nil
	}
	for name, row := range map[string]struct {
		bound string
		other func(m *spec.World)
		says  string
		line  string
	}{
		"a minimum": {"J", func(m *spec.World) { coupon(m, "SPRING25").Minimum++ },
			"it is done, the model says refused with minimum_not_met", "coupon confirm SPRING25 --name t1"},
		"a limit of each customer": {"J", func(m *spec.World) { coupon(m, "SPRING25").PerCustomer = 0 },
			"it is refused with coupon_exhausted, the model says refused with not_combinable", "coupon confirm SPRING25 --name t2"},
		"what goes together": {"J", func(m *spec.World) { coupon(m, "TEN").Combinable = false },
			"it is done, the model says refused with not_combinable", "coupon confirm TEN --name t2"},
		"the end of its time": {"JT", func(m *spec.World) { coupon(m, "TEN").Until++ },
			"it is refused with coupon_inactive, the model says done", "coupon confirm TEN --name t1"},
		"the beginning of its time": {"JT", func(m *spec.World) { coupon(m, "NEXTYEAR").From-- },
			"it is refused with coupon_inactive, the model says done", "coupon confirm NEXTYEAR --name t1"},
		"a limit of a card": {"J", func(m *spec.World) { m.Has("user_123").Cards[0].Limit-- },
			"it is done, the model says refused with declined", "payment confirm 420.00 --method visa --name t2"},
		"a balance": {"J", func(m *spec.World) { m.Has("user_123").Points-- },
			"it is done, the model says refused with points_insufficient", "points confirm 600 --name t2"},
		"what is captured": {"A", func(m *spec.World) { m.Rules["payments"] = greedy{} },
			"the receipt of t1 says authorised=80.00, captured=60.00, the model says authorised=80.00, captured=80.00", "payment confirm 80.00 --method visa --name t1\ncheckout"},
		"what is captured when less is payable than was": {"JD", func(m *spec.World) { m.Rules["payments"] = giving{} },
			"the receipt of t2 says authorised=80.00, captured=0.00, the model says authorised=80.00, captured=-", "session set payable=0.01"},
		"what a coupon takes off": {"J", func(m *spec.World) { coupon(m, "TEN").Percent = 20 },
			"the receipt of t1 says code=TEN, discount=10.00, terms=10%, the model says code=TEN, discount=20.00, terms=20%", "coupon confirm TEN --name t1"},
		"what two tokens of points are worth": {"JR", func(m *spec.World) { m.Rules["points"] = alone{} },
			"the receipt of t2 says burned=1, worth=0.00, the model says burned=1, worth=0.01", "-- world.yaml --"},
		"another customer's uses": {"O", func(m *spec.World) { coupon(m, "LASTONE").Total, coupon(m, "LASTONE").PerCustomer = 0, 1 },
			"it is refused with coupon_exhausted, the model says done", "coupon confirm LASTONE --name t2"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCourse(t, 1)
			b, _ := bound.Named(row.bound)
			s := newSearch(c.plan, c.weakness, b[0], c.customer)
			s.prepare = func(on *stage.Stage) { row.other(on.Model) }
			found, err := s.run(t.Context(), 1)
			if err != nil || found == nil || found.What != row.says {
				t.Fatalf("%+v, %v", found, err)
			}
			text, err := c.in().Scenario(t.Context(), found)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, row.line) {
				t.Errorf("no line %q in\n%s", row.line, text)
			}
		})
	}
}

// greedy takes all that was authorised.
type greedy struct{ spec.CardRules }

// Commit takes it.
func (greedy) Commit(m *spec.World, h *spec.Hold, facts map[string]string) string {
	return spec.CardRules{}.Commit(m, h, nil)
}

// giving takes less than nothing when more was taken than is payable.
type giving struct{ spec.CardRules }

// Commit takes it.
func (giving) Commit(m *spec.World, h *spec.Hold, facts map[string]string) string {
	why := spec.CardRules{}.Commit(m, h, facts)
	if payable, _ := m.Units(facts["payable"]); payable == 1 && len(m.Others(h)) > 0 && h.Receipt != "" {
		h.Receipt = strings.Replace(h.Receipt, "captured=0.00", "captured=-", 1)
	}
	return why
}

// alone rounds what each token of points is worth by itself.
type alone struct{ spec.PointRules }

// Commit rounds it.
func (alone) Commit(m *spec.World, h *spec.Hold, facts map[string]string) string {
	other := *m
	other.Holds = nil
	return spec.PointRules{}.Commit(&other, h, facts)
}

// A reservation that ends at another second than its token was asked for is noticed
// before that second comes, for a token that lives briefly, too.
func TestTheModelKnowsWhenHoldsEnd(t *testing.T) {
	for verb, until := range map[stage.Verb]string{stage.Confirms: "00:02:00", stage.ConfirmsBriefly: "00:01:00"} {
		on, err := stage.New(embedded(t), tokens.Weakness{}, bound.Bound{Sessions: 1, Tokens: 1, Choices: 1, Lives: 2})
		if err != nil {
			t.Fatal(err)
		}
		on.SettleOn("user_123")
		on.Only = "books"
		for _, m := range []stage.Move{{Verb: stage.Opens, Order: 1}, {Verb: verb, Order: 1, Token: 1}} {
			if err := on.Try(t.Context(), m, nil); err != nil {
				t.Fatal(err)
			}
		}
		on.Model.Holds[0].Expires++
		err = on.Try(t.Context(), stage.Move{Verb: stage.Relays, Order: 1, Token: 1}, nil)
		if parted := new(stage.Parting); !errors.As(err, &parted) || !strings.Contains(err.Error(), "t1 is held until 2026-01-01T"+until+"Z, the model says until") || !strings.Contains(parted.Ask, ".exp") {
			t.Errorf("%s: %v", until, err)
		}
	}
}
