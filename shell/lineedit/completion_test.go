package lineedit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func values(all ...string) []Candidate {
	var cs []Candidate
	for _, v := range all {
		c := Candidate{Value: strings.TrimSuffix(v, "+"), NoSpace: strings.HasSuffix(v, "+")}
		cs = append(cs, c)
	}
	return cs
}

func TestCompletion(t *testing.T) {
	// | is the cursor, [ and ] enclose the word; + is NoSpace.
	for _, c := range []struct {
		line string
		all  []Candidate
		want string
		list int
	}{
		{"[cou|]", values("coupon"), "coupon |", 0},
		{"[cou|]", values("coupon+"), "coupon|", 0},
		{"[cou|]", values(), "cou|", 0},
		{"[cou|]", values("session", "COUPON"), "cou|", 0},
		{"[|]", values("a"), "a |", 0},
		{"[|]", values("a", "b"), "|", 2},
		{"x [cou|] y", values("coupon"), "x coupon |y", 0},
		{"x [cou|XYZ] y", values("coupon"), "x coupon |y", 0},
		{"x [cou|XYZ]", values("coupon+"), "x coupon|", 0},
		{"[c|]", values("coupon-1", "coupon-2", "other"), "coupon-|", 0},
		{"[coupon-|]", values("coupon-1", "coupon-2"), "coupon-|", 2},
		{"[c|oupon-2]", values("coupon-1", "coupon-2"), "coupon-|2", 0},
		{"[c|ouZ]", values("coupon-1", "coupon-2"), "coupon-|Z", 0},
		{"[注|]", values("注文一", "注文二"), "注文|", 0},
		{"[注文|]", values("注文一"), "注文一 |", 0},
		{"[a|]", values("a\x1b[2Jb", "a\nb", "ab"), "ab |", 0},
		{"[a|]", values("a\x1b[2Jb"), "a|", 0},
	} {
		now, from, to := parseEdit(c.line)
		got, list := Completion{c.all, from, to}.apply(now)
		if shown := got.line[:got.pos] + "|" + got.line[got.pos:]; shown != c.want || len(list) != c.list {
			t.Errorf("%s with %v: %s, %d listed; want %s, %d", c.line, c.all, shown, len(list), c.want, c.list)
		}
	}
}

func parseEdit(s string) (now edit, from, to int) {
	var line strings.Builder
	for _, r := range s {
		switch r {
		case '[':
			from = line.Len()
		case '|':
			now.pos = line.Len()
		case ']':
			to = line.Len()
		default:
			line.WriteRune(r)
		}
	}
	now.line = line.String()
	return now, from, to
}

// A caller's offsets may be wrong, but must not panic.
func TestCompletionOutOfBounds(t *testing.T) {
	for _, c := range []Completion{{values("x"), -5, -5}, {values("x"), 99, 99}, {values("x", "y"), 3, 1}} {
		c.apply(edit{"abc", 1})
	}
}

func TestListing(t *testing.T) {
	many := make([]Candidate, 120)
	for i := range many {
		many[i] = Candidate{Value: fmt.Sprintf("candidate-%03d", i), Description: "d"}
	}
	for _, c := range []struct {
		all   []Candidate
		width int
		want  string
	}{
		{values("a"), 40, "a\n"},
		{values("a", "b", "c"), 40, "a  b  c\n"},
		{values("a", "b", "c", "d", "e"), 8, "a  c  e\nb  d\n"},
		{values("注文", "ab"), 40, "注文  ab\n"},
		{values("a long value", "b"), 10, "a long v…\nb\n"},
		{values("abc", "b"), 1, "…\nb\n"},
		{[]Candidate{{Value: "set", Description: "an\n\x1b option"}, {Value: "注文"}}, 40, "set   an option\n注文\n"},
		{[]Candidate{{Value: "set", Description: "a description that is too long"}}, 20, "set  a description…\n"},
		{[]Candidate{{Value: "set", Description: "no room"}}, 12, "set\n"},
		{[]Candidate{{Value: "set", Description: "an option"}, {Value: "a very long value", Description: "x"}}, 24, "set          an option\na very long value\n"},
	} {
		if diff := cmp.Diff(c.want, listing(c.all, c.width, false)); diff != "" {
			t.Error(diff)
		}
	}
	if got := listing(many, 80, true); strings.Count(got, "\n") != maxRows+1 || !strings.HasSuffix(got, "... and 70 more\n") {
		t.Errorf("120 candidates:\n%s", got)
	}
	for width := range 100 {
		for _, all := range [][]Candidate{many, values("注文", "a", "a long value, longer than most"), {{Value: "注文", Description: "注文注文注文"}}} {
			for row := range strings.Lines(listing(all, width, true)) {
				if w := displayWidth(strings.TrimSuffix(row, "\n")); w >= max(width, 2) && !strings.HasPrefix(row, "...") {
					t.Errorf("%d columns: a row of %d: %q", width, w, row)
				}
			}
		}
	}
}

func TestPrompt(t *testing.T) {
	for prompt, want := range map[string]string{
		"> ":                              "> ",
		"\x1b[1;32mshop\x1b[0m> ":         "\x1b[1;32mshop\x1b[0m> ",
		"a\x1b]0;title\x07\x1b[2J\tb\x1b": "a]0;title[2Jb",
		"bad\xff> ":                       "bad\uFFFD> ",
		"\x1b":                            "",
	} {
		if got := cleanPrompt(prompt); got != want {
			t.Errorf("%q became %q, want %q", prompt, got, want)
		}
	}
	for _, c := range []struct {
		prompt string
		width  int
		want   string
	}{
		{"\x1b[1mshop\x1b[0m> ", 8, "\x1b[1mshop\x1b[0m> "},
		{"\x1b[1mshop\x1b[0m> ", 7, "…op> "},
		{"注文注文> ", 8, "…文> "},
		{"shop> ", 2, "…"},
		{"shop> ", 1, ""},
	} {
		if got := fitPrompt(c.prompt, c.width); got != c.want {
			t.Errorf("%q in %d columns: %q, want %q", c.prompt, c.width, got, c.want)
		}
	}
}
