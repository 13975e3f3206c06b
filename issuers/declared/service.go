// The service: a declaration that confirms and redeems.

package declared

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/holds"
	"tokenshell/tokens"
)

type amount = currency.Amount

// Config is what the service is made of.
type Config struct {
	issuers.Config
	Currency    string // ISO 4217
	Customers   []string
	Declaration *Declaration
}

// Service is a declared service. Safe for concurrent use.
type Service struct {
	holds.Books[hold, *hold]
	declaration *Declaration
	currency    string
	customers   map[string]bool
	things      []*offered
	byID        map[string]*offered
	accounts    map[string]*holds.Pot // of a balance, by customer
}

// offered is a thing, and what there is of it.
type offered struct {
	*Thing
	quota *holds.Quota // of a quota
	limit *holds.Pot   // of an authorisation
}

// hold is what a confirmation has set aside, and what it said: at redemption it is
// held against that.
type hold struct {
	holds.Hold
	thing       *Thing
	arguments   map[string]any
	amount      any // as expressions see it
	constraints map[string]any
	sealed      json.RawMessage
	salt        issuers.Salt
	digests     map[string]string // what each digest in its letter is of
	redeemed    bool
	worth       any // once redeemed, if the declaration says what
}

// New makes the service.
func New(ctx context.Context, c Config) (*Service, error) {
	if !currency.IsKnown(c.Currency) {
		return nil, fmt.Errorf("unknown currency %q", c.Currency)
	}
	d := c.Declaration
	s := &Service{declaration: d, currency: c.Currency, customers: map[string]bool{}, byID: map[string]*offered{}, accounts: map[string]*holds.Pot{}}
	s.Words = s.words
	for _, customer := range c.Customers {
		s.customers[customer] = true
		if opening, has := d.Accounts[customer]; has {
			s.accounts[customer] = s.Pot(customer, opening)
		}
	}
	for i := range d.Things {
		o := &offered{Thing: &d.Things[i]}
		switch d.Holds {
		case Quota:
			o.quota = s.Quota(o.ID, limitOf(o.Units), limitOf(o.PerCustomer))
		case Authorisation:
			o.limit = s.Pot(o.ID, o.Limit)
		}
		s.things, s.byID[o.ID] = append(s.things, o), o
	}
	var err error
	s.Issuer, err = issuers.New[hold](ctx, c.Config, s)
	return s, err
}

func limitOf(units *int64) int64 {
	if units == nil {
		return holds.Unlimited
	}
	return *units
}

// words writes an amount that is counted.
func (s *Service) words(n int64) string { return Text(s.shown(n)) }

// shown gives an amount that is counted as expressions see it.
func (s *Service) shown(n int64) any {
	if !s.declaration.Money {
		return n
	}
	return issuers.OfUnits(n, s.currency)
}

// Confirm sets aside what is asked for, for the order, and answers with its token.
// It refuses with customer_unknown, thing_unknown, argument_invalid, amount_invalid,
// a reason of the declaration's rules, or as its kind of hold does: quota_exhausted,
// balance_insufficient, declined. A rule that cannot be computed does not hold.
func (s *Service) Confirm(ctx context.Context, order issuers.Order, ask Ask) (tokens.Issued, error) {
	return s.Issue(ctx, order, func() (hold, issuers.Letter, error) {
		h, of, err := s.applicable(order, ask)
		if err != nil {
			return hold{}, issuers.Letter{}, err
		}
		letter, err := s.letter(&h, order)
		if err != nil {
			return hold{}, issuers.Letter{}, err
		}
		h.Hold, _ = s.Hold(order, h.Amount, of...) // applicable has seen that it fits
		return h, letter, nil
	})
}

// Applicable reports whether [Service.Confirm] would set it aside now; the error is
// its refusal. Nothing is set aside.
func (s *Service) Applicable(order issuers.Order, ask Ask) (err error) {
	s.Read(func() { _, _, err = s.applicable(order, ask) })
	return err
}

// applicable gives the hold that is asked for, which fits, and what it is of.
func (s *Service) applicable(order issuers.Order, ask Ask) (hold, []*holds.Pot, error) {
	h, o, err := s.asked(order, ask, s.Clock.Now())
	if err != nil {
		return hold{}, nil, err
	}
	of, err := s.fits(o, order.Customer, h.Amount)
	return h, of, err
}

