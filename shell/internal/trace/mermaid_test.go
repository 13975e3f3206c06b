// Traces as mermaid diagrams: what stands in them, and that mermaid reads it.

package trace_test

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

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/world"
)

func mermaidOf(tr trace.Trace) string {
	var b strings.Builder
	tr.WriteMermaid(&b)
	return b.String()
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
	if diff := cmp.Diff(want, mermaidOf(trace.Small())); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Nobody has said anything: there is still something to draw.
func TestMermaidOfNothing(t *testing.T) {
	if got, want := mermaidOf(trace.Trace{Title: "x"}), "sequenceDiagram\n    title x\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Whoever talks has a lifeline, though nobody listed it.
func TestMermaidOfAStranger(t *testing.T) {
	got := mermaidOf(trace.Trace{Title: "x", Parties: []string{"client"}, Messages: []trace.Traced{trace.Traced{Number: 1, From: "client", To: "gone", Text: "hi"}.Sent(world.Epoch)}})
	if want := "participant p2 as gone\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

var mermaidEntity = regexp.MustCompile(`#(\d+);`)

func TestMermaidEscape(t *testing.T) {
	plain := regexp.MustCompile(`^[A-Za-z0-9 .,_=/()'-]*$`)
	for _, text := range []string{"", "plain words, 80.00 (visa)", hostileText, "ﬂ°°60¶ß", "naïve – 😀\n", `\u{a}`} {
		escaped := trace.MermaidEscape(text)
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
	tr := trace.Small()
	tr.Messages[1].Detail = strings.Repeat("wide; ", 30)
	for line := range strings.Lines(mermaidOf(tr)) {
		for _, part := range strings.Split(line, "<br/>") {
			if shown := mermaidEntity.ReplaceAllString(part, "x"); len(shown) > trace.MermaidNote+len("    Note over p2,p1: \n") {
				t.Errorf("%d wide: %s", len(shown), shown)
			}
		}
	}
}

// A diagram over mermaid's limit says so, and is whole.
func TestMermaidSaysWhenItIsTooLong(t *testing.T) {
	tr := trace.Small()
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
	if short := mermaidOf(trace.Small()); strings.Contains(short, "%%") {
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
	traces, diagrams := map[string]trace.Trace{"small": trace.Small()}, map[string]string{}
	for name, lines := range traceStories(t) {
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
func checkMermaid(t *testing.T, tr trace.Trace, found mermaidFound) {
	t.Helper()
	if found.Error != "" {
		t.Fatal(found.Error)
	}
	if found.Title != tr.Title || !slices.Equal(found.Names, tr.Everyone()) {
		t.Errorf("it found %q of %q, want %q of %q", found.Title, found.Names, tr.Title, tr.Everyone())
	}
	texts := found.Texts
	for _, m := range tr.Messages {
		at := slices.IndexFunc(texts, func(text string) bool { return strings.Contains(text, m.Short()) })
		if at < 0 {
			t.Fatalf("%d: no %q in %q", m.Number, m.Short(), texts)
		}
		texts = texts[at+1:]
		if m.Failed() && m.Detail != "" {
			if joined := strings.ReplaceAll(texts[0], "<br/>", " "); !strings.EqualFold(joined, strings.Join(strings.Fields(m.Detail), " ")) {
				t.Errorf("%d: the note says %q, want %q", m.Number, joined, m.Detail)
			}
		}
	}
}
