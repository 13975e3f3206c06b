// Package rules is how a declared domain decides and computes: expressions in CEL,
// typed and checked when a file is read, each of which ends and costs little.
// Plain paths and literals are read without CEL, which starts with the first
// expression that needs it.
package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"

	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/exit"
)

// Bool is the type of a rule, and of what is so or not. No argument has it.
const Bool declared.Type = "bool"

// List is the type of what there are several of, which no value has.
const List declared.Type = "list"

// Limits of an expression.
const (
	Longest = 2000   // bytes
	Deepest = 24     // brackets in brackets
	Dearest = 20_000 // in CEL's units: about one for each step or ten characters
)

// Values are the types of what an expression may give to a token or a receipt.
func Values() []declared.Type {
	return []declared.Type{declared.String, declared.Integer, Bool, declared.Money, declared.Time, declared.Duration}
}

// Moment is when an expression is evaluated.
type Moment int

// The moments: what is known grows.
const (
	Reserving  Moment = iota // the amount is computed
	Confirming               // it is known
	Redeeming                // and so are the constraints
	Taking                   // and how much was taken
	Answering                // and what that is worth
)

// Column is a column of the things.
type Column struct {
	Type  declared.Type
	Lacks string // the id of a thing that has none; empty when all have it
}

// Scope is what the expressions of one domain may read.
type Scope struct {
	Columns     map[string]Column // nil when there are no things
	Arguments   []declared.Argument
	Amount      declared.Type // "" when nothing is held
	Constraints map[string]declared.Type
	Worth       bool // a redemption comes to some money

	engine *Engine
	cel    *celScope // once one of its expressions needs it
}

// Engine compiles the expressions of one world.
type Engine struct {
	currency string
	base     *celBase // nil until an expression needs CEL
}

// New makes the engine of a world with a currency (ISO 4217). It starts nothing.
func New(currency string) *Engine { return &Engine{currency: currency} }

// Started reports whether CEL was started.
func (e *Engine) Started() bool { return e.base != nil }

// Scope gives an empty scope, for a domain.
func (e *Engine) Scope() *Scope { return &Scope{engine: e, Constraints: map[string]declared.Type{}} }

// Expression is a compiled expression; see [declared.Expression].
type Expression struct {
	Text  string
	Type  declared.Type
	Reads []string // the facts that it names
	Roots []string // what its paths begin with: thing, facts, an argument
	Plain bool     // it needs no CEL

	value   func(*declared.Env) (any, error)
	checked *cel.Ast // while a rule is compiled
}

// Value evaluates it.
func (x *Expression) Value(env *declared.Env) (any, error) { return x.value(env) }

// Wrong is what is wrong with an expression.
type Wrong struct {
	Offset int // in bytes, into its text
	What   string
	Hint   string // a remedy; may be empty
}

// Error says both.
func (w *Wrong) Error() string {
	if w.Hint == "" {
		return w.What
	}
	return w.What + " (" + w.Hint + ")"
}

func wrong(offset int, format string, args ...any) *Wrong {
	return &Wrong{Offset: offset, What: fmt.Sprintf(format, args...)}
}

func (w *Wrong) hint(format string, args ...any) *Wrong {
	w.Hint = fmt.Sprintf(format, args...)
	return w
}

// Compile checks an expression that is evaluated at a moment and has to give one
// of some types. The error is a [Wrong].
func (s *Scope) Compile(text string, at Moment, types ...declared.Type) (*Expression, error) {
	x, err := s.compiled(text, at, types...)
	if x != nil {
		x.checked = nil
	}
	return x, err
}

func (s *Scope) compiled(text string, at Moment, types ...declared.Type) (x *Expression, err error) {
	if w := sound(text); w != nil {
		return nil, w
	}
	defer func() {
		if r := recover(); r != nil {
			x, err = nil, wrong(0, "it cannot be read as CEL")
		}
	}()
	x, w := s.plain(text, at)
	if w == nil && x == nil {
		x, w = s.compile(text, at)
	}
	if w == nil && !slices.Contains(types, x.Type) {
		w = wrong(leading(text), "it gives %s, and %s belongs here", Article(x.Type), either(types))
		switch {
		case slices.Contains(types, declared.Money) && (x.Type == declared.String || x.Type == declared.Integer && slices.Equal(types, []declared.Type{declared.Money})):
			w.hint("money('…') reads an amount")
		case slices.Equal(types, []declared.Type{Bool}) && x.Type != List:
			w.hint("compare it with something")
		case x.Type == declared.ThingRef:
			w.hint("write its id or a column of it, as in thing.id")
		}
	}
	if w != nil {
		return nil, w
	}
	return x, nil
}

