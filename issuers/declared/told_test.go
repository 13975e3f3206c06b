package declared_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
)

// wantRefusal wants a refusal with the reason that says so; with ^ before it and $
// behind it, that says nothing else.
func (s *stage) wantRefusal(name string, err error, want tokens.Reason, says string) {
	s.T.Helper()
	var refusal *tokens.Refusal
	if !errors.As(err, &refusal) || refusal.Reason != want {
		s.T.Errorf("%s: got %v, want the refusal %s", name, err, want)
		return
	}
	got := "^" + refusal.Detail + "$"
	if !strings.Contains(got, says) {
		s.T.Errorf("%s: got %q, want %q in it", name, got, says)
	}
}

// payload gives the members of a token's payload, as they are written.
func payload(s *stage, issued tokens.Issued) map[string]string {
	s.T.Helper()
	seen, err := tokens.Peek(issued.Raw)
	s.MustDo(err)
	var all map[string]json.RawMessage
	s.MustDo(json.Unmarshal(seen.Payload, &all))
	texts := map[string]string{}
	for name, text := range all {
		texts[name] = string(text)
	}
	return texts
}

func value(v any) expr { return func(*declared.Env) (any, error) { return v, nil } }

func taken(env *declared.Env) (any, error) { return env.Taken, nil }

