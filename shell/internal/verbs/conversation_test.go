// The wire: what goes wrong on it stands in the conversation as it happened, and
// what somebody only looks up does not.

package verbs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// linesOf gives the messages between two parties about a step, a line each.
func linesOf(s *interp.Shell, party, step string) (lines []string) {
	for _, m := range s.World.Wire.Conversation.All() {
		if m.Step != step || m.From != party && m.To != party {
			continue
		}
		line := fmt.Sprintf("%s to %s", m.From, m.To)
		if m.Outcome != "" {
			line += ": " + m.Outcome
		}
		if m.Lost {
			line += ", lost"
		}
		if m.Late > 0 {
			line += ", " + m.Late.String() + " late"
		}
		if m.Again > 1 {
			line += fmt.Sprintf(", try %d", m.Again)
		}
		lines = append(lines, line)
	}
	return lines
}

// Every kind of fault at every step is in the conversation what its help says
// of it.
func TestFaultsInTheConversation(t *testing.T) {
	t.Parallel()
	for _, row := range faultySteps() {
		party, step, _ := strings.Cut(row.step, ".")
		for _, kind := range wire.FaultKinds(party, step) {
			if strings.HasPrefix(kind, "crash") {
				continue // TestCrashes
			}
			order := kind
			if wire.FaultKind(kind).HasLine() {
				order += " 'points balance'"
			}
			t.Run(row.step+" "+kind, func(t *testing.T) {
				s := shelltest.New(t, 1)
				shelltest.Do(t, s, "session new op_1")
				fill := strings.NewReplacer("$T", "it").Replace
				for _, line := range row.before {
					shelltest.Do(t, s, fill(line))
				}
				shelltest.Do(t, s, "fault "+row.step+" "+order)
				before := len(linesOf(s, party, step))
				var stdout, stderr bytes.Buffer
				_ = s.Line(t.Context(), fill(row.use), false, &stdout, &stderr) // what it answers is told in TestFaults
				got := linesOf(s, party, step)[before:]
				asker := "client"
				switch {
				case party == "kms":
					asker = row.service
				case step == "cancel":
					asker = "relay"
				}
				question, answer := asker+" to "+party, party+" to "+asker
				no := "service_unavailable"
				if party == "kms" { // in its own words
					no = "AccessDeniedException"
				}
				want := map[string][]string{
					"refuse":     {question, answer + ": " + no},
					"timeout":    {question + ", lost"},
					"lost-reply": {question, answer + ": ok, lost"},
					"slow":       {question + ", 2s late", answer + ": ok"},
					"duplicate":  {question, answer + ": ok", question, answer + ": ok, lost"},
					"late":       {question + ", lost"},
					"meanwhile":  {question, answer + ": ok"},

					"meanwhile-after": {question, answer + ": ok"},
				}[kind]
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
			})
		}
	}
}

// A retry is the next try of the same attempt, at each step anew.
func TestTriesAreCounted(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "points confirm 5", "fault points.redeem lost-reply --count 2", "checkout")
	want := []string{
		"relay to points", "points to relay: ok, lost", "relay to points, try 2", "points to relay: ok, lost", "relay to points, try 3", "points to relay: ok",
	}
	if diff := cmp.Diff(want, linesOf(s, "points", "redeem")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	shelltest.Do(t, s, "session new op_2", "points confirm 5", "checkout") // another attempt begins at one
	if got := linesOf(s, "points", "redeem")[6:]; !slices.Equal(got, []string{"relay to points", "points to relay: ok"}) {
		t.Errorf("%q", got)
	}
	if got := shelltest.Do(t, s, "trace --session op_1"); !strings.HasSuffix(got, ", 2 lost, 2 asked again\n") {
		t.Error(got)
	}
}

// A message is about an order, though a KMS is not told of one and a new order
// gets its name with the answer.
func TestEveryMessageIsAboutItsOrder(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new", "coupon confirm TEN", "session new op_2", "payment confirm 5.00 --method visa", "checkout")
	orders := map[string]int{}
	for _, m := range s.World.Wire.Conversation.All() {
		orders[m.Session]++
	}
	first := strings.TrimSpace(shelltest.Do(t, s, "session list --jq '.sessions[0].order_processing_id'"))
	if orders[""] > 0 || orders[first] != 6 || orders["op_2"] != 14 || len(orders) != 2 {
		t.Errorf("%v", orders)
	}
}

// What a person only looks up is said by nobody, and uses no fault up.
func TestLookingUpIsOffTheRecord(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "payment confirm 5.00 --method visa", "fault kms.decrypt refuse", "fault kms.sign refuse", "fault payments.redeem timeout")
	faults, messages := shelltest.Do(t, s, "fault list"), len(s.World.Wire.Conversation.All())
	for _, line := range []string{
		"token show payment-1 --as payments", "token show coupon-1 --as coupons", "token explain payment-1 --all", "token explain coupon-1", "trace -o json",
		"trace --format html", "view payments", "keys list", "log", "help", "token raw payment-1", "attack run ALG-01", "tour",
	} {
		got := shelltest.Do(t, s, line)
		if strings.Contains(line, "--as payments") && strings.Contains(got, "(sealed, ") {
			t.Errorf("%s: payments cannot open its own letter:\n%s", line, got)
		}
		if n := len(s.World.Wire.Conversation.All()); n != messages {
			t.Errorf("%s: %d messages were sent", line, n-messages)
		}
		if now := shelltest.Do(t, s, "fault list"); now != faults {
			t.Errorf("%s: the faults were\n%s\nand are\n%s", line, faults, now)
		}
	}
}

// Interrupted is not a refusal, and says so. What was still on its way never arrived.
func TestAnInterruptInTheConversation(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "clock run", "fault points.confirm slow")
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, stop) // it is two seconds late
	var stdout, stderr bytes.Buffer
	err := s.Line(ctx, "points confirm 5", false, &stdout, &stderr)
	if exit.Code(err) != exit.Interrupted || stderr.String() != "interrupted\n" {
		t.Errorf("%v, %q", err, &stderr)
	}
	want := []string{"client to points, lost, 2s late"}
	if diff := cmp.Diff(want, linesOf(s, "points", "confirm")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Whoever is interrupted while an answer is lost gets no answer, and an error.
func TestALostAnswerIsNeverNoError(t *testing.T) {
	w := shelltest.New(t, 1).World
	w.Faults.Add(wire.Fault{Party: "points", Step: "redeem", Kind: "lost-reply", Left: 2})
	ctx, stop := context.WithCancel(t.Context())
	q := wire.Question{From: "relay", To: "points", Step: "redeem"}
	got, err := wire.Carry(ctx, w.Wire, q, func(context.Context) (string, error) { return "done", nil }, nil)
	var failure *tokens.Failure
	if got != "" || !errors.As(err, &failure) || failure.Party != "points" {
		t.Errorf("%q, %v", got, err)
	}
	got, err = wire.Carry(ctx, w.Wire, q, func(context.Context) (string, error) { stop(); return "done", nil }, nil)
	if got != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %q, %v", got, err)
	}
}

// How slow a party is shows in the time between a question and its answer.
func TestLateAnswersHaveLateTimes(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "fault points.confirm slow", "points confirm 5")
	var asked time.Time
	for _, m := range s.World.Wire.Conversation.All() {
		switch {
		case m.Step == "confirm" && m.Answers == 0:
			asked = m.Time
		case m.Step == "confirm" && m.Time.Sub(asked) != wire.Slowness:
			t.Errorf("the answer came after %s", m.Time.Sub(asked))
		}
	}
}
