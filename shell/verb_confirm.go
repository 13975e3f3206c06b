// coupon, points, payment, revoke: the client and the domains.

package shell

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/tokens"
)

// confirmFlags are the flags of every confirm.
type confirmFlags struct {
	Name string `placeholder:"HANDLE" help:"What to call the token; coupon-1 and so on unless given."`
	TTL  *span  `name:"ttl" placeholder:"D" help:"How long it lives: 2m unless given, 5m at most."`
}

// confirmation is the JSON of a confirm.
type confirmation struct {
	Token        string   `json:"token"`
	JTI          string   `json:"jti"`
	Issuer       string   `json:"iss"`
	KeyID        string   `json:"kid"`
	Algorithm    string   `json:"alg"`
	Expires      int64    `json:"exp"`
	Order        string   `json:"order_processing_id"`
	Capabilities []string `json:"capabilities"`
}

// confirm has a service confirm for the current session, keeps the token and
// says what was issued.
func (c *call) confirm(service, choice string, flags confirmFlags, ask func(context.Context, issuers.Order) (tokens.Issued, error)) error {
	var ttl time.Duration
	if flags.TTL != nil {
		if ttl = time.Duration(*flags.TTL); ttl < time.Second {
			return exit.Usage("write one of 1s to 5m", "--ttl %s is too short", ttl)
		}
	}
	snap, err := c.sessionNamed("")
	if err != nil {
		return err
	}
	if snap.State != orchestrator.Open {
		return tokens.Refuse(tokens.SessionClosed, "session %q is %s", snap.ID, snap.State)
	}
	if err := c.wallet.checkHandle(flags.Name); err != nil {
		return err
	}
	order := issuers.Order{ID: snap.ID, Customer: snap.Customer, Facts: snap.Facts, TTL: ttl}
	issued, err := c.world.ask(c.ctx, service, choice, order, func() (tokens.Issued, error) { return ask(c.ctx, order) })
	if err != nil {
		return err
	}
	c.wallet.forget(c.world.clock.Now().Add(-issuers.Retention))
	t := &heldToken{handle: flags.Name, raw: issued.Raw, ref: issued.Ref, service: issued.Service, since: c.world.clock.Now(), expires: issued.ExpiresAt}
	c.wallet.add(t, handleKinds[issued.Service])
	said := confirmation{
		t.handle, issued.Ref.ID, issued.Ref.Issuer, issued.KeyID, issued.Algorithm, issued.ExpiresAt.Unix(), issued.Ref.Order, issued.Capabilities,
	}
	return c.out.Show(said, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %s for %s, expires %s\n", t.handle, strings.Join(said.Capabilities, " "), said.Order, c.when(issued.ExpiresAt))
	})
}

// when writes a time as clock and distance: "12:01:30, in 90 s".
func (s *Shell) when(t time.Time) string {
	text, d := t.UTC().Format("15:04:05"), t.Sub(s.world.clock.Now())
	if d > 0 {
		return text + ", in " + page.HowFar(d)
	}
	return text + ", " + page.HowFar(-d) + " ago"
}

// whose gives the customer that a listing is about: the current session's, or
// the one that a new session would be for.
func (s *Shell) whose() string {
	if snap, err := s.world.relay.Session(s.session); err == nil {
		return snap.Customer
	}
	return s.customer("")
}

type couponVerb struct {
	List    couponList    `cmd:"" looks:"" help:"List the coupons as the session's customer sees them." example:"coupon list"`
	Confirm couponConfirm `cmd:"" help:"Reserve a use of a coupon; a token confirms it." example:"coupon confirm TEN"`
}

type couponList struct{}

// Run lists the coupons.
func (v *couponList) Run(c *call) error {
	customer := c.whose()
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
	for _, l := range c.world.coupons.List(customer) {
		entry, left := listed{l.Code, nil, l.Terms, l.Minimum, l.Combinable, l.Inactive}, "unlimited"
		if l.Limited {
			entry.UsesLeft, left = &l.Left, fmt.Sprint(l.Left)
		}
		list.Coupons = append(list.Coupons, entry)
		rows.Row(page.Rigid(l.Code), page.Number(l.Terms), page.Number(page.OrDash(l.Minimum)), page.Number(left), page.YesNo(l.Combinable), l.Inactive)
	}
	return c.out.Show(list, rows.Write)
}

