// Short lines.

package redact_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/redact"
)

// A long line is cut between characters and says so, and its neighbours are whole.
func TestALongLineIsCut(t *testing.T) {
	for text, want := range map[string]string{
		"":              "",
		"12345":         "12345",
		"123456":        "123456",
		"1234567":       "12345… and 2 bytes more",
		"1234ö6\n7\n":   "1234… and 3 bytes more\n7\n",
		"1\n2\n3\n4\n5": "1\n2\n3\n4\n5",
		"\n123456789":   "\n12345… and 4 bytes more",
	} {
		if got := redact.Short(text, 5); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := redact.Short(strings.Repeat("ö", 10), 1); got != "… and 20 bytes more" {
		t.Errorf("a character that is longer than that: %q", got)
	}
}
