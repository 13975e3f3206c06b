package declared_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
)

// What is not to be had is refused with its reason, and nothing is set aside.
func TestRefusedAtConfirmation(t *testing.T) {
	here := issuerstest.Order("country", "DE")
	at := "2026-02-01T00:00:00Z"
	long := strings.Repeat("x", 257)
	for name, tt := range map[string]struct {
		of        *declared.Declaration
		order     issuers.Order
		thing     string
		arguments []any
		want      tokens.Reason
		says      string
	}{
		"a stranger":           {stock(t), issuerstest.OrderOf("op_1", "nobody"), "MUG", nil, issuers.CustomerUnknown, `no customer "nobody"`},
		"no account":           {gifts(), issuerstest.OrderOf("op_1", "user_789"), "", []any{"amount", "1.00"}, issuers.CustomerUnknown, `no customer "user_789"`},
		"no such thing":        {stock(t), here, "HAT", nil, issuers.ThingUnknown, `there is no "HAT" in stock`},
		"no thing":             {stock(t), here, "", nil, issuers.ThingUnknown, `no "" in stock`},
		"nothing to choose":    {gifts(), here, "MUG", []any{"amount", "1.00"}, issuers.ThingUnknown, "nothing to choose from"},
		"another's instrument": {cards(), here, "other", []any{"amount", "1.00"}, issuers.ThingUnknown, `user_123 has no "other"`},
		"too many by the rule": {stock(t), here, "AIR", []any{"quantity", "6"}, "too_many", "at most 5 of one thing"},
		"more than there are":  {stock(t), here, "TSHIRT", []any{"quantity", "4"}, issuers.QuotaExhausted, "4 of TSHIRT asked for, 3 left: 3 in all"},
		"more for a customer":  {stock(t), here, "MUG", []any{"quantity", "3"}, issuers.QuotaExhausted, "2 left: 2 for each customer, 10 in all"},
		"none":                 {stock(t), here, "MUG", []any{"quantity", "0"}, issuers.AmountInvalid, "the amount 0 is not positive"},
		"fewer than none":      {stock(t), here, "MUG", []any{"quantity", "-1"}, issuers.AmountInvalid, "-1 is not positive"},
		"no number":            {stock(t), here, "MUG", []any{"quantity", "two"}, issuers.AmountInvalid, `quantity "two"`},
		"a number as nobody":   {stock(t), here, "MUG", []any{"quantity", "+2"}, issuers.AmountInvalid, `quantity "+2"`},
		"no argument of it":    {stock(t), here, "MUG", []any{"colour", "red"}, issuers.ArgumentInvalid, `no argument "colour"`},
		"an argument missing":  {gifts(), here, "", nil, issuers.ArgumentInvalid, "wants an argument amount"},
		"no money":             {gifts(), here, "", []any{"amount", "1.234"}, issuers.AmountInvalid, `"1.234" is not an amount of EUR`},
		"no money at all":      {gifts(), here, "", []any{"amount", "0.00"}, issuers.AmountInvalid, "the amount 0.00 is not positive"},
		"more than there is":   {gifts(), here, "", []any{"amount", "50.01"}, issuers.BalanceInsufficient, "50.01 asked for, 50.00 available"},
		"over the limit":       {cards(), here, "anybodys", []any{"amount", "10.01"}, issuers.Declined, "anybodys declines 10.01: 10.00 of its limit of 10.00"},
		"no time":              {quote(), here, "car", []any{"from", "tomorrow"}, issuers.ArgumentInvalid, `from "tomorrow"`},
		"no duration":          {quote(), here, "car", []any{"from", at, "lasts", "long"}, issuers.ArgumentInvalid, `lasts "long"`},
		"no thing as argument": {quote(), here, "car", []any{"from", at, "with", "boat"}, issuers.ThingUnknown, `with: there is no "boat"`},
		"a long text":          {quote(), here, "car", []any{"from", at, "who", long}, issuers.ArgumentInvalid, "at most 256 bytes"},
		"no text":              {quote(), here, "car", []any{"from", at, "who", "\xff"}, issuers.ArgumentInvalid, "who is a text"},
		"a fact that is amiss": {quote(), issuerstest.Order(), "car", []any{"from", at}, issuers.ArgumentInvalid, "constraints: country: nobody said the fact country"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, tt.of)
			_, err := s.confirm(tt.order, tt.thing, tt.arguments...)
			s.MustRefuse(err, tt.want)
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %q, want %q in it", err, tt.says)
			}
			s.WantBooks()
			if all := s.Service.Entries(); len(all) > 0 {
				t.Errorf("there is a reservation: %+v", all)
			}
			listed := false
			for _, row := range tt.of.Reasons() {
				listed = listed || row.Reason == tt.want && row.By == tt.of.Name && row.Meaning != "" && row.Source != ""
			}
			if !listed && tt.want != issuers.CustomerUnknown { // which is anybody's
				t.Errorf("%s has no row", tt.want)
			}
		})
	}
}

