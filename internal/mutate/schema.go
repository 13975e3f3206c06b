// One binary for many mutants: each is a call that does nothing until the
// environment names it.

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// variable names the mutant that is alive in a woven binary.
const variable = "TOKENSHELL_MUTANT"

// schema is the file that a woven package gets. Which mutant is alive is known
// before the package's own variables are set: they depend on it.
const schema = `package %s

import (
	"os"
	"strconv"
)

var mutantAlive = func() int { id, _ := strconv.Atoi(os.Getenv("` + variable + `")); return id }()

type mutantNumber interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64
}

func mutantIs(id int) bool            { return id == mutantAlive }
func mutantNot(id int, b bool) bool   { return b != mutantIs(id) }
func mutantTrue(id int, b bool) bool  { return b || mutantIs(id) }
func mutantFalse(id int, b bool) bool { return b && !mutantIs(id) }
func mutantAnd(id int, a bool, b func() bool) bool {
	if mutantIs(id) {
		return a || b()
	}
	return a && b()
}
func mutantOr(id int, a bool, b func() bool) bool {
	if mutantIs(id) {
		return a && b()
	}
	return a || b()
}
func mutantWiden(id int, a bool, equal func() bool) bool     { return a || mutantIs(id) && equal() }
func mutantNarrow(id int, a bool, different func() bool) bool { return a && (!mutantIs(id) || different()) }
func mutantInt(id, was, is int) int {
	if mutantIs(id) {
		return is
	}
	return was
}
func mutantNil(id int, err error) error {
	if mutantIs(id) {
		return nil
	}
	return err
}
func mutantZero[T any](id int, is T) (zero T) {
	if mutantIs(id) {
		return zero
	}
	return is
}
func mutantWithout[E any](id int, all []E, at int) []E {
	if mutantIs(id) {
		return append(all[:at], all[at+1:]...)
	}
	return all
}
func mutantPlus[T mutantNumber](id int, a, b T) T {
	if mutantIs(id) {
		return a - b
	}
	return a + b
}
func mutantMinus[T mutantNumber](id int, a, b T) T {
	if mutantIs(id) {
		return a + b
	}
	return a - b
}
func mutantTimes[T mutantNumber](id int, a, b T) T {
	if mutantIs(id) {
		return a / b
	}
	return a * b
}
func mutantBy[T mutantNumber](id int, a, b T) T {
	if mutantIs(id) {
		return a * b
	}
	return a / b
}
func mutantRest[T ~int | ~int64 | ~uint64](id int, a, b T) T {
	if mutantIs(id) {
		return a * b
	}
	return a %% b
}
`

// mark is how a compiler's complaint shows whose call it is about.
var mark = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bmutant[A-Z][a-z]*\((\d+)`) })

// woven gives a file's text with all of its mutants that can be in it.
func woven(source string, mutants []*mutant) string {
	type piece struct {
		at, rank int // pieces at one place: what closes, then operators, then what opens
		span     int // of what closes the short first, of what opens the long
		text     string
		skip     int
	}
	var pieces []piece
	for _, m := range mutants {
		w := m.woven
		if w == nil {
			continue
		}
		long := w.to - w.from
		pieces = append(pieces,
			piece{at: w.to, rank: 0, span: long*10000 - m.id, text: w.close}, // of two of one length, the one that opened last
			piece{at: w.from, rank: 2, span: -long*10000 + m.id, text: fmt.Sprint(w.call, m.id, w.open)})
		if w.op != nil {
			pieces = append(pieces, piece{at: w.op.from, rank: 1, text: w.op.text, skip: w.op.to - w.op.from})
		}
	}
	slices.SortStableFunc(pieces, func(a, b piece) int {
		if a.at != b.at {
			return a.at - b.at
		}
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return a.span - b.span
	})
	var b strings.Builder
	done := 0
	for _, p := range pieces {
		b.WriteString(source[done:p.at])
		b.WriteString(p.text)
		done = p.at + p.skip
	}
	b.WriteString(source[done:])
	return b.String()
}

// complaint is the first line of one: file, line, perhaps column.
var complaint = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^\S*?([^/\s]+\.go):(\d+)(?::(\d+))?: (.*)$`) })

// blamed gives the ids of the mutants that a compiler's output is about. texts
// are the woven files by the names that it was given.
func blamed(output string, texts map[string]string) []int {
	var ids []int
	for _, c := range complaint().FindAllStringSubmatch(output, -1) {
		found := mark().FindAllStringSubmatch(c[4], -1)
		if len(found) == 0 { // the call that begins last before the place, or every one of the line
			lines := strings.Split(texts[c[1]], "\n")
			line, _ := strconv.Atoi(c[2])
			col, _ := strconv.Atoi(c[3])
			if line < 1 || line > len(lines) {
				continue
			}
			for _, at := range mark().FindAllStringSubmatchIndex(lines[line-1], -1) {
				call := []string{"", lines[line-1][at[2]:at[3]]}
				switch {
				case col == 0:
					found = append(found, call)
				case at[0] < col:
					found = [][]string{call}
				}
			}
		}
		for _, f := range found {
			id, _ := strconv.Atoi(f[1])
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
