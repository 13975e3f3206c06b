// Package story reads a scenario as it stands in its files: its lines, with those
// that it includes in their places, its sections, and the rows of its cases. It
// runs nothing.
package story

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
)

// Limit is the largest scenario, with all that it includes, in bytes.
const Limit = 1 << 20

// mark is the byte order mark that some editors, and spreadsheets, begin a file with.
// It is no part of the text.
var mark = []byte("\uFEFF")

// wide are the marks of UTF-16, which some shells write when output goes to a file.
var wide = [][]byte{{0xFF, 0xFE}, {0xFE, 0xFF}}

// Line is a line of a scenario, and where it stands.
type Line struct {
	File string
	At   int // from 1
	Text string
}

// Section is a file that a scenario brings along.
type Section struct {
	Name string
	Data []byte
	File string
	At   int // the line that names it
}

// Story is a scenario that was read.
type Story struct {
	File     string
	Lines    []Line
	Sections []Section
	Rows     []Row // of its cases; nil when it has none

	text     []byte
	included bool
	marked   bool
}

// Read reads a scenario's text, and with open the files that it includes. The error
// is an [exit.InputError] with the place of what is wrong.
func Read(file string, text []byte, open Opener) (*Story, error) {
	unmarked := bytes.TrimPrefix(text, mark)
	s := &Story{File: file, text: unmarked, marked: len(unmarked) < len(text)}
	r := &reader{story: s, open: open}
	if err := r.file(file, text); err != nil {
		return nil, err
	}
	if err := s.readCases(); err != nil {
		return nil, err
	}
	return s, nil
}

// Included reports whether lines of other files stand in it.
func (s *Story) Included() bool { return s.included }

// Marked reports whether its file begins with a byte order mark.
func (s *Story) Marked() bool { return s.marked }

// Only gives the story with some of its lines, from 1; the others are blank.
func (s *Story) Only(lines map[int]bool) *Story {
	only := *s
	only.Lines = slices.Clone(s.Lines)
	for i := range only.Lines {
		if !lines[i+1] {
			only.Lines[i].Text = ""
		}
	}
	return &only
}

// Text gives the story as one archive: what was read, unless it includes something.
// Its n-th line is Lines[n-1].
func (s *Story) Text() []byte {
	if !s.included {
		return s.text
	}
	var archive txtar.Archive
	var lines strings.Builder
	for _, line := range s.Lines {
		lines.WriteString(line.Text + "\n")
	}
	archive.Comment = []byte(lines.String())
	for _, section := range s.Sections {
		archive.Files = append(archive.Files, txtar.File{Name: section.Name, Data: section.Data})
	}
	return txtar.Format(&archive)
}

// Section gives a section by its name; nil when there is none.
func (s *Story) Section(name string) *Section {
	for i := range s.Sections {
		if s.Sections[i].Name == name {
			return &s.Sections[i]
		}
	}
	return nil
}

// World gives the world file that it brings; nil when it brings none.
func (s *Story) World() []byte {
	if section := s.Section(WorldFile); section != nil {
		return section.Data
	}
	return nil
}

// reader reads a scenario and what it includes.
type reader struct {
	story *Story
	open  Opener
	way   []string // the files that are being read, each included by the one before
	bytes int
}

// file reads one of the files.
func (r *reader) file(file string, text []byte) error {
	r.way = append(r.way, file)
	defer func() { r.way = r.way[:len(r.way)-1] }()
	if slices.ContainsFunc(wide, func(mark []byte) bool { return bytes.HasPrefix(text, mark) }) {
		return exit.Input(file, 0, "it is UTF-16: save it as UTF-8")
	}
	text = bytes.TrimPrefix(text, mark)
	archive := txtar.Parse(text)
	lines := strings.Split(strings.TrimSuffix(string(archive.Comment), "\n"), "\n")
	for i, line := range lines {
		if r.bytes += len(line) + 1; r.bytes > Limit {
			return exit.Input(file, i+1, "with what it includes the scenario has more than a MiB")
		}
		name, includes, wrong := included(line)
		switch {
		case strings.HasPrefix(strings.TrimLeft(line, " \t"), "--"):
			return exit.Input(file, i+1, "a section begins with a line such as -- world.yaml --, with nothing before or behind it")
		case wrong != "":
			return exit.Input(file, i+1, wrong)
		case !includes:
			r.story.Lines = append(r.story.Lines, Line{file, i + 1, line})
			continue
		}
		if err := r.include(file, i+1, name); err != nil {
			return err
		}
	}
	at := sectionLines(text)
	for i, f := range archive.Files {
		section := Section{Name: f.Name, Data: f.Data, File: file}
		if i < len(at) {
			section.At = at[i]
		}
		if r.bytes += len(f.Data); r.bytes > Limit {
			return exit.Input(file, section.At, "with what it includes the scenario has more than a MiB")
		}
		if other := r.story.Section(f.Name); other != nil && other.File != file {
			return exit.Input(file, section.At, "section "+redact.OneLine(f.Name)+" stands in "+redact.OneLine(other.File)+", too")
		} else if other != nil {
			return exit.Input(file, section.At, fmt.Sprintf("section %s stands here twice, first in line %d: leave one of the two out", redact.OneLine(f.Name), other.At))
		}
		if len(r.way) > 1 && isCases(f.Name) {
			return exit.Input(file, section.At, "cases stand in the scenario that they are of, and not in a file that it includes")
		}
		r.story.Sections = append(r.story.Sections, section)
	}
	return nil
}

// sectionLines gives the line of each section's name.
func sectionLines(text []byte) (at []int) {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		name, begins := bytes.CutPrefix(line, []byte("-- "))
		if name, ends := bytes.CutSuffix(name, []byte(" --")); begins && ends && len(bytes.TrimSpace(name)) > 0 {
			at = append(at, n)
		}
	}
	return at
}