// A rule that cannot be computed at confirmation refuses with its own reason, an
// amount as an amount.
func TestWhatCannotBeComputed(t *testing.T) {
	d := stock(t)
	d.Confirm = append(d.Confirm, declared.Rule{Reason: "not_there", Says: "only to where it goes", Holds: fact("country")})
	s := open(t, d)
	_, err := s.confirm(issuerstest.Order(), "MUG")
	s.MustRefuse(err, "not_there")
	if !strings.HasSuffix(err.Error(), "only to where it goes (nobody said the fact country)") {
		t.Errorf("got %v", err)
	}
	d = stock(t)
	d.Amount = fact("many")
	s = open(t, d)
	_, err = s.confirm(issuerstest.Order(), "MUG")
	s.MustRefuse(err, issuers.AmountInvalid)
	_, err = s.confirm(issuerstest.Order("many", "2"), "MUG") // a text is no amount
	s.MustRefuse(err, issuers.AmountInvalid)
	d = stock(t)
	d.Sealed = append(d.Sealed, declared.Member{Name: "where", Value: fact("country")})
	s = open(t, d)
	_, err = s.confirm(issuerstest.Order(), "MUG")
	s.MustRefuse(err, issuers.ArgumentInvalid)
	d = stock(t)
	d.Constraints = []declared.Member{{Name: "long", Value: expr(func(*declared.Env) (any, error) { return strings.Repeat("x", 3000), nil })}}
	s = open(t, d)
	_, err = s.confirm(issuerstest.Order(), "MUG")
	s.MustRefuse(err, issuers.ArgumentInvalid)
	if left := s.Service.List("user_123")[1].Left; left != int64(2) {
		t.Errorf("%v left", left)
	}
}

