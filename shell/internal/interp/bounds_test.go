//go:build unix

// Bounds: how much one line may ask for, and that it is asked for in linear time.

package interp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
)

// atOnce is far more work than a line takes, and far less than one whose work grows
// with the square of its length: half a nanosecond for each pair of the letters of
// a long word, or of the shortest words of a long line.
const (
	longWord = 45_000
	atOnce   = time.Second
)

// A line of a quarter of what lines may have is answered at once, whatever it is
// made of.
func TestALongLineIsReadInLinearTime(t *testing.T) {
	for name, line := range map[string]string{
		"words":               "points balance " + strings.Repeat("a ", 125_000),
		"words of a list":     "relay " + strings.Repeat("a ", 125_000),
		"flags":               "session new o " + strings.Repeat("--fact subtotal=1 ", 14_000),
		"unknown flags":       "session new o " + strings.Repeat("-x ", 75_000),
		"variables":           "points balance " + strings.Repeat("$A ", 75_000),
		"variables, one word": "points balance " + strings.Repeat("$A", 125_000),
		"pieces of one word":  "points balance " + strings.Repeat("'a'b", 62_500),
		"quoted words":        "points balance " + strings.Repeat("'a' ", 62_500),
		"verbs":               strings.Repeat("expect expired ", 16_250) + "points balance",
		"negations":           strings.Repeat("! ", 125_000) + "points balance",
		"blanks":              strings.Repeat(" ", 250_000) + "points balance",
	} {
		s := shelltest.New(t, 1)
		shelltest.Do(t, s, "let A a")
		began := shelltest.CPU(t)
		_ = s.Line(t.Context(), line, false, io.Discard, io.Discard) // however it is answered
		if took := shelltest.CPU(t) - began; took > atOnce {
			t.Errorf("%s: it took %s", name, took)
		}
	}
}

// Any verb answers a long word, or ends with its context.
func TestALongWordIsAnsweredInLinearTime(t *testing.T) {
	long := strings.Repeat("9", longWord)
	for path, node := range shelltest.Verbs(t) {
		lines := []string{path + " " + long, path + " a " + long}
		for _, group := range node.AllFlags(true) {
			for _, f := range group {
				lines = append(lines, fmt.Sprintf("%s --%s %s", path, f.Name, long))
			}
		}
		s := shelltest.New(t, 1)
		s.Dir.Path = t.TempDir()
		for _, line := range lines {
			ctx, stop := context.WithTimeout(t.Context(), time.Second) // what is worth waiting for ends with it
			began := shelltest.CPU(t)
			_ = s.Line(ctx, line, false, io.Discard, io.Discard) // however it is answered
			stop()
			if took := shelltest.CPU(t) - began; took > atOnce {
				t.Errorf("%.60s: it took %s", line, took)
			}
		}
	}
}

// A line as long as lines may be is answered, too.
func TestTheLongestLineIsAnswered(t *testing.T) {
	s := shelltest.New(t, 1)
	line := "points balance " + strings.Repeat("a", interp.LongestLine-len("points balance "))
	if code, said := shelltest.Refused(t, s, line); code != exit.BadUsage || strings.Contains(said, "at most") {
		t.Errorf("%d, %.200s", code, said)
	}
	if code, said := shelltest.Refused(t, s, line+"a"); code != exit.BadUsage || !strings.Contains(said, "at most") {
		t.Errorf("%d, %.200s", code, said)
	}
}

func TestACommandHasAtMostSoManyWords(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new o")
	for n, want := range map[int]string{interp.MostWords: "there is no token", interp.MostWords + 1: "usage: a command has at most 1000 words, this one has 1001\n"} {
		if code, said := shelltest.Refused(t, s, "relay"+strings.Repeat(" a", n-1)); code != exit.BadUsage || !strings.Contains(said, want) {
			t.Errorf("%d words: %d, %.200s", n, code, said)
		}
	}
}

