// Topics: what help explains beside the verbs.

package interp

import (
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/page"
)

// Topic is a command of the process, or a list of what there is of a kind.
type Topic struct {
	Name     string
	Short    string // what it is about, as Tab says it
	About    string
	Flags    any // a pointer to a struct whose field tags are its arguments and flags; nil is none
	Examples []string
	List     func(l *Language) (data any, write func(*page.Page)) // nil of a command
}

// FlagRow is a flag or an argument as help lists it.
type FlagRow struct {
	Flag string `json:"flag"` // "-j, --jobs N"
	Help string `json:"help"`
}

// Node gives its arguments and flags; nil when it has none.
func (t *Topic) Node() (*kong.Node, error) {
	if t.Flags == nil {
		return nil, nil
	}
	p, err := kong.New(t.Flags, kong.Name(t.Name), kong.NoDefaultHelp(), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		return nil, err
	}
	return p.Model.Node, nil
}

// Rows gives its arguments, and then its flags.
func (t *Topic) Rows() ([]FlagRow, error) {
	node, err := t.Node()
	if node == nil {
		return nil, err
	}
	var rows []FlagRow
	for _, p := range node.Positional {
		rows = append(rows, FlagRow{strings.Trim(argumentText(p), "[]"), p.Help})
	}
	for _, f := range node.Flags {
		rows = append(rows, FlagRow{SpelledFlag(f), f.Help})
	}
	return rows, nil
}

// SpelledFlag gives a flag as a list of flags shows it: -j, --jobs N.
func SpelledFlag(f *kong.Flag) string {
	text := "--" + f.Name
	if f.Short != 0 {
		text = "-" + string(f.Short) + ", " + text
	}
	if !f.IsBool() {
		text += " " + FlagPlace(f)
	}
	if f.IsCumulative() {
		text += "…"
	}
	return text
}