// Consider gives how much [Service.Confirm] would set aside at a time, as it is
// counted, and the most that there was in the beginning of what it would be of;
// [holds.Unlimited] is no end. The error is its refusal, but that it does not fit.
func (s *Service) Consider(order issuers.Order, ask Ask, now time.Time) (amount, most int64, err error) {
	h, o, err := s.asked(order, ask, now)
	if err != nil {
		return 0, 0, err
	}
	switch s.declaration.Holds {
	case Quota:
		return h.Amount, min(limitOf(o.Units), limitOf(o.PerCustomer)), nil
	case Balance:
		return h.Amount, s.accounts[order.Customer].Size(), nil
	case Authorisation:
		return h.Amount, o.Limit, nil
	}
	return 0, holds.Unlimited, nil
}

// asked gives the hold that is asked for, and the thing that it is of, whether or not
// it fits.
func (s *Service) asked(order issuers.Order, ask Ask, now time.Time) (hold, *offered, error) {
	d := s.declaration
	if !s.customers[order.Customer] || d.Holds == Balance && s.accounts[order.Customer] == nil {
		return hold{}, nil, tokens.Refuse(issuers.CustomerUnknown, "%s knows no customer %q", s.Service, order.Customer)
	}
	o, err := s.thing(order.Customer, ask.Thing)
	if err != nil {
		return hold{}, nil, err
	}
	h := hold{}
	if o != nil {
		h.thing = o.Thing
	}
	if h.arguments, err = s.arguments(order.Customer, ask.Arguments); err != nil {
		return hold{}, nil, err
	}
	env := s.env(&h, order.ID, order.Customer, order.Facts)
	env.Now = now.UTC()
	if len(env.Others) > MostOthers {
		return hold{}, nil, tokens.Refuse(issuers.ArgumentInvalid, "an order has at most %d confirmations of %s at once, whose rules look at all of them: revoke some", MostOthers+1, s.Service)
	}
	if h.amount, h.Amount, err = s.amountOf(env); err != nil {
		return hold{}, nil, tokens.Refuse(issuers.AmountInvalid, "%s", unread(err))
	}
	env.Amount = h.amount
	for i := range d.Confirm {
		rule := &d.Confirm[i]
		switch holds, err := rule.holds(env); {
		case err != nil:
			return hold{}, nil, tokens.Refuse(rule.Reason, "%s (%s)", rule.Says, unread(err))
		case !holds:
			return hold{}, nil, tokens.Refuse(rule.Reason, "%s", rule.Says)
		}
	}
	return h, o, nil
}

// env is what expressions see of a hold.
func (s *Service) env(h *hold, order, customer string, facts tokens.Facts) *Env {
	env := &Env{
		Thing: h.thing, Customer: customer, Facts: facts, Arguments: h.arguments, Amount: h.amount, Now: s.Clock.Now().UTC(),
		Constraints: h.constraints, Digest: func(value any) string { return h.salt.Digest(Text(value)) },
	}
	if s.declaration.Others {
		env.Others = s.others(h, order, customer)
	}
	return env
}

// others gives the order's other confirmations that stand, in their order.
func (s *Service) others(h *hold, order, customer string) []Other {
	var all []Other
	for _, o := range s.Standing(order, customer) {
		if o == h {
			continue
		}
		all = append(all, s.other(o))
	}
	return all
}

// other gives a hold as those beside it see it.
func (s *Service) other(h *hold) Other {
	o := Other{Thing: h.thing, Arguments: h.arguments, Amount: h.amount, Redeemed: h.redeemed, Taken: s.shown(h.Taken()), Worth: h.worth}
	if o.Worth == nil {
		o.Worth = issuers.OfUnits(0, s.currency)
	}
	return o
}

// amountOf computes how much is to be held: as expressions see it, and as it is
// counted.
func (s *Service) amountOf(env *Env) (any, int64, error) {
	switch d := s.declaration; {
	case d.Holds == None:
		return nil, 0, nil
	case d.Amount == nil:
		return s.positive(int64(1))
	default:
		value, err := d.Amount.Value(env)
		if err != nil {
			return nil, 0, err
		}
		return s.positive(value)
	}
}

// positive wants an amount that can be held.
func (s *Service) positive(value any) (any, int64, error) {
	n, err := Count(value)
	if err != nil {
		return nil, 0, err
	}
	if n <= 0 {
		return nil, 0, fmt.Errorf("the amount %s is not positive", Text(value))
	}
	return s.shown(n), n, nil
}