// Rule checks an expression that has to hold: it gives true or false, and not
// always the same. The error is a [Wrong].
func (s *Scope) Rule(text string, at Moment) (*Expression, error) {
	x, err := s.compiled(text, at, Bool)
	if err != nil {
		return nil, err
	}
	always, constant := s.constant(x)
	x.checked = nil
	if constant {
		return nil, wrong(leading(text), "it is always %t: a rule reads something", always).hint("leave the rule out, or name what it depends on")
	}
	return x, nil
}

// sound says what is wrong with a text before it is read as anything.
func sound(text string) *Wrong {
	switch {
	case strings.TrimSpace(text) == "":
		return wrong(0, "an expression belongs here")
	case len(text) > Longest:
		return wrong(0, "it has %d bytes, and an expression has %d at most", len(text), Longest)
	case !utf8.ValidString(text):
		return wrong(0, "it is not UTF-8")
	}
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			if depth++; depth > Deepest {
				return wrong(i, "its brackets nest deeper than %d", Deepest)
			}
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		}
	}
	return nil
}

// leading is where a text begins that is not blank.
func leading(text string) int { return len(text) - len(strings.TrimLeft(text, " \t\r\n")) }

// Article names a type in a sentence.
func Article(t declared.Type) string {
	switch t {
	case declared.Integer:
		return "an integer"
	case declared.Money:
		return "money"
	case Bool:
		return "true or false"
	case declared.ThingRef:
		return "a whole thing"
	case List:
		return "several"
	default:
		return "a " + string(t)
	}
}

