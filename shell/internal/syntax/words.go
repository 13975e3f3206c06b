// Package syntax is how a line is read: bare words and single quotes, which
// this scanner, shlex and testscript read alike.
package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/shlex"

	"tokenshell/shell/internal/exit"
)

// Word is one word of a line: pieces that stand next to each other.
type Word []Piece

// Piece is text as written, or a variable to put in its place.
type Piece struct {
	Text     string
	Variable bool
}

// Plain gives a word as it is written, without its quotes.
func (w Word) Plain() string {
	var b strings.Builder
	for _, p := range w {
		if p.Variable {
			b.WriteByte('$')
		}
		b.WriteString(p.Text)
	}
	return b.String()
}

// Error says what in a line is not understood, where, and what to write.
type Error struct {
	Column int // from 1, in characters
	What   string
}

func (e *Error) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.What) }

// ExitCode is that of bad usage.
func (e *Error) ExitCode() int { return exit.BadUsage }

// Split reads one line. With semicolons it may hold several commands.
func Split(line string, semicolons bool) (commands [][]Word, err error) {
	s := &splitter{line: line}
	if err := s.run(semicolons); err != nil {
		return nil, err
	}
	// What shlex reads differently would be read differently by somebody. The
	// semicolon is not a separator to it, so each command is compared by itself.
	for i, command := range s.commands {
		theirs, err := shlex.Split(s.texts[i])
		ours := make([]string, len(command))
		for j, w := range command {
			ours[j] = w.Plain()
		}
		if err != nil || !slices.Equal(ours, theirs) {
			return nil, &Error{1, "shells read this line differently: use bare words and 'single quotes'"}
		}
	}
	return s.commands, nil
}

type splitter struct {
	line     string
	at       int
	command  []Word
	commands [][]Word
	start    int      // of the command
	texts    []string // of the commands
}

func (s *splitter) fail(at int, format string, args ...any) error {
	return failAt(s.line, at, fmt.Sprintf(format, args...))
}

func failAt(line string, at int, what string) error {
	return &Error{utf8.RuneCountInString(line[:at]) + 1, what}
}

const unclosed = "this quote is not closed"

func (s *splitter) run(semicolons bool) error {
	if !utf8.ValidString(s.line) {
		return s.fail(strings.IndexByte(strings.ToValidUTF8(s.line, "\xff"), '\xff'), "the line is not UTF-8")
	}
	for s.at < len(s.line) {
		switch c := s.line[s.at]; {
		case c == ' ' || c == '\t':
			s.at++
		case c == '#':
			s.end(s.at)
			return nil
		case c == ';' && semicolons:
			s.end(s.at)
			s.at++
			s.start = s.at
		default:
			if err := s.word(semicolons); err != nil {
				return err
			}
		}
	}
	s.end(s.at)
	return nil
}

func (s *splitter) end(at int) {
	if len(s.command) > 0 {
		s.commands = append(s.commands, s.command)
		s.texts = append(s.texts, s.line[s.start:at])
	}
	s.command = nil
}

// word reads one word; the next byte begins it.
func (s *splitter) word(semicolons bool) error {
	var w Word
	bare := s.at
	flush := func() {
		if s.at > bare {
			w = append(w, Piece{Text: s.line[bare:s.at]})
		}
	}
	for s.at < len(s.line) {
		c := s.line[s.at]
		switch {
		case c == ' ' || c == '\t' || c == ';' && semicolons:
			flush()
			s.command = append(s.command, w)
			return nil
		case c == '\'':
			flush()
			text, err := s.quoted()
			if err != nil {
				return err
			}
			w = append(w, Piece{Text: text})
			bare = s.at
		case c == '$':
			flush()
			name, err := s.variable()
			if err != nil {
				return err
			}
			w = append(w, Piece{Text: name, Variable: true})
			bare = s.at
		case c == '"':
			return s.fail(s.at, "double quotes mean different things to different shells: use 'single quotes'%s", s.singly())
		case c == '\\':
			return s.fail(s.at, `a backslash means different things to different shells: put the word in 'single quotes'`)
		case c == '#':
			return s.fail(s.at, "a # inside a word begins a comment to some: put the word in 'single quotes'")
		case c == ';':
			return s.fail(s.at, "one verb a line: write the next one on a line of its own (only -c takes several), or put a word with ; in 'single quotes'")
		default:
			r, size := utf8.DecodeRuneInString(s.line[s.at:])
			if unicode.IsControl(r) {
				return s.fail(s.at, "%U does not belong in a line: leave it out", r)
			} else if unicode.IsSpace(r) {
				return s.fail(s.at, "%U does not belong in a word: put it in 'single quotes'", r)
			}
			s.at += size
		}
	}
	flush()
	s.command = append(s.command, w)
	return nil
}

// singly gives the double-quoted text at the cursor in single quotes, if that is
// the same; else nothing.
func (s *splitter) singly() string {
	text, _, closed := strings.Cut(s.line[s.at+1:], `"`)
	if !closed || len(text) > 64 || strings.ContainsAny(text, `'\$`) || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return ": '" + text + "'"
}

func (s *splitter) quoted() (string, error) {
	open := s.at
	length := strings.IndexByte(s.line[open+1:], '\'')
	if length < 0 {
		return "", s.fail(open, unclosed)
	}
	text := s.line[open+1 : open+1+length]
	for i, r := range text {
		if unicode.IsControl(r) && r != '\t' {
			return "", s.fail(open+1+i, "%U does not belong in a line: leave it out", r)
		}
	}
	s.at = open + length + 2
	if s.at < len(s.line) && s.line[s.at] == '\'' {
		return "", s.fail(s.at, "'' inside a word is a quote to some and nothing to others: no word can hold a single quote")
	}
	return text, nil
}

func (s *splitter) variable() (string, error) {
	dollar := s.at
	s.at++
	for s.at < len(s.line) && isNameByte(s.line[s.at]) {
		s.at++
	}
	name := s.line[dollar+1 : s.at]
	if !IsVariable(name) {
		return "", s.fail(dollar, "a $ outside quotes begins a $NAME of A-Z, 0-9 and _: put the word in 'single quotes'")
	}
	return name, nil
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
}

// IsVariable reports whether name is [A-Z_][A-Z0-9_]*.
func IsVariable(name string) bool {
	for i := range len(name) {
		c := name[i]
		if c != '_' && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// Reserved gives the variables that scripts and systems use for themselves.
func Reserved() []string { return []string{"PATH", "HOME", "WORK", "TMPDIR"} }

// IsName reports whether text may name a token, an order or a service: 1 to most
// of A-Z a-z 0-9 . _ -
func IsName(text string, most int) bool {
	return text != "" && len(text) <= most && !strings.ContainsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || r != '.' && r != '-' && !isNameByte(byte(r))
	})
}

// Quote writes a word so that every reader reads it back.
func Quote(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`'"\$#;`, r)
	}) {
		return text
	}
	return "'" + text + "'"
}

// Join writes a command back.
func Join(command []Word) string {
	var b strings.Builder
	for i, w := range command {
		if i > 0 {
			b.WriteByte(' ')
		}
		for j, p := range w {
			switch {
			case p.Variable:
				b.WriteString("$" + p.Text)
			case j > 0 && w[j-1].Variable && p.Text != "" && isNameByte(p.Text[0]):
				b.WriteString("'" + p.Text + "'") // or it would be part of the name
			default:
				b.WriteString(Quote(p.Text))
			}
		}
		if len(w) == 0 {
			b.WriteString("''")
		}
	}
	return b.String()
}
