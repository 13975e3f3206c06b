// A fourth domain: nothing else is changed for it, and everything works on it.

package verbs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/fourth"
	"tokenshell/shell/internal/fourth/giftcards"
	"tokenshell/shell/internal/grammar"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// all are the domains of these tests: this row is what a fourth one takes.
func all() []domains.Domain { return domains.And(fourth.Gifts()) }

// shop is a world with gift cards, redeemed in this order.
func shop(t *testing.T, order string) *world.Plan {
	t.Helper()
	plan, err := world.Parse(domains.Kinds(all()), "shop.yaml", []byte("redeem_order: ["+order+`]
point_value: "0.01"
customers:
  - {id: user_123, points: 1200, cards: [{id: visa, number: "4242424242424242", limit: "500.00"}, {id: broke, number: "4000000000000002", limit: "500.00", declines: true}]}
  - {id: user_456, points: 300, cards: [{id: master, number: "5555555555554444", limit: "250.00"}]}
coupons:
  - {code: TEN, percent: 10, combinable: true}
gift_cards:
  - {code: BIRTHDAY, balance: "50.00"}
  - {code: THANKS, balance: "20.00"}
`))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// in gives a shell over the shop.
func in(t *testing.T, order string) *interp.Shell {
	t.Helper()
	return interp.New(shelltest.World(t, shop(t, order), 1), grammar.Language(all()))
}

// refused runs a line that must be refused with the reason.
func refused(t *testing.T, s *interp.Shell, reason tokens.Reason, line string) {
	t.Helper()
	var printed bytes.Buffer
	if err := s.Line(t.Context(), line, false, &printed, &printed); !errors.Is(err, reason) {
		if found := exit.Rejections(err); len(found) == 0 || found[0].Reason != reason {
			t.Errorf("%s: %v, want %s", line, err, reason)
		}
	}
}

// want runs a line and wants this in what it prints.
func want(t *testing.T, s *interp.Shell, line string, texts ...string) {
	t.Helper()
	got := shelltest.Do(t, s, line)
	for _, text := range texts {
		if !strings.Contains(got, text) {
			t.Errorf("%s: no %q in\n%s", line, text, got)
		}
	}
}

const last = "coupons, points, payments, gifts"

func TestAGiftIsConfirmedRelayedAndRedeemed(t *testing.T) {
	s := in(t, last)
	shelltest.Do(t, s, "set check on", "session new op_1 --fact payable=60.00", "coupon confirm TEN", "payment confirm 60.00 --method visa")
	want(t, s, "gift confirm BIRTHDAY 20.00", "gift-1: gifts:capture for op_1, expires 00:02:00, in 2 min")
	want(t, s, "gift list", "BIRTHDAY    50.00  20.00      30.00")
	want(t, s, "token show gift-1 --as relay", `"gifts.svc"`, "(unread, ")
	want(t, s, "checkout", `gift-1: redeemed by gifts, {"captured":"20.00","left":"30.00"}`, "session op_1 is completed")
	want(t, s, "view gifts", "BIRTHDAY    30.00  0.00      30.00", "committed")
	want(t, s, "session show", "gift-1")
	refused(t, s, tokens.AlreadyRedeemed, "redeem --direct gift-1")
	refused(t, s, tokens.SessionClosed, "relay gift-1")
}

func TestAGiftIsRefusedForItsOwnReasons(t *testing.T) {
	s := in(t, last)
	shelltest.Do(t, s, "session new op_1", "gift confirm BIRTHDAY 30.00")
	refused(t, s, giftcards.Unknown, "gift confirm NOBODY 1.00")
	refused(t, s, giftcards.Empty, "gift confirm BIRTHDAY 30.00")
	refused(t, s, "amount_invalid", "gift confirm BIRTHDAY 1.001")
	shelltest.Do(t, s, "expect gift_empty gift confirm THANKS 21.00")
	want(t, s, "help gift_empty", "the gift card has less than was asked for", "gift list shows what is available on each")
	want(t, s, "help amount_invalid", "points, payments, gifts")
	want(t, s, "help gifts", "holds an amount of the gift card")
	want(t, s, "help", "gift confirm")
}

func TestAGiftIsGivenBack(t *testing.T) {
	s := in(t, "gifts, coupons, points, payments")
	shelltest.Do(t, s, "set check on", "session new op_1 --fact payable=95.00", "gift confirm BIRTHDAY 20.00", "payment confirm 90.00 --method visa")
	refused(t, s, tokens.ConstraintViolated, "checkout")
	want(t, s, "session show", "op_1 of user_123 is compensated", "cancelled")
	want(t, s, "gift list", "BIRTHDAY    50.00  0.00      50.00")
	shelltest.Do(t, s, "session new op_2", "gift confirm THANKS 5.00", "revoke gift-2", "gift confirm THANKS 5.00", "clock advance 3m", "view gifts")
	want(t, s, "gift list", "THANKS      20.00  0.00      20.00")
}

// What goes wrong between the relay and the others goes wrong with it, too.
func TestAGiftMeetsFaults(t *testing.T) {
	s := in(t, last)
	shelltest.Do(t, s, "set check on", "session new op_1", "gift confirm BIRTHDAY 20.00", "fault gifts.redeem lost-reply")
	want(t, s, "checkout", "gift-1: repeated by gifts")
	shelltest.Do(t, s, "session new op_2", "gift confirm BIRTHDAY 20.00", "keys rotate gifts", "fault gifts.redeem timeout --count 3", "fault gifts.cancel timeout --count 3")
	refused(t, s, tokens.ServiceUnavailable, "checkout")
	want(t, s, "redeem --resume", "session op_2 is compensated")
	want(t, s, "trace --session op_2", "gifts", "cancel gift-2")
	want(t, s, "log --party gifts", "party=gifts step=")
}

// The catalogue passes in a world that holds it: wherever it stands, and with
// its own tokens forged, replayed and misdirected when it stands first.
func TestTheCataloguePassesOnGifts(t *testing.T) {
	for _, order := range []string{"gifts, coupons, points, payments", "payments, gifts, points, coupons", last} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			shop, seen := &target.Shop{Plan: shop(t, order), Memory: tokens.NewMemory()}, 0
			for _, row := range attacks.All() {
				result, err := shop.Try(t.Context(), row, 1, tokens.Weakness{})
				if err != nil {
					t.Fatal(err)
				}
				if result.Status != attacks.Refused {
					t.Errorf("%s: %s, %s", result.ID, result.Status, result.Detail)
				}
				seen++
			}
			if seen < 300 {
				t.Errorf("only %d rows", seen)
			}
		})
	}
}

