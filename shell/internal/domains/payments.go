// Payments: the domain as a world and a shell know it.

package domains

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/payments"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

func paymentsKind() Domain {
	return Domain{
		Kind: world.Kind{
			Name: "payments", Handle: "payment", Capability: payments.Capability, Seals: true,
			Holds: "authorises the amount on the card", Verbs: "payment methods, payment confirm, revoke, keys, view payments",
			Reads:   []string{payments.Payable},
			Reasons: payments.Reasons(), Lessons: map[tokens.Reason]string{
				issuers.AmountInvalid:  amountLesson,
				payments.MethodUnknown: "payment methods shows the cards",
				payments.Declined:      "payment methods shows what is available on each card",
			},
			Section:  func() world.Section { return &paymentSection{cards: map[string][]payments.Card{}} },
			Customer: cardsOfCustomer{},
		},
		Verbs: func() any {
			return &struct {
				Payment paymentVerb `cmd:"" group:"client" help:"List payment methods and confirm an amount."`
			}{}
		},
		Offers: map[string]interp.Offer{"card": offerCards},
	}
}

// paymentSection is what a world file says of payments: nothing but cards.
type paymentSection struct {
	cards map[string][]payments.Card
}

type cardsOfCustomer struct {
	Cards []cardFile `yaml:"cards" like:"[{id: visa, number: \"4242424242424242\", limit: \"500.00\"}]" help:"What the customer pays with."`
}

type cardFile struct {
	ID       yamlfile.Written `yaml:"id" like:"visa" help:"What --method calls it."`
	Number   yamlfile.Written `yaml:"number" like:"\"4242424242424242\"" help:"4 to 19 digits, of which the last four are shown."`
	Limit    yamlfile.Written `yaml:"limit" like:"\"500.00\"" help:"What it authorises at most."`
	Declines bool             `yaml:"declines" like:"true" help:"It declines whatever is asked."`
}

// Said reports whether anybody has a card.
func (s *paymentSection) Said() bool { return len(s.cards) > 0 }

// ReadCustomer reads a customer's cards.
func (s *paymentSection) ReadCustomer(r *world.Reader, at, customer string, keys any) {
	ids := world.Names{}
	for i, card := range keys.(*cardsOfCustomer).Cards {
		at := fmt.Sprintf("%s.cards[%d]", at, i)
		r.Name(at, "card id", string(card.ID), ids)
		if !yamlfile.Digits(string(card.Number), 4, 19) {
			r.Fail(at, "card %q: its number is 4 to 19 digits, in quotes", card.ID)
		}
		if redact.Numbers(string(card.ID)) != string(card.ID) {
			r.Fail(at, "a card's id is shown, and this one could be a number: write a name such as visa")
		}
		r.Numbers = append(r.Numbers, string(card.Number))
		s.cards[customer] = append(s.cards[customer], payments.Card{
			ID: string(card.ID), Number: string(card.Number), Limit: r.Money(at, "limit", string(card.Limit), false), Declines: card.Declines,
		})
	}
}

// Read has nothing more to read.
func (s *paymentSection) Read(*world.Reader) {}

// Open starts the service.
func (s *paymentSection) Open(ctx context.Context, in world.Setting) (world.Domain, error) {
	service, err := payments.New(ctx, payments.Config{Config: in.Config, Currency: in.Currency, Customers: in.Customers, Cards: s.cards})
	return &paymentDomain{service, in.Currency, in.Customers, s.cards}, err
}

// paymentDomain is the service in a world.
type paymentDomain struct {
	*payments.Service
	currency  string
	customers []string
	cards     map[string][]payments.Card
}

// Accounts gives every card.
func (d *paymentDomain) Accounts() world.Accounts {
	methods := map[string]map[string]map[string]string{}
	rows := page.NewTable("CUSTOMER", "METHOD", "LIMIT", "AUTHORISED", "CAPTURED", "AVAILABLE")
	for _, customer := range d.customers {
		cards, _ := d.Methods(customer) // the world's customers are known
		methods[customer] = map[string]map[string]string{}
		for _, m := range cards {
			methods[customer][m.ID] = map[string]string{"limit": m.Limit, "authorised": m.Authorised, "captured": m.Captured, "available": m.Available}
			rows.Row(customer, page.Rigid(m.ID), page.Number(m.Limit), page.Number(m.Authorised), page.Number(m.Captured), page.Number(m.Available))
		}
	}
	return world.Accounts{Data: methods, Rows: rows}
}

