// Sums: what the holds add up to, and what that allows.

package spec

import (
	"strconv"
	"strings"
)

// sum adds up a number of the holds that a condition chooses.
func (m *World) sum(of func(*Hold) int, which func(*Hold) bool) int {
	total := 0
	for _, h := range m.Holds {
		if which(h) {
			total += of(h)
		}
	}
	return total
}

func one(*Hold) int { return 1 }

func amount(h *Hold) int { return h.Amount }

func captured(h *Hold) int { return h.captured }

func reserved(h *Hold) bool { return h.State == "reserved" }

func committed(h *Hold) bool { return h.State == "committed" }

func stands(h *Hold) bool { return reserved(h) || committed(h) }

// Sums gives what a service's reservations hold together, and what they have taken.
func (m *World) Sums(service string) (held, taken int) {
	of := func(state func(*Hold) bool) func(*Hold) bool {
		return func(h *Hold) bool { return h.Service == service && state(h) }
	}
	return m.sum(amount, of(reserved)), m.sum(captured, of(committed))
}

func (m *World) used(coupon string) int {
	return m.sum(one, func(h *Hold) bool { return h.Coupon == coupon && stands(h) })
}

func (m *World) usedBy(coupon, customer string) int {
	return m.sum(one, func(h *Hold) bool { return h.Coupon == coupon && h.Customer == customer && stands(h) })
}

func (m *World) heldPoints(customer string) int {
	return m.sum(amount, func(h *Hold) bool { return h.Service == "points" && h.Customer == customer && reserved(h) })
}

func (m *World) balance(customer string) int {
	spent := m.sum(amount, func(h *Hold) bool { return h.Service == "points" && h.Customer == customer && committed(h) })
	return m.Customer(customer).Points - spent
}

func (m *World) authorised(customer, card string) int {
	return m.sum(amount, func(h *Hold) bool { return h.Customer == customer && h.Card == card && reserved(h) })
}

func (m *World) captured(customer, card string) int {
	return m.sum(captured, func(h *Hold) bool { return h.Customer == customer && h.Card == card && committed(h) })
}

// Units reads money of the world's currency, in its smallest units.
func (m *World) Units(text string) (n int, ok bool) {
	whole, part, _ := strings.Cut(text, ".")
	if len(part) > m.Decimals {
		return 0, false
	}
	n, err := strconv.Atoi(whole + part + strings.Repeat("0", m.Decimals-len(part)))
	return n, err == nil && n >= 0
}

// Written writes an amount of the world's currency, or a number.
func (m *World) Written(n int, isMoney bool) string {
	text := strconv.Itoa(n)
	if !isMoney || m.Decimals == 0 {
		return text
	}
	for len(text) <= m.Decimals {
		text = "0" + text
	}
	return text[:len(text)-m.Decimals] + "." + text[len(text)-m.Decimals:]
}

// sumOf reads a fact; said is false when nobody said it, n is -1 when it is not
// money.
func (m *World) sumOf(facts map[string]string, name string) (n int, said bool) {
	text, said := facts[name]
	n, ok := m.Units(text)
	if !ok {
		return -1, said
	}
	return n, said
}

// The rules of the shop's three domains: of [World.Coupons], and of the points and
// cards of [World.Customers].
type (
	CouponRules struct{}
	PointRules  struct{}
	CardRules   struct{}
)

// Confirm wants a coupon that may be used.
func (CouponRules) Confirm(m *World, s *Session, h *Hold) string { return m.applicable(s, h.Coupon) }

// Commit wants the order to come to what the coupon wants.
func (CouponRules) Commit(m *World, h *Hold, facts map[string]string) string {
	subtotal, said := m.sumOf(facts, "subtotal")
	c := m.coupon(h.Coupon)
	if said && subtotal < 0 || c.Minimum > 0 && subtotal < c.Minimum {
		return violated
	}
	h.captured, h.worth = h.Amount, c.Off
	terms := strconv.Itoa(c.Percent) + "%"
	if c.Percent == 0 {
		terms = m.Written(c.Off, true)
	}
	h.Receipt = "code=" + c.Code
	if c.Percent > 0 {
		h.worth = (subtotal*c.Percent + 50) / 100
	}
	if said {
		h.worth = max(0, min(h.worth, subtotal-m.worthOf(h)))
	}
	if said || c.Percent == 0 {
		h.Receipt += ", discount=" + m.Written(h.worth, true)
	}
	h.Receipt += ", terms=" + terms
	return ""
}

