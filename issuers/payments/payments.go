// Package payments is the domain service of cards: authorisation holds, capture
// of at most what was authorised, void. See [tokenshell/issuers] for what it
// shares with the other services.
package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/holds"
	"tokenshell/tokens"
)

// Capability is what a payment's token lets its bearer have done.
const Capability = "payments:capture"

// Payable is the fact that says how much to capture: money.
const Payable = "payable"

// Card is a payment method of a customer.
type Card struct {
	ID       string
	Number   string // only its last four digits ever leave, sealed
	Limit    currency.Amount
	Declines bool // refuses every authorisation
}

// Config is what the service is made of.
type Config struct {
	issuers.Config
	Currency  string   // ISO 4217
	Customers []string // all, with cards or without
	Cards     map[string][]Card
}

// Service is the payments service. Safe for concurrent use.
type Service struct {
	holds.Books[hold, *hold]
	currency  string
	customers map[string]bool
	methods   map[string][]*method
}

// method is a card and what is taken of its limit, in the smallest units of the
// currency, as all amounts here.
type method struct {
	Card
	*holds.Pot
}

// hold is an authorisation.
type hold struct {
	holds.Hold
	method *method
	ref    string // the authorisation reference: a secret
}

// New makes the service.
func New(ctx context.Context, c Config) (*Service, error) {
	if !currency.IsKnown(c.Currency) {
		return nil, fmt.Errorf("unknown currency %q", c.Currency)
	}
	s := &Service{currency: c.Currency, customers: map[string]bool{}, methods: map[string][]*method{}}
	s.Words = s.number
	for _, customer := range c.Customers {
		s.customers[customer] = true
	}
	for _, customer := range slices.Sorted(maps.Keys(c.Cards)) {
		for _, card := range c.Cards[customer] {
			limit, err := card.Limit.Units()
			if err != nil {
				return nil, err
			}
			s.methods[customer] = append(s.methods[customer], &method{card, s.Pot(card.ID, limit)})
		}
	}
	var err error
	s.Issuer, err = issuers.New[hold](ctx, c.Config, s)
	return s, err
}

// number writes an amount: "140.00".
func (s *Service) number(n int64) string { return issuers.OfUnits(n, s.currency).Number() }

// sealed is what travels for the service's own eyes.
type sealed struct {
	Authorization string `json:"authorization"`
	Last4         string `json:"last4"`
}

// Confirm authorises an amount, such as "80.00", on the customer's card for
// the order and answers with its token. It refuses with customer_unknown,
// amount_invalid, method_unknown or declined.
func (s *Service) Confirm(ctx context.Context, order issuers.Order, amount, card string) (tokens.Issued, error) {
	return s.Issue(ctx, order, func() (hold, issuers.Letter, error) {
		h, err := s.authorise(order, amount, card)
		if err != nil {
			return hold{}, issuers.Letter{}, err
		}
		return h, s.letter(h), nil
	})
}

func (s *Service) authorise(order issuers.Order, text, card string) (hold, error) {
	customer := order.Customer
	if !s.customers[customer] {
		return hold{}, tokens.Refuse(issuers.CustomerUnknown, "payments knows no customer %q", customer)
	}
	amount, err := issuers.ParseMoney(text, s.currency)
	if err != nil || !amount.IsPositive() {
		return hold{}, tokens.Refuse(issuers.AmountInvalid, "%q is not an amount to pay in %s: write a positive one such as %s", text, s.currency, issuers.Like("80.00", s.currency))
	}
	at := slices.IndexFunc(s.methods[customer], func(m *method) bool { return m.ID == card })
	if at < 0 {
		return hold{}, tokens.Refuse(MethodUnknown, "%s has no payment method %q", customer, card)
	}
	m := s.methods[customer][at]
	if m.Declines {
		return hold{}, tokens.Refuse(Declined, "card %s declines", m.ID)
	}
	n, err := amount.Units()
	if err != nil {
		return hold{}, tokens.Refuse(issuers.AmountInvalid, "%v", err)
	}
	h, fits := s.Hold(order, n, m.Pot)
	if !fits {
		return hold{}, tokens.Refuse(Declined, "card %s declines %s: %s of its limit of %s is available", m.ID, amount.Number(), s.number(m.Free()), m.Limit.Number())
	}
	return hold{h, m, s.Mint.ID("auth")}, nil
}

