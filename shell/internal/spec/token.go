// Tokens: confirmed, relayed, revoked.

package spec

import "slices"

// Confirm has a service hold something for the current order and sign for it;
// ttl 0 is the usual one.
func (m *World) Confirm(h Hold, ttl int) Answer {
	s, refusal := m.open(m.Current)
	if s == nil {
		return refusal
	}
	if ttl == 0 {
		ttl = lifetime
	}
	handle, order := h.Handle, s.asItIs()
	h.Handle = "" // nobody has it yet
	said := m.ask("client", h.Service+".confirm", func() reply { return m.issue(order, h, ttl) })
	if said.reason != "" {
		return refused(said.reason)
	}
	for _, old := range m.Holds {
		old.Gone = old.Gone || old.Expires < m.Now-Retention && !m.Session(old.Order).owes()
	}
	said.hold.Handle = handle
	return Answer{}
}

func (m *World) issue(s *Session, wanted Hold, ttl int) reply {
	h, doing := &wanted, m.Done
	m.Done++
	if ttl > longest {
		return no("lifetime_too_long")
	}
	m.Doing = doing
	if why := m.Rules[h.Service].Confirm(m, s, h); why != "" {
		return no(why)
	}
	at := slices.IndexFunc(m.Keys[h.Service], func(k *Key) bool { return k.state == "active" })
	if at < 0 {
		return no("service_unavailable")
	}
	h.key = m.Keys[h.Service][at]
	h.session, h.Customer, h.Order, h.issued, h.Expires, h.State = m.Session(s.ID), s.Customer, s.ID, m.at(h.Service), m.at(h.Service)+ttl, "reserved"
	h.key.last = max(h.key.last, h.Expires)
	m.Holds = append(m.Holds, h)
	signed := m.ask(h.Service, "kms.sign", func() reply {
		if h.key.state == "disabled" { // meanwhile
			return no("service_unavailable")
		}
		return reply{}
	})
	if signed.reason != "" {
		m.Holds = slices.DeleteFunc(m.Holds, func(other *Hold) bool { return other == h })
	}
	signed.hold = h
	return signed
}

// What may be wrong with a text that is handed in for a token.
const (
	Sound       = ""
	Forged      = "forged"      // nobody signed it
	Reissued    = "reissued"    // its issuer's key signed it with another aud
	Reworded    = "reworded"    // its issuer's key signed the same claims as another text
	Constrained = "constrained" // its issuer's key signed it with other constraints
	Resealed    = "resealed"    // its issuer's key signed it with other constraints and another letter
)

// Relay judges each token for itself; bent is what is wrong with its text.
func (m *World) Relay(bent string, named ...*Hold) Answer {
	var a Answer
	id := m.Current
	for _, h := range named {
		said := m.tell("relay", func() Answer {
			if why := m.judge(id, h, bent); why != "" {
				return refused(why)
			}
			return Answer{}
		})
		if said.Stopped {
			return said
		}
		a.Reasons = append(a.Reasons, said.Reasons...)
	}
	return a
}

// judge is the relay's verdict on an envelope: a reason, or that it is accepted.
func (m *World) judge(order string, h *Hold, bent string) string {
	if h.outside() && !m.Trusted {
		return "issuer_unknown"
	}
	if !h.outside() && h.key.left > 0 {
		return "key_unknown"
	}
	if bent == Forged {
		return "signature_invalid"
	}
	for _, id := range []string{order, h.Order} {
		if s := m.Session(id); s == nil {
			return "session_unknown"
		} else if m.stands(s) != "open" {
			return "session_closed"
		}
	}
	s := m.Session(order)
	switch {
	case !h.isOf(s):
		return "session_mismatch"
	case m.early(h, m.name()):
		return "not_yet_valid"
	case m.late(h, m.name()):
		return "expired"
	case m.lost > 0 && h.issued <= m.lost+m.Leeway: // nobody knows whether it was used
		return "ledger_unavailable"
	}
	life, version, used := m.lives[m.by], s.version, false
	if m.ask(m.name(), "ledger.use", func() reply { used = !m.use(s, h, version); return yes() }).unknown {
		return "ledger_unavailable"
	}
	switch {
	case life != m.lives[m.by]: // it has stopped
		panic(over{})
	case used:
		return "replayed"
	case m.stands(s) != "open": // while the ledger was asked
		return "session_closed"
	case slices.ContainsFunc(s.steps, func(st *step) bool { return st.hold == h || h.outside() && st.hold.Use == h.Use }):
		return "replayed" // by another who asked at the same time
	}
	s.steps = append(s.steps, &step{hold: h, bent: bent, status: "accepted"})
	s.version++
	return ""
}

// Signable reports whether the key that signed a token still signs.
func (h *Hold) Signable() bool { return h.key != nil && h.key.state != "disabled" && !h.key.gone }

// Revoke has the issuer take a token back.
func (m *World) Revoke(h *Hold) Answer {
	if h.outside() {
		return refused("issuer_unknown")
	}
	if said := m.ask("client", h.Service+".revoke", func() reply { return m.revoke(h) }); said.reason != "" {
		return refused(said.reason)
	}
	h.revoked = true
	return Answer{}
}

func (m *World) revoke(h *Hold) reply {
	switch {
	case h.key.gone:
		return no("key_unknown")
	case m.forgotten(h):
		return no("not_issued_here")
	case h.State == "committed":
		return no("already_redeemed")
	case h.State == "expired":
		return no("expired")
	case h.State == "reserved":
		h.State = "revoked"
	}
	return reply{}
}
