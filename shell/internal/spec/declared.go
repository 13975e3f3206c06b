// Declared: domains that a world file declares, as somebody says what they are.

package spec

import (
	"maps"
	"slices"
	"strings"
)

// Declared is a domain of a world file, with rules of a few kinds. Amounts of money
// are in the smallest units of the world's currency.
type Declared struct {
	Name     string
	Holds    string // quota, balance, authorisation or none
	Things   []Thing
	Accounts map[string]int // of a balance
	Money    bool           // its amounts are
	Sealed   bool

	// Rules at confirmation; 0 and false are none.
	AtMost  int  // of one confirmation: too_many
	InOrder int  // confirmations of an order: too_often
	Apart   bool // things that stand alone go with no other: goes_alone

	// And at redemption.
	Near    bool // the fact where is not far: too_far
	Budget  int  // of what an order's redemptions take together: over_budget
	Payable bool // an authorisation takes what is left of the fact payable
}

// Thing is something to choose.
type Thing struct {
	ID          string
	Units       int // 0 is no limit
	PerCustomer int // 0 is no limit
	Customer    string
	Limit       int
	Alone       bool
	None        bool // there is none of it
}

// Seals reports whether its tokens carry a letter.
func (d *Declared) Seals() bool { return d.Sealed }

func (d *Declared) thing(id string) *Thing {
	at := slices.IndexFunc(d.Things, func(t Thing) bool { return t.ID == id })
	if at < 0 {
		return nil
	}
	return &d.Things[at]
}

// Confirm says why something is not held; see [Rules].
func (d *Declared) Confirm(m *World, s *Session, h *Hold) string {
	t, others := d.thing(h.Thing), m.OthersOf(d.Name, s.ID, s.Customer, nil)
	switch {
	case !d.Offers(h.Thing, s.Customer):
		return "thing_unknown"
	case d.Holds != "none" && h.Amount <= 0:
		return "amount_invalid"
	case d.AtMost > 0 && h.Amount > d.AtMost:
		return "too_many"
	case d.InOrder > 0 && len(others) >= d.InOrder:
		return "too_often"
	case d.Apart && len(others) > 0 && (t.Alone || slices.ContainsFunc(others, func(o *Hold) bool { return d.thing(o.Thing).Alone })):
		return "goes_alone"
	}
	return d.Fits(m, s.Customer, h)
}

// Offers reports whether a customer may choose a thing.
func (d *Declared) Offers(thing, customer string) bool {
	t := d.thing(thing)
	return t == nil && len(d.Things) == 0 || t != nil && (t.Customer == "" || t.Customer == customer)
}

// Fits says why a customer's hold is more than there is left; empty when it is not.
func (d *Declared) Fits(m *World, customer string, h *Hold) string {
	t := d.thing(h.Thing)
	switch d.Holds {
	case "quota":
		left := func(limit int, which func(*Hold) bool) bool {
			return limit == 0 || h.Amount <= limit-m.sum(amount, func(o *Hold) bool { return d.of(o, t.ID) && stands(o) && which(o) })
		}
		if t.None || !left(t.Units, func(*Hold) bool { return true }) || !left(t.PerCustomer, func(o *Hold) bool { return o.Customer == customer }) {
			return "quota_exhausted"
		}
	case "balance":
		if h.Amount > m.balanceOf(d, customer)-m.heldOf(d, customer) {
			return "balance_insufficient"
		}
	case "authorisation":
		if h.Amount > t.Limit-m.authorisedOf(d, t.ID)-m.capturedOf(d, t.ID) {
			return "declined"
		}
	}
	return ""
}

// Commit says why a hold does not hold for the facts, and else takes it; see [Rules].
func (d *Declared) Commit(m *World, h *Hold, facts map[string]string) string {
	taken := 0
	for _, o := range m.Others(h) {
		taken += o.captured
	}
	where, said := facts["where"]
	switch {
	case d.Near && !said:
		return violated // it cannot be told
	case d.Near && where == "far":
		return "too_far"
	case d.Budget > 0 && taken+h.Amount > d.Budget:
		return "over_budget"
	}
	h.captured = h.Amount
	if text, said := facts["payable"]; d.Payable && said {
		payable, ok := m.Units(text)
		left := max(payable-taken, 0)
		if !ok || left > h.Amount {
			return violated
		}
		h.captured = left
	}
	return ""
}

