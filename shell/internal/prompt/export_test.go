package prompt

import (
	"maps"
	"slices"

	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/lineedit"
)

// What tests that drive a whole shell see of this room: they are external, as
// package shelltest is for external tests.
var (
	ReadRC  = readRC
	RCPath  = rcPath
	TeachIn = teachIn
)

// RCLimit is the largest rc file.
const RCLimit = rcLimit

// Kinds gives the kinds of places that this room and some domains have values
// for.
func Kinds(all []domains.Domain) []string {
	kinds := slices.Collect(maps.Keys(liveKinds()))
	for _, d := range all {
		kinds = slices.AppendSeq(kinds, maps.Keys(d.Offers))
	}
	return kinds
}

// Tab gives what Tab offers at a place in a line, and the hint that stands there.
func Tab(s *interp.Shell, line string, pos int) (lineedit.Completion, string, error) {
	c, err := newCompleter(s)
	if err != nil {
		return lineedit.Completion{}, "", err
	}
	defer s.Language.Done(c.parser)
	return c.complete(line, pos), c.hint(line, pos), nil
}