func either(types []declared.Type) string {
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = Article(t)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// step is a part of a path, and where it stands.
type step struct {
	name string
	at   int
}

var factName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]*$`) })

// isFact reports whether text may name a fact.
func isFact(text string) bool { return len(text) <= 64 && factName().MatchString(text) }

// Taken are the names that an expression has already, so that no argument may
// have them. An argument amount is the amount itself.
func Taken() []string {
	return []string{"thing", "customer", "facts", "now", "constraints", "others", "redeemed", "taken", "worth"}
}

// resolve gives the type of a path such as thing.price; guarded are the columns
// that the expression has asked for with has().
func (s *Scope) resolve(path []step, at Moment, guarded map[string]bool) (declared.Type, *Wrong) {
	root, rest := path[0], path[1:]
	if of, ok := s.argument(root.name); ok {
		if of == declared.ThingRef {
			return s.column(root, rest, guarded)
		}
		return whole(root, of, rest)
	}
	switch root.name {
	case "thing":
		if s.Columns == nil {
			return "", wrong(root.at, "there is no thing: the domain has no things").hint("give it things")
		}
		return s.column(root, rest, guarded)
	case "customer":
		if len(rest) == 0 {
			return "", wrong(root.at, "customer is not a value").hint("write customer.id")
		}
		if rest[0].name != "id" {
			return "", wrong(rest[0].at, "a customer has no %q", rest[0].name).hint("write customer.id")
		}
		return whole(rest[0], declared.String, rest[1:])
	case "facts":
		if len(rest) == 0 {
			return "", wrong(root.at, "facts are read one by one").hint("write facts.country, or 'country' in facts")
		}
		if !isFact(rest[0].name) {
			return "", wrong(rest[0].at, "%q is no name of a fact", rest[0].name).hint("a-z, 0-9 and _")
		}
		return whole(rest[0], declared.String, rest[1:])
	case "now":
		return whole(root, declared.Time, rest)
	case "amount":
		switch {
		case at == Reserving:
			return "", wrong(root.at, "amount is what is computed here, and cannot be read").hint("name an argument, or a column of the thing")
		case s.Amount == "":
			return "", wrong(root.at, "nothing is held, so there is no amount")
		}
		return whole(root, s.Amount, rest)
	case "constraints":
		return s.constraint(root, rest, at)
	case "others":
		if len(rest) > 0 {
			return "", wrong(rest[0].at, "others are several, and have no part %q", rest[0].name).hint("write others.all(o, …), exists, filter, map or size(others)")
		}
		return List, nil
	case "taken":
		switch {
		case at < Taking:
			return "", wrong(root.at, "how much was taken is known in worth and receipt only").hint("of another, it is o.taken")
		case s.Amount == "":
			return "", wrong(root.at, "nothing is held, so nothing is taken")
		}
		return whole(root, s.Amount, rest)
	case "worth":
		switch {
		case at < Answering:
			return "", wrong(root.at, "what a redemption is worth is known in the receipt only").hint("of another, it is o.worth")
		case !s.Worth:
			return "", wrong(root.at, "the domain says nothing of what a redemption is worth").hint("give it worth")
		}
		return whole(root, declared.Money, rest)
	}
	return "", wrong(root.at, "there is no %q here", root.name).hint("%s", exit.Meant(root.name, s.names(at), "there is "+strings.Join(s.names(at), ", ")))
}

// whole is a value that has no parts.
func whole(of step, t declared.Type, rest []step) (declared.Type, *Wrong) {
	if len(rest) > 0 {
		return "", wrong(rest[0].at, "%s is %s, and has no part %q", of.name, Article(t), rest[0].name)
	}
	return t, nil
}

func (s *Scope) column(root step, rest []step, guarded map[string]bool) (declared.Type, *Wrong) {
	if len(rest) == 0 {
		return declared.ThingRef, nil
	}
	name := rest[0]
	if name.name == "id" {
		return whole(name, declared.String, rest[1:])
	}
	column, ok := s.Columns[name.name]
	if !ok {
		all := []string{"id"}
		for column := range s.Columns {
			all = append(all, column)
		}
		slices.Sort(all)
		return "", wrong(name.at, "no thing has a column %q", name.name).hint("%s", exit.Meant(name.name, all, "there is "+strings.Join(all, ", ")))
	}
	if column.Lacks != "" && !guarded[root.name+"."+name.name] {
		return "", wrong(name.at, "%s has no %s", column.Lacks, name.name).hint("give it one, or ask has(%s.%s) first", root.name, name.name)
	}
	return whole(name, column.Type, rest[1:])
}

func (s *Scope) constraint(root step, rest []step, at Moment) (declared.Type, *Wrong) {
	if at < Redeeming {
		return "", wrong(root.at, "constraints are known at redemption only").hint("name what the constraint is made of")
	}
	if len(rest) == 0 {
		return "", wrong(root.at, "constraints are read one by one").hint("write constraints.NAME")
	}
	of, ok := s.Constraints[rest[0].name]
	if !ok {
		all := []string{}
		for name := range s.Constraints {
			all = append(all, name)
		}
		slices.Sort(all)
		w := wrong(rest[0].at, "the domain has no constraint %q", rest[0].name)
		if len(all) > 0 {
			w.hint("%s", exit.Meant(rest[0].name, all, "there is "+strings.Join(all, ", ")))
		}
		return "", w
	}
	return whole(rest[0], of, rest[1:])
}

func (s *Scope) argument(name string) (declared.Type, bool) {
	for _, a := range s.Arguments {
		if a.Name == name {
			return a.Type, true
		}
	}
	return "", false
}

// names are what an expression may begin a path with, arguments first.
func (s *Scope) names(at Moment) []string {
	var all []string
	for _, a := range s.Arguments {
		all = append(all, a.Name)
	}
	if s.Columns != nil {
		all = append(all, "thing")
	}
	all = append(all, "customer", "facts", "now")
	if at > Reserving && s.Amount != "" && !slices.Contains(all, "amount") {
		all = append(all, "amount")
	}
	all = append(all, "others")
	if at >= Redeeming && len(s.Constraints) > 0 {
		all = append(all, "constraints")
	}
	if at >= Taking && s.Amount != "" {
		all = append(all, "taken")
	}
	if at >= Answering && s.Worth {
		all = append(all, "worth")
	}
	return all
}

// ofOthers are the names of what there is to read of another confirmation.
func (s *Scope) ofOthers() []string {
	all := []string{"redeemed"}
	for _, a := range s.Arguments {
		all = append(all, a.Name)
	}
	for _, name := range []string{"thing", "amount", "taken", "worth"} {
		if s.ofOther(name) != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// ofOther gives the type of what there is to read of another confirmation; "" when
// there is no such thing.
func (s *Scope) ofOther(name string) declared.Type {
	if of, ok := s.argument(name); ok {
		return of
	}
	switch {
	case name == "redeemed":
		return Bool
	case name == "thing" && s.Columns != nil:
		return declared.ThingRef
	case name == "amount" || name == "taken":
		return s.Amount
	case name == "worth" && s.Worth:
		return declared.Money
	}
	return ""
}