// Verbs that run verbs run a few of each other, and no more; each of them looks
// whether it is to go on.
func TestVerbsRunOneAnotherOnlySoDeep(t *testing.T) {
	for _, verb := range []string{"expect expired ", "capture X ", "! expect expired "} {
		s := shelltest.New(t, 1)
		negated, inner := "", verb
		if rest, ok := strings.CutPrefix(verb, "! "); ok {
			negated, inner = "! ", rest
		}
		shallow, deep := negated+strings.Repeat(inner, 3)+"points balance", negated+strings.Repeat(inner, interp.MostNested)+"points balance"
		if err := s.Line(t.Context(), shallow, false, io.Discard, io.Discard); err != nil && exit.Code(err) == exit.BadUsage {
			t.Errorf("%s: %v", shallow, err)
		}
		code, said := shelltest.Refused(t, s, deep)
		if code != exit.BadUsage || !strings.Contains(said, fmt.Sprintf("usage: verbs run one another at most %d deep\n", interp.MostNested)) {
			t.Errorf("%s: %d, %s", verb, code, said)
		}
		if got := shelltest.Do(t, s, "points balance"); !strings.Contains(got, "1200") {
			t.Errorf("afterwards: %s", got)
		}
	}
}

// Files that source one another through verbs end at the same bound.
func TestSourcedFilesNestOnlySoDeep(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	for i := range 15 {
		shelltest.WriteFile(t, filepath.Join(s.Dir.Path, fmt.Sprint("f", i)), strings.Repeat("capture X ", 20)+fmt.Sprintf("source f%d\n", i+1))
	}
	shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "f15"), "points balance\n")
	if code, said := shelltest.Refused(t, s, "source f0"); code != exit.BadUsage || !strings.Contains(said, "verbs run one another at most") {
		t.Errorf("%d, %s", code, said)
	}
}

// A variable holds so much, all of them together so much, and so does a line.
func TestVariablesHaveBounds(t *testing.T) {
	double := func(s *interp.Shell) (said string, err error) {
		var all strings.Builder
		if err = s.Line(t.Context(), "let A aaaaaaaaaaaaaaaa", false, io.Discard, &all); err != nil {
			return all.String(), err
		}
		for range 40 {
			if err = s.Line(t.Context(), "let A $A$A", false, io.Discard, &all); err != nil {
				break
			}
		}
		return all.String(), err
	}
	s := shelltest.New(t, 1)
	said, err := double(s)
	if exit.Code(err) != exit.BadUsage || !strings.Contains(said, "usage: $A cannot hold this: a variable has at most 262144 bytes\n") {
		t.Errorf("a value that doubles: %v, %s", err, said)
	}
	full := "capture A points balance --jq '\"a\" * 262144'" // A holds what a variable can hold
	shelltest.Do(t, s, full)
	for line, want := range map[string]string{
		"let B $A$A": "$B cannot hold this: a variable has at most 262144 bytes",
		"let B b$A":  "$B cannot hold this: a variable has at most 262144 bytes",
		"capture B points balance --jq '\"a\" * 262145'":        "$B cannot hold this: a variable has at most 262144 bytes",
		"capture B points balance --jq 'repeat(\"a\" * 10000)'": "prints more than",
		"relay $A $A $A $A":    "with $A in its place the line has more than 1048576 bytes",
		"relay '$A'$A$A$A$A$A": "with $A in its place the line has more than 1048576 bytes",
	} {
		if code, said := shelltest.Refused(t, s, line); code != exit.BadUsage || !strings.Contains(said, want) {
			t.Errorf("%s: %d, %.300s", line, code, said)
		}
	}
	for i := 0; ; i++ {
		err := s.Line(t.Context(), fmt.Sprintf("let A%d $A", i), false, io.Discard, io.Discard)
		if err == nil && i < 100 {
			continue
		}
		if want := fmt.Sprintf("$A%d cannot hold this: all variables together have at most 16777216 bytes", i); exit.Code(err) != exit.BadUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("the %dth variable: %v", i, err)
		}
		break
	}
	shelltest.Do(t, s, "let A ''", "let B $A", "let B bb")
}

// What the transcript keeps of a line is bounded with its variables in place.
func TestALongLineIsKnownByItsBeginning(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "capture A points balance --jq '\"a\" * 20000'", "let B $A")
	if last := s.Transcript.Last(); last.Words != nil || !strings.HasPrefix(last.Typed, "let B $A") {
		t.Errorf("%.100q, %d words", last.Typed, len(last.Words))
	}
}

// Once its context has ended, a line does nothing: whatever its verb is.
func TestNoVerbRunsOnceItsContextHasEnded(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for path := range shelltest.Verbs(t) {
		s := shelltest.New(t, 1)
		s.Dir.Path = t.TempDir()
		for _, line := range []string{path, path + " a b", "! " + path, "expect expired " + path, "capture X " + path, "watch 1s --count 2 " + path} {
			if err := s.Line(ctx, line, false, io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
}
