// Evidence: what is written shows what was found, or says that it does not.

package evidence

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
)

// A line that is to say nothing asks for just that.
func TestWhatIsToSayNothing(t *testing.T) {
	for want, line := range map[string]string{"": "! stdout .", "op_1 reserved": "stdout '^op_1 reserved$'", "a.b": `stdout '^a\.b$'`} {
		if got := says(want); got != line {
			t.Errorf("%q: %s, not %s", want, got, line)
		}
	}
}

// place is where things are found in these tests: the embedded world.
func place(t *testing.T) In {
	t.Helper()
	plan, err := world.Read(domains.Kinds(domains.All()), "")
	if err != nil {
		t.Fatal(err)
	}
	return In{Plan: plan, Customer: "user_123"}
}

// found is a way on which nothing is broken, as if it had ended with something.
func found(what string) *Finding {
	return Of(&stage.Complaint{Monitor: "sessions", Err: errors.New(what)}, []stage.Step{
		{Move: stage.Move{Verb: stage.Opens, Order: 1}},
		{Move: stage.Move{Verb: stage.Confirms, Order: 1, Token: 1}},
		{Move: stage.Move{Verb: stage.ChecksOut, Order: 1}},
	}, bound.Bound{Sessions: 1, Tokens: 1, Choices: 1})
}

// failsWith gives a world in which a scenario fails at the first line that has a text;
// it counts how often it was played.
func failsWith(text string, played *int) shows {
	return func(story string) (line int, yes bool, err error) {
		*played++
		for i, l := range strings.Split(story, "\n") {
			if text != "" && strings.Contains(l, text) {
				return i + 1, true, nil
			}
		}
		return 0, false, nil
	}
}

// What the way itself shows is written as it is; what one question shows gets that one
// question, and what shows only when everything is looked at has that looked at.
func TestWhatShowsIt(t *testing.T) {
	in := place(t)
	for _, row := range []struct {
		fails string
		ends  []string // how the lines end
	}{
		{"checkout", []string{"checkout"}},
		{"session show op_1 --jq '[.facts", []string{"checkout", "session show op_1 --jq '[.facts | to_entries[] | .key + \"=\" + .value] | join(\", \")'", "stdout '^payable=60\\.00, subtotal=100\\.00$'"}},
		{"view payments --jq '[.accounts", []string{"checkout", `view payments --jq '[.accounts[][] | .authorised, .captured] | join(" ")'`, "stdout '^0\\.00 0\\.00 0\\.00 60\\.00 0\\.00 0\\.00 0\\.00 0\\.00 0\\.00 0\\.00$'"}},
		{"log --party relay --jq '[.entries[] | select(.step == \"forward\" or", []string{"checkout", asksOfRelay, "stdout '^payments\\.redeem$'"}},
	} {
		played := 0
		text, err := in.proven(t.Context(), found("something"), failsWith(row.fails, &played))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(text), "\n")
		got := lines[len(lines)-len(row.ends):]
		if fmt.Sprint(got) != fmt.Sprint(row.ends) || strings.Contains(text, "set check on") || strings.Contains(text, nothing) {
			t.Errorf("%s (%d played):\n%s", row.fails, played, text)
		}
	}
}

// What nothing shows says so, behind what it is about.
func TestWhatNothingShows(t *testing.T) {
	in, played := place(t), 0
	text, err := in.proven(t.Context(), found("something that nobody sees"), failsWith("", &played))
	if err != nil || !strings.HasPrefix(text, "# explore --bound sessions=1,tokens=1,faults=0,clock=0,choices=1: something that nobody sees.\n"+nothing+"session new op_1") || played < 2 {
		t.Errorf("%v, %d played:\n%s", err, played, text)
	}
	wrong := errors.New("no room")
	if _, err := in.proven(t.Context(), found("something"), func(string) (int, bool, error) { return 0, false, wrong }); !errors.Is(err, wrong) {
		t.Errorf("%v", err)
	}
}

// A detour is put aside and taken back, and the way goes on where it was.
func TestADetour(t *testing.T) {
	in := place(t)
	for _, by := range []detour{{2, stage.Move{Verb: stage.Revokes, Order: 1, Token: 1}, true}, {at: 3}} {
		w, err := in.written(context.Background(), found("something"), &by)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"world save before", "revoke t1", "world restore before", "checkout"}
		if !by.moves {
			want = []string{"checkout", "world save before", "world restore before"}
		}
		if got := w.lines[len(w.lines)-len(want):]; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: %q", by, w.lines)
		}
	}
}

// What cannot be played, for there is no folder for it, is not lost.
func TestWhatCannotBePlayed(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
	text, err := place(t).Proven(t.Context(), nil, found("something"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	if len(lines) < 5 || !strings.HasSuffix(lines[0], ": something.") || !strings.HasPrefix(lines[1], "# It was not played where it was found: ") || !strings.HasPrefix(lines[2], "session new ") {
		t.Errorf("it says\n%s", text)
	}
}
