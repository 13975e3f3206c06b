// Reading: what customers and people see of the service.

package declared

import (
	"fmt"

	"tokenshell/issuers"
	"tokenshell/issuers/holds"
	"tokenshell/tokens"
)

// Declaration gives what the service was made of.
func (s *Service) Declaration() *Declaration { return s.declaration }

// Sum is how much there is of an account or an instrument: amounts as expressions
// see them.
type Sum struct {
	Size     any // in the beginning
	Standing any // what was not taken of it
	Held     any
	Taken    any
	Free     any
}

func (s *Service) sum(p *holds.Pot) Sum {
	return Sum{s.shown(p.Size()), s.shown(p.Size() - p.Taken()), s.shown(p.Held()), s.shown(p.Taken()), s.shown(p.Free())}
}

// Listed is a thing as a customer sees it.
type Listed struct {
	*Thing
	Left    any // of it, for who asks; nil when nothing is counted
	Limited bool
	Used    int64 // of a quota: by everybody, held and taken
	Of      Sum   // of an authorisation
}

// List gives the things that a customer may have, in their order.
func (s *Service) List(customer string) []Listed {
	return s.list(func(o *offered) bool { return o.usableBy(customer) }, func(o *offered) (int64, bool) { return o.quota.Left(customer) })
}

// Everything gives all things, and of a quota what is left for all together.
func (s *Service) Everything() []Listed {
	return s.list(func(*offered) bool { return true }, func(o *offered) (int64, bool) {
		all, _ := o.quota.Limits()
		return all - o.quota.Used(), all != holds.Unlimited
	})
}

func (s *Service) list(wanted func(*offered) bool, left func(*offered) (n int64, limited bool)) []Listed {
	list := make([]Listed, 0, len(s.things))
	s.Read(func() {
		for _, o := range s.things {
			if !wanted(o) {
				continue
			}
			l := Listed{Thing: o.Thing}
			switch s.declaration.Holds {
			case Quota:
				var n int64
				n, l.Limited = left(o)
				l.Left, l.Used = n, o.quota.Used()
			case Authorisation:
				l.Of = s.sum(o.limit)
				l.Left, l.Limited = l.Of.Free, true
			}
			list = append(list, l)
		}
	})
	return list
}

// Balance gives a customer's account, or refuses with customer_unknown.
func (s *Service) Balance(customer string) (sum Sum, err error) {
	account := s.accounts[customer]
	if account == nil {
		return Sum{}, tokens.Refuse(issuers.CustomerUnknown, "%s knows no customer %q", s.Service, customer)
	}
	s.Read(func() { sum = s.sum(account) })
	return sum, nil
}

// Entries gives the service's reservations for people. What is sealed is not in
// them.
func (s *Service) Entries() []issuers.Entry {
	return s.Issuer.Entries(func(h *hold) string {
		text := ""
		if h.thing != nil {
			text = h.thing.ID
		}
		if s.declaration.Holds != None {
			if text = s.words(h.Amount); h.thing != nil {
				text += " of " + h.thing.ID
			}
		}
		if taken := h.Taken(); s.declaration.Holds == Authorisation && taken > 0 {
			text += fmt.Sprintf(", %s captured", s.words(taken))
		}
		return text
	})
}

// Taken gives the reasons that declarations have without saying so, which no rule
// may have: a rule's sentence would be lost beside theirs.
func Taken() []tokens.ReasonRow {
	all := (&Declaration{Name: "every declared domain"}).Reasons()
	for _, kind := range Kinds() {
		d := &Declaration{Name: "what holds " + string(kind), Holds: kind}
		all = append(all, d.Reasons()...)
	}
	return all
}

// Reasons gives what the service may refuse to confirm or redeem with, beside the
// reasons of the contract.
func (d *Declaration) Reasons() []tokens.ReasonRow {
	var all []tokens.ReasonRow
	add := func(reason tokens.Reason, meaning, source string) {
		all = append(all, tokens.ReasonRow{Reason: reason, Meaning: meaning, By: d.Name, Source: source})
	}
	add(issuers.ArgumentInvalid, "an argument is missing, unknown or not of its type, or something cannot be computed from it", "design")
	add(issuers.ThingUnknown, "there is no such thing to choose, for this customer", "design")
	if d.Holds != None || len(d.Arguments) > 0 {
		all = append(all, issuers.AmountReason(d.Name))
	}
	switch d.Holds {
	case Quota:
		add(issuers.QuotaExhausted, "fewer of the thing are left than asked for, in total or for this customer", "design")
	case Balance:
		add(issuers.BalanceInsufficient, "less is available on the account than asked for", "design")
	case Authorisation:
		add(issuers.Declined, "the amount is over what is left of the limit", "design")
	}
	seen := map[tokens.Reason]bool{}
	for _, rules := range [][]Rule{d.Confirm, d.Redeem} {
		for _, r := range rules {
			if !seen[r.Reason] {
				seen[r.Reason] = true
				add(r.Reason, r.Says, "the world file")
			}
		}
	}
	return all
}
