package declared_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
)

// form has an argument of each type, and writes them into its constraints.
func form() *declared.Declaration {
	d := &declared.Declaration{
		Name: "form", Capability: "form:fill", Holds: declared.Authorisation, Money: true,
		Things: []declared.Thing{{ID: "own", Customer: "user_123", Limit: 1}, {ID: "another", Customer: "user_456", Limit: 1}},
		Arguments: []declared.Argument{
			{Name: "text", Type: declared.String, Default: ""},
			{Name: "number", Type: declared.Integer, Default: int64(0)},
			{Name: "price", Type: declared.Money, Default: issuers.Least("EUR")},
			{Name: "time", Type: declared.Time, Default: issuerstest.Epoch},
			{Name: "span", Type: declared.Duration, Default: time.Hour},
			{Name: "ref", Type: declared.ThingRef, Default: &declared.Thing{ID: "none"}},
		},
		Amount: expr(func(*declared.Env) (any, error) { return issuers.Least("EUR"), nil }),
	}
	for _, a := range d.Arguments {
		d.Constraints = append(d.Constraints, declared.Member{Name: a.Name, Value: argument(a.Name)})
	}
	return d
}

// An argument is read as its type says, from a text and from a value of Go.
func TestAnArgumentIsReadAsItsType(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given any
		want  string // what a constraint says of it
	}{
		{"text", strings.Repeat("x", 256), `"` + strings.Repeat("x", 256) + `"`},
		{"number", "9223372036854775807", "9223372036854775807"},
		{"number", "-9223372036854775808", "-9223372036854775808"},
		{"number", int64(7), "7"},
		{"price", "1.5", `"1.50"`},
		{"price", issuerstest.Money(t, "2.50", "EUR"), `"2.50"`},
		{"time", "2026-02-01T12:00:00+01:00", `"2026-02-01T11:00:00Z"`},
		{"time", issuerstest.Epoch.Add(time.Second), `"2026-01-01T00:00:01Z"`},
		{"span", "90m", `"1h30m0s"`},
		{"span", time.Minute, `"1m0s"`},
		{"ref", "own", `"own"`},
	} {
		s := open(t, form())
		constraints := payload(s, s.must(s.confirm(issuerstest.Order(), "own", tt.name, tt.given)))["constraints"]
		if !strings.Contains(constraints, `"`+tt.name+`":`+tt.want) {
			t.Errorf("%s %v: got %s, want %s in it", tt.name, tt.given, constraints, tt.want)
		}
	}
}

// What is not of its type is refused, and who is to blame is named.
func TestAnArgumentThatIsNotOfItsType(t *testing.T) {
	for name, tt := range map[string]struct {
		arguments []any
		want      tokens.Reason
		says      string
	}{
		"a number as text":          {[]any{"text", int64(5)}, issuers.ArgumentInvalid, "text is a text of at most 256 bytes"},
		"a number without an end":   {[]any{"number", "9223372036854775808"}, issuers.AmountInvalid, `number "9223372036854775808": write a whole number`},
		"another's thing":           {[]any{"ref", "another"}, issuers.ThingUnknown, `ref: there is no "another" in form`},
		"unknown behind known ones": {[]any{"number", "1", "zebra", "2"}, issuers.ArgumentInvalid, `form has no argument "zebra"`},
		"the first of two unknown":  {[]any{"zebra", "1", "ape", "2"}, issuers.ArgumentInvalid, `form has no argument "ape"`},
	} {
		s := open(t, form())
		_, err := s.confirm(issuerstest.Order(), "own", tt.arguments...)
		s.wantRefusal(name, err, tt.want, tt.says)
	}
}