// A catalogue that notices nothing on it would be worth nothing.
func TestTheCatalogueNoticesOnGifts(t *testing.T) {
	plan := shop(t, "gifts, coupons, points, payments")
	for rule, id := range map[string]string{"signature": "SIG-01", "audience": "CLM-31", tokens.RedeemerRemembers: "FLW-18", "session": "FLW-01"} {
		weakness, err := tokens.UnsafeWithout(rule)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range attacks.All() {
			if row.ID != id {
				continue
			}
			result, err := (&target.Shop{Plan: plan}).Try(t.Context(), row, 1, weakness)
			if err != nil || result.Status == attacks.Refused {
				t.Errorf("%s without %s: %s (%v)", id, rule, result.Status, err)
			}
		}
	}
}

// Exploring confirms gifts, and finds a rule that is left out with them alone.
func TestGiftsAreExplored(t *testing.T) {
	s := in(t, last)
	var sound struct {
		Found   string
		Reasons map[string]int
	}
	if err := json.Unmarshal([]byte(shelltest.Do(t, s, "explore --bound tokens=2,choices=2 -o json")), &sound); err != nil {
		t.Fatal(err)
	}
	if sound.Found != "" || sound.Reasons["gift_empty"] == 0 {
		t.Errorf("found %q, reasons %v", sound.Found, sound.Reasons)
	}
	var out bytes.Buffer
	if err := s.Line(t.Context(), "explore --bound tokens=1 --without redeemer-remembers", false, &out, &out); err == nil {
		t.Errorf("nothing was found: %s", out.String())
	}
}

// A world without gift cards has no such service: the embedded one is as it was,
// and the verb says so.
func TestAWorldWithoutGifts(t *testing.T) {
	plan, err := world.Read(domains.Kinds(all()), "")
	if err != nil {
		t.Fatal(err)
	}
	s := interp.New(shelltest.World(t, plan, 1), grammar.Language(all()))
	var out bytes.Buffer
	if err := s.Line(t.Context(), "gift list", false, &out, &out); exit.Code(err) != exit.BadUsage {
		t.Errorf("%v: %s", err, out.String())
	}
	want(t, s, "attack run --group key", "refused as they have to be")
	if golden := shelltest.Do(t, shelltest.New(t, 1), "session new op_1", "coupon confirm TEN", "token raw coupon-1"); golden != shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "token raw coupon-1") {
		t.Error("another domain changes the tokens of a world that does not have it")
	}
}
