// Coupons: the domain as a world and a shell know it.

package domains

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/issuers/currency"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

func couponsKind() Domain {
	return Domain{
		Kind: world.Kind{
			Name: "coupons", Handle: "coupon", Capability: coupons.Capability,
			Holds: "reserves a use of the coupon", Verbs: "coupon list, coupon confirm, revoke, keys, view coupons",
			Reads:   []string{coupons.Subtotal},
			Reasons: coupons.Reasons(), Lessons: map[tokens.Reason]string{
				coupons.Unknown:       "coupon list shows the coupons",
				coupons.Inactive:      "coupon list shows from when until when; clock set moves the time forward",
				coupons.Exhausted:     "coupon list shows the uses that are left; revoke gives back one that is not redeemed",
				coupons.MinimumNotMet: "session set subtotal=… says what the order comes to; coupon list shows the minimum",
				coupons.NotCombinable: "coupon list shows which go together; revoke takes the other one back while it is not redeemed",
			},
			Section: func() world.Section { return &couponSection{} },
		},
		Verbs: func() any {
			return &struct {
				Coupon couponVerb `cmd:"" group:"client" help:"List coupons and confirm one."`
			}{}
		},
		Offers: map[string]interp.Offer{"coupon": offerCoupons},
	}
}

// couponSection is what a world file says of coupons.
type couponSection struct {
	Coupons []couponFile `yaml:"coupons" like:"[{code: TEN, percent: 10}]" help:"The coupons that there are."`

	list []coupons.Coupon
}

type couponFile struct {
	Code        yamlfile.Written `yaml:"code" like:"TEN" help:"Its name."`
	Amount      yamlfile.Written `yaml:"amount" like:"\"25.00\"" help:"What it takes off; instead of percent."`
	Percent     *yamlfile.Whole  `yaml:"percent" like:"10" help:"How much of the subtotal it takes off, 1 to 100."`
	Minimum     yamlfile.Written `yaml:"minimum" like:"\"100.00\"" help:"The smallest subtotal."`
	PerCustomer *yamlfile.Whole  `yaml:"per_customer" like:"1" help:"How often each customer may use it; without it there is no limit."`
	Total       *yamlfile.Whole  `yaml:"total" like:"100" help:"How often it may be used in all; without it there is no limit."`
	Combinable  bool             `yaml:"combinable" like:"true" help:"It goes with others that do, in one order."`
	Valid       *validFile       `yaml:"valid" like:"{from: 2025-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}" help:"When it can be confirmed."`
}

type validFile struct {
	From  yamlfile.Written `yaml:"from" like:"2025-01-01T00:00:00Z" help:"From then on."`
	Until yamlfile.Written `yaml:"until" like:"2027-01-01T00:00:00Z" help:"Until then; at that moment it is not valid any more."`
}

// Said reports whether there are any.
func (s *couponSection) Said() bool { return len(s.Coupons) > 0 }

// ReadCustomer has nothing to read.
func (s *couponSection) ReadCustomer(*world.Reader, string, string, any) {}

// Read reads the coupons.
func (s *couponSection) Read(r *world.Reader) {
	codes := world.Names{}
	for i, f := range s.Coupons {
		s.readCoupon(r, fmt.Sprintf("$.coupons[%d]", i), f, codes)
	}
}

