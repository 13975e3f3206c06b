// Package giftcards is a domain service that tokenshell does not come with:
// balances of gift cards, holds on them, and captures. It is what somebody
// writes who adds a domain; see [tokenshell/issuers] for what it shares with
// the others.
package giftcards

import (
	"context"
	"encoding/json"
	"fmt"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/tokens"
)

// Capability is what a gift card's token lets its bearer have done.
const Capability = "gifts:capture"

// The service's own reasons.
const (
	Unknown tokens.Reason = "gift_unknown"
	Empty   tokens.Reason = "gift_empty"
)

// Reasons gives the service's own reasons, beside those of the contract.
func Reasons() []tokens.ReasonRow {
	return []tokens.ReasonRow{
		{Reason: Unknown, Meaning: "no such gift card", By: "gifts", Source: "design"},
		{Reason: Empty, Meaning: "the gift card has less than was asked for", By: "gifts", Source: "design"},
		issuers.AmountReason("gifts"),
	}
}

// Card is a gift card: whoever knows its code may use it.
type Card struct {
	Code    string
	Balance currency.Amount // not negative
}

// Config is what the service is made of.
type Config struct {
	issuers.Config
	Currency string // ISO 4217
	Cards    []Card
}

// Service is the gift-card service. Safe for concurrent use.
type Service struct {
	*issuers.Issuer[hold]
	currency string
	accounts []*account
}

// account is a card's money. 0 <= held <= balance, always.
type account struct {
	Card
	opening  currency.Amount
	held     currency.Amount
	archived currency.Amount // captured, and the reservation forgotten
}

// hold is an amount of a card set aside.
type hold struct {
	account *account
	amount  currency.Amount
}

// New makes the service.
func New(ctx context.Context, c Config) (*Service, error) {
	nothing, err := currency.New("0", c.Currency)
	if err != nil {
		return nil, err
	}
	s := &Service{currency: c.Currency}
	for _, card := range c.Cards {
		s.accounts = append(s.accounts, &account{Card: card, opening: card.Balance, held: nothing.Round(), archived: nothing.Round()})
	}
	s.Issuer, err = issuers.New[hold](ctx, c.Config, s)
	return s, err
}

// Confirm holds an amount, such as "20.00", of a card for the order and answers
// with its token. It refuses with gift_unknown, amount_invalid or gift_empty.
func (s *Service) Confirm(ctx context.Context, order issuers.Order, code, text string) (tokens.Issued, error) {
	return s.Issue(ctx, order, func() (hold, issuers.Letter, error) {
		a := s.account(code)
		if a == nil {
			return hold{}, issuers.Letter{}, tokens.Refuse(Unknown, "there is no gift card %q", code)
		}
		amount, err := issuers.ParseMoney(text, s.currency)
		if err != nil || !amount.IsPositive() {
			return hold{}, issuers.Letter{}, tokens.Refuse(issuers.AmountInvalid, "%q is not an amount to hold: write a positive one such as %s", text, issuers.Like("20.00", s.currency))
		}
		if available := issuers.Sub(a.Balance, a.held); issuers.Less(available, amount) {
			return hold{}, issuers.Letter{}, tokens.Refuse(Empty, "%s asked for, %s available", amount.Number(), available.Number())
		}
		a.held = issuers.Add(a.held, amount)
		digest := s.NewSalt().Digest
		return hold{a, amount}, issuers.Letter{Constraints: map[string]string{"card_sha256": digest(code), "amount_sha256": digest(amount.Number())}}, nil
	})
}

func (s *Service) account(code string) *account {
	for _, a := range s.accounts {
		if a.Code == code {
			return a
		}
	}
	return nil
}

// Letter has nothing to look at, for nothing is sealed; see [issuers.Rules].
func (s *Service) Letter(*hold, json.RawMessage) error { return nil }

// Commit captures what is held; see [issuers.Rules]. No fact bears on it.
func (s *Service) Commit(h *hold, _ tokens.Facts) (any, error) {
	h.account.held = issuers.Sub(h.account.held, h.amount)
	h.account.Balance = issuers.Sub(h.account.Balance, h.amount)
	return map[string]string{"captured": h.amount.Number(), "left": h.account.Balance.Number()}, nil
}

// Release returns what was held; see [issuers.Rules].
func (s *Service) Release(h *hold) { h.account.held = issuers.Sub(h.account.held, h.amount) }

// Undo gives back what was captured; see [issuers.Rules].
func (s *Service) Undo(h *hold) { h.account.Balance = issuers.Add(h.account.Balance, h.amount) }

// Archive keeps counting captures whose reservation is forgotten; see
// [issuers.Archiver].
func (s *Service) Archive(h *hold) { h.account.archived = issuers.Add(h.account.archived, h.amount) }

// savedAccount is a card's money as it was, and where it stands.
type savedAccount struct {
	at  *account
	was account
}

// SaveCounts gives the cards; see [issuers.Saver].
func (s *Service) SaveCounts() any {
	var saved []savedAccount
	for _, a := range s.accounts {
		saved = append(saved, savedAccount{a, *a})
	}
	return saved
}

// RestoreCounts takes them back; see [issuers.Saver].
func (s *Service) RestoreCounts(from any) {
	for _, saved := range from.([]savedAccount) {
		*saved.at = saved.was
	}
}

// CanonCounts writes the cards; see [issuers.Saver].
func (s *Service) CanonCounts(w tokens.Canon) {
	for _, a := range s.accounts {
		w.Text(a.Balance.Number())
		w.Text(a.held.Number())
		w.Text(a.archived.Number())
	}
}

// CanonHold writes what is held; see [issuers.Saver].
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	w.Text(h.account.Code)
	w.Text(h.amount.Number())
}

// Listed is a gift card as it stands.
type Listed struct {
	Code, Balance, Held, Available string
}

// List gives every card.
func (s *Service) List() []Listed {
	var list []Listed
	s.Read(func() {
		for _, a := range s.accounts {
			list = append(list, Listed{a.Code, a.Balance.Number(), a.held.Number(), issuers.Sub(a.Balance, a.held).Number()})
		}
	})
	return list
}

// Entries gives the service's reservations for people.
func (s *Service) Entries() []issuers.Entry {
	return s.Issuer.Entries(func(h *hold) string { return h.amount.Number() + " of " + h.account.Code })
}

// Audit adds every card up again from the reservations: money is neither made
// nor lost.
func (s *Service) Audit() (err error) {
	s.Read(func() {
		for _, a := range s.accounts {
			held, captured := issuers.Sub(a.held, a.held), a.archived
			s.Each(func(r *issuers.Reservation[hold]) {
				switch {
				case r.Hold.account != a:
				case r.State == issuers.Reserved:
					held = issuers.Add(held, r.Hold.amount)
				case r.State == issuers.Committed:
					captured = issuers.Add(captured, r.Hold.amount)
				}
				if wrong := s.Overdue(r); wrong != nil && err == nil {
					err = wrong
				}
			})
			if !a.held.Equal(held) || !issuers.Add(a.Balance, captured).Equal(a.opening) || issuers.Less(a.Balance, a.held) || a.held.IsNegative() {
				err = fmt.Errorf("gifts: %s has %s, %s of it held, and does not add up", a.Code, a.Balance.Number(), a.held.Number())
			}
		}
	})
	return err
}
