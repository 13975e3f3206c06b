// Sights: what there is to see of a world.

package spec

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sight is one thing to see.
type Sight struct {
	Value string

	verb string // with %s in the place of names
	of   []any  // the names: few sights are ever asked for their verb
}

// Verb gives the verb that shows it.
func (s Sight) Verb() string { return fmt.Sprintf(s.verb, s.of...) }

// Stamp writes a moment.
func Stamp(seconds int) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// Sights are everything that can be seen: the time, the faults that wait, what
// is late, the sessions, the coupons, the customers' accounts, and the keys.
func (m *World) Sights() []Sight {
	m.age() // what an order owed for may be forgotten since it was settled
	all := make([]Sight, 0, 32)
	add := func(value, verb string, of ...any) { all = append(all, Sight{value, verb, of}) }
	add(Stamp(m.Now), "clock show --jq .now")
	var faults []string
	for _, f := range m.Faults {
		faults = append(faults, fmt.Sprintf("%s %s %d %d", f.Step, f.Kind, f.Count, f.After))
	}
	add(strings.Join(faults, ", "), `fault list --jq '[.faults[] | .party + "." + .step + " " + .kind + " " + (.left | tostring) + " " + (.after // 0 | tostring)] | join(", ")'`)
	var late []string
	for _, l := range m.Late {
		late = append(late, l.Step)
	}
	add(strings.Join(late, ", "), `fault list --jq '[.late[]? | .party + "." + .step] | join(", ")'`)
	for _, s := range m.Sessions {
		add(m.sight(s), `session show %s --jq '[.customer, .state, (.facts | to_entries[] | .key + "=" + .value), (.tokens[] | .token + " " + .status)] | join(", ")'`, s.ID)
	}
	for _, c := range m.Coupons {
		add(strconv.Itoa(m.used(c.Code)), "view coupons --jq .accounts.%s", c.Code)
	}
	for _, d := range m.Declared {
		m.sightsOf(d, add)
	}
	for _, c := range m.Customers {
		if len(m.Declared) > 0 {
			break
		}
		add(fmt.Sprintf("%d %d", m.balance(c.ID), m.heldPoints(c.ID)), `view points --jq '.accounts.%s | [.balance, .held] | join(" ")'`, c.ID)
		for _, card := range c.Cards {
			held, taken := m.authorised(c.ID, card.ID), m.captured(c.ID, card.ID)
			add(fmt.Sprintf("%s %s %s", money(held), money(taken), money(card.Limit-held-taken)),
				`view payments --jq '.accounts.%s.%s | [.authorised, .captured, .available] | join(" ")'`, c.ID, card.ID)
		}
	}
	for _, service := range m.Domains() {
		var states []string
		for _, k := range m.Keys[service] {
			states = append(states, k.state)
		}
		add(strings.Join(states, " "), `keys list %s --jq '[.keys[].state] | join(" ")'`, service)
	}
	return all
}

// Accounts are all that a service counts, and the verb that shows it.
func (m *World) Accounts(service string) (value, verb string) {
	if at := slices.IndexFunc(m.Declared, func(d *Declared) bool { return d.Name == service }); at >= 0 {
		return m.Declared[at].accounts(m)
	}
	var all []string
	switch service {
	case "coupons":
		for _, c := range slices.SortedFunc(slices.Values(m.Coupons), func(a, b Coupon) int { return strings.Compare(a.Code, b.Code) }) {
			all = append(all, strconv.Itoa(m.used(c.Code)))
		}
		verb = `view coupons --jq '[.accounts[] | tostring] | join(" ")'`
	case "points":
		for _, c := range m.sorted() {
			all = append(all, strconv.Itoa(m.balance(c.ID)), strconv.Itoa(m.heldPoints(c.ID)))
		}
		verb = `view points --jq '[.accounts[] | .balance, .held | tostring] | join(" ")'`
	case "payments":
		for _, c := range m.sorted() {
			for _, card := range slices.SortedFunc(slices.Values(c.Cards), func(a, b Card) int { return strings.Compare(a.ID, b.ID) }) {
				all = append(all, m.Written(m.authorised(c.ID, card.ID), true), m.Written(m.captured(c.ID, card.ID), true))
			}
		}
		verb = `view payments --jq '[.accounts[][] | .authorised, .captured] | join(" ")'`
	}
	return strings.Join(all, " "), verb
}

