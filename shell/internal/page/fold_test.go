package page_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"

	"tokenshell/shell/internal/page"
)

func TestFold(t *testing.T) {
	const red, over = "\x1b[31m", text.EscapeReset
	for _, test := range []struct {
		what  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"   ", 2, []string{""}},
		{"one two", 10, []string{"one two"}},
		{"one  two", 10, []string{"one  two"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one  two three", 5, []string{"one", "two", "three"}},
		{"00:02:00, in 1 min 59 s", 16, []string{"00:02:00, in", "1 min 59 s"}},
		{"00:02:00, in 1 min 59 s", 15, []string{"00:02:00, in", "1 min 59 s"}},
		{"00:02:00, in 1 min 59 s", 9, []string{"00:02:00,", "in 1 min", "59 s"}},
		{"it is 12 d 3 h, or more", 11, []string{"it is", "12 d 3 h,", "or more"}},
		{"it is 12 dogs", 9, []string{"it is 12", "dogs"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"ab cdefghij", 4, []string{"ab", "cdef", "ghij"}},
		{"注文注文", 5, []string{"注文", "注文"}},
		{"注", 1, []string{"注"}},
		{red + "one two" + over, 3, []string{red + "one" + over, red + "two" + over}},
		{red + "one" + over + " two", 3, []string{red + "one" + over, "two"}},
		{"one " + red + "two" + over, 3, []string{"one", red + "two" + over}},
		{red + "abcdef" + over, 3, []string{red + "abc" + over, red + "def" + over}},
	} {
		if diff := cmp.Diff(test.want, page.Fold(test.what, test.width)); diff != "" {
			t.Errorf("%q in %d columns, -want +got\n%s", test.what, test.width, diff)
		}
	}
}
