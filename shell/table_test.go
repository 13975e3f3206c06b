// Tables: what they look like in windows of every width.

package shell

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"
)

// sampleTable has a cell of every kind, wide characters, and an empty one.
func sampleTable() *table {
	rows := newTable("TOKEN", "STATUS", "JTI", "USES", "WHY")
	rows.row(rigid("coupon-1"), state("accepted"), ident("cpt_ptejey6ijwnn4zrpecpg34dmpe"), number("12.50"), "it was here before, in the same session, and is good for one use")
	rows.row(rigid("券-2"), state("revoked (by its issuer)"), ident("cpt_注文注文注文注文注文注文注文"), number("1200.00"), "注文は一度だけ使えます。注文は一度だけ使えます。")
	rows.row(rigid("points-1"), state("live"), ident("-"), "-", "")
	return rows
}

func TestTableInAWindow(t *testing.T) {
	const whole = `TOKEN     STATUS                   JTI                                  USES  WHY
coupon-1  accepted                 cpt_ptejey6ijwnn4zrpecpg34dmpe      12.50  it was here before, in the same session, and is good for one use
券-2      revoked (by its issuer)  cpt_注文注文注文注文注文注文注文  1200.00  注文は一度だけ使えます。注文は一度だけ使えます。
points-1  live                     -                                       -
`
	for columns, want := range map[int]string{
		0: whole, 200: whole,
		100: `TOKEN     STATUS                   JTI            USES  WHY
coupon-1  accepted                 cpt_pteje…    12.50  it was here before, in the same session, and
                                                        is good for one use
券-2      revoked (by its issuer)  cpt_注文…   1200.00  注文は一度だけ使えます。注文は一度だけ使えま
                                                        す。
points-1  live                     -                 -
`,
		80: `TOKEN     STATUS                   JTI            USES  WHY
coupon-1  accepted                 cpt_pteje…    12.50  it was here before, in
                                                        the same session, and is
                                                        good for one use
券-2      revoked (by its issuer)  cpt_注文…   1200.00  注文は一度だけ使えます。
                                                        注文は一度だけ使えます。
points-1  live                     -                 -
`,
		60: `TOKEN   coupon-1
STATUS  accepted
JTI     cpt_ptejey6ijwnn4zrpecpg34dmpe
USES    12.50
WHY     it was here before, in the same session, and is good
        for one use

TOKEN   券-2
STATUS  revoked (by its issuer)
JTI     cpt_注文注文注文注文注文注文注文
USES    1200.00
WHY     注文は一度だけ使えます。注文は一度だけ使えます。

TOKEN   points-1
STATUS  live
`,
		40: `TOKEN   coupon-1
STATUS  accepted
JTI     cpt_ptejey6ijwnn4zrpecpg34dmpe
USES    12.50
WHY     it was here before, in the same
        session, and is good for one use

TOKEN   券-2
STATUS  revoked (by its issuer)
JTI     cpt_注文注文注文注文注文注文注文
USES    1200.00
WHY     注文は一度だけ使えます。注文は一
        度だけ使えます。

TOKEN   points-1
STATUS  live
`,
		20: `TOKEN   coupon-1
STATUS  accepted
JTI     cpt_ptejey6i
        jwnn4zrpecpg
        34dmpe
USES    12.50
WHY     it was here
        before, in
        the same
        session, and
        is good for
        one use

TOKEN   券-2
STATUS  revoked (by
        its issuer)
JTI     cpt_注文注文
        注文注文注文
        注文注文
USES    1200.00
WHY     注文は一度だ
        け使えます。
        注文は一度だ
        け使えます。

TOKEN   points-1
STATUS  live
`,
	} {
		p := &page{width: columns}
		sampleTable().write(p)
		if diff := cmp.Diff(want, p.inWindow()); diff != "" {
			t.Errorf("at %d columns, -want +got\n%s", columns, diff)
		}
	}
}