// sorted gives the customers by their ids.
func (m *World) sorted() []Customer {
	return slices.SortedFunc(slices.Values(m.Customers), func(a, b Customer) int { return strings.Compare(a.ID, b.ID) })
}

// sight is what there is to see of a session: whose it is, how it stands, its
// facts and its tokens, those that the client still has first.
func (m *World) sight(s *Session) string {
	texts := []string{s.Customer, m.stands(s)}
	for _, name := range slices.Sorted(maps.Keys(s.facts)) {
		texts = append(texts, name+"="+s.facts[name])
	}
	for _, h := range m.Holds {
		if h.Handle != "" && h.Order == s.ID && !h.Gone {
			texts = append(texts, h.Handle+" "+m.status(h))
		}
	}
	for _, st := range s.steps {
		if st.hold.Gone {
			texts = append(texts, st.hold.Handle+" "+st.status)
		}
	}
	return strings.Join(texts, ", ")
}

// States gives the state of every session.
func (m *World) States() map[string]string {
	states := map[string]string{}
	for _, s := range m.Sessions {
		states[s.ID] = m.stands(s)
	}
	return states
}

// Stand is where an accepted token stands in its session.
type Stand struct {
	Hold    *Hold
	Status  string
	Result  string
	Reason  string
	Attempt int // 0 for none
	Owed    bool
	Turn    int // its place in the redemption, from 1; 0 for none
}

// Stands gives the accepted tokens of a session, in the order of acceptance.
func (s *Session) Stands() []Stand {
	all := make([]Stand, len(s.steps))
	for i, st := range s.steps {
		all[i] = Stand{st.hold, st.status, st.result, st.reason, st.attempt, st.owed, st.turn}
	}
	return all
}

// Facts gives what the client says of the order.
func (s *Session) Facts() map[string]string { return s.facts }

// Stood gives the state in which a session is seen.
func (m *World) Stood(s *Session) string { return m.stands(s) }

// StoodAt gives the state that a relay sees a session in, whoever is at something.
func (m *World) StoodAt(r Relay, s *Session) string {
	was := m.by
	m.by = r
	defer func() { m.by = was }()
	return m.stands(s)
}

// Kept reports whether its service still remembers a hold.
func (m *World) Kept(h *Hold) bool { return !m.forgotten(h) }

// Attempt gives the number of the attempt that committed a hold; 0 for none.
func (h *Hold) Attempt() int { return h.attempt }

// KeyStates gives the states of a service's key versions, oldest first.
func (m *World) KeyStates(service string) []string {
	m.ageOf(service)
	states := make([]string, 0, len(m.Keys[service]))
	for _, k := range m.Keys[service] {
		states = append(states, k.state)
	}
	return states
}

// Moments gives the seconds to come at which something changes by itself, soonest
// first: a token expires, an order ends, a key retires, something is forgotten.
func (m *World) Moments() []int {
	var all []int
	for _, h := range m.Holds {
		if m.Kept(h) {
			all = append(all, h.Expires+m.Leeway, h.Expires+m.Leeway-m.Skews[h.Service], h.Expires+Retention+1-m.Skews[h.Service])
			for _, relay := range relayNames[:max(1, m.Relays)] {
				all = append(all, h.Expires+m.Leeway-m.Skews[relay], h.issued-m.Leeway-m.Skews[relay])
			}
			if h.outside() {
				all = append(all, h.Expires+Latitude+m.Leeway)
			}
		}
	}
	for _, s := range m.Sessions {
		for _, relay := range relayNames[:max(1, m.Relays)] {
			skew := m.Skews[relay]
			all = append(all, s.Opened+OpenFor-skew, max(s.Opened+OpenFor, s.ended)+remembered+1-skew)
			if s.lease.holder != "" && s.lease.holder != relay {
				all = append(all, s.lease.until-skew)
			}
		}
	}
	for service, versions := range m.Keys {
		for _, k := range versions {
			if k.state == "published" {
				all = append(all, k.last+m.Leeway-m.Skews[service])
			}
			if k.left > 0 {
				all = append(all, k.left+Retention+m.Leeway+1-m.Skews[service])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(slices.DeleteFunc(all, func(at int) bool { return at <= m.Now }))
}