// Counts gives the same by name.
func (d *paymentDomain) Counts() map[string]string {
	counts := map[string]string{}
	for _, customer := range d.customers {
		cards, _ := d.Methods(customer) // the world's customers are known
		for _, m := range cards {
			counts["card "+m.ID+" of "+customer] = fmt.Sprintf("%s authorised, %s captured of %s", m.Authorised, m.Captured, m.Limit)
		}
	}
	return counts
}

// Fits wants no more captured for an order than it says is payable, and no less when
// that is all.
func (d *paymentDomain) Fits(facts tokens.Facts, receipts []tokens.Receipt, all bool) error {
	text, said := facts[payments.Payable]
	if !said {
		return nil
	}
	payable, err := issuers.ParseMoney(text, d.currency)
	if err != nil {
		return fmt.Errorf("payments has redeemed for an order whose %s is %q: %w", payments.Payable, text, err)
	}
	sum := issuers.OfUnits(0, d.currency)
	for _, r := range receipts {
		var says struct {
			Captured string `json:"captured"`
		}
		if err := json.Unmarshal(r.Body, &says); err != nil {
			return fmt.Errorf("the receipt %s of payments cannot be read: %w", r.ID, err)
		}
		captured, err := issuers.ParseMoney(says.Captured, d.currency)
		if err != nil {
			return fmt.Errorf("the receipt %s of payments says what it captured as %q", r.ID, says.Captured)
		}
		sum = issuers.Add(sum, captured)
	}
	if issuers.Less(payable, sum) || all && issuers.Less(sum, payable) {
		return fmt.Errorf("%s was captured, and %s is payable", sum.Number(), payable.Number())
	}
	return nil
}

// About says how many cards a customer has.
func (d *paymentDomain) About(customer string) string {
	return page.Count(len(d.cards[customer]), "card")
}

// choice is an amount on a card.
func (d *paymentDomain) choice(amount, card string) world.Choice {
	held := spec.Hold{Card: card}
	if money, err := issuers.ParseMoney(amount, d.currency); err == nil {
		units, _ := money.Units() // of which there are so many only when Foretell gives up, too
		held.Amount = int(units)
	}
	return world.Choice{
		Service: "payments", Held: held, Says: amount + " on " + card, Line: "payment confirm " + amount + " --method " + card, Kind: "payment confirm " + card,
		Ask: func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
			return d.Confirm(ctx, order, amount, card)
		},
	}
}

// Sample is a small amount on the first card that takes one.
func (d *paymentDomain) Sample(customer string) world.Choice {
	cards := d.usable(customer)
	if len(cards) == 0 {
		return d.choice(issuers.Like("10.00", d.currency), "none")
	}
	amount := d.price("10")
	if tenth := issuers.Part(cards[0].Limit, "0.1"); issuers.Less(tenth, amount) {
		amount = tenth
	}
	return d.choice(d.atLeast(amount).Number(), cards[0].ID)
}

// Choices are an amount on the first card, what that leaves of its limit, and a
// little more than it leaves; and an amount on each of the next few.
func (d *paymentDomain) Choices(customer string) []world.Choice {
	var all []world.Choice
	for i, card := range d.usable(customer) {
		if len(all) >= mostChoices {
			break
		}
		amount := d.bite(card)
		all = append(all, d.choice(amount.Number(), card.ID))
		if left := issuers.Sub(card.Limit, amount); i == 0 && left.IsPositive() {
			all = append(all, d.choice(left.Number(), card.ID), d.choice(issuers.Add(left, issuers.Least(d.currency)).Number(), card.ID))
		}
	}
	return all
}

