// Tables: what they look like in windows of every width.

package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"

	"tokenshell/shell/internal/page"
)

// sampleTable has a cell of every kind, wide characters, and an empty one.
func sampleTable() *page.Table {
	rows := page.NewTable("TOKEN", "STATUS", "JTI", "USES", "WHY")
	rows.Row(page.Rigid("coupon-1"), page.State("accepted"), page.Ident("cpt_ptejey6ijwnn4zrpecpg34dmpe"), page.Number("12.50"), "it was here before, in the same session, and is good for one use")
	rows.Row(page.Rigid("券-2"), page.State("revoked (by its issuer)"), page.Ident("cpt_注文注文注文注文注文注文注文"), page.Number("1200.00"), "注文は一度だけ使えます。注文は一度だけ使えます。")
	rows.Row(page.Rigid("points-1"), page.State("live"), page.Ident("-"), "-", "")
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
		p := &page.Page{Width: columns}
		sampleTable().Write(p)
		if diff := cmp.Diff(want, p.InWindow()); diff != "" {
			t.Errorf("at %d columns, -want +got\n%s", columns, diff)
		}
	}
}

// A name that is as wide as the window stands above its value.
func TestCardsInANarrowWindow(t *testing.T) {
	rows := page.NewTable("OPTION", "WHAT IT IS ABOUT")
	rows.Row(page.Rigid("color"), "whether output is coloured")
	p := &page.Page{Width: 20}
	rows.Write(p)
	const want = "OPTION\n  color\nWHAT IT IS ABOUT\n  whether output is\n  coloured\n"
	if diff := cmp.Diff(want, p.InWindow()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What stands in a table, in whatever order of kinds: no line is wider than the
// window, numbers end in one column, no word of prose is lost, and colours
// change nothing but colours.
func TestTablesFit(t *testing.T) {
	words := rapid.StringOfN(rapid.SampledFrom([]rune("abcXYZ 019_-注文é ")), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.IntRange(0, 4), 1, 7).Draw(t, "kinds")
		rows := page.NewTable()
		if rapid.Bool().Draw(t, "head") {
			for range kinds {
				rows.Head = append(rows.Head, rapid.StringMatching(`[A-Z]{1,9}`).Draw(t, "name"))
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
					values[i] = page.Ident(what)
				case 2:
					values[i] = page.Rigid(what)
				case 3:
					values[i] = page.Number(fmt.Sprint(rapid.IntRange(0, 1_000_000).Draw(t, "n")))
				default:
					values[i] = page.State("refused " + what)
				}
			}
			rows.Row(values...)
		}
		columns := rapid.IntRange(20, 200).Draw(t, "columns")
		plain, coloured := &page.Page{Width: columns}, &page.Page{Width: columns, Color: true}
		rows.Write(plain)
		rows.Write(coloured)
		shown := plain.InWindow()
		for line := range strings.Lines(shown) {
			if n := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); n > columns {
				t.Fatalf("%d columns in a window of %d: %q\n%s", n, columns, line, shown)
			}
		}
		if got := text.StripEscape(coloured.InWindow()); got != shown {
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
	rows := page.NewTable("CODE", "LEFT", "AMOUNT")
	rows.Row(page.Rigid("TEN"), 5, page.Number("10.00"))
	rows.Row(page.Rigid("FIVE"), 1200, "-")
	rows.Row(page.Rigid("BIG"), int64(17), page.Number("12500.00"))
	p := &page.Page{}
	rows.Write(p)
	const want = "CODE  LEFT    AMOUNT\nTEN      5     10.00\nFIVE  1200         -\nBIG     17  12500.00\n"
	if diff := cmp.Diff(want, p.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