// accounts are all that its books count, and the verb that shows it.
func (d *Declared) accounts(m *World) (value, verb string) {
	var all []string
	ids := slices.Sorted(maps.Keys(d.Accounts))
	for _, t := range d.Things {
		ids = append(ids, t.ID)
	}
	slices.Sort(ids)
	parts := map[string]string{"quota": ".used", "balance": ".balance, .held", "authorisation": ".authorised, .captured"}[d.Holds]
	for _, id := range ids {
		switch d.Holds {
		case "quota":
			all = append(all, m.Written(m.sum(amount, func(h *Hold) bool { return d.of(h, id) && stands(h) }), d.Money))
		case "balance":
			all = append(all, m.Written(m.balanceOf(d, id), d.Money), m.Written(m.heldOf(d, id), d.Money))
		case "authorisation":
			all = append(all, m.Written(m.authorisedOf(d, id), d.Money), m.Written(m.capturedOf(d, id), d.Money))
		}
	}
	return strings.Join(all, " "), "view " + d.Name + " --jq '[.accounts[] | " + parts + " | tostring] | join(\" \")'"
}

func (d *Declared) of(h *Hold, thing string) bool { return h.Service == d.Name && h.Thing == thing }

func (m *World) balanceOf(d *Declared, customer string) int {
	return d.Accounts[customer] - m.sum(captured, func(h *Hold) bool { return h.Service == d.Name && h.Customer == customer && committed(h) })
}

func (m *World) heldOf(d *Declared, customer string) int {
	return m.sum(amount, func(h *Hold) bool { return h.Service == d.Name && h.Customer == customer && reserved(h) })
}

func (m *World) authorisedOf(d *Declared, thing string) int {
	return m.sum(amount, func(h *Hold) bool { return d.of(h, thing) && reserved(h) })
}

func (m *World) capturedOf(d *Declared, thing string) int {
	return m.sum(captured, func(h *Hold) bool { return d.of(h, thing) && committed(h) })
}

// Others gives the order's other holds of the same service that stand.
func (m *World) Others(h *Hold) []*Hold { return m.OthersOf(h.Service, h.Order, h.Customer, h) }

// OthersOf gives an order's holds of a service that stand, but for one.
func (m *World) OthersOf(service, order, customer string, but *Hold) (all []*Hold) {
	for _, h := range m.Holds {
		if h != but && h.Service == service && h.Order == order && h.Customer == customer && stands(h) && !m.forgotten(h) {
			all = append(all, h)
		}
	}
	return all
}

// Sights are what there is to see of its books.
func (m *World) sightsOf(d *Declared, add func(value, verb string, of ...any)) {
	switch d.Holds {
	case "quota":
		for _, t := range d.Things {
			used := m.sum(amount, func(h *Hold) bool { return d.of(h, t.ID) && stands(h) })
			add(m.Written(used, false), "view %s --jq '.accounts.%s.used | tostring'", d.Name, t.ID)
		}
	case "balance":
		for _, c := range m.Customers {
			add(m.Written(m.balanceOf(d, c.ID), true)+" "+m.Written(m.heldOf(d, c.ID), true), `view %s --jq '.accounts.%s | [.balance, .held] | join(" ")'`, d.Name, c.ID)
		}
	case "authorisation":
		for _, t := range d.Things {
			held, taken := m.authorisedOf(d, t.ID), m.capturedOf(d, t.ID)
			add(m.Written(held, true)+" "+m.Written(taken, true)+" "+m.Written(t.Limit-held-taken, true),
				`view %s --jq '.accounts["%s"] | [.authorised, .captured, .available] | join(" ")'`, d.Name, t.ID)
		}
	}
}
