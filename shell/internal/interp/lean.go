// Lean parsers: a line needs the part of the grammar that its verb is, which is made
// in a fraction of the time that all of it takes (0.4 ms for 20, on a busy machine).

package interp

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// lean is a grammar of one verb, or one family.
type lean struct {
	Globals
	kong.Plugins
}

// For gives a parser that can read words, perhaps no others: whoever is
// [Language.Done] with it gives it back. What it refuses, ask [Language.Parser].
func (l *Language) For(words []string) (*Parser, error) {
	if len(words) == 0 || slices.Contains(words, "--help") || slices.Contains(words, "-h") { // which is about any
		return l.Parser()
	}
	l.mu.Lock()
	pool := l.lean[words[0]]
	if n := len(pool); n > 0 {
		p := pool[n-1] // whose place may be another's as soon as the lock is given up
		l.lean[words[0]] = pool[:n-1]
		l.mu.Unlock()
		return p, nil
	}
	l.mu.Unlock()
	all := verbFields(reflect.ValueOf(l.grammar()).Elem())
	at := slices.IndexFunc(all, func(v verbField) bool { return slices.Contains(v.names, words[0]) })
	if at < 0 {
		return l.Parser()
	}
	field := all[at].field
	one := reflect.New(reflect.StructOf([]reflect.StructField{{Name: field.Name, Type: field.Type, Tag: field.Tag}}))
	one.Elem().Field(0).Set(all[at].value)
	g := &lean{Plugins: kong.Plugins{one.Interface()}}
	p, err := l.parserOf(g)
	p.of = words[0]
	return p, err
}

// parse reads words, with a parser to be given back unless there is an error. What
// a lean one refuses is refused in the words of one that knows every verb.
func (l *Language) parse(words []string) (*Parser, *kong.Context, error) {
	for _, from := range []func() (*Parser, error){func() (*Parser, error) { return l.For(words) }, l.Parser} {
		p, err := from()
		if err != nil {
			return nil, nil, err
		}
		parsed, err := p.parse(words)
		if err == nil {
			return p, parsed, nil
		}
		l.Done(p)
		if p.of == "" {
			return nil, nil, err
		}
	}
	return nil, nil, nil // the second of them is for any line
}

// mostLean is how many lean parsers of one verb wait for a line.
const mostLean = 4

// done takes a lean parser back.
func (l *Language) done(p *Parser) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lean == nil {
		l.lean = map[string][]*Parser{}
	}
	if len(l.lean[p.of]) < mostLean {
		l.lean[p.of] = append(l.lean[p.of], p)
	}
}

// verbField is a verb, or a family of them, in a grammar.
type verbField struct {
	names []string // how its lines may begin
	field reflect.StructField
	value reflect.Value
}

// verbFields gives those of a grammar, and of its plugins.
func verbFields(grammar reflect.Value) (all []verbField) {
	for i := range grammar.NumField() {
		field, value := grammar.Type().Field(i), grammar.Field(i)
		if plugins, is := value.Interface().(kong.Plugins); is {
			for _, plugin := range plugins {
				all = append(all, verbFields(reflect.ValueOf(plugin).Elem())...)
			}
			continue
		}
		if _, verb := field.Tag.Lookup("cmd"); !verb {
			continue
		}
		names := []string{cmp.Or(field.Tag.Get("name"), strings.ToLower(field.Name))}
		if aliases := field.Tag.Get("aliases"); aliases != "" {
			names = append(names, strings.Split(aliases, ",")...)
		}
		all = append(all, verbField{names, field, value})
	}
	return all
}

// VerbNames gives how its verbs may begin. It makes no parser for that, which was a
// ninth of what a run of one small scenario costs.
func (l *Language) VerbNames() (names []string) {
	for _, v := range verbFields(reflect.ValueOf(l.grammar()).Elem()) {
		names = append(names, v.names...)
	}
	return names
}
