package exit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/tokens"
)

// One error of each kind.
var (
	expired  = tokens.Refuse(tokens.Expired, "it is late")
	refusals = exit.Refusals{{tokens.Expired, "it is late"}, {tokens.Replayed, "twice"}}
	failure  = &tokens.Failure{Party: "points", Err: errors.New("no answer")}
	surprise = &exit.Surprise{Expected: "expired", Came: "\"checkout\" was done"}
	wrong    = exit.Usage("help lists them", "there is no verb %q", "x")
	input    = exit.Input("a.yaml", 3, "column 1: no")
	errBug   = errors.New("this is a bug")
)

// coded carries a code of its own.
type coded struct{}

func (coded) Error() string { return "coded" }
func (coded) ExitCode() int { return 7 }

func TestCode(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want int
	}{
		{"done", nil, exit.Done},
		{"a refusal", expired, exit.Refused},
		{"refusals", refusals, exit.Refused},
		{"a failure", failure, exit.Refused},
		{"a surprise", surprise, exit.Refused},
		{"a bug", errBug, exit.Refused},
		{"usage", wrong, exit.BadUsage},
		{"input", input, exit.BadInput},
		{"Ctrl-C", context.Canceled, exit.Interrupted},
		{"an error with a code", coded{}, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			wrapped := []error{test.err}
			if test.err != nil {
				wrapped = append(wrapped, fmt.Errorf("around it: %w", test.err), exit.InJSON(test.err), exit.ToPeople(exit.InJSON(test.err)),
					errors.Join(errors.New("another"), test.err), &exit.Stopped{File: "a.tsh", Line: 2, Err: test.err})
			}
			for _, err := range wrapped {
				if got := exit.Code(err); got != test.want {
					t.Errorf("%T %v: %d, want %d", err, err, got, test.want)
				}
			}
		})
	}
	if got := exit.Code(&tokens.Failure{Party: "points", Err: context.Canceled}); got != exit.Interrupted {
		t.Errorf("a failure because of Ctrl-C: %d", got)
	}
}

func TestWhatErrorsSay(t *testing.T) {
	for want, err := range map[string]error{
		`there is no verb "x"; help lists them`:   wrong,
		"no":                                      exit.Usage("", "no"),
		"a.yaml:3: column 1: no":                  input,
		"a.yaml: it is a folder":                  exit.Input("a.yaml", 0, "it is a folder"),
		"expired: it is late\nreplayed: twice":    refusals,
		"expected expired; \"checkout\" was done": surprise,
		"a.tsh:2: stopped here":                   &exit.Stopped{File: "a.tsh", Line: 2, Err: errBug},
		"this is a bug":                           exit.InJSON(exit.ToPeople(errBug)),
	} {
		if got := err.Error(); got != want {
			t.Errorf("%T: %q, want %q", err, got, want)
		}
	}
}

func TestRejections(t *testing.T) {
	for _, test := range []struct {
		err  error
		want []exit.Rejection
	}{
		{nil, nil}, {errBug, nil}, {wrong, nil}, {input, nil}, {surprise, nil}, {context.Canceled, nil},
		{expired, []exit.Rejection{{tokens.Expired, "it is late"}}},
		{refusals, refusals},
		{failure, []exit.Rejection{{tokens.ServiceUnavailable, "points: no answer"}}},
		{fmt.Errorf("around it: %w", expired), []exit.Rejection{{tokens.Expired, "it is late"}}},
		{exit.ToPeople(exit.InJSON(refusals)), refusals},
		{&exit.Stopped{Err: expired}, nil}, // that was the line's
	} {
		if diff := cmp.Diff(test.want, exit.Rejections(test.err)); diff != "" {
			t.Errorf("%v, -want +got\n%s", test.err, diff)
		}
	}
}

// What is wrong with a sourced file's line is what stopped the file, but for a
// refusal.
func TestStopped(t *testing.T) {
	var usage *exit.UsageError
	if err := error(&exit.Stopped{Err: wrong}); !errors.As(err, &usage) {
		t.Errorf("%v holds no usage error", err)
	}
	var refusal *tokens.Refusal
	for _, err := range []error{&exit.Stopped{Err: expired}, &exit.Stopped{Err: exit.InJSON(expired)}} {
		if errors.As(err, &refusal) || errors.Is(err, tokens.Expired) {
			t.Errorf("%v is a refusal", err)
		}
	}
}