// Foretell tells which cards there are.
func (d *paymentDomain) Foretell(m *spec.World) spec.Rules {
	countIn(m, d.currency)
	for _, customer := range d.customers {
		has := m.Has(customer)
		for _, card := range d.cards[customer] {
			limit, ok := counted(card.Limit)
			if !ok {
				return nil
			}
			has.Cards = append(has.Cards, spec.Card{ID: card.ID, Limit: limit, Declines: card.Declines})
		}
	}
	return spec.CardRules{}
}

// countIn has a model count money of a currency.
func countIn(m *spec.World, code string) {
	_, decimals, _ := strings.Cut(issuers.Least(code).Number(), ".")
	m.Decimals = len(decimals)
}

// counted gives an amount as a model counts it; it is not ok when that is too much.
func counted(amount currency.Amount) (units int, ok bool) {
	n, err := amount.Units()
	return int(n), err == nil
}

// Facts say that three quarters of what the first card's choice authorises is
// payable, and later a little more than all of it.
func (d *paymentDomain) Facts(customer string) (first, later tokens.Facts) {
	cards := d.usable(customer)
	if len(cards) == 0 {
		return nil, nil
	}
	amount := d.bite(cards[0])
	return tokens.Facts{payments.Payable: issuers.Part(amount, "0.75").Number()}, tokens.Facts{payments.Payable: issuers.Add(amount, issuers.Least(d.currency)).Number()}
}

// usable gives the customer's cards: those that authorise anything first.
func (d *paymentDomain) usable(customer string) []payments.Card {
	cards := slices.Clone(d.cards[customer])
	slices.SortStableFunc(cards, func(a, b payments.Card) int {
		return cmp.Compare(refuses(a), refuses(b))
	})
	return cards
}

// refuses is 1 for a card that authorises nothing.
func refuses(card payments.Card) int {
	if card.Declines || !card.Limit.IsPositive() {
		return 1
	}
	return 0
}

// bite is what an exploration takes of a card: several fit, or else a little more
// than half of its limit, so that two do not.
func (d *paymentDomain) bite(card payments.Card) currency.Amount {
	amount := d.price("80")
	if issuers.Less(card.Limit, amount) {
		amount = issuers.Part(card.Limit, "0.5")
		if issuers.Less(amount, card.Limit) {
			amount = issuers.Add(amount, issuers.Least(d.currency))
		}
	}
	return d.atLeast(amount)
}

// price gives so many units of the world's currency.
func (d *paymentDomain) price(units string) currency.Amount {
	amount, _ := currency.New(units, d.currency) // both are good
	return amount.Round()
}

// atLeast makes an amount one that can be asked for: nothing cannot.
func (d *paymentDomain) atLeast(amount currency.Amount) currency.Amount {
	if amount.IsPositive() {
		return amount
	}
	return issuers.Least(d.currency)
}

func offerCards(c *client.Client) []lineedit.Candidate {
	d, err := world.Of[*paymentDomain](c.World)
	if err != nil {
		return nil
	}
	methods, _ := d.Methods(c.Whose()) // nobody's cards are none
	all := make([]lineedit.Candidate, len(methods))
	for i, m := range methods {
		all[i] = lineedit.Candidate{Value: m.ID, Description: m.Available + " available"}
	}
	return all
}

type paymentVerb struct {
	Methods paymentMethods `cmd:"" looks:"" help:"List the cards of the session's customer." example:"payment methods"`
	Confirm paymentConfirm `cmd:"" help:"Authorise an amount on a card; a token confirms it." example:"payment confirm 80.00 --method visa"`
}

type paymentMethods struct{}

// Run lists the cards.
func (v *paymentMethods) Run(c *client.Client, out *answer.Out) error {
	d, err := world.Of[*paymentDomain](c.World)
	if err != nil {
		return err
	}
	methods, err := d.Methods(c.Whose())
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
	return out.Show(list, rows.Write)
}

type paymentConfirm struct {
	Amount string `arg:"" help:"How much, in the world's currency: 80.00."`
	Method string `required:"" complete:"card" placeholder:"M" help:"The card."`
	ConfirmFlags
}

// Run confirms a payment.
func (v *paymentConfirm) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	d, err := world.Of[*paymentDomain](c.World)
	if err != nil {
		return err
	}
	return Confirm(ctx, c, out, d.choice(v.Amount, v.Method), v.ConfirmFlags)
}
