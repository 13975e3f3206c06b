// Twins: the built-in domains, and the same as declarations of a world file. Where
// they differ is written down here, and nowhere else do they.

package verbs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// twin tells the lines of a story to the one side or the other: %coupons and the
// like are its services, and a confirmation is written as that side has it.
type twin map[string]string

var (
	builtIn  = twin{"coupons": "coupons", "points": "points", "payments": "payments", "coupon": "coupon confirm", "miles": "points confirm", "pay": "payment confirm", "card": "--method "}
	declares = twin{"coupons": "vouchers", "points": "miles", "payments": "cards", "coupon": "vouchers confirm", "miles": "miles confirm --amount", "pay": "cards confirm --amount", "card": ""}
	marked   = regexp.MustCompile(`%[a-z]+ ?`)
)

func (t twin) line(line string) string {
	return marked.ReplaceAllStringFunc(line, func(mark string) string {
		text := t[strings.Trim(mark, "% ")]
		if strings.HasSuffix(mark, " ") && !strings.HasSuffix(text, " ") && text != "" {
			text += " "
		}
		return text
	})
}

// reasonsOfTwins are those of the built-in side, as the declared one has them: a
// declaration has reasons of its own, and those of its hold, whose turn comes after
// the rules.
var reasonsOfTwins = map[string][]string{
	"coupon_unknown": {"thing_unknown"}, "coupon_inactive": {"voucher_inactive"}, "coupon_exhausted": {"quota_exhausted", "voucher_minimum", "voucher_subtotal", "voucher_alone"}, "not_combinable": {"voucher_alone"},
	"minimum_not_met": {"voucher_minimum"}, "points_insufficient": {"balance_insufficient"}, "method_unknown": {"thing_unknown"}, "declined": {"declined", "card_declines"},
	"amount_invalid": {"amount_invalid", "voucher_subtotal"}, "constraint_violated": {"constraint_violated", "voucher_minimum"},
}

// sameReason reports whether two refusals are the same.
func sameReason(builtIn, declared string) bool {
	if as, ok := reasonsOfTwins[builtIn]; ok {
		return slices.Contains(as, declared)
	}
	return builtIn == declared
}

// told is what a line came to.
type told struct {
	code    int
	reasons []string
	results []outcome
}

type outcome struct {
	token, status, reason, receipt string
}

// tell runs a line of a story.
func (t twin) tell(ctx *testing.T, s *interp.Shell, line string) told {
	ctx.Helper()
	var stdout bytes.Buffer
	err := s.Line(ctx.Context(), t.line(line), false, &stdout, &bytes.Buffer{})
	said := told{code: exit.Code(err)}
	if said.code > 0 && exit.Rejections(err) == nil { // there is no such token
		said.reasons = []string{"nothing of the kind"}
	}
	for _, r := range exit.Rejections(err) {
		said.reasons = append(said.reasons, string(r.Reason))
	}
	var printed struct {
		Results []struct {
			Token, Status, Reason string
			Receipt               *struct{ Body json.RawMessage }
		}
	}
	if json.Unmarshal(stdout.Bytes(), &printed) == nil {
		for _, r := range printed.Results {
			o := outcome{r.Token, r.Status, r.Reason, ""}
			if r.Receipt != nil {
				o.receipt = string(r.Receipt.Body)
			}
			said.results = append(said.results, o)
		}
	}
	return said
}

// books are the accounts of each service, with the names of the built-in ones.
func (t twin) books(ctx *testing.T, s *interp.Shell) map[string]any {
	ctx.Helper()
	all := map[string]any{}
	for _, name := range []string{"coupons", "points", "payments"} {
		p, err := s.World.Service(t[name])
		if err != nil {
			ctx.Fatal(err)
		}
		text, err := json.Marshal(p.Domain.Accounts().Data)
		if err != nil {
			ctx.Fatal(err)
		}
		var accounts map[string]any
		if err := json.Unmarshal(text, &accounts); err != nil {
			ctx.Fatal(err)
		}
		for id, account := range accounts {
			if row, is := account.(map[string]any); is && row["used"] != nil {
				accounts[id] = row["used"] // how often, where the other says what is left, too
			}
		}
		if own, is := accounts["ann"]; is && name == "payments" {
			accounts = own.(map[string]any) // whose each is stands in a declaration's thing
		}
		all[name] = accounts
	}
	return all
}

// worldOfTwins has both sides.
func worldOfTwins(t *testing.T) *world.Plan {
	t.Helper()
	return shelltest.Plan(t, shelltest.Testdata(t, "worlds", "twins.yaml"))
}

