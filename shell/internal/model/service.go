// The services: what they answer to a redemption and to a cancellation.

package model

// commit is a service's answer to a redemption of its token.
func (m *World) commit(h *Hold, bent string, order *Session, attempt int) reply {
	if h.outside() {
		return m.accept(h, order, attempt)
	}
	switch {
	case h.key.gone, h.key.left > 0 && !h.key.aged:
		return no("key_unknown")
	case h.key.aged && (!h.isOf(order) || h.State != "committed" || m.forgotten(h)): // nothing was answered
		return no("key_unknown")
	case !h.isOf(order):
		return no("session_mismatch")
	case h.State == "committed" && !m.forgotten(h) && h.attempt == attempt:
		return reply{repeated: true}
	case h.State == "committed" && !m.forgotten(h):
		return no("already_redeemed")
	case m.Now >= h.Expires:
		return no("expired")
	case bent == Reissued:
		return no("not_issued_here")
	case h.State != "reserved":
		return no("revoked")
	case bent == Resealed:
		return no("sealed_unreadable")
	case bent == Constrained:
		return no("constraint_violated")
	case bent == Reworded:
		return no("not_issued_here")
	}
	if h.Service == "payments" {
		if opened := m.ask("payments", "kms.decrypt", yes); opened.reason != "" {
			return opened
		}
		switch { // while the letter was being opened
		case h.State == "committed" && h.attempt == attempt:
			return reply{repeated: true}
		case h.State == "committed":
			return no("already_redeemed")
		case h.State == "expired":
			return no("expired")
		case h.State != "reserved":
			return no("revoked")
		case h.key.left > 0:
			return no("key_unknown")
		}
	}
	if !m.holdsFor(h, order.facts) {
		return no("constraint_violated")
	}
	h.State, h.attempt = "committed", attempt
	return reply{}
}

// holdsFor reports whether what a token confirms holds for the facts.
func (m *World) holdsFor(h *Hold, facts map[string]string) bool {
	switch h.Service {
	case "coupons":
		subtotal, said := cents(facts, "subtotal")
		minimum := m.coupon(h.Coupon).Minimum
		return !(said && subtotal < 0) && !(minimum > 0 && subtotal < minimum)
	case "payments":
		payable, said := cents(facts, "payable")
		if !said {
			h.captured = h.Amount
			return true
		}
		left := payable - m.sum(captured, func(other *Hold) bool {
			return other.Order == h.Order && committed(other) && !m.forgotten(other)
		})
		if payable < 0 || left > h.Amount {
			return false
		}
		h.captured = max(left, 0)
	}
	return true
}

// cancel is a service's answer to a cancellation.
func (m *World) cancel(h *Hold, bent string, attempt int) reply {
	if h.outside() {
		return m.undo(h, attempt)
	}
	if h.key.gone {
		return no("key_unknown")
	}
	if bent != Sound || m.forgotten(h) {
		return no("not_issued_here")
	}
	if h.State == "reserved" || h.State == "committed" && h.attempt == attempt {
		h.State = "cancelled"
	}
	return reply{}
}

// Direct takes a token to its service, past the relay.
func (m *World) Direct(h *Hold) Answer {
	s := m.Session(m.Current)
	if s == nil {
		return refused("session_unknown")
	}
	m.attempts++
	attempt, order := m.attempts, s.asItIs()
	said := m.ask("client", h.Service+".redeem", func() reply { return m.commit(h, Sound, order, attempt) })
	switch {
	case said.unknown:
		return Answer{Reasons: []string{said.reason}, Results: []string{h.Handle + " failed"}}
	case said.reason != "":
		return Answer{Reasons: []string{said.reason}, Results: []string{h.Handle + " refused"}}
	}
	h.spent = true
	return Answer{Results: []string{h.Handle + " redeemed"}}
}