// What a redemption takes, and comes to: what its receipt says, or why there is none.
func TestWhatARedemptionTakes(t *testing.T) {
	card := func(change func(*declared.Declaration)) *declared.Declaration {
		d := cards()
		change(d)
		return d
	}
	capture := func(e declared.Expression) *declared.Declaration {
		return card(func(d *declared.Declaration) { d.Capture = e })
	}
	worth := func(e declared.Expression) *declared.Declaration {
		return card(func(d *declared.Declaration) { d.Worth = e })
	}
	minus := issuers.Sub(issuers.OfUnits(0, "EUR"), issuers.Least("EUR"))
	for name, tt := range map[string]struct {
		of   *declared.Declaration
		body string // "" is a refusal
		says string // why, or what the books say
	}{
		"all, when nothing says how much": {capture(nil), `{"thing":"visa","amount":"8.00","captured":"8.00"}`, "8.00 of visa, 8.00 captured"},
		"all, when it says so":            {capture(argument("amount")), `{"thing":"visa","amount":"8.00","captured":"8.00"}`, "8.00 of visa, 8.00 captured"},
		"the least":                       {capture(value(issuers.Least("EUR"))), `{"thing":"visa","amount":"8.00","captured":"0.01"}`, "8.00 of visa, 0.01 captured"},
		"nothing":                         {capture(value(issuers.OfUnits(0, "EUR"))), `{"thing":"visa","amount":"8.00","captured":"0.00"}`, "8.00 of visa"},
		"less than nothing":               {capture(value(minus)), "", "^capture: -0.01 is less than nothing$"},
		"what cannot be computed":         {capture(fact("payable")), "", "^capture: nobody said the fact payable$"},
		"what is no amount":               {capture(value("much")), "", "^capture: much is not an amount$"},
		"a receipt of its own": {
			card(func(d *declared.Declaration) { d.Receipt = []declared.Member{{Name: "of", Value: expr(thingID)}} }),
			`{"of":"visa","captured":"8.00"}`, "8.00 of visa, 8.00 captured",
		},
		"a receipt that says it in its way": {
			card(func(d *declared.Declaration) { d.Receipt = []declared.Member{{Name: "captured", Value: value("some")}} }),
			`{"captured":"some"}`, "8.00 of visa, 8.00 captured",
		},
		"worth nothing":             {worth(value(issuers.OfUnits(0, "EUR"))), `{"thing":"visa","amount":"8.00","worth":"0.00","captured":"8.00"}`, "8.00 of visa, 8.00 captured"},
		"a worth of the unknown":    {worth(fact("worth")), "", "^worth: nobody said the fact worth$"},
		"a worth that is no amount": {worth(value("much")), "", "^worth: much is not an amount$"},
	} {
		s := open(t, tt.of)
		issued := s.must(s.confirm(issuerstest.Order(), "visa", "amount", "8.00"))
		receipt, err := s.Redeem(issued, issuerstest.Order(), "a")
		s.WantBooks()
		if tt.body == "" {
			s.wantRefusal(name, err, tokens.ConstraintViolated, tt.says)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, says := string(receipt.Body), s.Service.Entries()[0].Holds; got != tt.body || says != tt.says {
			t.Errorf("%s: got %s and %q, want %s and %q", name, got, says, tt.body, tt.says)
		}
	}
}

// Only an authorisation captures; what holds nothing takes nothing.
func TestWhatIsTakenWithoutACapture(t *testing.T) {
	d := stock(t)
	d.Capture, d.Receipt = value(int64(1)), []declared.Member{{Name: "taken", Value: expr(taken)}}
	s := open(t, d)
	receipt, err := s.Redeem(s.must(s.confirm(issuerstest.Order(), "MUG", "quantity", "2")), issuerstest.Order(), "a")
	s.MustDo(err)
	if got := string(receipt.Body); got != `{"taken":2}` {
		t.Errorf("got %s", got)
	}
	if got := s.Service.Entries()[0].Holds; got != "2 of MUG" {
		t.Errorf("the books say %q", got)
	}
	for want, all := range map[string][]declared.Member{`{"taken":0}`: {{Name: "taken", Value: expr(taken)}}, `{"thing":"car"}`: nil} {
		d := quote()
		d.Receipt = all
		s := open(t, d)
		receipt, err := s.Redeem(s.must(s.confirm(issuerstest.Order("country", "DE"), "car", "from", issuerstest.Epoch)), issuerstest.Order(), "a")
		s.MustDo(err)
		if got := string(receipt.Body); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A letter has an end, and nothing is sealed where nothing is declared to be.
func TestWhatALetterHasPlaceFor(t *testing.T) {
	d := stock(t)
	long := func(n int) declared.Expression { return value(strings.Repeat("x", n)) }
	for _, tt := range []struct {
		constraints, sealed int
		fits                bool
	}{{1400, 1600, true}, {1401, 1600, false}, {1400, 1601, false}} {
		d.Constraints = []declared.Member{{Name: "a", Value: long(tt.constraints - len(`{"a":""}`))}}
		d.Sealed = []declared.Member{{Name: "a", Value: long(tt.sealed - len(`{"a":""}`))}}
		s := open(t, d)
		issued, err := s.confirm(issuerstest.Order(), "MUG")
		if !tt.fits {
			s.wantRefusal("", err, issuers.ArgumentInvalid, "^its constraints and what is sealed come to 3001 bytes, a token has place for 3000$")
			continue
		}
		if s.MustDo(err); payload(s, issued)["sealed"] == "" {
			t.Error("nothing is sealed")
		}
	}
	s := open(t, gifts())
	if all := payload(s, s.must(s.confirm(issuerstest.Order(), "", "amount", "1.00"))); all["sealed"] != "" {
		t.Errorf("something is sealed: %s", all["sealed"])
	}
}

// written is a [tokens.Canon] of what a hold says of itself, in words; a time is told
// from a text.
type written struct{ text }

func (w *written) Time(t time.Time) { fmt.Fprintf(w, "at %s ", t.Format(time.RFC3339)) }

// What is written of a hold, to the letter, whether or not its constraints say it too.
func TestWhatAHoldWrites(t *testing.T) {
	bare := quote()
	bare.Constraints, bare.Receipt = nil, nil
	worthy := shelf(t)
	worthy.Others, worthy.Worth = false, value(issuers.Least("EUR"))
	for name, tt := range map[string]struct {
		of        *declared.Declaration
		thing     string
		arguments []any
		redeemed  bool
		undone    bool
		want      string // behind the customer and what every hold writes
	}{
		"times and the rest": {bare, "car", []any{"from", issuerstest.Epoch, "who", "me"}, false, false, `0 0 false "car" at 2026-01-01T00:00:00Z "1h0m0s" "nothing" "me" "" false `},
		"without a thing":    {gifts(), "", []any{"amount", "1.00"}, false, false, `100 0 false "1.00" "" false `},
		"worth nothing yet":  {worthy, "A", nil, false, false, `1 0 false "A" "1" "" false `},
		"worth something":    {worthy, "A", nil, true, false, `1 1 false "A" "1" "" true "0.01" `},
		"worth it no more":   {worthy, "A", nil, true, true, `1 1 true "A" "1" "" false `},
	} {
		s := open(t, tt.of)
		issued := s.must(s.confirm(issuerstest.Order(), tt.thing, tt.arguments...))
		if tt.redeemed {
			_, err := s.Redeem(issued, issuerstest.Order(), "a")
			s.MustDo(err)
		}
		if tt.undone {
			s.MustDo(s.Cancel(issued, "a"))
		}
		s.Service.Each(func(r *issuers.Reservation[declared.Hold]) {
			var w written
			s.Service.CanonHold(&w, &r.Hold)
			if got := w.String(); got != strconv.Quote("user_123")+" "+tt.want {
				t.Errorf("%s: got %s, want %s", name, got, tt.want)
			}
		})
	}
}

// shown writes a list as people could read it.
func shown(list []declared.Listed) (lines []string) {
	for _, l := range list {
		lines = append(lines, fmt.Sprint(l.ID, " ", l.Left, " ", l.Limited, " ", l.Used, " ", sum(l.Of)))
	}
	return lines
}

func sum(s declared.Sum) (texts []string) {
	for _, amount := range []any{s.Size, s.Standing, s.Held, s.Taken, s.Free} {
		texts = append(texts, declared.Text(amount))
	}
	return texts
}

// Customers see what is left for them, and who sees everything what is left for all.
func TestWhatIsListed(t *testing.T) {
	want := func(what string, want, got []string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	none := "[<nil> <nil> <nil> <nil> <nil>]"
	s := open(t, stock(t))
	s.must(s.confirm(issuerstest.Order(), "MUG", "quantity", "2"))
	s.must(s.confirm(issuerstest.Order(), "AIR"))
	want("one's stock", []string{"TSHIRT 3 true 0 " + none, "MUG 0 true 2 " + none, "AIR 9223372036854775806 false 1 " + none}, shown(s.Service.List("user_123")))
	want("all stock", []string{"TSHIRT 3 true 0 " + none, "MUG 8 true 2 " + none, "AIR 9223372036854775806 false 1 " + none}, shown(s.Service.Everything()))

	s = open(t, cards())
	issued := s.must(s.confirm(issuerstest.Order(), "visa", "amount", "30.00"))
	_, err := s.Redeem(issued, issuerstest.Order("payable", "20.00"), "a")
	s.MustDo(err)
	s.must(s.confirm(issuerstest.Order(), "visa", "amount", "5.00"))
	visa, anybodys := "visa 75.00 EUR true 0 [100.00 80.00 5.00 20.00 75.00]", "anybodys 10.00 EUR true 0 [10.00 10.00 0.00 0.00 10.00]"
	want("one's cards", []string{visa, anybodys}, shown(s.Service.List("user_123")))
	want("all cards", []string{visa, anybodys, "other 10.00 EUR true 0 [10.00 10.00 0.00 0.00 10.00]"}, shown(s.Service.Everything()))

	s = open(t, gifts())
	s.must(s.confirm(issuerstest.Order(), "", "amount", "30.00"))
	account, err := s.Service.Balance("user_123")
	s.MustDo(err)
	want("an account", []string{"50.00", "50.00", "30.00", "0.00", "20.00"}, sum(account))
}

// An account that doesn't add up is told in its money.
func TestTheAuditSaysAmountsAsTheyAre(t *testing.T) {
	s := open(t, gifts())
	s.must(s.confirm(issuerstest.Order(), "", "amount", "30.00"))
	s.Service.Each(func(r *issuers.Reservation[declared.Hold]) { r.Hold.Take(10_00) }) // which no redemption did
	if err := s.Service.Audit(); err == nil || err.Error() != "gifts: user_123 has 0.00 held, its reservations say 30.00" {
		t.Errorf("got %v", err)
	}
}

// What a service cannot be made of.
func TestWhatAServiceCannotBeMadeOf(t *testing.T) {
	good := declared.Config{Config: open(t, gifts()).Config, Currency: "EUR", Declaration: gifts()}
	unknown, keyless := good, good
	unknown.Currency, keyless.SigningAlias = "XXX", "alias/none"
	if s, err := declared.New(t.Context(), unknown); s != nil || err == nil || err.Error() != `unknown currency "XXX"` {
		t.Errorf("of an unknown currency: %v", err)
	}
	if _, err := declared.New(t.Context(), keyless); err == nil || !strings.Contains(err.Error(), "describe the signing key") {
		t.Errorf("without a key: %v", err)
	}
}

// reasons are those of the rows, in their order, with whose they are.
func reasons(rows []tokens.ReasonRow) (all []string) {
	for _, row := range rows {
		all = append(all, row.By+": "+string(row.Reason))
	}
	return all
}

// A declaration has the reasons of what it holds and of its rules, each once.
func TestTheReasonsOfADeclaration(t *testing.T) {
	rules := func(reasons ...tokens.Reason) (all []declared.Rule) {
		for _, reason := range reasons {
			all = append(all, declared.Rule{Reason: reason, Says: "no"})
		}
		return all
	}
	one := []declared.Argument{{Name: "a", Type: declared.String}}
	for _, tt := range []struct {
		of   *declared.Declaration
		want []tokens.Reason
	}{
		{&declared.Declaration{Holds: declared.None}, nil},
		{&declared.Declaration{Holds: declared.None, Arguments: one}, []tokens.Reason{issuers.AmountInvalid}},
		{&declared.Declaration{Holds: declared.Quota}, []tokens.Reason{issuers.AmountInvalid, issuers.QuotaExhausted}},
		{&declared.Declaration{Holds: declared.Balance, Arguments: one}, []tokens.Reason{issuers.AmountInvalid, issuers.BalanceInsufficient}},
		{&declared.Declaration{Holds: declared.Authorisation}, []tokens.Reason{issuers.AmountInvalid, issuers.Declined}},
		{&declared.Declaration{Holds: declared.None, Confirm: rules("x", "y", "x"), Redeem: rules("y", "z")}, []tokens.Reason{"x", "y", "z"}},
	} {
		var want []string
		for _, reason := range append([]tokens.Reason{issuers.ArgumentInvalid, issuers.ThingUnknown}, tt.want...) {
			want = append(want, "it: "+string(reason))
		}
		tt.of.Name = "it"
		if diff := cmp.Diff(want, reasons(tt.of.Reasons())); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt.of, diff)
		}
	}
}

// What every declaration says, and what each kind of hold does, is taken.
func TestTheReasonsThatAreTaken(t *testing.T) {
	got := reasons(declared.Taken())
	for _, want := range []string{
		"every declared domain: argument_invalid", "every declared domain: thing_unknown", "every declared domain: amount_invalid",
		"what holds quota: quota_exhausted", "what holds balance: balance_insufficient", "what holds authorisation: declined",
		"what holds none: argument_invalid",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not taken: %q", want, got)
		}
	}
}

// The kinds and the types, in the order in which people read them.
func TestTheKindsAndTheTypes(t *testing.T) {
	if diff := cmp.Diff([]declared.Kind{"quota", "balance", "authorisation", "none"}, declared.Kinds()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]declared.Type{"string", "integer", "money", "time", "duration", "thing"}, declared.Types()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A value as a text, and as JSON has it.
func TestTheTextsOfValues(t *testing.T) {
	at := time.Date(2026, 1, 1, 1, 0, 0, 5, time.FixedZone("", 3600))
	for _, tt := range []struct {
		value any
		text  string
		plain any
	}{
		{"a", "a", "a"},
		{int64(-7), "-7", int64(-7)},
		{true, "true", true},
		{false, "false", false},
		{issuerstest.Money(t, "5", "EUR"), "5.00", "5.00"},
		{at, "2026-01-01T00:00:00.000000005Z", "2026-01-01T00:00:00.000000005Z"},
		{90 * time.Second, "1m30s", "1m30s"},
		{&declared.Thing{ID: "MUG"}, "MUG", "MUG"},
		{nil, "<nil>", "<nil>"},
	} {
		if text, plain := declared.Text(tt.value), declared.Plain(tt.value); text != tt.text || plain != tt.plain {
			t.Errorf("%v: got %q and %#v", tt.value, text, plain)
		}
	}
}

// An amount is counted as it is, or in the smallest units of its currency.
func TestCountingAmounts(t *testing.T) {
	huge, err := currency.New("1e30", "EUR")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		amount any
		want   int64
		says   string
	}{
		{int64(3), 3, ""},
		{issuerstest.Money(t, "1.23", "EUR"), 123, ""},
		{"much", 0, "much is not an amount"},
		{nil, 0, "<nil> is not an amount"},
		{huge, 0, "1" + strings.Repeat("0", 30) + " is too much to be counted"},
	} {
		n, err := declared.Count(tt.amount)
		if says := ""; err != nil {
			if says = err.Error(); says != tt.says {
				t.Errorf("%v: got %q", tt.amount, says)
			}
		} else if n != tt.want || tt.says != "" {
			t.Errorf("%v: got %d", tt.amount, n)
		}
	}
}
