// Package payments is the domain service of cards: authorisation holds, capture
// of at most what was authorised, void. See [tokenshell/issuers] for what it
// shares with the other services.
package payments

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/bojanz/currency"

	"tokenshell/issuers"
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
	*issuers.Issuer[hold]
	currency  string
	customers map[string]bool
	methods   map[string][]*method
}

// method is a card and what is taken of its limit. authorised and captured
// never exceed the limit together.
type method struct {
	Card
	taken
}

// taken is what is taken of a card's limit.
type taken struct {
	authorised currency.Amount // held and not captured
	captured   currency.Amount
	archived   currency.Amount // captured, and the reservation forgotten
}

func (m *method) available() currency.Amount {
	return issuers.Sub(issuers.Sub(m.Limit, m.authorised), m.captured)
}

// hold is an authorisation.
type hold struct {
	method   *method
	order    string
	customer string
	ref      string // the authorisation reference: a secret
	amount   currency.Amount
	captured currency.Amount
}

// New makes the service.
func New(ctx context.Context, c Config) (*Service, error) {
	nothing, err := currency.NewAmount("0", c.Currency)
	if err != nil {
		return nil, err
	}
	s := &Service{currency: c.Currency, customers: map[string]bool{}, methods: map[string][]*method{}}
	for _, customer := range c.Customers {
		s.customers[customer] = true
	}
	for customer, cards := range c.Cards {
		for _, card := range cards {
			s.methods[customer] = append(s.methods[customer], &method{card, taken{nothing.Round(), nothing.Round(), nothing.Round()}})
		}
	}
	s.Issuer, err = issuers.New[hold](ctx, c.Config, s)
	return s, err
}

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
	if issuers.Less(m.available(), amount) {
		return hold{}, tokens.Refuse(Declined, "card %s declines %s: %s of its limit of %s is available", m.ID, amount.Number(), m.available().Number(), m.Limit.Number())
	}
	m.authorised = issuers.Add(m.authorised, amount)
	return hold{method: m, order: order.ID, customer: customer, ref: s.Mint.ID("auth"), amount: amount, captured: issuers.Sub(amount, amount)}, nil
}

func (s *Service) letter(h hold) issuers.Letter {
	digest := s.NewSalt().Digest
	last4 := h.method.Number[max(0, len(h.method.Number)-4):]
	return issuers.Letter{
		Constraints: struct {
			Ref    string `json:"method_ref"`
			Amount string `json:"amount_sha256"`
		}{digest(h.method.ID), digest(h.amount.Number())},
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
	capture := h.amount
	if text, ok := facts[Payable]; ok {
		payable, err := issuers.ParseMoney(text, s.currency)
		if err != nil {
			return nil, tokens.Refuse(tokens.ConstraintViolated, "fact payable: %v", err)
		}
		if capture, err = s.share(h, payable); err != nil {
			return nil, err
		}
	}
	h.method.authorised = issuers.Sub(h.method.authorised, h.amount)
	h.method.captured = issuers.Add(h.method.captured, capture)
	h.captured = capture
	return struct {
		Captured   string `json:"captured"`
		Authorised string `json:"authorised"`
	}{capture.Number(), h.amount.Number()}, nil
}

// share gives how much of what is payable for the order this authorisation has
// to bear: what was not captured for it already, and no more than it holds. A
// service cannot know which other tokens of the order will come, so it relies
// on none of them.
func (s *Service) share(h *hold, payable currency.Amount) (currency.Amount, error) {
	left := payable
	for _, other := range s.Standing(h.order, h.customer) {
		left = issuers.Sub(left, other.captured)
	}
	switch {
	case issuers.Less(h.amount, left):
		return left, tokens.Refuse(tokens.ConstraintViolated, "%s is payable, %s was authorised", left.Number(), h.amount.Number())
	case left.IsNegative():
		return issuers.Sub(left, left), nil
	}
	return left, nil
}

// Release voids the authorisation; see [issuers.Rules].
func (s *Service) Release(h *hold) {
	h.method.authorised = issuers.Sub(h.method.authorised, h.amount)
}

// Undo refunds the capture; see [issuers.Rules].
func (s *Service) Undo(h *hold) {
	h.method.captured = issuers.Sub(h.method.captured, h.captured)
	h.captured = issuers.Sub(h.captured, h.captured)
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
			list = append(list, Method{m.ID, m.Limit.Number(), m.authorised.Number(), m.captured.Number(), m.available().Number()})
		}
	})
	return list, nil
}

// Entries gives the service's reservations for people. The authorisation
// reference is not in them.
func (s *Service) Entries() []issuers.Entry {
	return s.Issuer.Entries(func(h *hold) string {
		text := fmt.Sprintf("%s on %s", h.amount.Number(), h.method.ID)
		if h.captured.IsPositive() {
			text += fmt.Sprintf(", %s captured", h.captured.Number())
		}
		return text
	})
}
