// Facts: one that no domain reads is a word that somebody mistyped, unless the
// world or the client says that it is carried.

package verbs_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

func TestFactsThatNobodyReads(t *testing.T) {
	const carried = "there are payable, subtotal; --fact-any carries any other, and a world file may list more, as facts: [country]"
	for line, want := range map[string]string{
		"session new --fact payble=95.00":                           `no domain of this world reads the fact "payble"; did you mean payable?`,
		"session new --fact subtotal=1.00 --fact subtotl=1.00":      `no domain of this world reads the fact "subtotl"; did you mean subtotal?`,
		"session new --fact country=DE":                             `no domain of this world reads the fact "country"; ` + carried,
		"session new --fact-any country=DE --fact contry=DE":        `no domain of this world reads the fact "contry"; ` + carried,
		"session new --fact-any=country=DE --fact contry=DE":        `no domain of this world reads the fact "contry"; ` + carried,
		"session new --fact-any Country=DE":                         `"Country=DE" is not a fact; write NAME=VALUE, NAME of a-z 0-9 _`,
		"session new --fact-any --fact =DE":                         `"=DE" is not a fact; write NAME=VALUE, NAME of a-z 0-9 _`,
		"session set payble=95.00":                                  `no domain of this world reads the fact "payble"; did you mean payable?`,
		"session set country=DE":                                    `no domain of this world reads the fact "country"; ` + carried,
		"session set --fact-any country":                            `"country" is not a fact; write NAME=VALUE, NAME of a-z 0-9 _`,
		"session new --fact subtotal=1.00 --fact payable=1.00":      "",
		"session new --fact-any country=DE --fact payable=1.00":     "",
		"session new --fact country=DE --fact-any --fact zip=12345": "",
		"session new --fact-any a=1 --fact-any b=2":                 "",
		"session set --fact-any country=DE":                         "",
		"session set country=DE --fact-any":                         "",
	} {
		s := shelltest.New(t, 1)
		shelltest.Do(t, s, "session new op_1")
		err := s.Line(t.Context(), line, false, &strings.Builder{}, &strings.Builder{})
		switch {
		case want == "" && err != nil, want != "" && (err == nil || err.Error() != want || exit.Code(err) != exit.BadUsage):
			t.Errorf("%s: %v, want %s", line, err, want)
		case want == "" && len(s.World.Sessions()) > 0:
			facts := s.World.Sessions()[len(s.World.Sessions())-1].Facts
			for _, word := range strings.Fields(line) {
				if name, value, says := strings.Cut(word, "="); says && facts[name] != value {
					t.Errorf("%s: %s is %q", line, name, facts[name])
				}
			}
		}
	}
}

// What the world lists is carried, and offered when another is mistyped.
func TestFactsThatAWorldCarries(t *testing.T) {
	plan := shelltest.PlanOf(t, "customers: [{id: a}]\nfacts: [country]\n")
	s := shelltest.Of(shelltest.World(t, plan, 1))
	shelltest.Do(t, s, "session new --fact country=DE", "session set country=FR", "session set subtotal=1.00")
	err := s.Line(t.Context(), "session set contry=DE", false, &strings.Builder{}, &strings.Builder{})
	if err == nil || err.Error() != `no domain of this world reads the fact "contry"; did you mean country?` {
		t.Error(err)
	}
}

// Help lists what this world's domains read.
func TestHelpListsFacts(t *testing.T) {
	if got := shelltest.Do(t, shelltest.New(t, 1), "help facts --jq '[.facts[] | .fact + \" \" + (.read_by | join(\"+\"))] | join(\", \")'"); got != "payable payments, subtotal coupons\n" {
		t.Error(got)
	}
}

// What is asked for by another name is explained, too.
func TestHelpByAnotherName(t *testing.T) {
	s := shelltest.New(t, 1)
	for name, of := range map[string]string{"txtar": "run", "scenarios": "run", "cel": "world", "holds": "world"} {
		if got, want := shelltest.Do(t, s, "help "+name), shelltest.Do(t, s, "help "+of); got != want {
			t.Errorf("help %s says %.200s", name, got)
		}
	}
}

// A world may call a reason as a verb or a party is: help explains those, and lists it.
func TestAReasonHidesNoVerb(t *testing.T) {
	s := shelltest.In(t, "customers: [{id: a}]\ndomains:\n  fraud:\n    capability: fraud:check\n    holds: none\n    confirm:\n      - {rule: \"'a' in facts\", reason: relay, says: no a}\n      - {rule: \"'b' in facts\", reason: fraud, says: no b}\n", 1)
	for word, want := range map[string]string{"relay": "relay TOKEN", "fraud": "fraud confirm"} {
		if got := shelltest.Do(t, s, "help "+word); !strings.Contains(got, want) {
			t.Errorf("help %s says %.300s", word, got)
		}
	}
	if got := shelltest.Do(t, s, "help reasons"); !strings.Contains(got, "no a") || !strings.Contains(got, "no b") {
		t.Errorf("%s", got)
	}
}
