// Meant: what is misspelled is found, whatever stands beside it.

package verbs_test

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
)

// misspelled changes the places of two characters in the middle of a word, or
// doubles the last one where they are the same.
func misspelled(word string) string {
	at := len(word) / 2
	if word[at] == word[at-1] {
		return word + word[len(word)-1:]
	}
	return word[:at-1] + word[at:at+1] + word[at-1:at] + word[at+1:]
}

// wantMeant wants a line to be bad usage with a hint that names what was meant.
func wantMeant(t *testing.T, s *interp.Shell, line, meant string) {
	t.Helper()
	code, printed := shelltest.Refused(t, s, line)
	if code != exit.BadUsage || !strings.HasSuffix(printed, "hint: did you mean "+meant+"?\n") {
		t.Errorf("%s: exit code %d, %s\nwant %q to be meant", line, code, printed, meant)
	}
}

// A verb below a verb is looked at before its flags, its values and what stands
// around it.
func TestAMisspelledVerbIsMeantWhateverItsFlags(t *testing.T) {
	s := shelltest.New(t, 1)
	told := 0
	for path, node := range shelltest.Verbs(t) {
		family, verb, below := strings.Cut(path, " ")
		if !below {
			continue
		}
		told++
		wrong := family + " " + misspelled(verb)
		lines := []string{wrong, wrong + " --", wrong + " X --zzzz 1", "expect expired " + wrong + " --zzzz", "capture A " + wrong + " --zzzz", "! " + wrong + " --zzzz x"}
		for _, flag := range node.Flags {
			lines = append(lines, wrong+" X --"+flag.Name+" y", wrong+" --"+flag.Name+" y X")
			if family != "fault" && family != "record" && !flag.IsBool() { // the two have flags of their own
				lines = append(lines, family+" --"+flag.Name+" y "+misspelled(verb))
			}
		}
		for _, line := range lines {
			if strings.HasPrefix(line, "capture A record") {
				continue // it is not to be captured
			}
			wantMeant(t, s, line, verb)
		}
		wantMeant(t, s, "help "+wrong, verb)
		wantMeant(t, s, family+" "+strings.ToUpper(verb), verb)
	}
	if told < 25 {
		t.Errorf("only %d verbs stand below a verb", told)
	}
}

func TestAMisspelledFlagIsMeant(t *testing.T) {
	s := shelltest.New(t, 1)
	for path, node := range shelltest.Verbs(t) {
		for _, flag := range node.Flags {
			if len(flag.Name) < 4 || interp.TakesVerb(node) {
				continue
			}
			code, printed := shelltest.Refused(t, s, path+" "+arguments(node)+" --"+misspelled(flag.Name)+" y")
			_, meant, _ := strings.Cut(printed, "did you mean ")
			if want := `"--` + flag.Name + `"`; code != exit.BadUsage || !strings.Contains(meant, want) { // others may be as near
				t.Errorf("%s: exit code %d, %s\nwant %s to be meant", path, code, printed, want)
			}
		}
	}
}

// arguments gives something for each argument of a verb.
func arguments(node *kong.Node) string { return strings.Repeat("x ", len(node.Positional)) }

// The verb of a family alone, or its flags before it.
func TestWordsOfAFamilyOutOfPlace(t *testing.T) {
	s := shelltest.New(t, 1)
	for line, want := range map[string]string{
		"confrim TEN":                    "hint: did you mean confirm?",
		"help confrim":                   "hint: did you mean confirm?",
		"confirm TEN":                    "usage: there is no verb \"confirm TEN\"\nhint: confirm coupons|points|payments",
		"confirm coupns TEN":             "hint: did you mean coupons?",
		"retier":                         "hint: did you mean keys retire?",
		"balance":                        "hint: did you mean points balance?",
		"COUPON list":                    "hint: did you mean coupon?",
		"POINTS balance":                 "hint: did you mean points?",
		"coupons list":                   "hint: did you mean coupon, confirm coupons?",
		"advance 5s":                     "hint: did you mean clock advance?",
		"coupon":                         "usage: coupon wants list or confirm behind it",
		"clock":                          "usage: clock wants show, set, advance, freeze, run or skew behind it",
		"coupon --name x":                "usage: coupon wants list or confirm behind it",
		"coupon --name x confirm TEN":    "usage: the flags of coupon confirm come behind it\nhint: coupon confirm CODE",
		"coupon --name=x confirm TEN":    "usage: the flags of coupon confirm come behind it",
		"coupon zzzzzz --name x":         "usage: there is no verb \"coupon zzzzzz\"\nhint: coupon list|confirm",
		"fault zzzzzz --count 3":         "usage: fault: KIND is missing",
		"coupon -- confrim":              "hint: did you mean confirm?",
		"watch 1s --count 1 coupon lsit": "hint: did you mean list?",
	} {
		if code, printed := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(printed, want) {
			t.Errorf("%s: exit code %d, %s\nwant %s", line, code, printed, want)
		}
	}
	for _, line := range []string{"coupon -o json list", "coupon -ojson --color=never list", "coupon --jq .coupons list"} {
		shelltest.Do(t, s, line) // global flags may stand anywhere
	}
}
