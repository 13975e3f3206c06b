// history: what was run.

package verbs_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/shelltest"
)

func TestHistoryOfAScript(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN  # a comment")
	raw := strings.TrimSpace(shelltest.Do(t, s, "token raw coupon-1"))
	shelltest.Do(t, s, "token show "+raw)
	want := "    1  session new op_1\n    2  coupon confirm TEN\n    3  token raw coupon-1\n    4  token show (token)\n"
	if diff := cmp.Diff(want, shelltest.Do(t, s, "history")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got, want := shelltest.Do(t, s, "history 2"), "    4  token show (token)\n    5  history\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := shelltest.Do(t, s, "history 100 -o json"); strings.Contains(got, raw[:40]) {
		t.Errorf("a token in %s", got)
	} else {
		var data struct {
			Lines []struct {
				N    int
				Line string
			}
		}
		if err := json.Unmarshal([]byte(got), &data); err != nil || len(data.Lines) != 6 || data.Lines[5].N != 6 || data.Lines[3].Line != "token show (token)" {
			t.Errorf("%v, %s", err, got)
		}
	}
	for _, line := range []string{"history -1", "history 0"} {
		if err := s.Line(t.Context(), line, false, &bytes.Buffer{}, &bytes.Buffer{}); exit.Code(err) != exit.BadUsage {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// At the prompt it is what the arrow keys bring back.
func TestHistoryAtThePrompt(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Lines = func() []string { return []string{"an old line", "\x1b[31mred"} }
	if got, want := shelltest.Do(t, s, "history"), "    1  an old line\n    2  \\u{1b}[31mred\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := shelltest.Do(t, s, "history 1 --jq '.lines[].line'"); got != "\\u{1b}[31mred\n" {
		t.Errorf("%q", got)
	}
	if got := shelltest.Do(t, s, "history 9 -o json"); !strings.Contains(got, `\u001b`) || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}
