// The services: what they answer to a redemption and to a cancellation.

package spec

// commit is a service's answer to a redemption of its token.
func (m *World) commit(h *Hold, bent string, order *Session, attempt int) reply {
	doing := m.Done
	m.Done++
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
	case m.early(h, h.Service):
		return no("not_yet_valid")
	case m.late(h, h.Service):
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
	if m.Rules[h.Service].Seals() {
		if opened := m.ask(h.Service, "kms.decrypt", yes); opened.reason != "" {
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
	m.Doing = doing
	if why := m.Rules[h.Service].Commit(m, h, order.facts); why != "" {
		return no(why)
	}
	h.State, h.attempt = "committed", attempt
	return reply{}
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
	if h.outside() && !m.Trusted { // nobody knows where it goes
		return Answer{Reasons: []string{"issuer_unknown"}, Results: []string{h.Handle + " refused"}}
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
