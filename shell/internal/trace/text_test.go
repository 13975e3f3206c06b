// Traces as text: lanes where they fit, lines where they do not, and nothing in
// them that is secret.

package trace_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/world"
)

// checkoutLines are a plain checkout with two services.
var checkoutLines = []string{"session new op_1 --fact subtotal=120.00", "coupon confirm SPRING25", "payment confirm 90.00 --method visa", "clock advance 5s", "checkout"}

const checkoutLanes = `          client    relay     coupons   payments  kms
00:00:00  ├────────▶│         │         │         │  open op_1
          │◀╌╌╌╌╌╌╌╌┤         │         │         │  op_1 is open
          ├──────────────────▶│         │         │  confirm SPRING25
          │         │         ├──────────────────▶│  sign
          │         │         │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤  signature
          │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤         │         │  coupon-1
          ├────────────────────────────▶│         │  confirm 90.00 on visa
          │         │         │         ├────────▶│  sign
          │         │         │         │◀╌╌╌╌╌╌╌╌┤  signature
          │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤         │  payment-1
00:00:05  ├────────▶│         │         │         │  relay coupon-1
          │◀╌╌╌╌╌╌╌╌┤         │         │         │  accepted, for coupons
          ├────────▶│         │         │         │  relay payment-1
          │◀╌╌╌╌╌╌╌╌┤         │         │         │  accepted, for payments
          ├────────▶│         │         │         │  redeem
          │         ├────────▶│         │         │  redeem coupon-1
          │         │◀╌╌╌╌╌╌╌╌┤         │         │  redeemed
          │         ├──────────────────▶│         │  redeem payment-1
          │         │         │         ├────────▶│  decrypt
          │         │         │         │◀╌╌╌╌╌╌╌╌┤  the letter's key
          │         │◀╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤         │  redeemed
          │◀╌╌╌╌╌╌╌╌┤         │         │         │  op_1 is completed
22 messages
`

const checkoutList = `00:00:00
client → relay: open op_1
relay ⇢ client: op_1 is open
client → coupons: confirm SPRING25
coupons → kms: sign
kms ⇢ coupons: signature
coupons ⇢ client: coupon-1
client → payments: confirm 90.00 on
  visa
payments → kms: sign
kms ⇢ payments: signature
payments ⇢ client: payment-1
00:00:05
client → relay: relay coupon-1
relay ⇢ client: accepted, for coupons
client → relay: relay payment-1
relay ⇢ client: accepted, for payments
client → relay: redeem
relay → coupons: redeem coupon-1
coupons ⇢ relay: redeemed
relay → payments: redeem payment-1
payments → kms: decrypt
kms ⇢ payments: the letter's key
payments ⇢ relay: redeemed
relay ⇢ client: op_1 is completed
22 messages
`

// textOf gives a trace in a window of so many columns, without colours.
func textOf(tr trace.Trace, columns int) string {
	p := &page.Page{Width: columns}
	tr.WriteText(p)
	return p.InWindow()
}

func TestTraceOfACheckout(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, checkoutLines...)
	if diff := cmp.Diff(checkoutLanes, shelltest.Do(t, s, "trace")); diff != "" {
		t.Errorf("in a pipe, -want +got\n%s", diff)
	}
	for columns, want := range map[int]string{200: checkoutLanes, 80: checkoutLanes, 40: checkoutList} {
		shown, err := shelltest.OnScreen(t, s, columns)("trace --color never")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Errorf("at %d columns, -want +got\n%s", columns, diff)
		}
	}
}

