// Package coupons is the domain service of discounts: it knows its coupons,
// who may use them how often, and with which orders. See [tokenshell/issuers]
// for what it shares with the other services.
package coupons

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/holds"
	"tokenshell/tokens"
)

// Capability is what a coupon's token lets its bearer have done.
const Capability = "coupons:redeem"

// Subtotal is the fact that a coupon's minimum and discount are about: money.
const Subtotal = "subtotal"

// Coupon is one offer. Either Amount or Percent is set.
type Coupon struct {
	Code        string
	Amount      *currency.Amount // a fixed discount
	Percent     int              // 1 to 100
	Minimum     *currency.Amount // of the subtotal; nil is none
	PerCustomer int              // uses; 0 is no limit
	Total       int              // uses; 0 is no limit
	Combinable  bool             // with other combinable ones in an order
	From, Until time.Time        // valid from From and before Until; zero is no bound
}

// Config is what the service is made of.
type Config struct {
	issuers.Config
	Currency  string // ISO 4217
	Customers []string
	Coupons   []Coupon
}

// Service is the coupons service. Safe for concurrent use.
type Service struct {
	holds.Books[hold, *hold]
	currency  string
	customers map[string]bool
	offers    []*offer
	byCode    map[string]*offer
}

// offer is a coupon and its uses.
type offer struct {
	Coupon
	*holds.Quota
}

// hold is one use of a coupon.
type hold struct {
	holds.Hold
	offer    *offer
	discount *currency.Amount // once committed, when the subtotal is known
}

// New makes the service.
func New(ctx context.Context, c Config) (*Service, error) {
	s := &Service{currency: c.Currency, customers: map[string]bool{}, byCode: map[string]*offer{}}
	s.Words = func(n int64) string { return tokens.Count(n, "use") }
	for _, customer := range c.Customers {
		s.customers[customer] = true
	}
	for _, coupon := range c.Coupons {
		o := &offer{coupon, s.Quota(coupon.Code, limit(coupon.Total), limit(coupon.PerCustomer))}
		s.offers, s.byCode[coupon.Code] = append(s.offers, o), o
	}
	var err error
	s.Issuer, err = issuers.New[hold](ctx, c.Config, s)
	return s, err
}

// limit gives the size of a quota.
func limit(uses int) int64 {
	if uses <= 0 {
		return holds.Unlimited
	}
	return int64(uses)
}

// Confirm reserves a use of the coupon for the order and answers with its
// token. It refuses with customer_unknown, coupon_unknown, coupon_inactive,
// coupon_exhausted, minimum_not_met, not_combinable or amount_invalid.
func (s *Service) Confirm(ctx context.Context, order issuers.Order, code string) (tokens.Issued, error) {
	return s.Issue(ctx, order, func() (hold, issuers.Letter, error) {
		o, err := s.applicable(order, code)
		if err != nil {
			return hold{}, issuers.Letter{}, err
		}
		h, _ := s.Hold(order, 1, o.Of(order.Customer)...) // there is one left
		return hold{Hold: h, offer: o}, s.letter(o), nil
	})
}

// Applicable reports whether [Service.Confirm] would reserve the coupon now; the
// error is its refusal. Nothing is reserved.
func (s *Service) Applicable(order issuers.Order, code string) (err error) {
	s.Read(func() { _, err = s.applicable(order, code) })
	return err
}

func (s *Service) applicable(order issuers.Order, code string) (*offer, error) {
	if !s.customers[order.Customer] {
		return nil, tokens.Refuse(issuers.CustomerUnknown, "coupons knows no customer %q", order.Customer)
	}
	o := s.byCode[code]
	if o == nil {
		return nil, tokens.Refuse(Unknown, "there is no coupon %q", code)
	}
	if why := o.inactive(s.Clock.Now()); why != "" {
		return nil, tokens.Refuse(Inactive, "%s %s", code, why)
	}
	if left, limited := o.Left(order.Customer); limited && left <= 0 {
		return nil, tokens.Refuse(Exhausted, "%s is used up: %s", code, o.limits())
	}
	subtotal, err := s.subtotal(order.Facts)
	if err != nil {
		return nil, tokens.Refuse(issuers.AmountInvalid, "fact subtotal: %v", err)
	}
	if short := o.short(subtotal); short != "" {
		return nil, tokens.Refuse(MinimumNotMet, "%s", short)
	}
	for _, other := range s.Standing(order.ID, order.Customer) {
		if !other.offer.Combinable || !o.Combinable {
			return nil, tokens.Refuse(NotCombinable, "%s and %s do not go together in one order", other.offer.Code, code)
		}
	}
	return o, nil
}

// inactive says why the coupon is not valid now; empty when it is.
func (c *Coupon) inactive(now time.Time) string {
	switch {
	case !c.From.IsZero() && now.Before(c.From):
		return "is valid from " + c.From.UTC().Format(time.RFC3339)
	case !c.Until.IsZero() && !now.Before(c.Until):
		return "was valid until " + c.Until.UTC().Format(time.RFC3339)
	}
	return ""
}

func (o *offer) limits() string {
	switch {
	case o.PerCustomer > 0 && o.Total > 0:
		return fmt.Sprintf("%d for each customer, %d in all", o.PerCustomer, o.Total)
	case o.PerCustomer > 0:
		return fmt.Sprintf("%d for each customer", o.PerCustomer)
	default:
		return fmt.Sprintf("%d in all", o.Total)
	}
}

