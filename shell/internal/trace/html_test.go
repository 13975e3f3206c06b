// Traces as pages: safe to open, true to what each party saw, and readable.

package trace_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
)

func htmlOf(t *testing.T, tr trace.Trace) string {
	t.Helper()
	var b strings.Builder
	if err := tr.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// messageOf gives the part of a page that is about one message.
func messageOf(t *testing.T, page string, number int) string {
	t.Helper()
	_, after, found := strings.Cut(page, fmt.Sprintf(`<li id="m%d"`, number))
	part, _, closed := strings.Cut(after, "</li>")
	if !found || !closed {
		t.Fatalf("no message %d in\n%s", number, page)
	}
	return part
}

// numberOf finds the number of the first message of a kind and step that holds a token.
func numberOf(t *testing.T, tr trace.Trace, kind, step, token, to string) int {
	t.Helper()
	at := slices.IndexFunc(tr.Messages, func(m trace.Traced) bool {
		return m.Kind == kind && m.Step == step && m.Token == token && m.To == to
	})
	if at < 0 {
		t.Fatalf("no %s %s %s to %s", kind, step, token, to)
	}
	return tr.Messages[at].Number
}

// voidElement finds what HTML does not close.
var voidElement = regexp.MustCompile(`<(meta|input)\b([^>]*)>`)

// Every element and attribute of a page is one of these: what could fetch or run
// something is not among them.
var (
	pageElements = strings.Fields(`html head meta title style body header h1 p strong b small time ul ol li label input main div details summary span
		svg circle line path table caption tbody tr th td a`)
	pageAttributes = strings.Fields(`lang charset http-equiv content name id class style title type datetime href aria-label aria-hidden scope colspan
		viewBox d cx cy r x y x1 y1 x2 y2`)
)

// checkPage holds a page to being well-formed and made of nothing else, and
// gives its elements' count.
func checkPage(t *testing.T, page string) map[string]int {
	t.Helper()
	elements := map[string]int{}
	dec := xml.NewDecoder(strings.NewReader(voidElement.ReplaceAllString(page, "<$1$2/>")))
	for {
		token, err := dec.Token()
		if err == io.EOF {
			return elements
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, page)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		elements[start.Name.Local]++
		if !slices.Contains(pageElements, start.Name.Local) {
			t.Errorf("an element <%s>", start.Name.Local)
		}
		for _, attr := range start.Attr {
			if !slices.Contains(pageAttributes, attr.Name.Local) {
				t.Errorf("an attribute %s=%q of <%s>", attr.Name.Local, attr.Value, start.Name.Local)
			}
			if attr.Name.Local == "href" && !strings.HasPrefix(attr.Value, "#m") {
				t.Errorf("a link to %q", attr.Value)
			}
		}
	}
}

func TestHTMLIsWellFormedAndAlone(t *testing.T) {
	t.Parallel()
	const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`
	for name, lines := range traceStories(t) {
		t.Run(name, func(t *testing.T) {
			tr := traceOf(t, lines)
			page := htmlOf(t, tr)
			elements := checkPage(t, page)
			if elements["details"] != len(tr.Messages) || !strings.Contains(page, policy) {
				t.Errorf("%d of %d messages; the policy must be %s", elements["details"], len(tr.Messages), policy)
			}
			if redact.Tokens(page) != page {
				t.Errorf("a token: %q", redact.Find(page))
			}
		})
	}
	for _, outside := range []string{"http:", "https:", "//", "url(", "@import", "src="} {
		if strings.Contains(trace.Template, outside) {
			t.Errorf("the template says %q", outside)
		}
	}
}

// Wherever text from outside may stand, it stays text.
func TestHTMLEscapes(t *testing.T) {
	tr := trace.Trace{Title: hostileText, Parties: []string{"client", hostileText}}
	tr.Messages = []trace.Traced{
		trace.Traced{Number: 1, Time: hostileText, From: "client", To: hostileText, Kind: "question", Step: "relay", Text: hostileText, Token: hostileText, Late: hostileText,
			Saw: []wire.Field{{Name: hostileText, Value: hostileText}, {Name: "claim " + hostileText, Value: hostileText}, {Name: "fact x", Value: hostileText}}}.Sent(world.Epoch),
		trace.Traced{Number: 2, From: hostileText, To: "client", Kind: "answer", Answers: 1, Text: hostileText, Outcome: hostileText, Detail: hostileText}.Sent(world.Epoch),
	}
	page := htmlOf(t, tr)
	checkPage(t, page)
	if strings.Contains(page, "<script") || strings.Count(page, "&lt;script&gt;alert(1)&lt;/script&gt;") < 12 {
		t.Errorf("it is not escaped:\n%s", page)
	}
}

// The relay gets a closed envelope; the domain that wrote the letter opens it.
func TestHTMLShowsWhatEachPartySaw(t *testing.T) {
	tr := traceOf(t, traceStories(t)["plain"])
	page := htmlOf(t, tr)
	for _, row := range []struct {
		step, token, to string
		want, not       []string
	}{
		{"relay", "payment-1", "relay", []string{"(sealed,", "(unread,", `class="envelope closed"`}, []string{"(opened:", `class="envelope open"`, "amount_sha256"}},
		{"relay", "coupon-1", "relay", []string{"(unread,", `class="envelope closed"`}, []string{"coupon_ref"}},
		{"redeem", "payment-1", "payments", []string{"(opened:", `class="envelope open"`, "amount_sha256"}, []string{"(sealed,", "(unread,", `class="envelope closed"`}},
		{"redeem", "coupon-1", "coupons", []string{"coupon_ref"}, []string{"(unread,", `class="envelope`}},
	} {
		part := messageOf(t, page, numberOf(t, tr, "question", row.step, row.token, row.to))
		for _, want := range append(row.want, row.to+" saw", row.token) {
			if !strings.Contains(part, want) {
				t.Errorf("%s %s: no %q in\n%s", row.step, row.token, want, part)
			}
		}
		for _, not := range row.not {
			if strings.Contains(part, not) {
				t.Errorf("%s %s: %q in\n%s", row.step, row.token, not, part)
			}
		}
	}
}