// holds reports whether a rule holds. The error says that it cannot be computed.
func (r *Rule) holds(env *Env) (bool, error) {
	value, err := r.Holds.Value(env)
	return value == true, err
}

// fits gives what a hold of so much would be of, or refuses.
func (s *Service) fits(o *offered, customer string, n int64) ([]*holds.Pot, error) {
	switch s.declaration.Holds {
	case Quota:
		// What has no limit has an end still: what can be counted.
		if left, _ := o.quota.Left(customer); left < n {
			return nil, tokens.Refuse(issuers.QuotaExhausted, "%s of %s asked for, %s left: %s", s.words(n), o.ID, s.words(left), s.limits(o))
		}
		return o.quota.Of(customer), nil
	case Balance:
		account := s.accounts[customer]
		if account.Free() < n {
			return nil, tokens.Refuse(issuers.BalanceInsufficient, "%s asked for, %s available", s.words(n), s.words(account.Free()))
		}
		return []*holds.Pot{account}, nil
	case Authorisation:
		if o.limit.Free() < n {
			return nil, tokens.Refuse(issuers.Declined, "%s declines %s: %s of its limit of %s is available", o.ID, s.words(n), s.words(o.limit.Free()), s.words(o.Limit))
		}
		return []*holds.Pot{o.limit}, nil
	}
	return nil, nil
}

// limits says what a thing's quota is.
func (s *Service) limits(o *offered) string {
	switch all, each := o.quota.Limits(); {
	case all == holds.Unlimited && each == holds.Unlimited:
		return "more cannot be counted"
	case all == holds.Unlimited:
		return s.words(each) + " for each customer"
	case each == holds.Unlimited:
		return s.words(all) + " in all"
	default:
		return fmt.Sprintf("%s for each customer, %s in all", s.words(each), s.words(all))
	}
}

// MostLetter is how long the constraints and what is sealed may be together, in
// bytes, so that the token stays within its bounds.
const MostLetter = 3000

// Letter gives how long they are together for what is asked for.
func (d *Declaration) Letter(env *Env) (int, error) {
	constraints, _, err := members(d.Constraints, env)
	if err != nil {
		return 0, err
	}
	if len(d.Sealed) == 0 {
		return len(constraints), nil
	}
	sealed, _, err := members(d.Sealed, env)
	return len(constraints) + len(sealed), err
}

// letter computes what goes into the token.
func (s *Service) letter(h *hold, order issuers.Order) (issuers.Letter, error) {
	h.salt, h.digests = s.NewSalt(), map[string]string{}
	env := s.env(h, order.ID, order.Customer, order.Facts)
	env.Digest = func(value any) string {
		text := Text(value)
		digest := h.salt.Digest(text)
		h.digests[digest] = text
		return digest
	}
	constraints, values, err := members(s.declaration.Constraints, env)
	if err != nil {
		return issuers.Letter{}, tokens.Refuse(issuers.ArgumentInvalid, "constraints: %s", unread(err))
	}
	h.constraints = values
	letter := issuers.Letter{Constraints: constraints}
	if len(s.declaration.Sealed) > 0 {
		if h.sealed, _, err = members(s.declaration.Sealed, env); err != nil {
			return issuers.Letter{}, tokens.Refuse(issuers.ArgumentInvalid, "sealed: %s", unread(err))
		}
		letter.Sealed = h.sealed
	}
	if size := len(constraints) + len(h.sealed); size > MostLetter {
		return issuers.Letter{}, tokens.Refuse(issuers.ArgumentInvalid, "its constraints and what is sealed come to %d bytes, a token has place for %d", size, MostLetter)
	}
	return letter, nil
}

// members computes values, and writes them as a JSON object.
func members(all []Member, env *Env) (json.RawMessage, map[string]any, error) {
	values := make(map[string]any, len(all))
	for _, m := range all {
		value, err := m.Value.Value(env)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		values[m.Name] = value
	}
	text, err := object(all, values)
	return text, values, err
}

// Letter wants what is sealed to be what was; see [issuers.Rules].
func (s *Service) Letter(h *hold, opened json.RawMessage) error {
	if !bytes.Equal(opened, h.sealed) {
		return tokens.Refuse(tokens.SealedUnreadable, "the sealed section is not the one that was issued")
	}
	return nil
}

