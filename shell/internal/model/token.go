// Tokens: confirmed, relayed, revoked.

package model

import "slices"

// Confirm has a service hold something for the current order and sign for it;
// ttl 0 is the usual one.
func (m *World) Confirm(h Hold, ttl int) Answer {
	s, refusal := m.open()
	if s == nil {
		return refusal
	}
	if ttl == 0 {
		ttl = lifetime
	}
	handle := h.Handle
	h.Handle = "" // nobody has it yet
	said := m.ask(h.Service+".confirm", func() reply { return m.issue(s, &h, ttl) })
	if said.reason != "" {
		return refused(said.reason)
	}
	for _, old := range m.Holds {
		of := m.Session(old.Order)
		old.Gone = old.Gone || old.Expires < m.Now-Retention && !(of != nil && of.State == "stuck")
	}
	h.Handle = handle
	return Answer{}
}

func (m *World) issue(s *Session, h *Hold, ttl int) reply {
	if ttl > longest {
		return no("lifetime_too_long")
	}
	why := ""
	switch h.Service {
	case "coupons":
		why = m.applicable(s, h.Coupon)
	case "points":
		why = m.affordable(s.Customer, h.Amount)
	default:
		why = m.authorisable(s.Customer, h.Card, h.Amount)
	}
	if why != "" {
		return no(why)
	}
	at := slices.IndexFunc(m.Keys[h.Service], func(k *Key) bool { return k.state == "active" })
	if at < 0 {
		return no("service_unavailable")
	}
	h.key = m.Keys[h.Service][at]
	h.session, h.Customer, h.Order, h.Expires, h.State = s, s.Customer, s.ID, m.Now+ttl, "reserved"
	h.key.last = max(h.key.last, h.Expires)
	m.Holds = append(m.Holds, h)
	signed := m.ask("kms.sign", func() reply { return reply{} })
	if signed.reason != "" {
		m.Holds = slices.DeleteFunc(m.Holds, func(other *Hold) bool { return other == h })
	}
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
	for _, h := range named {
		if why := m.judge(h, bent); why != "" {
			a.Reasons = append(a.Reasons, why)
		}
	}
	return a
}

// judge is the relay's verdict on an envelope: a reason, or that it is accepted.
func (m *World) judge(h *Hold, bent string) string {
	if !h.outside() && h.key.left > 0 {
		return "key_unknown"
	}
	if bent == Forged {
		return "signature_invalid"
	}
	for _, id := range []string{m.Current, h.Order} {
		if s := m.Session(id); s == nil {
			return "session_unknown"
		} else if s.State != "open" {
			return "session_closed"
		}
	}
	s := m.Session(m.Current)
	switch {
	case !h.isOf(s):
		return "session_mismatch"
	case m.late(h):
		return "expired"
	case slices.ContainsFunc(s.steps, func(st *step) bool { return st.hold == h || h.outside() && st.hold.Use == h.Use }):
		return "replayed"
	}
	s.steps = append(s.steps, &step{hold: h, bent: bent, status: "accepted"})
	return ""
}

// Signable reports whether the key that signed a token still signs.
func (h *Hold) Signable() bool { return h.key != nil && h.key.state != "disabled" && !h.key.gone }

// Revoke has the issuer take a token back.
func (m *World) Revoke(h *Hold) Answer {
	switch {
	case h.outside():
		return refused("issuer_unknown")
	case h.key.gone:
		return refused("key_unknown")
	case m.forgotten(h):
		return refused("not_issued_here")
	case h.State == "committed":
		return refused("already_redeemed")
	case h.State == "expired":
		return refused("expired")
	case h.State == "reserved":
		h.State = "revoked"
	}
	h.revoked = true
	return Answer{}
}