// story is told to both, which must not part; it gives what they came to.
func story(ctx *testing.T, plan *world.Plan, lines []string) (tally map[string]int) {
	ctx.Helper()
	tally = map[string]int{}
	var sides [2]*interp.Shell
	for i := range sides {
		sides[i] = shelltest.Of(shelltest.World(ctx, plan, 1))
		sides[i].Options.Output = "json"
		shelltest.Do(ctx, sides[i], "set check on")
	}
	for n, line := range lines {
		a, b := builtIn.tell(ctx, sides[0], line), declares.tell(ctx, sides[1], line)
		where := strings.Join(lines[:n+1], "\n")
		if a.code != b.code || !slices.EqualFunc(a.reasons, b.reasons, sameReason) || !slices.EqualFunc(a.results, b.results, func(a, b outcome) bool {
			return a.token == b.token && a.status == b.status && sameReason(a.reason, b.reason) && cmp.Equal(bodyOf(ctx, a.receipt), bodyOf(ctx, b.receipt))
		}) {
			ctx.Fatalf("%s\nthe built-in side: %+v\nthe declared side: %+v", where, a, b)
		}
		if diff := cmp.Diff(builtIn.books(ctx, sides[0]), declares.books(ctx, sides[1])); diff != "" {
			ctx.Fatalf("%s\nthe books (-built-in +declared):\n%s", where, diff)
		}
		for _, reason := range a.reasons {
			tally[reason]++
		}
		for _, r := range a.results {
			tally[r.status]++
		}
	}
	return tally
}

// bodyOf reads a receipt. A declared one has all its members, also a discount that
// depends on a subtotal that nobody said.
func bodyOf(t *testing.T, text string) map[string]any {
	t.Helper()
	if text == "" {
		return nil
	}
	body := map[string]any{}
	if err := json.Unmarshal([]byte(text), &body); err != nil {
		t.Fatal(err)
	}
	if _, said := body["discount"]; body["code"] != nil && !said {
		body["discount"] = "0.00"
	}
	return body
}

// Each rule of a built-in domain as a declaration has it: verdicts, amounts, books
// and receipts are the same.
func TestTwins(t *testing.T) {
	plan := worldOfTwins(t)
	for name, lines := range map[string]string{
		"a checkout": `session new o --customer ann --fact subtotal=120.00 --fact payable=60.00
%coupon SPRING25 --name c
%miles 501 --name p
%pay 80.00 %card visa --name k
checkout
redeem`,
		"what goes together": `session new o --customer ann --fact subtotal=50.00
%coupon TEN --name a
%coupon SPRING25 --name x
%coupon FIVE --name b
%coupon HALF --name y
revoke a
revoke b
%coupon HALF --name c
%coupon TEN --name z
checkout`,
		"limits": `session new o --customer ann --fact subtotal=200.00
%coupon THIRD --name a
%coupon THIRD --name b
%coupon THIRD --name x
%coupon NOPE --name x
%coupon NEXTYEAR --name x
clock advance 121s
%coupon THIRD --name c
clock advance 10m
%coupon TEN --name x
checkout
session new p --customer bob --fact subtotal=200.00
%coupon THIRD --name d
%coupon THIRD --name e
checkout`,
		"each customer": `session new o --customer ann --fact subtotal=200.00
%coupon SPRING25 --name a
session new p --customer ann --fact subtotal=200.00
%coupon SPRING25 --name x
session new q --customer bob --fact subtotal=200.00
%coupon SPRING25 --name b
checkout`,
		"a minimum": `session new o --customer ann
%coupon SPRING25 --name x
session set subtotal=99.99
%coupon SPRING25 --name x
session set subtotal=lots
%coupon SPRING25 --name x
%coupon FIVE --name x
session set subtotal=100.00
%coupon SPRING25 --name a
relay a
session set subtotal=99.99
redeem
session show`,
		"a discount": `session new o --customer ann --fact subtotal=12.35
%coupon TEN --name a
%coupon THIRD --name b
%coupon FIVE --name c
%coupon FIVE --name d
checkout
session new p --customer ann
%coupon TEN --name e
%coupon FIVE --name f
checkout`,
		"rounding": `session new o --customer ann
%miles 1 --name a
%miles 1 --name b
%miles 3 --name c
%miles 1 --name d
%miles 0 --name x
%miles 5.5 --name x
%miles -1 --name x
%miles 1200 --name x
checkout`,
		"rounding, taken back": `session new o --customer ann --fact payable=10.00
%miles 3 --name a
%miles 1 --name b
%pay 5.00 %card visa --name k
checkout
session show
session new p --customer ann
%miles 1195 --name c
%miles 6 --name x
checkout`,
		"cards": `session new o --customer ann --fact payable=150.00
%pay 100.00 %card visa --name a
%pay 60.00 %card visa --name b
%pay 400.00 %card visa --name x
%pay 5.00 %card broke --name x
%pay 5.00 %card nope --name x
%pay 0.00 %card visa --name x
%pay 5.005 %card visa --name x
relay a b
session set payable=100.00
redeem
session new p --customer bob
%pay 5.00 %card visa --name x
session new q --customer ann --fact payable=50.00
%pay 60.00 %card visa --name c
%pay 60.00 %card visa --name d
checkout`,
		"taken back": `session new o --customer ann --fact subtotal=120.00 --fact payable=900.00
%coupon TEN --name c
%miles 7 --name p
%pay 80.00 %card visa --name k
checkout
session show
session new p --customer ann --fact subtotal=120.00
%coupon TEN --name d
%miles 1200 --name q
checkout`,
		"trouble": `session new o --customer ann --fact subtotal=120.00
%coupon THIRD --name c
%miles 7 --name p
%pay 80.00 %card visa --name k
fault %payments.redeem timeout --count 3
fault %points.cancel timeout --count 3
checkout
redeem --resume
session new p --customer ann --fact subtotal=120.00
%coupon THIRD --name d
fault %coupons.redeem lost-reply
checkout
redeem --direct d
revoke d`,
		"expiry": `session new o --customer ann --fact subtotal=120.00
%coupon THIRD --name c --ttl 10s
%miles 1200 --name p --ttl 20s
relay c p
clock advance 10s
redeem
%miles 1 --name q
clock advance 20s
session new p --customer ann --fact subtotal=120.00
%miles 1200 --name r
checkout`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, plan, strings.Split(lines, "\n"))
		})
	}
}