// Commit holds the rules of redemption against the facts, and takes what was held,
// or as much of it as the declaration says; see [issuers.Rules]. It refuses with a
// rule's own reason, and with constraint_violated when more would be taken than was
// held or something cannot be computed.
func (s *Service) Commit(h *hold, facts tokens.Facts) (any, error) {
	d, env := s.declaration, s.env(h, h.Order, h.Customer, facts)
	for i := range d.Redeem {
		rule := &d.Redeem[i]
		switch holds, err := rule.holds(env); {
		case err != nil:
			return nil, tokens.Refuse(tokens.ConstraintViolated, "whether it is %s: %s", rule.Reason, unread(err))
		case !holds:
			return nil, tokens.Refuse(rule.Reason, "%s", rule.Says)
		}
	}
	taken, err := s.capture(h, env)
	if err != nil {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "capture: %s", unread(err))
	}
	env.Taken = s.shown(taken)
	if err := s.worth(env); err != nil {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "worth: %s", unread(err))
	}
	body, err := s.receipt(env, taken)
	if err != nil {
		return nil, tokens.Refuse(tokens.ConstraintViolated, "receipt: %s", unread(err))
	}
	h.Take(taken)
	h.redeemed, h.worth = true, env.Worth
	return body, nil
}

// Undo gives back what was taken; see [issuers.Rules].
func (s *Service) Undo(h *hold) {
	s.Books.Undo(h)
	h.redeemed, h.worth = false, nil
}

// worth computes what a redemption comes to.
func (s *Service) worth(env *Env) (err error) {
	if s.declaration.Worth == nil {
		return nil
	}
	if env.Worth, err = s.declaration.Worth.Value(env); err != nil {
		return err
	}
	switch n, err := Count(env.Worth); {
	case err != nil:
		return err
	case n < 0:
		return errors.New(Text(env.Worth) + " is less than nothing")
	}
	return nil
}

// capture computes how much of what is held is taken.
func (s *Service) capture(h *hold, env *Env) (int64, error) {
	if s.declaration.Holds != Authorisation || s.declaration.Capture == nil {
		return h.Amount, nil
	}
	value, err := s.declaration.Capture.Value(env)
	if err != nil {
		return 0, err
	}
	switch n, err := Count(value); {
	case err != nil:
		return 0, err
	case n > h.Amount:
		return 0, fmt.Errorf("%s is more than the %s that was authorised", s.words(n), s.words(h.Amount))
	case n < 0:
		return 0, errors.New(s.words(n) + " is less than nothing")
	default:
		return n, nil
	}
}

// receipt computes the receipt's body. Of an authorisation it says what was
// captured, whatever else it says.
func (s *Service) receipt(env *Env, taken int64) (json.RawMessage, error) {
	all, values := s.declaration.Receipt, map[string]any{}
	_, values, err := members(all, env)
	if err != nil {
		return nil, err
	}
	add := func(name string, value any) {
		if _, said := values[name]; !said {
			all, values[name] = append(all[:len(all):len(all)], Member{Name: name}), value
		}
	}
	if len(s.declaration.Receipt) == 0 {
		if env.Thing != nil {
			add("thing", env.Thing.ID)
		}
		if env.Amount != nil {
			add("amount", env.Amount)
		}
		if env.Worth != nil {
			add("worth", env.Worth)
		}
	}
	if s.declaration.Holds == Authorisation {
		add("captured", s.shown(taken))
	}
	return object(all, values)
}

// CanonCounts writes the counts, and what time it is when rules look at it: they may
// ask for more than for how far off something is. See [issuers.Saver].
func (s *Service) CanonCounts(w tokens.Canon) {
	s.Books.CanonCounts(w)
	if s.declaration.Clock {
		w.Time(time.Unix(0, 0))
	}
}

// CanonHold writes what the hold is; see [issuers.Saver]. Digests, of which each
// token has others, are written as what they are of.
func (s *Service) CanonHold(w tokens.Canon, h *hold) {
	h.Canon(w)
	if h.thing != nil {
		w.Text(h.thing.ID)
	}
	for _, a := range s.declaration.Arguments {
		if t, is := h.arguments[a.Name].(time.Time); is {
			w.Time(t)
			continue
		}
		w.Text(Text(h.arguments[a.Name]))
	}
	for _, m := range s.declaration.Constraints {
		text := Text(h.constraints[m.Name])
		if of, is := h.digests[text]; is {
			text = of
		}
		w.Text(text)
	}
	w.Text(string(h.sealed))
	w.Bool(h.worth != nil)
	if h.worth != nil {
		w.Text(Text(h.worth))
	}
}