// What goes wrong is seen at a glance: a cross where a message was lost, the
// number of the try, how late it was, and who refused what.
func TestTraceOfWhatGoesWrong(t *testing.T) {
	tr := trace.Small()
	tr.Parties = []string{"client", "relay", "points", "end"}
	tr.Messages = append(tr.Messages, trace.Traced{Number: 11, From: "end", To: "client", Kind: "answer", Step: "redeem", Text: "redeemed", Outcome: "ok", Lost: true}.Sent(world.Epoch))
	const lanes = `          client    relay     points    end
00:00:00  ├────────▶│         │         │  relay a;b
          │◀╌╌╌╌╌╌╌╌┤         │         │  rejected: replayed: used before
          │         ├──────────────✗    │  redeem it, lost
00:00:01  │         ├──────────────────▶│  redeem it, try 2, 2s late
00:00:03  │         │    ✗╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤  redeemed, lost
01:00:00  │         ├──────────────────▶│  cancel it
00:00:00  │    ✗╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤  redeemed, lost
7 messages, 1 refused, 3 lost, 1 asked again
`
	if diff := cmp.Diff(lanes, textOf(tr, 0)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	const list = `00:00:00
client → relay: relay a;b
relay ⇢ client: rejected: replayed:
  used before
relay ✗ end: redeem it, lost
00:00:01
relay → end: redeem it, try 2, 2s late
00:00:03
end ✗ relay: redeemed, lost
01:00:00
relay → end: cancel it
00:00:00
end ✗ client: redeemed, lost
7 messages, 1 refused, 3 lost, 1 asked
again
`
	if diff := cmp.Diff(list, textOf(tr, 40)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// At a running clock no two messages are sent at one moment, and yet a second is
// named once.
func TestTraceNamesASecondOnce(t *testing.T) {
	tr := trace.Small()
	for i := range tr.Messages[:3] {
		tr.Messages[i] = tr.Messages[i].Sent(world.Epoch.Add(time.Duration(i) * 300 * time.Millisecond))
	}
	for _, columns := range []int{0, 40} {
		if got := strings.Count(textOf(tr, columns), "00:00:00"); got != 1 {
			t.Errorf("at %d columns 00:00:00 stands %d times", columns, got)
		}
	}
}

// A trace of everything fits every window, says everything in each, and colours
// only colour it.
func TestTraceFitsEveryWindow(t *testing.T) {
	t.Parallel()
	for name, lines := range traceStories(t) {
		tr := traceOf(t, lines)
		for columns := 20; columns <= 200; columns += 1 + columns/20 {
			plain := textOf(tr, columns)
			if wide, n := shelltest.Widest(plain); n > columns {
				t.Fatalf("%s: %d columns in a window of %d: %q", name, n, columns, wide)
			}
			p := &page.Page{Width: columns, Color: true}
			tr.WriteText(p)
			if text.StripEscape(p.InWindow()) != plain {
				t.Fatalf("%s at %d columns: colours change the text", name, columns)
			}
			if want := fmt.Sprintf("%d messages", len(tr.Messages)); len(lines) > 0 && !strings.Contains(plain, want) {
				t.Errorf("%s at %d columns: no %q", name, columns, want)
			}
		}
	}
	if got := textOf(trace.Trace{}, 20); got != "nobody has said\nanything yet\n" {
		t.Errorf("%q", got)
	}
}

func TestTraceOfOneSession(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, append([]string{"session new other", "points confirm 5"}, checkoutLines...)...)
	if diff := cmp.Diff(checkoutLanes, shelltest.Do(t, s, "trace --session op_1")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := shelltest.Do(t, s, "trace --session other"); strings.Contains(got, "op_1") || strings.Contains(got, "payments") || !strings.HasSuffix(got, "\n6 messages\n") {
		t.Error(got)
	}
	var stderr bytes.Buffer
	err := s.Line(t.Context(), "trace --session nobody", false, &stderr, &stderr)
	if all := exit.Rejections(err); len(all) != 1 || all[0].Reason != "session_unknown" {
		t.Errorf("%v", err)
	}
}

// A file is not a window: it gets what a pipe gets.
func TestTraceIntoAFile(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.Do(t, s, checkoutLines...)
	shown, err := shelltest.OnScreen(t, s, 40)("trace --out it.txt --color always")
	if err != nil || shown != "it.txt: 22 messages\n" {
		t.Errorf("%v, %q", err, shown)
	}
	text, err := os.ReadFile(filepath.Join(s.Dir.Path, "it.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(checkoutLanes, string(text)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	var stderr bytes.Buffer
	if err := s.Line(t.Context(), "trace --out nowhere/it.txt", false, &stderr, &stderr); exit.Code(err) != exit.BadInput {
		t.Errorf("%v", err)
	}
}

func TestTraceInJSON(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, checkoutLines...)
	var data struct{ Messages []trace.Traced }
	if err := json.Unmarshal([]byte(shelltest.Do(t, s, "trace -o json")), &data); err != nil || len(data.Messages) != 22 {
		t.Fatalf("%v, %d messages", err, len(data.Messages))
	}
	for i, m := range data.Messages {
		answer := m.Answers > 0
		if m.Number != i+1 || (m.Kind == "answer") != answer || (m.Outcome != "") != answer || answer && m.Answers >= m.Number || m.Order != "op_1" {
			t.Errorf("message %d is %+v", i+1, m)
		}
	}
	relayed := data.Messages[10]
	if relayed.Token != "coupon-1" || !strings.HasPrefix(relayed.JTI, "cpt_") || relayed.Time != "2026-01-01T00:00:05Z" || relayed.From != "client" || relayed.To != "relay" {
		t.Errorf("%+v", relayed)
	}
	if got := shelltest.Do(t, s, "trace --jq '[.messages[] | select(.step==\"decrypt\") | .from, .outcome]'"); got != `["payments",null,"kms","ok"]`+"\n" {
		t.Error(got)
	}
}

// No format, in no window, holds a token, what is sealed in one, or a key.
func TestNoTokenIsInATrace(t *testing.T) {
	x := shelltest.NewSecrets()
	s := shelltest.Leaky(t, x)
	for _, line := range []string{"trace", "trace -o json", "trace --format mermaid", "trace --format html"} {
		x.Search(t, line, shelltest.Do(t, s, line), false)
	}
	x.Search(t, "trace at 30 columns", textOf(trace.New(t.Context(), s.Client, "", true), 30), false)
}