// Only the claims that may be closed are drawn as envelopes: another that says
// the same words proves nothing.
func TestHTMLEnvelopes(t *testing.T) {
	for f, want := range map[wire.Field]string{
		{Name: "claim sealed", Value: `"(sealed, 5 bytes)"`}:        "closed",
		{Name: "claim sealed", Value: "(sealed, not opened here)"}:  "closed",
		{Name: "claim sealed", Value: "(opened: last4)"}:            "open",
		{Name: "claim constraints", Value: `"(unread, 122 bytes)"`}: "closed",
		{Name: "claim constraints", Value: "{}"}:                    "",
		{Name: "claim tier", Value: `"(sealed, 5 bytes)"`}:          "",
		{Name: "fact note", Value: "(opened: x)"}:                   "",
	} {
		if got := trace.EnvelopeOf(f); got != want {
			t.Errorf("%v is %q, want %q", f, got, want)
		}
	}
}

func TestHTMLMarksWhatWentWrong(t *testing.T) {
	page := htmlOf(t, trace.Small())
	for number, wants := range map[int][]string{
		3:  {`class="question"`, "client asks relay: "},
		4:  {`class="answer refused"`, "relay answers client, it was not done: ", "✗", "used before"},
		7:  {`class="question lost"`, "Nobody saw it: it was lost on its way to end.", `class="cross"`, ">lost</span>"},
		8:  {">again (2)</span>", ">2s late</span>"},
		9:  {`class="answer lost"`},
		10: {`class="question cancel"`, "↩"},
	} {
		part := messageOf(t, page, number)
		for _, want := range wants {
			if !strings.Contains(part, want) {
				t.Errorf("%d: no %q in\n%s", number, want, part)
			}
		}
	}
	for _, moment := range []string{"2026-01-01 00:00:00 UTC", "00:00:01, 1 s later", "00:00:03, 2 s later", "2026-01-02 01:00:00 UTC, 24 h 59 min later"} {
		if strings.Count(page, `<li class="moment"><time>`+moment+"</time></li>") != 1 {
			t.Errorf("it is not said once that it has become %q", moment)
		}
	}
}

