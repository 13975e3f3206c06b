// Traces as mermaid diagrams: what stands in them, and that mermaid reads it.

package shell

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
)

// hostileText is a text with all that a diagram or a page could stumble over.
const hostileText = `end; %% %%{init: {}}%% <script>alert(1)</script> # #35; &lt; $$x$$ wrap: style a:#b; {"'} @{ \n <br/> -->> ` + "`"

// traceStories are conversations with one of everything in them.
func traceStories() map[string][]string {
	faults := []string{"clock advance 90s"}
	for _, step := range []string{"coupons.confirm", "points.redeem", "payments.redeem", "coupons.cancel", "kms.sign", "kms.decrypt"} {
		for _, kind := range wire.FaultKinds() {
			id := strings.ReplaceAll(step, ".", "-") + "-" + kind
			faults = append(faults, "session new "+id, "fault "+step+" "+kind, "coupon confirm TEN", "points confirm 5",
				"payment confirm 5.00 --method visa", "checkout", "session close", "fault clear")
		}
	}
	shop := []string{"session new o1 --fact subtotal=125.00", "coupon confirm SPRING25", "points confirm 500", "payment confirm 80.00 --method visa"}
	return map[string][]string{
		"empty":  nil,
		"plain":  append(slices.Clone(shop), "checkout"),
		"replay": append(slices.Clone(shop), "relay coupon-1", "relay coupon-1", "session close", "relay coupon-1"),
		"faults": faults,
		"hostile": {
			"trust add " + club + " --jwks " + trustDir + "/club.json --capability club:redeem --service end",
			"session new op_1 --fact end=end", "session set 'note=" + strings.ReplaceAll(hostileText, "'", "") + "'",
			"token import " + trustDir + "/gift.jws --name end", "coupon confirm 'end; # %% <b>'", "coupon confirm TEN --name style",
			"fault end.redeem lost-reply", "checkout",
			"session new end", "coupon confirm TEN --name wrap", "relay style", "session close",
		},
	}
}

