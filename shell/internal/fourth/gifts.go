// Package fourth is a fourth domain, gift cards, as somebody adds one: a service
// of its own (package giftcards), this file, and a row where domains are listed.
// Its tests show that nothing else has to change.
package fourth

import (
	"context"
	"fmt"

	"tokenshell/issuers"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/fourth/giftcards"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// Gifts is the domain.
func Gifts() domains.Domain {
	return domains.Domain{
		Kind: world.Kind{
			Name: "gifts", Handle: "gift", Capability: giftcards.Capability, Optional: true,
			Holds: "holds an amount of the gift card", Verbs: "gift list, gift confirm, revoke, keys, view gifts",
			Reasons: giftcards.Reasons(), Lessons: map[tokens.Reason]string{
				giftcards.Unknown: "gift list shows the gift cards",
				giftcards.Empty:   "gift list shows what is available on each",
			},
			Section: func() world.Section { return &section{} },
		},
		Verbs: func() any {
			return &struct {
				Gift verb `cmd:"" group:"client" help:"List gift cards and confirm an amount of one."`
			}{}
		},
		Offers: map[string]interp.Offer{"gift": offerCards},
	}
}

// section is what a world file says of gift cards.
type section struct {
	Gifts []struct {
		Code    yamlfile.Written `yaml:"code"`
		Balance yamlfile.Written `yaml:"balance"`
	} `yaml:"gift_cards"`

	cards []giftcards.Card
}

// Said reports whether there are any.
func (s *section) Said() bool { return len(s.Gifts) > 0 }

// ReadCustomer has nothing to read.
func (s *section) ReadCustomer(*world.Reader, string, string, any) {}

// Read reads the cards.
func (s *section) Read(r *world.Reader) {
	codes := world.Names{}
	for i, f := range s.Gifts {
		at := fmt.Sprintf("$.gift_cards[%d]", i)
		r.Name(at, "gift card", string(f.Code), codes)
		s.cards = append(s.cards, giftcards.Card{Code: string(f.Code), Balance: r.Money(at+".balance", "balance", string(f.Balance), false)})
	}
}

// Open starts the service.
func (s *section) Open(ctx context.Context, in world.Setting) (world.Domain, error) {
	service, err := giftcards.New(ctx, giftcards.Config{Config: in.Config, Currency: in.Currency, Cards: s.cards})
	return &domain{service}, err
}

// domain is the service in a world.
type domain struct{ *giftcards.Service }

// Accounts gives every card.
func (d *domain) Accounts() world.Accounts {
	data := map[string]map[string]string{}
	rows := page.NewTable("CODE", "BALANCE", "HELD", "AVAILABLE")
	for _, c := range d.List() {
		data[c.Code] = map[string]string{"balance": c.Balance, "held": c.Held, "available": c.Available}
		rows.Row(page.Rigid(c.Code), page.Number(c.Balance), page.Number(c.Held), page.Number(c.Available))
	}
	return world.Accounts{Data: data, Rows: rows}
}

// Counts gives the same by name.
func (d *domain) Counts() map[string]string {
	counts := map[string]string{}
	for _, c := range d.List() {
		counts["gift card "+c.Code] = c.Balance + ", " + c.Held + " held"
	}
	return counts
}

// About has nothing to say of a customer: whoever knows the code has the card.
func (d *domain) About(string) string { return "" }

func (d *domain) choice(code, amount string) world.Choice {
	return world.Choice{
		Service: "gifts", Says: amount + " of " + code, Line: "gift confirm " + code + " " + amount, Kind: "gift confirm " + code,
		Ask: func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
			return d.Confirm(ctx, order, code, amount)
		},
	}
}

// Sample is a little of the first card.
func (d *domain) Sample(string) world.Choice { return d.choice(d.List()[0].Code, "1.00") }

// Choices are some of each card: two do not fit.
func (d *domain) Choices(string) []world.Choice {
	var all []world.Choice
	for _, c := range d.List() {
		all = append(all, d.choice(c.Code, "30.00"))
	}
	return all
}

// Facts are none: no fact bears on gift cards.
func (d *domain) Facts(string) (first, later tokens.Facts) { return nil, nil }

func offerCards(c *client.Client) []lineedit.Candidate {
	d, err := world.Of[*domain](c.World)
	if err != nil {
		return nil
	}
	var all []lineedit.Candidate
	for _, card := range d.List() {
		all = append(all, lineedit.Candidate{Value: card.Code, Description: card.Available + " available"})
	}
	return all
}

type verb struct {
	List    list    `cmd:"" looks:"" help:"List the gift cards." example:"gift list"`
	Confirm confirm `cmd:"" help:"Hold an amount of a gift card; a token confirms it." example:"gift confirm BIRTHDAY 20.00"`
}

type list struct{}

// Run lists the cards.
func (v *list) Run(w *world.World, out *answer.Out) error {
	d, err := world.Of[*domain](w)
	if err != nil {
		return err
	}
	accounts := d.Accounts()
	return out.Show(map[string]any{"gift_cards": accounts.Data}, accounts.Rows.Write)
}

type confirm struct {
	Code   string `arg:"" complete:"gift" help:"The gift card's code."`
	Amount string `arg:"" help:"How much, in the world's currency: 20.00."`
	domains.ConfirmFlags
}

// Run confirms an amount.
func (v *confirm) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	d, err := world.Of[*domain](c.World)
	if err != nil {
		return err
	}
	return domains.Confirm(ctx, c, out, d.choice(v.Code, v.Amount), v.ConfirmFlags)
}
