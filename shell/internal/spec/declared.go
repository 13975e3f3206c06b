// Declared: domains that a world file declares, as somebody says what they are.

package spec

import "slices"

// Declared is a domain of a world file, with rules of a few kinds. Amounts of money
// are in the smallest units of the world's currency.
type Declared struct {
	Name     string
	Holds    string // quota, balance, authorisation or none
	Things   []Thing
	Accounts map[string]int // of a balance
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
	case len(d.Things) > 0 && (t == nil || t.Customer != "" && t.Customer != s.Customer):
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
	switch d.Holds {
	case "quota":
		left := func(limit int, which func(*Hold) bool) bool {
			return limit == 0 || h.Amount <= limit-m.sum(amount, func(o *Hold) bool { return d.of(o, t.ID) && stands(o) && which(o) })
		}
		if !left(t.Units, func(*Hold) bool { return true }) || !left(t.PerCustomer, func(o *Hold) bool { return o.Customer == s.Customer }) {
			return "quota_exhausted"
		}
	case "balance":
		if h.Amount > m.balanceOf(d, s.Customer)-m.heldOf(d, s.Customer) {
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