func TestHeard(t *testing.T) {
	for _, test := range []struct {
		name         string
		err          error
		json, people bool
	}{
		{"nobody was told of nothing", nil, false, false},
		{"nobody was told", errBug, false, false},
		{"in JSON", exit.InJSON(errBug), true, false},
		{"to people", exit.ToPeople(errBug), false, true},
		{"to both", exit.ToPeople(exit.InJSON(errBug)), true, true},
		{"to both, the other way round", exit.InJSON(exit.ToPeople(errBug)), true, true},
		{"twice", exit.InJSON(exit.InJSON(errBug)), true, false},
		{"wrapped", fmt.Errorf("around it: %w", exit.ToPeople(fmt.Errorf("and it: %w", exit.InJSON(errBug)))), true, true},
		{"where a file stopped", &exit.Stopped{Err: exit.ToPeople(errBug)}, false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if json, people := exit.Heard(test.err); json != test.json || people != test.people {
				t.Errorf("in JSON: %t, to people: %t", json, people)
			}
		})
	}
}

// Only a refusal with a reason will do behind !.
func TestNegate(t *testing.T) {
	words := []string{"relay", "x"}
	for _, err := range []error{expired, refusals, failure, exit.ToPeople(expired)} {
		if got := exit.Negate(words, err); got != nil {
			t.Errorf("%v: %v", err, got)
		}
	}
	for _, err := range []error{wrong, input, errBug, surprise, context.Canceled} {
		if got := exit.Negate(words, err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
	if got := exit.Negate(words, nil); got == nil || got.Error() != `expected a refusal; "relay" was done` {
		t.Errorf("what was done: %v", got)
	}
}

// One reason is that of the cause, the first refusal; several are exactly those
// that came, in any order.
func TestExpect(t *testing.T) {
	words := []string{"checkout"}
	for _, test := range []struct {
		reasons string
		err     error
		came    string // of a surprise; empty when it is as it should be
	}{
		{"expired", expired, ""},
		{"expired", refusals, ""},
		{"replayed", refusals, "\"checkout\" was refused with expired, then replayed"},
		{"expired,replayed", refusals, ""},
		{"replayed,expired", refusals, ""},
		{"expired,expired", refusals, "\"checkout\" was refused with expired, then replayed"},
		{"expired,replayed,malformed", refusals, "\"checkout\" was refused with expired, then replayed"},
		{"expired,replayed", expired, "\"checkout\" was refused with expired"},
		{"expired,expired", exit.Refusals{refusals[0], refusals[0]}, ""},
		{"expired,replayed", exit.Refusals{refusals[0], refusals[1], refusals[1]}, "\"checkout\" was refused with expired, then replayed, then replayed"},
		{"expired,replayed", nil, "\"checkout\" was done"},
		{"expired", nil, "\"checkout\" was done"},
		{"service_unavailable", failure, ""},
	} {
		err := exit.Expect(strings.Split(test.reasons, ","), words, test.err)
		var surprised *exit.Surprise
		switch {
		case test.came == "" && err != nil, test.came != "" && !errors.As(err, &surprised):
			t.Errorf("%s of %v: %v", test.reasons, test.err, err)
		case test.came != "" && surprised.Came != test.came:
			t.Errorf("%s of %v: %s, want %s", test.reasons, test.err, surprised.Came, test.came)
		}
	}
	if err := exit.Expect([]string{"expired", "replayed"}, words, nil); err.Error() != `expected a refusal with expired and replayed; "checkout" was done` {
		t.Error(err)
	}
	for _, err := range []error{wrong, input, errBug, context.Canceled} {
		if got := exit.Expect([]string{"expired"}, words, err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestExpectedAndVerdict(t *testing.T) {
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJhIn0.c2lnbmF0dXJl"
	for _, test := range []struct {
		err               error
		expected, verdict string
	}{
		{nil, "", "done"},
		{expired, "expect expired ", "refused with expired"},
		{failure, "expect service_unavailable ", "refused with service_unavailable"},
		{exit.InJSON(expired), "expect expired ", "refused with expired"},
		{exit.Refusals{refusals[0], refusals[0]}, "expect expired,expired ", "refused with expired, expired"},
		{exit.Refusals{refusals[1], refusals[0], refusals[1]}, "expect replayed,expired,replayed ", "refused with replayed, expired, replayed"},
		{errors.New("no\nsuch " + token), "", `a failure: no\u{a}such (token)`},
	} {
		if got := exit.Expected(test.err); got != test.expected {
			t.Errorf("%v: expected %q, want %q", test.err, got, test.expected)
		}
		if got := exit.Verdict(test.err); got != test.verdict {
			t.Errorf("%v: verdict %q, want %q", test.err, got, test.verdict)
		}
	}
}