// So they are in stories that nobody has thought of.
func TestTwinsInAnyStory(t *testing.T) {
	t.Parallel()
	plan, total := worldOfTwins(t), map[string]int{}
	for n := range 40 {
		for name, times := range story(t, plan, drawnStory(rand.New(rand.NewPCG(15, uint64(n))))) {
			total[name] += times
		}
	}
	for _, wanted := range []string{
		"not_combinable", "minimum_not_met", "coupon_exhausted", "coupon_unknown", "coupon_inactive", "points_insufficient", "amount_invalid", "declined", "constraint_violated",
		"redeemed", "cancelled", "accepted", "refused", "failed",
	} {
		if total[wanted] == 0 {
			t.Errorf("nothing was ever %s", wanted)
		}
	}
	t.Logf("%v", slices.Sorted(maps.Keys(total)))
}

// drawnStory is what somebody does with a few orders.
func drawnStory(rng *rand.Rand) (lines []string) {
	pick := func(from ...string) string { return from[rng.IntN(len(from))] }
	fact := func() string {
		return pick("subtotal=120.00", "subtotal=33.33", "subtotal=7.00", "subtotal=lots", "payable=80.00", "payable=10.00", "payable=95.00")
	}
	for order := range 3 {
		open := fmt.Sprintf("session new o%d --customer %s", order, pick("ann", "ann", "ann", "bob"))
		for range 2 {
			open += pick("", " --fact "+pick("subtotal=120.00", "subtotal=33.33"))
			if strings.Contains(open, "fact") {
				break
			}
		}
		lines = append(lines, open)
		for range 3 + rng.IntN(6) {
			name := fmt.Sprintf(" --name t%d", len(lines))
			switch rng.IntN(9) {
			case 0, 1, 2:
				lines = append(lines, "%coupon "+pick("SPRING25", "TEN", "TEN", "FIVE", "FIVE", "THIRD", "HALF", "NEXTYEAR", "NOPE")+name)
			case 3, 4:
				lines = append(lines, "%miles "+pick("1", "3", "5", "7", "400", "801", "0")+name)
			case 5:
				lines = append(lines, "%pay "+pick("40.00", "60.00", "80.00", "300.00")+" %card "+pick("visa", "visa", "visa", "broke")+name)
			case 6:
				lines = append(lines, "session set "+fact())
			case 7:
				lines = append(lines, "clock advance "+pick("1s", "60s", "119s", "5m"))
			case 8:
				lines = append(lines, "fault %"+pick("coupons", "points", "payments")+"."+pick("redeem", "cancel")+" "+pick("refuse", "timeout", "lost-reply")+" --count "+pick("1", "3"))
			}
		}
		lines = append(lines, pick("checkout", "checkout", "checkout", "relay "+token(lines)), "checkout", "redeem --resume")
	}
	return lines
}

// token names the last one that was asked for.
func token(lines []string) string {
	for _, line := range slices.Backward(lines) {
		if _, name, ok := strings.Cut(line, "--name "); ok {
			return name
		}
	}
	return "none"
}
