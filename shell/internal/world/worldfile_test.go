// World files, good and bad.

package world_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// What each bad world is refused with, behind its path. An error that ends in …
// is only held to what stands before it.
func TestBadWorlds(t *testing.T) {
	cases := []struct{ name, want string }{
		{"a-list", `1: column 1: a list stands here, where a section of keys and values belongs`},
		{"bool-text", `4: column 73: true or false belongs here`},
		{"card-limit-negative", `4: column 11: limit: "-1.00" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"card-limit", `4: column 9: limit: "500.001" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"card-number", `4: column 9: card "visa": its number is 4 to 19 digits, in quotes`},
		{"card-twice", `5: column 9: card id "visa" stands here twice`},
		{"card-without-limit", `4: column 9: limit: "" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"card-without-number", `4: column 9: card "visa": its number is 4 to 19 digits, in quotes`},
		{"coupon-amount-zero", `3: column 29: amount "0.00" must be positive: write one such as 5.00`},
		{"coupon-both", `3: column 5: coupon "BOTH" has either an amount or a percent`},
		{"coupon-code", `3: column 5: coupon code "TEN %": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"coupon-limit", `3: column 37: total -1: write 1 or more, or leave it out when there is no limit`},
		{"coupon-limit-zero", `3: column 62: per_customer 0: write 1 or more, or leave it out when there is no limit`},
		{"coupon-minimum", `3: column 39: minimum: "lots" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"coupon-nothing", `3: column 5: coupon "GIFT" has either an amount or a percent`},
		{"coupon-percent-negative", `3: column 27: percent -5: write 1 to 100`},
		{"coupon-percent-zero", `3: column 27: percent 0: write 1 to 100`},
		{"coupon-percent", `3: column 27: percent 101: write 1 to 100`},
		{"coupon-time-unquoted-date", `5: column 20: "2026-01-01" is not a time: write one such as 2026-01-01T00:00:00Z`},
		{"coupon-time", `5: column 19: "2026-13-01T00:00:00Z" is not a time: write one such as 2026-01-01T00:00:00Z`},
		{"coupon-times", `5: column 12: coupon "TEN" is valid from a time that is not before its until`},
		{"coupon-twice", `5: column 5: coupon code "TEN" stands here twice`},
		{"currency-lower", `1: column 11: unknown currency "eur": write an ISO 4217 code such as EUR`},
		{"currency", `1: column 11: unknown currency "EURO": write an ISO 4217 code such as EUR`},
		{"customer-id", `2: column 7: customer id "user 123": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"customer-twice", `4: column 7: customer id "user_123" stands here twice`},
		{"customer-without-id", `2: column 11: customer id "": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"duplicate-key", `3: column 1: "currency" stands here twice, first 2 lines above: leave one of the two out`},
		{"empty", `a world has at least one customer: write customers: [{id: ada}]`},
		{"no-customers", `1: column 9: a world has at least one customer: write customers: [{id: ada}]`},
		{"not-yaml", `4: column 4: value is not allowed in this context; put a value with , [ ] { } # or : in it, or that goes on behind a quote, in quotes, and set the lines of a section in alike`},
		{"null-id", `2: column 7: customer id "": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		{"open-quote", `1: column 11: could not find end character of double-quoted text`},
		{"percent-fraction", `3: column 26: "10.9" is not a whole number: write digits, at most 18`},
		{"point-value-negative", `1: column 14: point_value "-0.01": write a decimal such as "0.01"`},
		{"point-value", `2: column 14: point_value "a cent": write a decimal such as "0.01"`},
		{"points-fraction", `3: column 13: …`},
		{"points-huge", `3: column 13: "…5808" is not a whole number: write digits, at most 18`},
		{"points-negative", `3: column 13: points -1: a balance is not negative`},
		{"points-text", `3: column 13: "many" is not a whole number: write digits, at most 18`},
		{"redeem-order-empty", `1: column 15: redeem_order forgets "coupons": it names each of coupons, points, payments once`},
		{"redeem-order-short", `1: column 15: redeem_order forgets "payments": it names each of coupons, points, payments once`},
		{"redeem-order-twice", `1: column 43: redeem_order names "points" twice: each domain stands there once`},
		{"redeem-order-unknown", `2: column 33: redeem_order names "gold", and the world has no such domain: there is coupons, points, payments`},
		{"tab", "2: column 1: found character '\\u{9}' that cannot start any token; that is a tab: lines are set in with spaces"},
		{"two-documents", `2: column 1: …`},
		{"unknown-card-key", `4: column 65: unknown field "decline": did you mean declines?`},
		{"unknown-key", `4: column 5: unknown field "pionts": did you mean points?`},
		{"key-number", `6: column 13: a key is a name, not 2026: see how it is spelt, or leave it out`},
		{"key-truth", `3: column 1: a key is a name, not true: see how it is spelt, or leave it out`},
		{"not-utf8", `4: column 105: it is not UTF-8: save it in that encoding`},
		{"key-elsewhere", `2: column 1: unknown field "cards": there is currency, redeem_order, facts, coupons, point_value, domains, customers`},
		{"unknown-section", `2: column 1: unknown field "cuopons": did you mean coupons?`},
		{"unquoted-zeros", `4: column 27: …`},
		{"yen-with-decimals", `5: column 13: amount: "0.50" is not an amount of JPY: write one such as 140, without decimals`},
	}
	for _, c := range cases {
		path := shelltest.Testdata(t, "worlds", "bad-"+c.name+".yaml")
		_, err := world.Read(shelltest.Language().Kinds, path)
		var input *exit.InputError
		if !errors.As(err, &input) || exit.Code(err) != exit.BadInput {
			t.Errorf("%s: %v is not a refusal of a file", path, err)
			continue
		}
		got := strings.TrimPrefix(strings.TrimPrefix(err.Error(), path+":"), " ")
		want, open := strings.CutSuffix(c.want, "…")
		if got != want && !(open && strings.HasPrefix(got, want)) {
			t.Errorf("%s: got %q, want %q", path, got, c.want)
		}
	}
	files, err := filepath.Glob(shelltest.Testdata(t, "worlds", "bad-*.yaml"))
	if err != nil || len(files) != len(cases) {
		t.Errorf("%d bad worlds, %d in the table (%v)", len(files), len(cases), err)
	}
}

// The good worlds are read, and a shop opens in each.
func TestGoodWorlds(t *testing.T) {
	files, err := filepath.Glob(shelltest.Testdata(t, "worlds", "[^b]*.yaml"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d good worlds: %v", len(files), err)
	}
	for _, path := range files {
		plan, err := world.Read(shelltest.Language().Kinds, path)
		if err != nil {
			t.Error(err)
			continue
		}
		s := shelltest.Of(shelltest.World(t, plan, world.DefaultSeed))
		shelltest.Do(t, s, "session new op_1", "coupon list", "points balance", "payment methods", "view client", "view relay", "view kms")
	}
}

// Names are looked up as they are written: in another case it is another name,
// with books of its own.
func TestNamesThatDifferInCaseAreTwo(t *testing.T) {
	const text = `customers:
  - {id: ann, points: 5, cards: [{id: visa, number: "4242424242424242", limit: "90.00"}, {id: Visa, number: "4242424242424242", limit: "7.00"}]}
  - {id: Ann, points: 11}
coupons:
  - {code: TEN, percent: 10, total: 1}
  - {code: ten, amount: "3.00", total: 1}
`
	plan, err := world.Parse(shelltest.Language().Kinds, "world.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := shelltest.Of(shelltest.World(t, plan, 1))
	shelltest.Do(t, s, "session new a --customer ann --fact subtotal=50.00", "coupon confirm TEN", "payment confirm 80.00 --method visa",
		"session new b --customer Ann --fact subtotal=50.00", "coupon confirm ten", "! coupon confirm TEN", "points confirm 11")
	if code, said := shelltest.Refused(t, s, "coupon confirm Ten"); code != 1 || !strings.Contains(said, "coupon_unknown") {
		t.Errorf("%d, %s", code, said)
	}
	if code, said := shelltest.Refused(t, s, "coupon confirm ten"); code != 1 || !strings.Contains(said, "rejected: ") {
		t.Errorf("%d, %s", code, said)
	}
}

// What is written in a world file is as long as it may be, and no longer.
func TestLengthsInAWorldFile(t *testing.T) {
	digits := strings.Repeat("7", 20)
	for _, tt := range []struct {
		key  string
		fits []string
		not  []string
	}{
		{`customers: [{id: "%"}]`, []string{"a", "A.b_c-9", strings.Repeat("z", 64)}, []string{"", strings.Repeat("z", 65), "a b", "ä", "a\\n", "a/b"}},
		{`customers: [{id: a, points: %}]`, []string{"0", "7", digits[:18], "70"}, []string{digits[:19], "007", "-5", "7.5", "+7", "1e3", "0x7"}},
		{`customers: [{id: a, cards: [{id: visa, number: "%", limit: "5.00"}]}]`, []string{digits[:4], digits[:19]}, []string{"", digits[:3], digits, "7777 7777", "７７７７"}},
		{`customers: [{id: a, cards: [{id: visa, number: "4242", limit: "%"}]}]`, []string{"5", "5.0", "5.00", digits[:12]}, []string{"", digits[:13], "5.000", "5.", ".5", "-5.00", "5,00"}},
		{"customers: [{id: a}]\npoint_value: \"%\"", []string{"0", "0.01", digits[:6], digits[:6] + "." + digits[:6]}, []string{digits[:7], "0." + digits[:7], "1.", ".1", "-1", "1e3"}},
		{"customers: [{id: a}]\nfacts: [\"%\"]", []string{"a", "a_9", "a" + digits + digits + digits}, []string{"", "A", "9a", "a-b", "aaaa" + digits + digits + digits + "7"}},
	} {
		for want, texts := range map[bool][]string{true: tt.fits, false: tt.not} {
			for _, text := range texts {
				_, err := world.Parse(shelltest.Language().Kinds, "world.yaml", []byte(strings.ReplaceAll(tt.key, "%", text)+"\n"))
				if (err == nil) != want {
					t.Errorf("%s with %q: %v", tt.key, text, err)
				}
			}
		}
	}
}