func (s *Service) letter(h hold) issuers.Letter {
	digest := s.NewSalt().Digest
	last4 := h.method.Number[max(0, len(h.method.Number)-4):]
	return issuers.Letter{
		Constraints: struct {
			Ref    string `json:"method_ref"`
			Amount string `json:"amount_sha256"`
		}{digest(h.method.ID), digest(s.number(h.Amount))},
		Sealed: sealed{h.ref, last4},
	}
}

// Letter wants the authorisation to be the one that was sealed; see
// [issuers.Rules].
func (s *Service) Letter(h *hold, opened json.RawMessage) error {
	var letter sealed
	if json.Unmarshal(opened, &letter) != nil || letter.Authorization != h.ref {
		return tokens.Refuse(tokens.SealedUnreadable, "the sealed section is not the one that was issued")
	}
	return nil
}

// Commit captures what is payable, all of the authorisation when nobody says;
// see [issuers.Rules]. What is not captured is free again.
func (s *Service) Commit(h *hold, facts tokens.Facts) (any, error) {
	capture := h.Amount
	if text, ok := facts[Payable]; ok {
		payable, err := s.units(text)
		if err != nil {
			return nil, tokens.Refuse(tokens.ConstraintViolated, "fact payable: %v", err)
		}
		if capture, err = s.share(h, payable); err != nil {
			return nil, err
		}
	}
	h.Take(capture)
	return struct {
		Captured   string `json:"captured"`
		Authorised string `json:"authorised"`
	}{s.number(capture), s.number(h.Amount)}, nil
}

// units reads an amount.
func (s *Service) units(text string) (int64, error) {
	amount, err := issuers.ParseMoney(text, s.currency)
	if err != nil {
		return 0, err
	}
	return amount.Units()
}

// share gives how much of what is payable for the order this authorisation has
// to bear: what was not captured for it already, and no more than it holds. A
// service cannot know which other tokens of the order will come, so it relies
// on none of them.
func (s *Service) share(h *hold, payable int64) (int64, error) {
	left := payable
	for _, other := range s.Standing(h.Order, h.Customer) {
		left -= other.Taken()
	}
	if left > h.Amount {
		return left, tokens.Refuse(tokens.ConstraintViolated, "%s is payable, %s was authorised", s.number(left), s.number(h.Amount))
	}
	return max(left, 0), nil
}

// CanonHold writes which authorisation it is; see [issuers.Saver].
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	h.Canon(w)
	w.Text(h.method.ID)
	w.Name(h.ref)
}

// Method is a card as its customer sees it; money as "140.00".
type Method struct {
	ID         string
	Limit      string
	Authorised string
	Captured   string
	Available  string
}

// Methods gives the customer's cards, or refuses with customer_unknown.
func (s *Service) Methods(customer string) ([]Method, error) {
	if !s.customers[customer] {
		return nil, tokens.Refuse(issuers.CustomerUnknown, "payments knows no customer %q", customer)
	}
	list := []Method{}
	s.Read(func() {
		for _, m := range s.methods[customer] {
			list = append(list, Method{m.ID, m.Limit.Number(), s.number(m.Held()), s.number(m.Taken()), s.number(m.Free())})
		}
	})
	return list, nil
}

// Entries gives the service's reservations for people. The authorisation
// reference is not in them.
func (s *Service) Entries() []issuers.Entry {
	return s.Issuer.Entries(func(h *hold) string {
		text := fmt.Sprintf("%s on %s", s.number(h.Amount), h.method.ID)
		if taken := h.Taken(); taken > 0 {
			text += fmt.Sprintf(", %s captured", s.number(taken))
		}
		return text
	})
}