// A name that is as wide as the window stands above its value.
func TestCardsInANarrowWindow(t *testing.T) {
	rows := newTable("OPTION", "WHAT IT IS ABOUT")
	rows.row(rigid("color"), "whether output is coloured")
	p := &page{width: 20}
	rows.write(p)
	const want = "OPTION\n  color\nWHAT IT IS ABOUT\n  whether output is\n  coloured\n"
	if diff := cmp.Diff(want, p.inWindow()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// The log is what people look at most: it is a table in a window of 80 columns,
// whatever the order is called.
func TestTheLogIsATableAt80Columns(t *testing.T) {
	s := goldenShell(t, 7)
	said(t, s, "session new", "coupon confirm TEN", "relay coupon-1", "expect replayed relay coupon-1", "redeem")
	shown, err := onScreen(t, s, 80)("log --color never")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"TIME      PARTY    STEP     OUTCOME  ORDER       JTI         MORE\n", "00:00:00  relay    relay    refused  op_", "  replayed\n"} {
		if !strings.Contains(shown, part) {
			t.Errorf("it lacks %q:\n%s", part, shown)
		}
	}
}

// A refusal is bad news, but for an attack: there it is what should have come.
func TestARefusedAttackIsGoodNews(t *testing.T) {
	s := goldenShell(t, 1)
	if got := said(t, s, "attack run ALG-01 --color always"); !strings.Contains(got, "\x1b[32mrefused\x1b[0m") {
		t.Errorf("%q", got)
	}
	var out strings.Builder
	_ = s.Line(t.Context(), "attack run ALG-01 --without algorithm --color always", false, &out, &out) // it gets through, or for another reason
	if strings.Contains(out.String(), "\x1b[32mgot_through") {
		t.Errorf("%q", &out)
	}
}

// What stands in a table, in whatever order of kinds: no line is wider than the
// window, numbers end in one column, no word of prose is lost, and colours
// change nothing but colours.
func TestTablesFit(t *testing.T) {
	words := rapid.StringOfN(rapid.SampledFrom([]rune("abcXYZ 019_-注文é ")), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 7).Draw(t, "kinds")
		rows := newTable()
		if rapid.Bool().Draw(t, "head") {
			for range kinds {
				rows.head = append(rows.head, rapid.StringMatching(`[A-Z]{1,9}`).Draw(t, "name"))
			}
		}
		var prose []string
		for range rapid.IntRange(1, 4).Draw(t, "rows") {
			values := make([]any, len(kinds))
			for i, kind := range kinds {
				switch what := words.Draw(t, "what"); kind {
				case 0:
					values[i] = what
					prose = append(prose, strings.Fields(what)...)
				case 1:
					values[i] = ident(what)
				case 2:
					values[i] = rigid(what)
				case 3:
					values[i] = number(fmt.Sprint(rapid.IntRange(0, 1_000_000).Draw(t, "n")))
				default:
					values[i] = state("refused " + what)
				}
			}
			rows.row(values...)
		}
		columns := rapid.IntRange(20, 200).Draw(t, "columns")
		plain, coloured := &page{width: columns}, &page{width: columns, color: true}
		rows.write(plain)
		rows.write(coloured)
		shown := plain.inWindow()
		if wide, n := widest(shown); n > columns {
			t.Fatalf("%d columns in a window of %d: %q\n%s", n, columns, wide, shown)
		}
		if got := text.StripEscape(coloured.inWindow()); got != shown {
			t.Fatalf("with colours\n%s\nand without\n%s", got, shown)
		}
		squeezed := strings.Join(strings.Fields(shown), "")
		for _, word := range prose {
			if len(kinds) == 1 && !strings.Contains(squeezed, word) { // beside others its parts are far from each other
				t.Fatalf("%q is lost:\n%s", word, shown)
			}
		}
	})
}

func TestNumbersStandToTheRight(t *testing.T) {
	rows := newTable("CODE", "LEFT", "AMOUNT")
	rows.row(rigid("TEN"), 5, number("10.00"))
	rows.row(rigid("FIVE"), 1200, "-")
	rows.row(rigid("BIG"), int64(17), number("12500.00"))
	p := &page{}
	rows.write(p)
	const want = "CODE  LEFT    AMOUNT\nTEN      5     10.00\nFIVE  1200         -\nBIG     17  12500.00\n"
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

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
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"ab cdefghij", 4, []string{"ab", "cdef", "ghij"}},
		{"注文注文", 5, []string{"注文", "注文"}},
		{"注", 1, []string{"注"}},
		{red + "one two" + over, 3, []string{red + "one" + over, red + "two" + over}},
		{red + "one" + over + " two", 3, []string{red + "one" + over, "two"}},
		{"one " + red + "two" + over, 3, []string{"one", red + "two" + over}},
		{red + "abcdef" + over, 3, []string{red + "abc" + over, red + "def" + over}},
	} {
		if diff := cmp.Diff(test.want, fold(test.what, test.width)); diff != "" {
			t.Errorf("%q in %d columns, -want +got\n%s", test.what, test.width, diff)
		}
	}
}