func (s *couponSection) readCoupon(r *world.Reader, at string, f couponFile, codes world.Names) {
	r.Name(at, "coupon code", string(f.Code), codes)
	coupon := coupons.Coupon{
		Code: string(f.Code), PerCustomer: limit(r, at+".per_customer", "per_customer", f.PerCustomer), Total: limit(r, at+".total", "total", f.Total), Combinable: f.Combinable,
	}
	switch {
	case (f.Amount == "") == (f.Percent == nil):
		r.Fail(at, "coupon %q has either an amount or a percent", f.Code)
	case f.Amount != "":
		amount := r.Money(at+".amount", "amount", string(f.Amount), true)
		coupon.Amount = &amount
	case *f.Percent < 1 || *f.Percent > 100:
		r.Fail(at+".percent", "percent %d: write 1 to 100", *f.Percent)
	default:
		coupon.Percent = int(*f.Percent)
	}
	if f.Minimum != "" {
		minimum := r.Money(at+".minimum", "minimum", string(f.Minimum), false)
		coupon.Minimum = &minimum
	}
	if f.Valid != nil {
		coupon.From = r.Time(at+".valid.from", string(f.Valid.From))
		coupon.Until = r.Time(at+".valid.until", string(f.Valid.Until))
		if !coupon.From.IsZero() && !coupon.Until.IsZero() && !coupon.From.Before(coupon.Until) {
			r.Fail(at+".valid", "coupon %q is valid from a time that is not before its until", f.Code)
		}
	}
	s.list = append(s.list, coupon)
}

// limit reads how often at most; 0 when it was left out. A written 0 is refused: it
// would read as never, and be without end.
func limit(r *world.Reader, at, what string, written *yamlfile.Whole) int {
	if written == nil {
		return 0
	}
	if *written < 1 {
		r.Fail(at, "%s %d: write 1 or more, or leave it out when there is no limit", what, *written)
	}
	return int(*written)
}