// traceOf runs lines, of which some may be refused, and gives what was said.
func traceOf(t *testing.T, lines []string) trace {
	t.Helper()
	s := goldenShell(t, 7)
	for _, line := range lines {
		var stdout, stderr bytes.Buffer
		if err := s.Line(t.Context(), line, false, &stdout, &stderr); err != nil && len(exit.Rejections(err)) == 0 {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return s.trace(t.Context(), "", true)
}

func mermaidOf(tr trace) string {
	var b strings.Builder
	tr.writeMermaid(&b)
	return b.String()
}

// smallTrace has one message of every kind.
func smallTrace() trace {
	at := func(seconds int) time.Time { return Epoch.Add(time.Duration(seconds) * time.Second) }
	return trace{
		Title:   "session o#1",
		Parties: []string{"client", "relay", "end"},
		Messages: []traced{
			{Number: 3, at: at(0), From: "client", To: "relay", Kind: "question", Step: "relay", Text: "relay a;b"},
			{Number: 4, at: at(0), From: "relay", To: "client", Kind: "answer", Step: "relay", Text: "rejected: replayed", Outcome: "replayed", Detail: "used before"},
			{Number: 7, at: at(0), From: "relay", To: "end", Kind: "question", Step: "redeem", Text: "redeem it", Lost: true},
			{Number: 8, at: at(1), From: "relay", To: "end", Kind: "question", Step: "redeem", Text: "redeem it", Again: 2, Late: "2s"},
			{Number: 9, at: at(3), From: "end", To: "relay", Kind: "answer", Step: "redeem", Text: "redeemed", Outcome: "ok", Lost: true},
			{Number: 10, at: at(90_000), From: "relay", To: "end", Kind: "question", Step: "cancel", Text: "cancel it"},
		},
	}
}

func TestMermaid(t *testing.T) {
	const want = `sequenceDiagram
    title session o#35;1
    actor p1 as client
    participant p2 as relay
    participant p3 as end
    Note over p1,p3: 2026-01-01 00:00:00 UTC
    autonumber 3
    p1->>p2: relay a#59;b
    p2-->>p1: ✗ replayed
    Note over p2,p1: used before
    autonumber 7
    p2-xp3: redeem it, lost
    Note over p1,p3: 00:00:01, 1 s later
    p2->>p3: redeem it, again (2), 2s late
    Note over p1,p3: 00:00:03, 2 s later
    p3--xp2: redeemed, lost
    Note over p1,p3: 2026-01-02 01:00:00 UTC, 24 h 59 min later
    p2->>p3: ↩ cancel it
`
	if diff := cmp.Diff(want, mermaidOf(smallTrace())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Nobody has said anything: there is still something to draw.
func TestMermaidOfNothing(t *testing.T) {
	if got, want := mermaidOf(trace{Title: "x"}), "sequenceDiagram\n    title x\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Whoever talks has a lifeline, though nobody listed it.
func TestMermaidOfAStranger(t *testing.T) {
	got := mermaidOf(trace{Title: "x", Parties: []string{"client"}, Messages: []traced{{Number: 1, at: Epoch, From: "client", To: "gone", Text: "hi"}}})
	if want := "participant p2 as gone\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

var mermaidEntity = regexp.MustCompile(`#(\d+);`)

func TestMermaidEscape(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z0-9 .,_=/()'-]*$`)
	for _, text := range []string{"", "plain words, 80.00 (visa)", hostileText, "ﬂ°°60¶ß", "naïve – 😀\n", `\u{a}`} {
		escaped := mermaidEscape(text)
		if rest := mermaidEntity.ReplaceAllString(escaped, ""); !plain.MatchString(rest) {
			t.Errorf("%q is written %q", text, escaped)
		}
		back := mermaidEntity.ReplaceAllStringFunc(escaped, func(entity string) string {
			code, _ := strconv.Atoi(entity[1 : len(entity)-1])
			return string(rune(code))
		})
		if back != text {
			t.Errorf("%q comes back as %q", text, back)
		}
	}
}

func TestMermaidFoldsDetails(t *testing.T) {
	tr := smallTrace()
	tr.Messages[1].Detail = strings.Repeat("wide; ", 30)
	for line := range strings.Lines(mermaidOf(tr)) {
		for _, part := range strings.Split(line, "<br/>") {
			if shown := mermaidEntity.ReplaceAllString(part, "x"); len(shown) > mermaidNote+len("    Note over p2,p1: \n") {
				t.Errorf("%d wide: %s", len(shown), shown)
			}
		}
	}
}

// A diagram over mermaid's limit says so, and is whole.
func TestMermaidSaysWhenItIsTooLong(t *testing.T) {
	tr := smallTrace()
	for size := len(tr.Messages); len(tr.Messages) < 2000; {
		tr.Messages = append(tr.Messages, tr.Messages[size-2])
	}
	got := mermaidOf(tr)
	if !strings.Contains(got, "    %% One session is shorter: trace --format mermaid --session ID\n") {
		t.Errorf("it does not say how to narrow it:\n%.300s", got)
	}
	if arrows := strings.Count(got, "p3--xp2"); arrows != 1995 {
		t.Errorf("%d arrows, want 1995", arrows)
	}
	if short := mermaidOf(smallTrace()); strings.Contains(short, "%%") {
		t.Errorf("a short one says it, too:\n%s", short)
	}
}

// mermaidFound is what parse.mjs says of a diagram.
type mermaidFound struct {
	File  string   `json:"file"`
	Error string   `json:"error"`
	Title string   `json:"title"`
	Names []string `json:"names"`
	Texts []string `json:"texts"`
}

// The real mermaid reads what we write, and finds in it what went in. CI has it
// installed and says where; see .ci/run.
func TestMermaidIsParsedByMermaid(t *testing.T) {
	folder := os.Getenv("TOKENSHELL_MERMAID")
	if folder == "" {
		t.Skip("TOKENSHELL_MERMAID does not name a folder with mermaid in it")
	}
	traces, diagrams := map[string]trace{"small": smallTrace()}, map[string]string{}
	for name, lines := range traceStories() {
		traces[name] = traceOf(t, lines)
	}
	if got := traces["hostile"]; !slices.Contains(got.Parties, "end") {
		t.Fatalf("the hostile story has nobody called end: %q", got.Parties)
	}
	for name, tr := range traces {
		diagrams[name] = mermaidOf(tr)
	}
	for name, found := range parseMermaid(t, folder, diagrams) {
		t.Run(name, func(t *testing.T) { checkMermaid(t, traces[name], found) })
	}
	broken := map[string]string{
		"nothing": "", "half": "sequenceDiagram\n    p1->>\n", "name": "sequenceDiagram\n    participant p1 as a;b\n",
		"end": "sequenceDiagram\n    end\n", "other": "graph TD\n    a --> b\n",
	}
	for name, found := range parseMermaid(t, folder, broken) {
		if found.Error == "" {
			t.Errorf("%q is accepted: %+v", broken[name], found)
		}
	}
}

// parseMermaid has mermaid read diagrams, all at once: it is slow to start.
func parseMermaid(t *testing.T, folder string, diagrams map[string]string) map[string]mermaidFound {
	t.Helper()
	dir, args := t.TempDir(), []string{filepath.Join(folder, "parse.mjs")}
	for name, diagram := range diagrams {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(diagram), 0o666); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	cmd := exec.CommandContext(t.Context(), "node", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	all, refused := map[string]mermaidFound{}, false
	for line := range bytes.Lines(out) {
		var found mermaidFound
		if err := json.Unmarshal(line, &found); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all[filepath.Base(found.File)] = found
		refused = refused || found.Error != ""
	}
	if len(all) != len(diagrams) || refused != (err != nil) {
		t.Fatalf("node read %d of %d diagrams: %v\n%s%s", len(all), len(diagrams), err, out, stderr.String())
	}
	return all
}

// checkMermaid holds what mermaid found against the trace.
func checkMermaid(t *testing.T, tr trace, found mermaidFound) {
	t.Helper()
	if found.Error != "" {
		t.Fatal(found.Error)
	}
	if found.Title != tr.Title || !slices.Equal(found.Names, tr.everyone()) {
		t.Errorf("it found %q of %q, want %q of %q", found.Title, found.Names, tr.Title, tr.everyone())
	}
	texts := found.Texts
	for _, m := range tr.Messages {
		at := slices.IndexFunc(texts, func(text string) bool { return strings.Contains(text, m.short()) })
		if at < 0 {
			t.Fatalf("%d: no %q in %q", m.Number, m.short(), texts)
		}
		texts = texts[at+1:]
		if m.failed() && m.Detail != "" {
			if joined := strings.ReplaceAll(texts[0], "<br/>", " "); !strings.EqualFold(joined, strings.Join(strings.Fields(m.Detail), " ")) {
				t.Errorf("%d: the note says %q, want %q", m.Number, joined, m.Detail)
			}
		}
	}
}
