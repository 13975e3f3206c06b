// The tour: it can be taken anywhere, touches nothing, and what it says is true.

package tour_test

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/tour"
	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// tourWorld takes all steps in a world of their own, as the tour does, and gives
// its shell. told hears of each step.
func tourWorld(t *testing.T, told func(s *interp.Shell, step tour.Stop, text string)) *interp.Shell {
	t.Helper()
	s := shelltest.New(t, world.DefaultSeed)
	var text strings.Builder
	out := &answer.Out{Stdout: &text, Stderr: &text, Format: "text"}
	err := tour.Take(&interp.Call{Shell: shelltest.New(t, 1), Ctx: t.Context(), Out: out}, s, func(step tour.Stop, text string) { told(s, step, text) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTourOffATerminal(t *testing.T) {
	s := shelltest.New(t, 3)
	s.Ask = func(string) (string, error) { t.Error("a script is asked"); return "", io.EOF }
	got := shelltest.Do(t, s, "tour")
	for i, step := range tour.Stops() {
		if !strings.Contains(got, step.Title()+"\n"+step.Why()+"\n") {
			t.Errorf("step %d is not there", i+1)
		}
	}
	if !strings.HasSuffix(got, "\nthat was a world of its own; yours is as it was. attack run tries to fool this relay, help lists the verbs\n") || strings.Contains(got, "\x1b") {
		t.Errorf("it ends %q", got[len(got)-200:])
	}
	if again := shelltest.Do(t, shelltest.New(t, 99), "tour"); again != got {
		t.Error("it depends on the world it is taken from")
	}
}

func TestTourInJSON(t *testing.T) {
	if text := shelltest.Do(t, shelltest.New(t, 1), "tour -o json"); strings.Contains(text, `"learned":null`) {
		t.Error("what nobody learned anything at has no list")
	}
	var data struct{ Steps []tour.ShownStop }
	if err := json.Unmarshal([]byte(shelltest.Do(t, shelltest.New(t, 1), "tour -o json")), &data); err != nil {
		t.Fatal(err)
	}
	steps := tour.Stops()
	if len(data.Steps) != len(steps) {
		t.Fatalf("%d steps, want %d", len(data.Steps), len(steps))
	}
	for i, step := range data.Steps {
		last := step.Commands[len(step.Commands)-1]
		if step.Title != steps[i].Title() || last.Line != steps[i].Last() || last.Reason != string(steps[i].Refused()) || !slices.Equal(step.Learned, steps[i].Learned()) {
			t.Errorf("step %d is %+v", i+1, step)
		}
	}
	if got := shelltest.Do(t, shelltest.New(t, 1), "tour --jq '[.steps[].commands[].reason // empty]'"); got != `["replayed","session_mismatch","already_redeemed"]`+"\n" {
		t.Error(got)
	}
}

// A person goes on with Enter; q, Ctrl-C and Ctrl-D end it, and well.
func TestTourAtATerminal(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		err    error
		steps  int
	}{
		"Enter": {"", nil, 9}, "anything": {"go on", nil, 9}, "q": {"q", nil, 1}, "quit": {"  QUIT ", nil, 1},
		"Ctrl-C": {"", lineedit.ErrInterrupted, 1}, "Ctrl-D": {"", io.EOF, 1}, "a broken terminal": {"", errors.New("gone"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := shelltest.New(t, 1)
			asked := ""
			s.Ask = func(prompt string) (string, error) { asked = prompt; return test.answer, test.err }
			shown, err := shelltest.OnScreen(t, s, 80)("tour")
			if err != nil || strings.Count(shown, " of 9: ") != test.steps || !strings.Contains(shown, "yours is as it was") {
				t.Errorf("%v, %d steps", err, strings.Count(shown, " of 9: "))
			}
			if strings.Contains(shown, "error: gone") != (name == "a broken terminal") {
				t.Errorf("it says %q", shown[len(shown)-300:])
			}
			if len(asked) > 30 { // three quarters of 40 columns: more would be cut
				t.Errorf("%q is asked, which a narrow window has no room for", asked)
			}
		})
	}
}

// The world that somebody is in stays as it is, and so do the lines.
func TestTourTouchesNothing(t *testing.T) {
	s := shelltest.Busy(t)
	before := []string{shelltest.Do(t, s, "session list -o json"), shelltest.Do(t, s, "token list -o json"), shelltest.Do(t, s, "log -o json"), shelltest.Do(t, s, "trace -o json"), shelltest.Do(t, s, "view points -o json"), s.Order}
	shelltest.Do(t, s, "tour")
	after := []string{shelltest.Do(t, s, "session list -o json"), shelltest.Do(t, s, "token list -o json"), shelltest.Do(t, s, "log -o json"), shelltest.Do(t, s, "trace -o json"), shelltest.Do(t, s, "view points -o json"), s.Order}
	if !slices.Equal(before, after) {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	for _, line := range strings.Split(shelltest.Do(t, s, "history"), "\n") {
		if strings.Contains(line, "order-1") {
			t.Errorf("it is in the history: %s", line)
		}
	}
}

// heardBy gives what a party saw of a conversation, in one text.
func heardBy(tr trace.Trace, party string) string {
	var b strings.Builder
	for _, m := range tr.Messages {
		if m.To != party {
			continue
		}
		for _, f := range m.Saw {
			b.WriteString(f.Name + "=" + f.Value + "\n")
		}
	}
	return b.String()
}

// "Which coupon, how many points and which card it does not know": until the
// services say so in their receipts, and those it does not read.
func TestTheRelayLearnsNoMoreThanTheTourSays(t *testing.T) {
	messages := 0
	s := tourWorld(t, func(s *interp.Shell, step tour.Stop, text string) {
		tr := trace.New(t.Context(), s.Client, "", true)
		toRelay := 0
		for _, m := range tr.Messages[messages:] {
			if m.To == "relay" {
				toRelay++
			}
		}
		asked := !slices.Contains([]string{"each domain confirms its own part", "the envelope, as the relay sees it", "and past the relay?", "what was said"}, step.Title())
		if (toRelay > 0) != asked {
			t.Errorf("%s: %d messages to the relay", step.Title(), toRelay)
		}
		messages = len(tr.Messages)
	})
	tr := trace.New(t.Context(), s.Client, "", true)
	heard := heardBy(tr, "relay")
	for _, field := range strings.Split(heard, "\n") {
		name, value, _ := strings.Cut(field, "=")
		if name == "body" {
			continue // of a receipt, passed on and not read
		}
		for _, secret := range []string{"SPRING25", "visa", "500", "4242", "auth_", "last4"} {
			if strings.Contains(value, secret) {
				t.Errorf("the relay saw %s in %s", secret, field)
			}
		}
	}
	for _, seen := range []string{"claim constraints=\"(unread, ", "claim sealed=\"(sealed, ", "claim order_processing_id=\"order-1\"", "fact subtotal=120.00"} {
		if !strings.Contains(heard, seen) {
			t.Errorf("the relay saw no %s in\n%s", seen, heard)
		}
	}
	if got := heardBy(tr, "payments"); !strings.Contains(got, "claim sealed=(opened: ") {
		t.Errorf("payments opened no letter:\n%s", got)
	}
	if got := heardBy(tr, "kms"); strings.Contains(got, "order-1") || strings.Contains(got, "user_123") || !strings.Contains(got, "Message=(32 bytes)") {
		t.Errorf("the KMS saw more than digests:\n%s", got)
	}
}

// "Nothing of it is used up", "the books stay as they are": the books agree.
func TestTheTourSaysWhatTheBooksSay(t *testing.T) {
	var before string
	s := tourWorld(t, func(s *interp.Shell, step tour.Stop, text string) {
		books := ""
		for _, line := range []string{"view coupons", "view points", "view payments", "session show order-1 --jq .state", "session show order-1 --jq .tokens[].status"} {
			books += shelltest.Do(t, s, line)
		}
		switch step.Refused() {
		case tokens.Replayed, tokens.SessionMismatch, tokens.AlreadyRedeemed:
			if books != before {
				t.Errorf("%s: the books were\n%s\nand are\n%s", step.Title(), before, books)
			}
			if !strings.Contains(text, "rejected: "+string(step.Refused())+": ") {
				t.Errorf("%s: nobody is told of the refusal:\n%s", step.Title(), text)
			}
		default:
			before = books
		}
	})
	for line, want := range map[string]string{
		"session show order-1 --jq .state": "completed\n", "session show order-2 --jq .state": "open\n",
		"points balance --jq '[.balance,.held]'": "[700,0]\n", "view coupons --jq .accounts.SPRING25": "1\n",
	} {
		if got := shelltest.Do(t, s, line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
