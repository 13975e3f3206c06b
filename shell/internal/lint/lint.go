// Package lint reads scenarios and says what in them tests nothing, or reads as if
// it did: it runs nothing.
package lint

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/story"
	"tokenshell/shell/internal/syntax"
)

// Warning is something in a scenario that somebody should look at.
type Warning struct {
	File string `json:"file"`
	Line int    `json:"line,omitempty"` // from 1; 0 when it is about the whole file
	What string `json:"what"`
}

// String gives a warning with its place.
func (w Warning) String() string {
	place := redact.OneLine(w.File)
	if w.File == "-" {
		place = "stdin"
	}
	if w.Line > 0 {
		place = fmt.Sprintf("%s:%d", place, w.Line)
	}
	return place + ": " + w.What
}

// Look gives what there is to say of a scenario, in the order of its lines.
func Look(s *story.Story, l *interp.Language) ([]Warning, error) {
	l = l.InFile(s.World())
	p, err := l.Parser()
	if err != nil {
		return nil, err
	}
	defer l.Done(p)
	k := &look{story: s, parser: p, codes: codesOf(l)}
	if !IsScenario(s.File) {
		k.warn(story.Line{File: s.File}, "this is no scenario: the name of one ends in .txtar")
		return k.found, nil
	}
	k.sections()
	k.rows()
	k.lines()
	slices.SortStableFunc(k.found, func(a, b Warning) int { return a.Line - b.Line })
	return k.found, nil
}

// IsScenario reports whether a file has the name of one, or none.
func IsScenario(file string) bool {
	return file == "-" || slices.Contains([]string{".txtar", ".txt"}, filepath.Ext(file))
}

// codesOf finds any reason of a language in a text.
func codesOf(l *interp.Language) *regexp.Regexp {
	return regexp.MustCompile(`\b(?:` + strings.Join(l.ReasonCodes(), "|") + `)\b`)
}

// look is one look at one scenario.
type look struct {
	story  *story.Story
	parser *interp.Parser
	codes  *regexp.Regexp
	found  []Warning

	verbs   int  // that are written
	acts    bool // one of them does what a checkout is made of
	asserts bool // something beyond success
}

func (k *look) warn(at story.Line, format string, args ...any) {
	k.found = append(k.found, Warning{at.File, at.At, fmt.Sprintf(format, args...)})
}

// sections warns of those that nobody reads.
func (k *look) sections() {
	known := []string{story.WorldFile, story.CasesCSV, story.CasesYAML}
	for _, section := range k.story.Sections {
		if slices.Contains(known, section.Name) || k.named(section.Name) {
			continue
		}
		at := story.Line{File: section.File, At: section.At}
		if near := meantSection(section.Name, known); near != "" {
			k.warn(at, "nobody reads the section %s: did you mean %s?", redact.OneLine(section.Name), near)
		} else {
			k.warn(at, "nobody reads the section %s: no line names it", redact.OneLine(section.Name))
		}
	}
}

// rows warns of cases of which no name stands anywhere: each tries the same.
func (k *look) rows() {
	if len(k.story.Rows) < 2 {
		return
	}
	names := k.story.Rows[0].Names
	used := func(text string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			return strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name)
		})
	}
	for _, line := range k.story.Lines {
		if used(line.Text) {
			return
		}
	}
	for _, section := range k.story.Sections {
		if used(string(section.Data)) {
			return
		}
	}
	for _, section := range k.story.Sections {
		if section.Name == story.CasesCSV || section.Name == story.CasesYAML {
			k.warn(story.Line{File: section.File, At: section.At}, "no line names $%s: each of %d cases tries the same", strings.Join(names, " or $"), len(k.story.Rows))
		}
	}
}

// meantSection gives the section that is read by itself and that another was
// probably meant to be.
func meantSection(name string, known []string) string {
	lower := strings.ToLower(filepath.Base(name))
	if cut, ok := strings.CutSuffix(lower, ".yml"); ok {
		lower = cut + ".yaml"
	}
	return exit.Nearest(lower, known)
}

// named reports whether a line, or another section, names a section.
func (k *look) named(name string) bool {
	base := filepath.Base(name)
	folders := strings.Split(filepath.ToSlash(filepath.Dir(name)), "/")
	for _, line := range k.story.Lines {
		read := syntax.ReadScript(line.Text)
		for i, word := range read.Words {
			switch {
			case strings.Contains(word, base):
				return true
			case i > 0 && slices.Contains(folders, filepath.Base(word)) && word != ".": // the folder that it lies in
				return true
			case read.Puts[i] && fits(word, base):
				return true
			}
		}
	}
	return slices.ContainsFunc(k.story.Sections, func(s story.Section) bool {
		return s.Name != name && strings.Contains(string(s.Data), base)
	})
}

// dollar is a variable in a word.
var dollar = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\\\$[A-Za-z0-9_]+|\\\$\\\{[^}]*\\\}`) })

// fits reports whether a word with variables may come to name a file.
func fits(word, base string) bool {
	_, word, _ = strings.Cut("/"+word, "/")
	pattern := dollar().ReplaceAllString(regexp.QuoteMeta(filepath.Base(strings.TrimPrefix(word, "@"))), ".*")
	if strings.Trim(pattern, ".*") == "" {
		return false // a variable alone: what it holds stands somewhere else
	}
	fit, err := regexp.MatchString("^"+pattern+"$", base)
	return err == nil && fit
}