// An arrow that left its column would point at somebody else.
func TestHTMLArrowsMeetTheLifelines(t *testing.T) {
	tr := trace.Small()
	for i, row := range tr.Page().Rows {
		from, to := slices.Index(tr.Parties, row.From), slices.Index(tr.Parties, row.To)
		centres := []float64{16.67, 50, 83.33}
		if row.Arrow.From != centres[from] || row.Arrow.To != centres[to] {
			t.Errorf("%d: from %v to %v, want %v and %v", i, row.Arrow.From, row.Arrow.To, centres[from], centres[to])
		}
		if row.LeftColumn != min(from, to)+1 || row.RightColumn != max(from, to)+2 {
			t.Errorf("%d: its words stand in columns %d to %d", i, row.LeftColumn, row.RightColumn)
		}
	}
}

func TestHTMLOfNothing(t *testing.T) {
	page := htmlOf(t, trace.Trace{Title: "the conversation"})
	checkPage(t, page)
	if !strings.Contains(page, "Nobody has said anything yet.") {
		t.Error(page)
	}
}

// What is written can be read: WCAG 2.2, 1.4.3, in light and in dark.
func TestHTMLColorsHaveContrast(t *testing.T) {
	variable := regexp.MustCompile(`--([a-z]+): #([0-9a-f]{3,8});`)
	schemes := strings.Split(trace.Template, "color-scheme: light dark;")[1]
	light, dark, _ := strings.Cut(schemes, "@media (prefers-color-scheme: dark)")
	dark, _, _ = strings.Cut(dark, "* {")
	for name, scheme := range map[string]string{"light": light, "dark": dark} {
		colors := map[string]string{}
		for _, m := range variable.FindAllStringSubmatch(scheme, -1) {
			colors[m[1]] = m[2]
		}
		for _, text := range []string{"ink", "faint", "question", "answer", "refused", "lost", "cancel"} {
			for _, on := range []string{"back", "panel"} {
				if got := contrast(t, colors[text], colors[on]); got < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f", name, text, on, got)
				}
			}
		}
		for _, on := range []string{"paper", "stripe"} {
			if got := contrast(t, colors["ink"], colors[on]); got < 4.5 {
				t.Errorf("%s: ink on %s has a contrast of %.2f", name, on, got)
			}
		}
	}
}

// contrast is the ratio of WCAG 2.2 between two colours, 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(hex string) float64 {
		if len(hex) == 3 {
			hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
		}
		sum := 0.0
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			part, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			c := float64(part) / 255
			if c <= 0.04045 {
				c /= 12.92
			} else {
				c = math.Pow((c+0.055)/1.055, 2.4)
			}
			sum += weight * c
		}
		return sum
	}
	bright, dim := luminance(a), luminance(b)
	if bright < dim {
		bright, dim = dim, bright
	}
	return (bright + 0.05) / (dim + 0.05)
}

// A browser opens the pages and has nothing to say. TOKENSHELL_CHROMIUM names
// one, such as /usr/bin/chromium.
func TestHTMLOpensInABrowser(t *testing.T) {
	browser := os.Getenv("TOKENSHELL_CHROMIUM")
	if browser == "" {
		t.Skip("TOKENSHELL_CHROMIUM names no browser")
	}
	page := htmlOf(t, traceOf(t, traceStories(t)["hostile"]))
	if said := console(t, browser, page); said != "" {
		t.Errorf("the console says %s", said)
	}
	if said := console(t, browser, strings.Replace(page, "</main>", "<script>1</script></main>", 1)); said == "" {
		t.Error("the console says nothing about a script, which the policy forbids: this test proves nothing")
	}
}

// console gives what a browser has to say about a page.
func console(t *testing.T, browser, page string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir="+filepath.Join(dir, "profile"), "--enable-logging=stderr", "--v=0",
		"--screenshot="+filepath.Join(dir, "page.png"), "file://"+file)
	out, err := cmd.CombinedOutput()
	if _, missing := os.Stat(filepath.Join(dir, "page.png")); err != nil || missing != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var said []string
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte("CONSOLE")) {
			said = append(said, string(line))
		}
	}
	return strings.Join(said, "")
}
