// An outside issuer's tokens, and the stand-in that accepts each once: its key is
// (iss, jti), whatever the order.

package spec

import (
	"cmp"
	"maps"
)

// Club is the service that stands in for the outside issuer.
const Club = "club"

// use is what became of an outside issuer's jti.
type use struct {
	order     string
	attempt   int
	cancelled bool
	expires   int
}

func (h *Hold) outside() bool { return h.Service == Club }

// Outside has the outside issuer write a token for the current order and somebody, its
// own customer unless given, with a jti that it may have written before, and the client
// keep it.
func (m *World) Outside(handle, customer string, jti, life int) Answer {
	s := m.Session(m.Current)
	if s == nil {
		return Answer{}
	}
	m.Holds = append(m.Holds, &Hold{
		Handle: handle, Service: Club, Customer: cmp.Or(customer, s.Customer), Order: s.ID, issued: m.Now, Expires: m.Now + min(life, outsideTTL), Use: jti,
	})
	return Answer{}
}

// Trust has the relay trust the outside issuer, or trust it no more. What it has
// accepted goes its way.
func (m *World) Trust(yes bool) Answer {
	if m.Trusted == yes {
		return Answer{Wrong: true}
	}
	m.Trusted = yes
	return Answer{}
}

// Accepted gives the number of the attempt by which the stand-in has accepted an
// outside issuer's token; 0 for none.
func (m *World) Accepted(h *Hold) int {
	if u := m.uses[h.Use]; u != nil && !u.cancelled && u.order == h.Order {
		return u.attempt
	}
	return 0
}

// accept is the stand-in's answer to a redemption.
func (m *World) accept(h *Hold, order *Session, attempt int) reply {
	known := m.uses[h.Use]
	switch {
	case !h.isOf(order):
		return no("session_mismatch")
	case known != nil && !known.cancelled && known.attempt == attempt && known.order == h.Order:
		return reply{repeated: true}
	case known != nil && !known.cancelled:
		return no("already_redeemed")
	case m.late(h, Club):
		return no("expired")
	case known != nil:
		return no("revoked")
	}
	m.sweep()
	m.uses[h.Use] = &use{h.Order, attempt, false, h.Expires}
	return reply{}
}

// sweep has the stand-in forget what is long past, when it accepts something and
// has not done so for an hour.
func (m *World) sweep() {
	if horizon := m.Now - Retention; horizon >= m.swept+3600 {
		m.swept = horizon
		maps.DeleteFunc(m.uses, func(_ int, u *use) bool { return u.expires < horizon && !m.Session(u.order).owes() })
	}
}

// undo is the stand-in's answer to a cancellation. It knows a redemption that never
// came, too.
func (m *World) undo(h *Hold, attempt int) reply {
	known := m.uses[h.Use]
	if known == nil {
		known = &use{h.Order, attempt, false, h.Expires}
		m.uses[h.Use] = known
	}
	if known.attempt == attempt && known.order == h.Order {
		known.cancelled = true
	}
	return reply{}
}

// minds reports whether the stand-in remembers an order.
func (m *World) minds(order string) bool {
	for _, u := range m.uses {
		if u.order == order && (u.expires >= m.Now-Retention || m.Session(order).owes()) {
			return true
		}
	}
	return false
}