// worthOf gives what the order's other receipts of the same service come to.
func (m *World) worthOf(h *Hold) int {
	total := 0
	for _, o := range m.Others(h) {
		if committed(o) {
			total += o.worth
		}
	}
	return total
}

// Seals is no.
func (CouponRules) Seals() bool { return false }

// Confirm wants points that are there.
func (PointRules) Confirm(m *World, s *Session, h *Hold) string {
	return m.affordable(s.Customer, h.Amount)
}

// Commit wants nothing. What an order's points are worth is rounded together.
func (PointRules) Commit(m *World, h *Hold, _ map[string]string) string {
	points := h.Amount
	for _, o := range m.Others(h) {
		if committed(o) {
			points += o.Amount
		}
	}
	unit := 1000000
	for range m.Decimals {
		unit /= 10
	}
	h.captured, h.worth = h.Amount, max(0, (points*m.Worth+unit/2)/unit-m.worthOf(h))
	h.Receipt = "burned=" + strconv.Itoa(h.Amount) + ", worth=" + m.Written(h.worth, true)
	return ""
}

// Seals is no.
func (PointRules) Seals() bool { return false }

// Confirm wants a card that takes the amount.
func (CardRules) Confirm(m *World, s *Session, h *Hold) string {
	return m.authorisable(s.Customer, h.Card, h.Amount)
}

// Commit captures what is payable and was not captured yet.
func (CardRules) Commit(m *World, h *Hold, facts map[string]string) string {
	payable, said := m.sumOf(facts, "payable")
	if !said {
		m.capture(h, h.Amount)
		return ""
	}
	left := payable - m.sum(captured, func(other *Hold) bool {
		return other.Service == h.Service && other.Order == h.Order && committed(other) && !m.forgotten(other)
	})
	if payable < 0 || left > h.Amount {
		return violated
	}
	m.capture(h, max(left, 0))
	return ""
}

// capture takes so much of an authorisation.
func (m *World) capture(h *Hold, n int) {
	h.captured, h.Receipt = n, "authorised="+m.Written(h.Amount, true)+", captured="+m.Written(n, true)
}

// Seals is yes: a letter says which card.
func (CardRules) Seals() bool { return true }

const violated = "constraint_violated"

// applicable says why a coupon may not be used in an order; empty when it may.
func (m *World) applicable(s *Session, code string) string {
	c := m.coupon(code)
	if c == nil {
		return "coupon_unknown"
	}
	subtotal, said := m.sumOf(s.facts, "subtotal")
	switch {
	case c.Inactive, m.at("coupons") < c.From, c.Until > 0 && m.at("coupons") >= c.Until:
		return "coupon_inactive"
	case c.Total > 0 && m.used(code) >= c.Total, c.PerCustomer > 0 && m.usedBy(code, s.Customer) >= c.PerCustomer:
		return "coupon_exhausted"
	case said && subtotal < 0:
		return "amount_invalid"
	case c.Minimum > 0 && subtotal < c.Minimum:
		return "minimum_not_met"
	}
	for _, h := range m.Holds {
		if h.isOf(s) && h.Coupon != "" && stands(h) && !m.forgotten(h) && !(c.Combinable && m.coupon(h.Coupon).Combinable) {
			return "not_combinable"
		}
	}
	return ""
}

// affordable says why points are not held; empty when they are.
func (m *World) affordable(customer string, points int) string {
	switch {
	case points <= 0:
		return "amount_invalid"
	case points > m.balance(customer)-m.heldPoints(customer):
		return "points_insufficient"
	}
	return ""
}

// authorisable says why a card does not authorise an amount; empty when it does.
func (m *World) authorisable(customer, card string, amount int) string {
	if amount <= 0 {
		return "amount_invalid"
	}
	for _, c := range m.Customer(customer).Cards {
		switch {
		case c.ID != card:
		case c.Declines, amount > c.Limit-m.authorised(customer, card)-m.captured(customer, card):
			return "declined"
		default:
			return ""
		}
	}
	return "method_unknown"
}
