// Points: the domain as a world and a shell know it.

package domains

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/points"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

func pointsKind() Domain {
	return Domain{
		Kind: world.Kind{
			Name: "points", Handle: "points", Capability: points.Capability,
			Holds: "holds the points", Verbs: "points balance, points confirm, revoke, keys, view points",
			Reasons: points.Reasons(), Lessons: map[tokens.Reason]string{
				points.Insufficient:   "points balance shows what is available; what is held comes back when its token ends",
				issuers.AmountInvalid: amountLesson,
			},
			Section:  func() world.Section { return &pointsSection{balances: map[string]int64{}} },
			Rounding: func(code string) (key, value string) { return "point_value", `"` + half(code) + `"` },
			Customer: pointsOfCustomer{},
		},
		Verbs: func() any {
			return &struct {
				Points pointsVerb `cmd:"" group:"client" help:"Show the points balance and confirm an amount."`
			}{}
		},
	}
}

// half gives half of the smallest amount of a currency.
func half(code string) string {
	_, decimals, _ := strings.Cut(issuers.Least(code).Number(), ".")
	return "0." + strings.Repeat("0", len(decimals)) + "5"
}

// pointsSection is what a world file says of points.
type pointsSection struct {
	PointValue yamlfile.Written `yaml:"point_value" default:"0" of:"points" like:"\"0.01\"" help:"What a point is worth; nothing unless given."`

	value    currency.Amount
	balances map[string]int64
	said     bool // of somebody
}

type pointsOfCustomer struct {
	Points *yamlfile.Whole `yaml:"points" like:"1200" help:"How many points the customer has; none unless given."`
}

// Said reports whether anybody has points, or they have a value.
func (s *pointsSection) Said() bool { return s.PointValue != "" || s.said }

// ReadCustomer reads a balance.
func (s *pointsSection) ReadCustomer(r *world.Reader, at, customer string, keys any) {
	balance := int64(0)
	if points := keys.(*pointsOfCustomer).Points; points != nil {
		balance, s.said = int64(*points), true
	}
	if balance < 0 {
		r.Fail(at+".points", "points %d: a balance is not negative", balance)
	}
	s.balances[customer] = balance
}

// Read reads the value of a point.
func (s *pointsSection) Read(r *world.Reader) {
	text := string(s.PointValue)
	if text == "" {
		text = "0"
	}
	if whole, decimals, dotted := strings.Cut(text, "."); !yamlfile.Digits(whole, 1, 6) || dotted && !yamlfile.Digits(decimals, 1, 6) {
		r.Fail("$.point_value", "point_value %q: write a decimal such as %q", text, r.Like("0.01"))
		return
	}
	s.value, _ = currency.New(text, r.Currency)
}

// Open starts the service.
func (s *pointsSection) Open(ctx context.Context, in world.Setting) (world.Domain, error) {
	service, err := points.New(ctx, points.Config{Config: in.Config, Value: s.value, Balances: s.balances})
	return &pointsDomain{service, in.Customers, s.balances, s.value}, err
}

// pointsDomain is the service in a world.
type pointsDomain struct {
	*points.Service
	customers []string
	opening   map[string]int64
	value     currency.Amount
}

// Accounts gives every customer's balance.
func (d *pointsDomain) Accounts() world.Accounts {
	balances := map[string]map[string]int64{}
	rows := page.NewTable("CUSTOMER", "BALANCE", "HELD", "AVAILABLE")
	for _, customer := range d.customers {
		if b, err := d.Balance(customer); err == nil {
			balances[customer] = map[string]int64{"balance": b.Balance, "held": b.Held, "available": b.Available}
			rows.Row(customer, b.Balance, b.Held, b.Available)
		}
	}
	return world.Accounts{Data: balances, Rows: rows}
}

// Counts gives the same by name.
func (d *pointsDomain) Counts() map[string]string {
	counts := map[string]string{}
	for _, customer := range d.customers {
		if b, err := d.Balance(customer); err == nil {
			counts["points of "+customer] = fmt.Sprintf("%d, %d held", b.Balance, b.Held)
		}
	}
	return counts
}

// About says how many points a customer began with.
func (d *pointsDomain) About(customer string) string {
	return tokens.Count(d.opening[customer], "point")
}

// choice is an amount of points.
func (d *pointsDomain) choice(amount string) world.Choice {
	says := amount + " points"
	if amount == "1" {
		says = "1 point"
	}
	held, _ := strconv.Atoi(amount) // which is one
	worth, _ := d.value.Mul(amount) // which is one
	return world.Choice{
		Rounds: !worth.Equal(worth.Round()), Service: "points", Held: spec.Hold{Amount: held}, Says: says, Line: "points confirm " + amount, Kind: "points confirm",
		Ask: func(ctx context.Context, order issuers.Order) (tokens.Issued, error) {
			return d.Confirm(ctx, order, amount)
		},
	}
}

// Sample is ten points, or a tenth of what a customer began with.
func (d *pointsDomain) Sample(customer string) world.Choice {
	return d.choice(fmt.Sprint(max(1, min(10, d.opening[customer]/10))))
}

// Foretell tells what everybody began with, and what a point is worth: up to six
// decimals of its currency.
func (d *pointsDomain) Foretell(m *spec.World) spec.Rules {
	countIn(m, d.value.CurrencyCode())
	whole, part, _ := strings.Cut(d.value.Number(), ".")
	m.Worth, _ = strconv.Atoi(whole + (part + "000000")[:6])
	for _, customer := range d.customers {
		m.Has(customer).Points = int(d.opening[customer])
	}
	return spec.PointRules{}
}

// Facts are none: no fact bears on points.
func (d *pointsDomain) Facts(string) (first, later tokens.Facts) { return nil, nil }

// Choices are a little more than half of what a customer began with, and half of it:
// two of the first do not fit, both just not or just so. One point is another when what
// it is worth has to be rounded.
func (d *pointsDomain) Choices(customer string) []world.Choice {
	half := d.opening[customer] / 2
	all := []world.Choice{d.choice(fmt.Sprint(half + 1))}
	if half > 0 {
		all = append(all, d.choice(fmt.Sprint(half)))
	}
	if one := d.choice("1"); one.Rounds && half > 0 {
		all = append(all, one)
	}
	return all
}

type pointsVerb struct {
	Balance pointsBalance `cmd:"" looks:"" help:"Show the points of the session's customer." example:"points balance"`
	Confirm pointsConfirm `cmd:"" help:"Hold points; a token confirms them." example:"points confirm 500"`
}

type pointsBalance struct{}

// Run shows the balance.
func (v *pointsBalance) Run(c *client.Client, out *answer.Out) error {
	d, err := world.Of[*pointsDomain](c.World)
	if err != nil {
		return err
	}
	b, err := d.Balance(c.Whose())
	if err != nil {
		return err
	}
	data := struct {
		Customer  string `json:"customer"`
		Balance   int64  `json:"balance"`
		Held      int64  `json:"held"`
		Available int64  `json:"available"`
	}{b.Customer, b.Balance, b.Held, b.Available}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s has %s: %d held, %d available\n", b.Customer, tokens.Count(b.Balance, "point"), b.Held, b.Available)
	})
}

type pointsConfirm struct {
	Amount string `arg:"" help:"How many points: a positive whole number. What an order's points are worth is rounded together, half up, in however many tokens they come."`
	ConfirmFlags
}

// Run confirms points.
func (v *pointsConfirm) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	d, err := world.Of[*pointsDomain](c.World)
	if err != nil {
		return err
	}
	return Confirm(ctx, c, out, d.choice(v.Amount), v.ConfirmFlags)
}
