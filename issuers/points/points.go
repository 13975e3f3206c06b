// Package points is the domain service of loyalty points: balances, holds on
// them, and burning. See [tokenshell/issuers] for what it shares with the other
// services.
package points

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/holds"
	"tokenshell/tokens"
)

// Capability is what a points token lets its bearer have done.
const Capability = "points:redeem"

// Config is what the service is made of.
type Config struct {
	issuers.Config
	Value    currency.Amount  // of one point
	Balances map[string]int64 // by customer, not negative
}

// Service is the points service. Safe for concurrent use.
type Service struct {
	holds.Books[hold, *hold]
	value    currency.Amount
	accounts map[string]*holds.Pot // by customer
}

// hold is an amount of points set aside.
type hold struct {
	holds.Hold
	worth *currency.Amount // once burned
}

// New makes the service.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{value: c.Value, accounts: map[string]*holds.Pot{}}
	s.Words = words
	for _, customer := range slices.Sorted(maps.Keys(c.Balances)) {
		s.accounts[customer] = s.Pot(customer, c.Balances[customer])
	}
	var err error
	s.Issuer, err = issuers.New[hold](ctx, c.Config, s)
	return s, err
}

func words(n int64) string { return tokens.Count(n, "point") }

// Confirm holds an amount of points, a positive whole number, for the order
// and answers with its token. It refuses with customer_unknown, amount_invalid
// or points_insufficient.
func (s *Service) Confirm(ctx context.Context, order issuers.Order, amount string) (tokens.Issued, error) {
	return s.Issue(ctx, order, func() (hold, issuers.Letter, error) {
		a, ok := s.accounts[order.Customer]
		if !ok {
			return hold{}, issuers.Letter{}, tokens.Refuse(issuers.CustomerUnknown, "points knows no customer %q", order.Customer)
		}
		n, err := parsePoints(amount)
		if err != nil {
			return hold{}, issuers.Letter{}, err
		}
		h, fits := s.Hold(order, n, a)
		if !fits {
			return hold{}, issuers.Letter{}, tokens.Refuse(Insufficient, "%s asked for, %d available", words(n), a.Free())
		}
		return hold{Hold: h}, s.letter(order.Customer, n), nil
	})
}

// parsePoints reads digits only: "+5", "5.0" and "１" are not amounts of points.
func parsePoints(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, strconv.ErrRange) && !strings.HasPrefix(text, "-") && strings.Trim(text, "0123456789") == "" {
		return 0, tokens.Refuse(issuers.AmountInvalid, "%q are more points than there can be", text)
	}
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != text {
		return 0, tokens.Refuse(issuers.AmountInvalid, "%q is not an amount of points: write a positive whole number", text)
	}
	return n, nil
}

func (s *Service) letter(customer string, n int64) issuers.Letter {
	digest := s.NewSalt().Digest
	return issuers.Letter{Constraints: struct {
		Ref    string `json:"account_ref"`
		Amount string `json:"amount_sha256"`
	}{digest(customer), digest(strconv.FormatInt(n, 10))}}
}

// Letter has nothing to look at, for points seal nothing; see [issuers.Rules].
func (s *Service) Letter(*hold, json.RawMessage) error { return nil }

// Commit burns what is held; see [issuers.Rules]. No fact bears on points.
func (s *Service) Commit(h *hold, _ tokens.Facts) (any, error) {
	worth, err := s.share(h)
	if err != nil {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "%s without a value: %v", words(h.Amount), err)
	}
	h.worth = &worth
	h.Take(h.Amount)
	return struct {
		Burned int64  `json:"burned"`
		Worth  string `json:"worth"`
	}{h.Amount, worth.Number()}, nil
}

// share gives what a hold adds to the worth of its order's points. They are
// rounded together, half up to the currency's decimals, so that it does not
// matter how many tokens they came in: what one token's rounding took or gave,
// the next one makes good. It is never less than nothing, although what was
// given back may have taken a rounding with it.
func (s *Service) share(h *hold) (currency.Amount, error) {
	nothing := issuers.Sub(s.value, s.value).Round()
	burned, said := h.Amount, nothing
	for _, other := range s.Standing(h.Order, h.Customer) {
		if other.worth != nil {
			burned, said = burned+other.Amount, issuers.Add(said, *other.worth)
		}
	}
	together, err := s.value.Mul(strconv.FormatInt(burned, 10))
	if err != nil {
		return nothing, err
	}
	worth := issuers.Sub(together.Round(), said)
	if worth.IsNegative() {
		return nothing, nil
	}
	return worth, nil
}

// Undo gives burned points back; see [issuers.Rules].
func (s *Service) Undo(h *hold) {
	s.Books.Undo(h)
	h.worth = nil
}

// Balance is a customer's account.
type Balance struct {
	Customer  string
	Balance   int64 // with what is held
	Held      int64
	Available int64
}

// Balance gives the customer's account, or refuses with customer_unknown.
func (s *Service) Balance(customer string) (Balance, error) {
	a, ok := s.accounts[customer]
	if !ok {
		return Balance{}, tokens.Refuse(issuers.CustomerUnknown, "points knows no customer %q", customer)
	}
	var b Balance
	s.Read(func() { b = Balance{customer, a.Size() - a.Taken(), a.Held(), a.Free()} })
	return b, nil
}

// CanonHold writes how many points it is; see [issuers.Saver].
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	h.Canon(w)
	w.Bool(h.worth != nil)
	if h.worth != nil {
		w.Text(h.worth.Number())
	}
}

// Entries gives the service's reservations for people.
func (s *Service) Entries() []issuers.Entry {
	return s.Issuer.Entries(func(h *hold) string { return words(h.Amount) })
}
