package lineedit

// What Tab does to a line.

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Candidate is one way to finish a word.
type Candidate struct {
	Value       string // the whole word; ignored unless it begins as the typed one does
	Description string // shown beside it, dim
	NoSpace     bool   // more of the word may follow: append no space
}

// Completion is what could stand at the cursor. From and To are byte offsets into the line: the word
// typed so far is line[From:pos]. The one candidate replaces line[pos:To], what stands of the word
// behind the cursor; To may stay zero when nothing does.
type Completion struct {
	Candidates []Candidate
	From, To   int
}

// edit is a line and a cursor in it, a byte offset.
type edit struct {
	line string
	pos  int
}

// apply finishes the word: by the one candidate, or by as much as all share. When that adds nothing,
// the line stays and the candidates that fit come back to be listed.
func (c Completion) apply(now edit) (edit, []Candidate) {
	from, to := min(max(c.From, 0), now.pos), min(max(c.To, now.pos), len(now.line))
	before, word := now.line[:now.pos], now.line[from:now.pos]
	behind, rest := now.line[now.pos:to], now.line[to:]
	fits := fitting(c.Candidates, word)
	switch len(fits) {
	case 0:
		return now, nil
	case 1:
		done := before + fits[0].Value[len(word):]
		if !fits[0].NoSpace {
			done, rest = done+" ", strings.TrimPrefix(rest, " ")
		}
		return edit{done + rest, len(done)}, nil
	}
	more := commonPrefix(fits)[len(word):]
	if more == "" {
		return now, fits
	}
	// Letters that stand behind the cursor already are stepped over, not typed twice.
	done := before + more
	return edit{done + behind[len(commonStart(more, behind)):] + rest, len(done)}, nil
}

func fitting(all []Candidate, word string) []Candidate {
	var fits []Candidate
	for _, c := range all {
		if strings.HasPrefix(c.Value, word) && printable(c.Value) {
			fits = append(fits, c)
		}
	}
	return fits
}

// printable says whether s can be shown and typed: a name with an escape in it, or
// with what turns the writing round, can't.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

func commonPrefix(all []Candidate) string {
	prefix := all[0].Value
	for _, c := range all[1:] {
		prefix = commonStart(prefix, c.Value)
	}
	return prefix
}

// commonStart is the longest start, in whole runes, that a and b share.
func commonStart(a, b string) string {
	for i, r := range a {
		if !strings.HasPrefix(b[min(i, len(b)):], string(r)) {
			return a[:i]
		}
	}
	return a
}