// What is held goes when it is redeemed and comes back in every other way.
func TestAQuota(t *testing.T) {
	s := open(t, stock(t))
	left := func(want ...any) {
		t.Helper()
		s.WantBooks()
		var got []any
		for _, l := range s.Service.List("user_123") {
			if l.Limited {
				got = append(got, l.Left)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	left(int64(3), int64(2))
	issued := s.must(s.confirm(issuerstest.Order(), "TSHIRT", "quantity", "2"))
	left(int64(1), int64(2))
	receipt, err := s.Redeem(issued, issuerstest.Order(), "a")
	s.MustDo(err)
	if got := string(receipt.Body); got != `{"sku":"TSHIRT","reserved":2}` {
		t.Errorf("got %s", got)
	}
	left(int64(1), int64(2))
	s.MustDo(s.Cancel(issued, "a"))
	left(int64(3), int64(2))
	issued = s.must(s.confirm(issuerstest.Order(), "MUG", "quantity", int64(2)))
	left(int64(3), int64(0))
	s.MustDo(s.Service.Revoke(t.Context(), issued.Raw))
	left(int64(3), int64(2))
	s.must(s.confirm(issuerstest.Order(), "MUG"))
	s.must(s.confirm(issuerstest.OrderOf("op_2", "user_456"), "MUG", "quantity", "2"))
	left(int64(3), int64(1))
	s.Advance(tokens.DefaultLifetime)
	left(int64(3), int64(2))
	issued = s.must(s.confirm(issuerstest.Order(), "MUG", "quantity", "2"))
	_, err = s.Redeem(issued, issuerstest.Order(), "a")
	s.MustDo(err)
	s.Advance(issuers.Retention + tokens.DefaultLifetime + time.Second)
	if all := s.Service.Entries(); len(all) > 0 {
		t.Errorf("it is remembered: %+v", all)
	}
	left(int64(3), int64(0)) // but what was taken is
}

// Rules of redemption are held against the facts of then, and refuse with reasons of
// their own; then nothing has happened, and it can be redeemed still.
func TestRefusedAtRedemption(t *testing.T) {
	s := open(t, stock(t))
	issued := s.must(s.confirm(issuerstest.Order("country", "DE"), "MUG"))
	_, err := s.Redeem(issued, issuerstest.Order("country", "XX"), "a")
	s.MustRefuse(err, "cannot_ship")
	s.WantBooks()
	_, err = s.Redeem(issued, issuerstest.Order("country", "FR"), "b")
	s.MustDo(err)
	issued = s.must(s.confirm(issuerstest.Order(), "TSHIRT"))
	s.Service.Declaration().Things[0].Columns["price"] = issuerstest.Money(t, "21.00", "EUR")
	_, err = s.Redeem(issued, issuerstest.Order(), "a")
	s.MustRefuse(err, "price_moved")

	d := stock(t)
	d.Redeem = []declared.Rule{{Reason: "unsaid", Says: "it says where to", Holds: fact("country")}}
	s = open(t, d)
	issued = s.must(s.confirm(issuerstest.Order(), "MUG"))
	_, err = s.Redeem(issued, issuerstest.Order(), "a")
	s.MustRefuse(err, tokens.ConstraintViolated)
	_, err = s.Redeem(issued, issuerstest.Order("country", "DE"), "a") // a text is not true
	s.MustRefuse(err, "unsaid")

	s = open(t, quote())
	issued = s.must(s.confirm(issuerstest.Order("country", "DE"), "car", "from", "2026-02-01T00:00:00Z"))
	_, err = s.Redeem(issued, issuerstest.Order(), "a")
	s.MustRefuse(err, tokens.ConstraintViolated)
	if !strings.Contains(err.Error(), "receipt: country: nobody said") {
		t.Errorf("got %v", err)
	}
}

// An account is held, burned and refilled; what is not held of it stays.
func TestABalance(t *testing.T) {
	s := open(t, gifts())
	want := func(held, taken, free string) {
		t.Helper()
		s.WantBooks()
		sum, err := s.Service.Balance("user_123")
		s.MustDo(err)
		if got := []string{declared.Text(sum.Held), declared.Text(sum.Taken), declared.Text(sum.Free)}; cmp.Diff([]string{held, taken, free}, got) != "" {
			t.Errorf("got %v", got)
		}
	}
	issued := s.must(s.confirm(issuerstest.Order(), "", "amount", "30.00"))
	want("30.00", "0.00", "20.00")
	_, err := s.confirm(issuerstest.Order(), "", "amount", "20.01")
	s.MustRefuse(err, issuers.BalanceInsufficient)
	receipt, err := s.Redeem(issued, issuerstest.Order(), "a")
	s.MustDo(err)
	want("0.00", "30.00", "20.00")
	if got := s.Body(receipt, "amount"); got != "30.00" {
		t.Errorf("the receipt says %q", got)
	}
	s.MustDo(s.Cancel(issued, "a"))
	want("0.00", "0.00", "50.00")
	if _, err := s.Service.Balance("user_789"); err == nil {
		t.Error("who has no account has a balance")
	}
}

// Less may be captured than was authorised, and never more.
func TestAnAuthorisation(t *testing.T) {
	s := open(t, cards())
	issued := s.must(s.confirm(issuerstest.Order(), "visa", "amount", "80.00"))
	_, err := s.Redeem(issued, issuerstest.Order("payable", "80.01"), "a")
	s.MustRefuse(err, tokens.ConstraintViolated)
	if !strings.Contains(err.Error(), "80.01 is more than the 80.00 that was authorised") {
		t.Errorf("got %v", err)
	}
	s.WantBooks()
	receipt, err := s.Redeem(issued, issuerstest.Order("payable", "70.00"), "a")
	s.MustDo(err)
	if got := string(receipt.Body); got != `{"thing":"visa","amount":"80.00","captured":"70.00"}` {
		t.Errorf("got %s", got)
	}
	s.WantBooks()
	visa := s.Service.List("user_123")[0]
	if declared.Text(visa.Of.Free) != "30.00" || declared.Text(visa.Of.Taken) != "70.00" || s.Service.Entries()[0].Holds != "80.00 of visa, 70.00 captured" {
		t.Errorf("got %+v, %+v", visa.Of, s.Service.Entries()[0])
	}
	if own := s.Service.List("user_456"); len(own) != 2 || own[0].ID != "anybodys" || own[1].ID != "other" {
		t.Errorf("user_456 has %+v", own)
	}
	s.MustDo(s.Cancel(issued, "a"))
	s.WantBooks()
	if got := s.Service.Entries()[0].Holds; got != "80.00 of visa" {
		t.Errorf("the books say %q", got)
	}
}

// What is held and what was captured counts against the limit, and what was not
// captured no longer.
func TestWhatIsLeftOfALimit(t *testing.T) {
	s := open(t, cards())
	first := s.must(s.confirm(issuerstest.Order(), "visa", "amount", "80.00"))
	_, err := s.confirm(issuerstest.Order(), "visa", "amount", "20.01")
	s.MustRefuse(err, issuers.Declined)
	s.must(s.confirm(issuerstest.Order(), "visa", "amount", "20.00"))
	_, err = s.Redeem(first, issuerstest.Order("payable", "70.00"), "a")
	s.MustDo(err)
	_, err = s.confirm(issuerstest.Order(), "visa", "amount", "10.01")
	s.MustRefuse(err, issuers.Declined)
	s.must(s.confirm(issuerstest.Order(), "visa", "amount", "10.00"))
}

// Rules are asked in their order, and the first that is false refuses, with its own
// reason.
func TestTheFirstRuleRefuses(t *testing.T) {
	says := func(fact string) declared.Rule {
		return declared.Rule{Reason: tokens.Reason("no_" + fact), Says: "it says no " + fact, Holds: expr(func(env *declared.Env) (any, error) { return env.Facts[fact] != "", nil })}
	}
	d := stock(t)
	d.Confirm, d.Redeem = []declared.Rule{says("first"), says("second")}, []declared.Rule{says("first"), says("second")}
	s := open(t, d)
	issued := s.must(s.confirm(issuerstest.Order("first", "x", "second", "y"), "MUG"))
	for _, tt := range []struct {
		reason tokens.Reason
		facts  []string
	}{{"no_first", nil}, {"no_first", []string{"second", "y"}}, {"no_second", []string{"first", "x"}}} {
		_, err := s.confirm(issuerstest.Order(tt.facts...), "MUG")
		s.MustRefuse(err, tt.reason)
		_, err = s.Redeem(issued, issuerstest.Order(tt.facts...), "a")
		s.MustRefuse(err, tt.reason)
	}
	s.WantBooks()
}

// What rules see of the order's others: those that stand, of this order and customer,
// and nothing of those that went.
func TestOthers(t *testing.T) {
	s := open(t, shelf(t))
	here, there := issuerstest.Order(), issuerstest.OrderOf("op_2", "user_123")
	one := s.must(s.confirm(here, "B"))
	_, err := s.confirm(here, "B")
	s.MustRefuse(err, "twice")
	s.must(s.confirm(there, "B"))
	s.MustDo(s.Service.Revoke(t.Context(), one.Raw))
	one = s.must(s.confirm(here, "B"))
	s.Advance(tokens.DefaultLifetime)
	one = s.must(s.confirm(here, "B"))
	two := s.must(s.confirm(here, "A", "quantity", "3"))
	worth := func(of tokens.Issued, attempt, want string) {
		t.Helper()
		receipt, err := s.Redeem(of, here, attempt)
		s.MustDo(err)
		if got := s.Body(receipt, "worth"); got != want {
			t.Errorf("it is worth %s, want %s", got, want)
		}
	}
	worth(one, "a", "1.00")
	worth(two, "a", "4.00")
	s.MustDo(s.Cancel(one, "a"))
	worth(s.must(s.confirm(here, "B")), "b", "4.00") // what was taken back is no other
	many := s.must(s.confirm(here, "A", "quantity", "98"))
	_, err = s.Redeem(many, here, "a")
	s.MustDo(err)
	last := s.must(s.confirm(here, "A", "quantity", "1"))
	_, err = s.Redeem(last, here, "a")
	s.MustRefuse(err, "too_many")
	_, err = s.Redeem(s.must(s.confirm(there, "A")), issuerstest.OrderOf("op_2", "user_123", "worth", "less"), "a")
	s.MustRefuse(err, tokens.ConstraintViolated)
	if !strings.Contains(err.Error(), "worth: -0.01 is less than nothing") {
		t.Errorf("got %v", err)
	}
	s.WantBooks()
}

// There is an end to the others that a rule looks at, and none where no rule does.
func TestTheMostOthers(t *testing.T) {
	for _, of := range []*declared.Declaration{shelf(t), stock(t)} {
		s, here, thing := open(t, of), issuerstest.Order(), of.Things[len(of.Things)-1].ID
		if of.Others {
			thing = "A"
		}
		for range declared.MostOthers + 1 {
			s.must(s.confirm(here, thing))
		}
		_, err := s.confirm(here, thing)
		switch {
		case !of.Others:
			s.MustDo(err)
		default:
			s.MustRefuse(err, issuers.ArgumentInvalid)
			if !strings.Contains(err.Error(), "an order has at most 51 confirmations of shelf at once") {
				t.Errorf("got %v", err)
			}
		}
	}
}

// Times, durations, things and texts come into a letter as they are written.
func TestWhatIsSaid(t *testing.T) {
	s := open(t, quote())
	issued := s.must(s.confirm(issuerstest.Order("country", "DE"), "house", "from", "2026-02-01T12:00:00+01:00", "lasts", 90*time.Minute, "with", "car"))
	seen, err := tokens.Peek(issued.Raw)
	s.MustDo(err)
	var payload struct{ Constraints json.RawMessage }
	s.MustDo(json.Unmarshal(seen.Payload, &payload))
	if got := string(payload.Constraints); got != `{"from":"2026-02-01T11:00:00Z","lasts":"1h30m0s","with":"car","country":"DE"}` {
		t.Errorf("got %s", got)
	}
	if err := s.Service.Applicable(issuerstest.Order(), declared.Ask{Thing: "boat"}); err == nil {
		t.Error("a boat could be had")
	}
}

// The letter is sealed, and what is opened has to be the same.
func TestTheLetterIsItsOwn(t *testing.T) {
	s := open(t, stock(t))
	issued := s.must(s.confirm(issuerstest.Order(), "MUG"))
	seen, err := tokens.Peek(issued.Raw)
	s.MustDo(err)
	var payload struct{ Sealed string }
	s.MustDo(json.Unmarshal(seen.Payload, &payload))
	opened, err := s.Service.Open(t.Context(), issued.Ref, []byte(payload.Sealed))
	s.MustDo(err)
	if string(opened) != `{"supplier":"OTHER"}` || strings.Contains(string(seen.Payload), "OTHER") {
		t.Errorf("opened %s of %s", opened, seen.Payload)
	}
	s.Service.Each(func(r *issuers.Reservation[declared.Hold]) {
		if s.Service.Letter(&r.Hold, nil) == nil || s.Service.Letter(&r.Hold, []byte(`{"supplier":"ACME"}`)) == nil || s.Service.Letter(&r.Hold, opened) != nil {
			t.Error("a letter is another's")
		}
	})
}