// subtotal reads the fact; nil when nobody said it.
func (s *Service) subtotal(facts tokens.Facts) (*currency.Amount, error) {
	text, ok := facts[Subtotal]
	if !ok {
		return nil, nil
	}
	amount, err := issuers.ParseMoney(text, s.currency)
	return &amount, err
}

// short says why the subtotal does not reach the minimum; empty when it does.
func (c *Coupon) short(subtotal *currency.Amount) string {
	switch {
	case c.Minimum == nil:
		return ""
	case subtotal == nil:
		return fmt.Sprintf("%s wants a subtotal of %s; the order says none (session set subtotal=%s)", c.Code, c.Minimum.Number(), c.Minimum.Number())
	case issuers.Less(*subtotal, *c.Minimum):
		return fmt.Sprintf("%s wants a subtotal of %s, it is %s", c.Code, c.Minimum.Number(), subtotal.Number())
	}
	return ""
}

// discount gives what the coupon takes off a subtotal, never more than it is;
// nil when that depends on a subtotal that nobody said.
func (c *Coupon) discount(subtotal *currency.Amount) (*currency.Amount, error) {
	amount := c.Amount
	if amount == nil {
		if subtotal == nil {
			return nil, nil
		}
		parts, err := subtotal.Mul(strconv.Itoa(c.Percent))
		if err != nil {
			return nil, err
		}
		share, err := parts.Mul("0.01")
		if err != nil {
			return nil, err
		}
		share = share.Round()
		amount = &share
	}
	if subtotal != nil && issuers.Less(*subtotal, *amount) {
		return subtotal, nil
	}
	return amount, nil
}

// terms are the coupon's discount in words: "25.00" or "10%".
func (c *Coupon) terms() string {
	if c.Amount != nil {
		return c.Amount.Number()
	}
	return fmt.Sprintf("%d%%", c.Percent)
}

// letter refers to the coupon by salted digests.
func (s *Service) letter(o *offer) issuers.Letter {
	digest := s.NewSalt().Digest
	return issuers.Letter{Constraints: struct {
		Ref    string `json:"coupon_ref"`
		Amount string `json:"amount_sha256"`
	}{digest(o.Code), digest(o.terms())}}
}

// Letter has nothing to look at, for coupons seal nothing; see [issuers.Rules].
func (s *Service) Letter(*hold, json.RawMessage) error { return nil }

// Commit holds the minimum against the facts once more; see [issuers.Rules].
func (s *Service) Commit(h *hold, facts tokens.Facts) (any, error) {
	subtotal, err := s.subtotal(facts)
	if err != nil {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "fact subtotal: %v", err)
	}
	if short := h.offer.short(subtotal); short != "" {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "%s", short)
	}
	amount, err := h.offer.discount(subtotal)
	if err != nil {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "no discount of %s on this subtotal: %v", h.offer.terms(), err)
	}
	if amount != nil && subtotal != nil {
		left := *subtotal // what the order's other coupons leave of it
		for _, other := range s.Standing(h.Order, h.Customer) {
			if other.discount != nil {
				left = issuers.Sub(left, *other.discount)
			}
		}
		if left.IsNegative() {
			left = issuers.Sub(left, left)
		}
		if issuers.Less(left, *amount) {
			amount = &left
		}
	}
	h.discount = amount
	h.Take(1)
	body := struct {
		Code     string `json:"code"`
		Terms    string `json:"terms"`
		Discount string `json:"discount,omitempty"`
	}{Code: h.offer.Code, Terms: h.offer.terms()}
	if amount != nil {
		body.Discount = amount.Number()
	}
	return body, nil
}

// Undo gives the use back; see [issuers.Rules].
func (s *Service) Undo(h *hold) {
	s.Books.Undo(h)
	h.discount = nil
}

// CanonCounts writes the uses, and how far off it is that a coupon begins or ends to
// be valid; see [issuers.Saver].
func (s *Service) CanonCounts(w tokens.Canon) {
	for _, o := range s.offers {
		w.Time(o.From)
		w.Time(o.Until)
	}
	s.Books.CanonCounts(w)
}

// CanonHold writes which use it is; see [issuers.Saver].
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	h.Canon(w)
	w.Text(h.offer.Code)
	w.Bool(h.discount != nil)
	if h.discount != nil {
		w.Text(h.discount.Number())
	}
}

// Listed is a coupon as a customer sees it.
type Listed struct {
	Code       string
	Terms      string
	Minimum    string // empty when there is none
	Combinable bool
	Inactive   string // why it is not valid now; empty when it is
	Limited    bool
	Left       int // uses, for this customer, when limited
	Used       int // by everybody, reserved and committed
}

// List gives every coupon as the customer sees it.
func (s *Service) List(customer string) []Listed {
	list := make([]Listed, 0, len(s.offers))
	s.Read(func() {
		for _, o := range s.offers {
			l := Listed{Code: o.Code, Terms: o.terms(), Combinable: o.Combinable, Inactive: o.inactive(s.Clock.Now()), Used: int(o.Used())}
			left, limited := o.Left(customer)
			if l.Limited = limited; limited {
				l.Left = int(left)
			}
			if o.Minimum != nil {
				l.Minimum = o.Minimum.Number()
			}
			list = append(list, l)
		}
	})
	return list
}

// Entries gives the service's reservations for people.
func (s *Service) Entries() []issuers.Entry {
	return s.Issuer.Entries(func(h *hold) string { return "one use of " + h.offer.Code })
}
