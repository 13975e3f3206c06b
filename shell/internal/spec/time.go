// Time, and what only time does.

package spec

import (
	"maps"
	"slices"
)

// Wait lets time pass, and everything that only time does.
func (m *World) Wait(seconds int) Answer {
	m.Now += seconds
	for _, h := range m.Holds {
		if h.State == "reserved" && m.at(h.Service) >= h.Expires+m.Leeway {
			h.State = "expired"
		}
	}
	m.age()
	return Answer{}
}

// Until lets time pass until a moment, which must be to come.
func (m *World) Until(moment int) Answer {
	if moment < m.Now {
		return Answer{Wrong: true}
	}
	return m.Wait(moment - m.Now)
}

// Edges gives the seconds to come at which a coupon becomes valid, or is no longer, and
// at which the rules of a declared domain may turn.
func (m *World) Edges() []int {
	all := slices.Clone(m.Turns)
	for _, c := range m.Coupons {
		all = append(all, c.From, c.Until)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(at int) bool { return at <= m.Now })
}

// age retires the keys that have outlived their last token, and forgets those
// that left long ago.
func (m *World) age() {
	for service := range m.Keys {
		m.ageOf(service)
	}
}

func (m *World) ageOf(service string) {
	gone := false
	for _, k := range m.Keys[service] {
		if k.state == "published" && m.at(service) >= k.last+m.Leeway {
			k.state, k.left, k.aged = "retired", k.last, true
		}
		k.gone = k.left > 0 && m.at(service) > k.left+Retention+m.Leeway && m.sum(one, func(h *Hold) bool { return h.key == k && !m.forgotten(h) }) == 0
		gone = gone || k.gone
	}
	if gone {
		m.Keys[service] = slices.DeleteFunc(m.Keys[service], func(k *Key) bool { return k.gone })
	}
}

// forgotten reports whether a service has forgotten a reservation: never one that
// its order may owe for.
func (m *World) forgotten(h *Hold) bool {
	return h.Expires < m.at(h.Service)-Retention && !h.session.owes()
}

// at gives the time on a party's own clock.
func (m *World) at(party string) int { return m.Now + m.Skews[party] }

// Skew sets how far a party's clock is ahead, in seconds; negative is behind. Nothing
// of what it keeps may have happened yet.
func (m *World) Skew(party string, ahead int) Answer {
	skews := maps.Clone(m.Skews)
	if skews == nil {
		skews = map[string]int{}
	}
	skews[party] = ahead
	m.Skews = skews
	return Answer{}
}

// early reports whether a token is of a time that is yet to come for whoever judges it.
func (m *World) early(h *Hold, by string) bool { return h.issued > m.at(by)+m.Leeway }

// late reports whether a token is expired for whoever judges it.
func (m *World) late(h *Hold, by string) bool {
	if h.outside() {
		return m.at(by) >= h.Expires+Latitude+m.Leeway
	}
	return m.at(by) >= h.Expires+m.Leeway
}

// Rotate makes a new active key.
func (m *World) Rotate(service string) Answer {
	for _, k := range m.Keys[service] {
		if k.state == "active" {
			k.state, k.last = "published", max(k.last, m.at(service))
		}
	}
	m.Keys[service] = append(m.Keys[service], &Key{state: "active"})
	m.age()
	return Answer{}
}

// Version is one key version of a service.
type Version struct {
	key     *Key
	service string
}

// Version gives one that is there.
func (m *World) Version(service string, n int) Version { return Version{m.Keys[service][n], service} }

// Leave takes a key out of its set: retired or disabled.
func (m *World) Leave(v Version, state string) Answer {
	k := v.key
	if k.gone {
		return Answer{Wrong: true}
	}
	if k.left == 0 {
		k.left = m.at(v.service)
	}
	if k.state != "disabled" {
		k.state, k.aged = state, false
	}
	return Answer{}
}