// Open starts the service.
func (s *couponSection) Open(ctx context.Context, in world.Setting) (world.Domain, error) {
	service, err := coupons.New(ctx, coupons.Config{Config: in.Config, Currency: in.Currency, Customers: in.Customers, Coupons: s.list})
	if err != nil {
		return nil, err
	}
	d := &couponDomain{Service: service, customers: in.Customers, offers: s.list, explored: s.explored(service.List(in.Customers[0]), in.Clock.Now())}
	d.subtotal, err = issuers.ParseMoney(issuers.Like("120.00", in.Currency), in.Currency)
	for _, c := range d.explored {
		if c.Minimum != nil && (!d.wanted || issuers.Less(d.subtotal, *c.Minimum)) {
			d.subtotal, d.wanted = *c.Minimum, true
		}
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// explored gives the coupons that are explored: a few, those that are valid now
// first, of which the scarcest is among them; of the others, those that will be.
func (s *couponSection) explored(listed []coupons.Listed, now time.Time) []coupons.Coupon {
	var valid, later, past []coupons.Coupon
	for i, l := range listed {
		switch of := s.list[i]; {
		case l.Inactive == "":
			valid = append(valid, of)
		case now.Before(of.From):
			later = append(later, of)
		default:
			past = append(past, of)
		}
	}
	most := mostChoices
	if len(later) > 0 {
		most--
	}
	if len(valid) > most {
		scarcest := slices.MinFunc(valid[most-1:], func(a, b coupons.Coupon) int { return cmp.Compare(scarce(a), scarce(b)) })
		valid = append(valid[:most-1], scarcest)
	}
	all := slices.Concat(valid, later, past)
	return all[:min(mostChoices, len(all))]
}

// scarce gives how often a coupon can be used by everybody together.
func scarce(c coupons.Coupon) int {
	if c.Total == 0 {
		return math.MaxInt
	}
	return c.Total
}

// couponDomain is the service in a world.
type couponDomain struct {
	*coupons.Service
	customers []string
	offers    []coupons.Coupon
	explored  []coupons.Coupon
	subtotal  currency.Amount // of an order that is explored: no coupon wants more
	wanted    bool            // one of them wants as much
}

// Fits wants no more taken off an order than it comes to.
func (d *couponDomain) Fits(facts tokens.Facts, receipts []tokens.Receipt, _ bool) error {
	text, said := facts[coupons.Subtotal]
	if !said {
		return nil
	}
	left, err := issuers.ParseMoney(text, d.subtotal.CurrencyCode())
	if err != nil {
		return fmt.Errorf("coupons has redeemed for an order whose %s is %q: %w", coupons.Subtotal, text, err)
	}
	for _, r := range receipts {
		var says struct {
			Discount string `json:"discount"`
		}
		if err := json.Unmarshal(r.Body, &says); err != nil {
			return fmt.Errorf("the receipt %s of coupons cannot be read: %w", r.ID, err)
		}
		discount, err := issuers.ParseMoney(says.Discount, d.subtotal.CurrencyCode())
		if err != nil {
			return fmt.Errorf("the receipt %s of coupons says what it takes off as %q", r.ID, says.Discount)
		}
		if left = issuers.Sub(left, discount); left.IsNegative() {
			return fmt.Errorf("more is taken off than the %s that the order comes to", text)
		}
	}
	return nil
}

// Accounts gives the uses of each coupon.
func (d *couponDomain) Accounts() world.Accounts {
	used := map[string]int{}
	rows := page.NewTable("CODE", "TERMS", "USED")
	for _, l := range d.List(d.customers[0]) {
		used[l.Code] = l.Used
		rows.Row(page.Rigid(l.Code), page.Number(l.Terms), l.Used)
	}
	return world.Accounts{Data: used, Rows: rows}
}

// Counts gives the same by name.
func (d *couponDomain) Counts() map[string]string {
	counts := map[string]string{}
	for _, l := range d.List(d.customers[0]) {
		counts["coupon "+l.Code] = fmt.Sprintf("%d used", l.Used)
	}
	return counts
}

// About has nothing to say of a customer.
func (d *couponDomain) About(string) string { return "" }

// choice is a use of a coupon.
func (d *couponDomain) choice(code string) world.Choice {
	return world.Choice{
		Service: "coupons", Held: spec.Hold{Coupon: code, Amount: 1}, Says: code, Line: "coupon confirm " + code, Kind: "coupon confirm " + code,
		Ask: func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
			return d.Confirm(ctx, order, code)
		},
	}
}

// Sample is a use of the first coupon that is valid and has no minimum and no
// limit, and goes with others; or of the one that has most of this.
func (d *couponDomain) Sample(customer string) world.Choice {
	listed := d.List(customer)
	if len(listed) == 0 {
		return d.choice("NONE")
	}
	return d.choice(slices.MaxFunc(listed, func(a, b coupons.Listed) int { return cmp.Compare(easy(a), easy(b)) }).Code)
}

// easy ranks coupons by how readily they are confirmed again and again.
func easy(l coupons.Listed) (rank int) {
	for i, good := range []bool{l.Combinable, !l.Limited, l.Minimum == "", l.Inactive == ""} {
		if good {
			rank |= 1 << i
		}
	}
	return rank
}

// mostChoices keeps worlds small enough to be walked through.
const mostChoices = 6

// Choices are uses of a few coupons.
func (d *couponDomain) Choices(string) []world.Choice {
	var all []world.Choice
	for _, c := range d.explored {
		choice := d.choice(c.Code)
		choice.Last = c.Total == 1
		all = append(all, choice)
	}
	if at := slices.IndexFunc(d.explored, func(c coupons.Coupon) bool { return c.PerCustomer == 1 && c.Total != 1 }); at >= 0 {
		all[at].Last = true
	}
	isBoth := func(c coupons.Coupon) bool { return c.Total == 1 && c.PerCustomer > 0 }
	if at := slices.IndexFunc(d.offers, isBoth); at >= 0 && !slices.ContainsFunc(d.explored, isBoth) {
		choice := d.choice(d.offers[at].Code)
		choice.Last = true
		all = append(all, choice)
	}
	return all
}

// Foretell tells which coupons there are.
func (d *couponDomain) Foretell(m *spec.World) spec.Rules {
	countIn(m, d.subtotal.CurrencyCode())
	for _, c := range d.offers {
		coupon := spec.Coupon{Code: c.Code, Percent: c.Percent, From: second(c.From), Until: second(c.Until), PerCustomer: c.PerCustomer, Total: c.Total, Combinable: c.Combinable}
		if c.Minimum != nil {
			minimum, ok := counted(*c.Minimum)
			if !ok {
				return nil
			}
			coupon.Minimum = minimum
		}
		if c.Amount != nil {
			off, ok := counted(*c.Amount)
			if !ok {
				return nil
			}
			coupon.Off = off
		}
		m.Coupons = append(m.Coupons, coupon)
	}
	return spec.CouponRules{}
}

// second gives a time as a model has it; 0 for none.
func second(t time.Time) int {
	if t.IsZero() {
		return 0
	}
	return int(t.Unix())
}

// Facts say that the order comes to what the coupons want and no more, and later to
// a little less than that, and than what the smallest of them takes off by itself.
func (d *couponDomain) Facts(string) (first, later tokens.Facts) {
	first = tokens.Facts{coupons.Subtotal: d.subtotal.Number()}
	less, some := d.subtotal, d.wanted
	for _, c := range d.explored {
		if c.Amount != nil && c.Minimum == nil && !issuers.Less(less, *c.Amount) {
			less, some = *c.Amount, true
		}
	}
	if some && less.IsPositive() {
		later = tokens.Facts{coupons.Subtotal: issuers.Sub(less, issuers.Least(less.CurrencyCode())).Number()}
	}
	return first, later
}

// offerCoupons offers those that the current order could confirm now.
func offerCoupons(c *client.Client) []lineedit.Candidate {
	d, err := world.Of[*couponDomain](c.World)
	if err != nil {
		return nil
	}
	order := issuers.Order{Customer: c.Whose()}
	if snap, err := c.World.Relay.Session(c.Order); err == nil {
		order.ID, order.Facts = snap.ID, snap.Facts
	}
	var all []lineedit.Candidate
	for _, l := range d.List(order.Customer) {
		if d.Applicable(order, l.Code) == nil {
			all = append(all, lineedit.Candidate{Value: l.Code, Description: l.Terms + " off" + page.Prefixed(", from ", l.Minimum)})
		}
	}
	return all
}

type couponVerb struct {
	List    couponList    `cmd:"" looks:"" help:"List the coupons as the session's customer sees them." example:"coupon list"`
	Confirm couponConfirm `cmd:"" help:"Reserve a use of a coupon; a token confirms it." example:"coupon confirm TEN"`
}

type couponList struct{}

// Run lists the coupons.
func (v *couponList) Run(c *client.Client, out *answer.Out) error {
	d, err := world.Of[*couponDomain](c.World)
	if err != nil {
		return err
	}
	type listed struct {
		Code       string `json:"code"`
		UsesLeft   *int   `json:"uses_left"` // null is no limit
		Terms      string `json:"terms"`
		Minimum    string `json:"minimum,omitempty"`
		Combinable bool   `json:"combinable"`
		Inactive   string `json:"inactive,omitempty"`
	}
	list := struct {
		Coupons []listed `json:"coupons"`
	}{[]listed{}}
	rows := page.NewTable("CODE", "TERMS", "MINIMUM", "USES LEFT", "COMBINABLE", "")
	for _, l := range d.List(c.Whose()) {
		entry, left := listed{l.Code, nil, l.Terms, l.Minimum, l.Combinable, l.Inactive}, "unlimited"
		if l.Limited {
			entry.UsesLeft, left = &l.Left, fmt.Sprint(l.Left)
		}
		list.Coupons = append(list.Coupons, entry)
		rows.Row(page.Rigid(l.Code), page.Number(l.Terms), page.Number(page.OrDash(l.Minimum)), page.Number(left), page.YesNo(l.Combinable), l.Inactive)
	}
	return out.Show(list, rows.Write)
}

type couponConfirm struct {
	Code string `arg:"" complete:"coupon" help:"The coupon's code."`
	ConfirmFlags
}

// Run confirms a coupon.
func (v *couponConfirm) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	d, err := world.Of[*couponDomain](c.World)
	if err != nil {
		return err
	}
	return Confirm(ctx, c, out, d.choice(v.Code), v.ConfirmFlags)
}