// Amounts that are just in order are held, those that are just not are refused, and
// each refusal says what is left.
func TestTheAmountThatIsHeld(t *testing.T) {
	quota := func(units, perCustomer *int64) *declared.Declaration {
		return &declared.Declaration{
			Name: "box", Capability: "box:open", Holds: declared.Quota, Things: []declared.Thing{{ID: "A", Units: units, PerCustomer: perCustomer}},
			Arguments: []declared.Argument{{Name: "n", Type: declared.Integer}}, Amount: argument("n"),
		}
	}
	for name, tt := range map[string]struct {
		of        *declared.Declaration
		thing     string
		arguments []any
		want      tokens.Reason // "" is no refusal
		says      string        // or what the books say
	}{
		"all of an account":          {gifts(), "", []any{"amount", "50.00"}, "", "50.00"},
		"all of a limit":             {cards(), "anybodys", []any{"amount", "10.00"}, "", "10.00 of anybodys"},
		"all of a quota":             {quota(some(3), nil), "A", []any{"n", "3"}, "", "3 of A"},
		"all that can be counted":    {quota(nil, nil), "A", []any{"n", "9223372036854775807"}, "", "9223372036854775807 of A"},
		"more for a customer":        {quota(nil, some(2)), "A", []any{"n", "3"}, issuers.QuotaExhausted, "3 of A asked for, 2 left: 2 for each customer"},
		"more in all":                {quota(some(3), nil), "A", []any{"n", "4"}, issuers.QuotaExhausted, "4 of A asked for, 3 left: 3 in all"},
		"what cannot be computed":    {amountIs(fact("many")), "A", nil, issuers.AmountInvalid, "nobody said the fact many"},
		"what is no amount":          {amountIs(expr(thingID)), "A", nil, issuers.AmountInvalid, "A is not an amount"},
		"what nobody says is one":    {amountIs(nil), "A", nil, "", "1 of A"},
		"nothing at all":             {gifts(), "", []any{"amount", issuers.OfUnits(0, "EUR")}, issuers.AmountInvalid, "the amount 0.00 is not positive"},
		"nothing, of what holds":     {quote(), "car", []any{"from", issuerstest.Epoch}, "", "car"},
		"nothing, and of no thing":   {&declared.Declaration{Name: "word", Capability: "word:say", Holds: declared.None}, "", nil, "", ""},
		"of a domain without things": {gifts(), "", []any{"amount", "0.01"}, "", "0.01"},
	} {
		s := open(t, tt.of)
		_, err := s.confirm(issuerstest.Order("country", "DE"), tt.thing, tt.arguments...)
		s.WantBooks()
		if tt.want != "" {
			s.wantRefusal(name, err, tt.want, "^"+tt.says+"$")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if all := s.Service.Entries(); len(all) != 1 || all[0].Holds != tt.says {
			t.Errorf("%s: the books say %+v, want %q", name, all, tt.says)
		}
	}
}

// amountIs is a quota without an end that holds so many.
func amountIs(amount declared.Expression) *declared.Declaration {
	return &declared.Declaration{Name: "box", Capability: "box:open", Holds: declared.Quota, Things: []declared.Thing{{ID: "A"}}, Amount: amount}
}

// Of what has no limit no more is held than can be counted: a token never stands for
// what is not held.
func TestWhatHasNoLimitHasAnEnd(t *testing.T) {
	d := amountIs(expr(func(*declared.Env) (any, error) { return int64(math.MaxInt64), nil }))
	s := open(t, d)
	s.must(s.confirm(issuerstest.Order(), "A"))
	_, err := s.confirm(issuerstest.Order(), "A")
	s.wantRefusal("", err, issuers.QuotaExhausted, "^9223372036854775807 of A asked for, 0 left: more cannot be counted$")
	s.WantBooks()
}

// Whoever considers a confirmation hears how much it would hold, and of how much,
// and is refused as a confirmation is, but for what does not fit.
func TestWhatIsConsidered(t *testing.T) {
	at := issuerstest.Epoch.Add(time.Hour)
	late := stock(t)
	late.Confirm = []declared.Rule{{Reason: "too_late", Says: "not after the first hour", Holds: expr(func(env *declared.Env) (any, error) { return env.Now.Before(at), nil })}}
	for name, tt := range map[string]struct {
		of        *declared.Declaration
		thing     string
		arguments map[string]any
		amount    int64
		most      int64
		want      tokens.Reason
	}{
		"a quota in all":         {stock(t), "TSHIRT", map[string]any{"quantity": "4"}, 4, 3, ""},
		"a quota for a customer": {stock(t), "MUG", nil, 1, 2, ""},
		"a quota without an end": {stock(t), "AIR", nil, 1, math.MaxInt64, ""},
		"a balance":              {gifts(), "", map[string]any{"amount": "60.00"}, 60_00, 50_00, ""},
		"an authorisation":       {cards(), "anybodys", map[string]any{"amount": "1.00"}, 1_00, 10_00, ""},
		"nothing":                {quote(), "car", map[string]any{"from": at}, 0, math.MaxInt64, ""},
		"no such thing":          {stock(t), "HAT", nil, 0, 0, issuers.ThingUnknown},
		"by the clock of then":   {late, "MUG", nil, 0, 0, "too_late"},
	} {
		s := open(t, tt.of)
		amount, most, err := s.Service.Consider(issuerstest.Order(), declared.Ask{Thing: tt.thing, Arguments: tt.arguments}, at)
		if tt.want != "" {
			s.MustRefuse(err, tt.want)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if amount != tt.amount || most != tt.most {
			t.Errorf("%s: got %d of %d, want %d of %d", name, amount, most, tt.amount, tt.most)
		}
	}
}

// What expressions see of who asks, of when, and of how much: at confirmation, in the
// letter and at redemption.
func TestWhatExpressionsSee(t *testing.T) {
	var seen []string
	see := func(where string) expr {
		return func(env *declared.Env) (any, error) {
			seen = append(seen, strings.Join([]string{where, env.Customer, declared.Text(env.Now), declared.Text(env.Amount), declared.Text(env.Taken)}, " "))
			return true, nil
		}
	}
	d := stock(t)
	d.Confirm = []declared.Rule{{Reason: "a", Says: "a", Holds: see("confirm")}}
	d.Constraints = []declared.Member{{Name: "b", Value: see("letter")}}
	d.Redeem = []declared.Rule{{Reason: "c", Says: "c", Holds: see("redeem")}}
	d.Receipt = []declared.Member{{Name: "d", Value: see("receipt")}}
	s := open(t, d)
	issued := s.must(s.confirm(issuerstest.Order(), "MUG", "quantity", "2"))
	s.Advance(time.Minute)
	_, err := s.Redeem(issued, issuerstest.Order(), "a")
	s.MustDo(err)
	if diff := cmp.Diff([]string{
		"confirm user_123 2026-01-01T00:00:00Z 2 <nil>",
		"letter user_123 2026-01-01T00:00:00Z 2 <nil>",
		"redeem user_123 2026-01-01T00:01:00Z 2 <nil>",
		"receipt user_123 2026-01-01T00:01:00Z 2 2",
	}, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