type couponConfirm struct {
	Code string `arg:"" complete:"coupon" help:"The coupon's code."`
	confirmFlags
}

// Run confirms a coupon.
func (v *couponConfirm) Run(c *call) error {
	code := v.Code
	return c.confirm("coupons", code, v.confirmFlags, func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		return c.world.coupons.Confirm(ctx, order, code)
	})
}

type pointsVerb struct {
	Balance pointsBalance `cmd:"" looks:"" help:"Show the points of the session's customer." example:"points balance"`
	Confirm pointsConfirm `cmd:"" help:"Hold points; a token confirms them." example:"points confirm 500"`
}

type pointsBalance struct{}

// Run shows the balance.
func (v *pointsBalance) Run(c *call) error {
	customer := c.whose()
	b, err := c.world.points.Balance(customer)
	if err != nil {
		return err
	}
	data := struct {
		Customer  string `json:"customer"`
		Balance   int64  `json:"balance"`
		Held      int64  `json:"held"`
		Available int64  `json:"available"`
	}{b.Customer, b.Balance, b.Held, b.Available}
	return c.out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s has %d points: %d held, %d available\n", b.Customer, b.Balance, b.Held, b.Available)
	})
}

type pointsConfirm struct {
	Amount string `arg:"" help:"How many points: a positive whole number."`
	confirmFlags
}

// Run confirms points.
func (v *pointsConfirm) Run(c *call) error {
	amount := v.Amount
	return c.confirm("points", amount+" points", v.confirmFlags, func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		return c.world.points.Confirm(ctx, order, amount)
	})
}

type paymentVerb struct {
	Methods paymentMethods `cmd:"" looks:"" help:"List the cards of the session's customer." example:"payment methods"`
	Confirm paymentConfirm `cmd:"" help:"Authorise an amount on a card; a token confirms it." example:"payment confirm 80.00 --method visa"`
}

type paymentMethods struct{}

// Run lists the cards.
func (v *paymentMethods) Run(c *call) error {
	customer := c.whose()
	methods, err := c.world.payments.Methods(customer)
	if err != nil {
		return err
	}
	type listed struct {
		ID         string `json:"id"`
		Limit      string `json:"limit"`
		Authorised string `json:"authorised"`
		Captured   string `json:"captured"`
		Available  string `json:"available"`
	}
	list := struct {
		Methods []listed `json:"methods"`
	}{[]listed{}}
	rows := page.NewTable("METHOD", "LIMIT", "AUTHORISED", "CAPTURED", "AVAILABLE")
	for _, m := range methods {
		list.Methods = append(list.Methods, listed(m))
		rows.Row(page.Rigid(m.ID), page.Number(m.Limit), page.Number(m.Authorised), page.Number(m.Captured), page.Number(m.Available))
	}
	return c.out.Show(list, rows.Write)
}

type paymentConfirm struct {
	Amount string `arg:"" help:"How much, in the world's currency: 80.00."`
	Method string `required:"" complete:"card" placeholder:"M" help:"The card."`
	confirmFlags
}

// Run confirms a payment.
func (v *paymentConfirm) Run(c *call) error {
	amount, method := v.Amount, v.Method
	return c.confirm("payments", amount+" on "+method, v.confirmFlags, func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
		return c.world.payments.Confirm(ctx, order, amount, method)
	})
}

type revokeVerb struct {
	Token string `arg:"" complete:"token" help:"A handle, a token or @FILE."`
}

// Run revokes a token.
func (v *revokeVerb) Run(c *call) error {
	t, err := c.token(v.Token)
	if err != nil {
		return err
	}
	p, err := c.world.issuer(t.ref.Issuer)
	if err != nil {
		return err
	}
	if err := c.world.revoke(c.ctx, p, t); err != nil {
		return err
	}
	for _, held := range c.wallet.held {
		if held.ref == t.ref {
			held.revoked = true
		}
	}
	data := tokenState{Token: t.label(), JTI: t.ref.ID, Service: p.name, Status: "revoked"}
	return c.out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s is %s\n", t.label(), w.State("revoked")) })
}
