// Look: what an expression names, and where; what CEL says of one, in our words.

package rules

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"tokenshell/issuers"
	"tokenshell/shell/internal/exit"
)

// looker walks an expression.
type looker struct {
	scope   *Scope
	text    string
	info    *ast.SourceInfo
	env     *cel.Env
	at      Moment
	guarded map[string]bool
	facts   []string
	roots   []string
	wrong   *Wrong // the first in the text
}

// look holds the names of an expression against the scope, and notes the facts that
// it reads, and what its paths begin with.
func (s *Scope) look(text string, parsed *cel.Ast, env *cel.Env, at Moment) *looker {
	tree := parsed.NativeRep()
	l := &looker{scope: s, text: text, info: tree.SourceInfo(), env: env, at: at, guarded: map[string]bool{}}
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.SelectKind {
			return
		}
		if of := e.AsSelect(); of.IsTestOnly() {
			l.guarded[dotted(of.Operand())+"."+of.FieldName()] = true
		}
	}))
	l.expr(tree.Expr(), nil)
	slices.Sort(l.facts)
	slices.Sort(l.roots)
	return l
}

// dotted writes a path; what is none is empty.
func dotted(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		return dotted(e.AsSelect().Operand()) + "." + e.AsSelect().FieldName()
	}
	return ""
}

// typed looks at an expression whose types are known: of the things of the order's
// others, a column that some things lack is asked for first, and nobody is the first
// of the others.
func (l *looker) typed(tree *ast.AST) {
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.SelectKind:
			of := e.AsSelect()
			column, name := l.scope.Columns[of.FieldName()], dotted(of.Operand())
			if thingType.IsExactType(tree.GetType(of.Operand().ID())) && column.Lacks != "" && !of.IsTestOnly() && !l.guarded[name+"."+of.FieldName()] {
				l.fail(wrong(l.field(e.ID(), of.FieldName()), "%s has no %s", column.Lacks, of.FieldName()).hint("give it one, or ask has(%s.%s) first", name, of.FieldName()))
			}
		case ast.CallKind:
			if c := e.AsCall(); c.FunctionName() == operators.Index && tree.GetType(c.Args()[0].ID()).Kind() == types.ListKind && slices.Contains(l.roots, "others") {
				l.fail(wrong(l.place(e.ID()), "others are in no order, so none is picked by its number").hint("write exists, all, filter, sum or size"))
			}
		}
	}))
}

// fail notes what is wrong, if nothing before it in the text is.
func (l *looker) fail(w *Wrong) {
	if w != nil && (l.wrong == nil || w.Offset < l.wrong.Offset) {
		l.wrong = w
	}
}

// place gives the offset of an expression in bytes.
func (l *looker) place(id int64) int {
	r, ok := l.info.GetOffsetRange(id)
	if !ok {
		return leading(l.text)
	}
	return inBytes(l.text, int(r.Start))
}

// inBytes gives the bytes before so many characters.
func inBytes(text string, characters int) int {
	offset := 0
	for range characters {
		_, n := utf8.DecodeRuneInString(text[offset:])
		offset += n
	}
	return offset
}

// expr looks at an expression; local are the variables of the comprehensions
// around it.
func (l *looker) expr(e ast.Expr, local []string) {
	switch e.Kind() {
	case ast.IdentKind, ast.SelectKind:
		if path, test, ok := l.path(e, local); ok {
			l.named(path, test)
			return
		}
		if e.Kind() == ast.SelectKind {
			l.expr(e.AsSelect().Operand(), local)
		}
	case ast.CallKind:
		l.call(e, local)
	case ast.ListKind:
		for _, x := range e.AsList().Elements() {
			l.expr(x, local)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			l.expr(entry.AsMapEntry().Key(), local)
			l.expr(entry.AsMapEntry().Value(), local)
		}
	case ast.StructKind:
		l.fail(wrong(l.place(e.ID()), "nothing is made of type %s here", e.AsStruct().TypeName()))
	case ast.ComprehensionKind:
		c := e.AsComprehension()
		l.expr(c.IterRange(), local)
		l.expr(c.AccuInit(), local)
		inner := append(slices.Clone(local), c.AccuVar(), c.IterVar(), c.IterVar2())
		l.expr(c.LoopCondition(), inner)
		l.expr(c.LoopStep(), inner)
		l.expr(c.Result(), inner)
	}
}

// path gives the path that an expression is, such as thing.price; test says that
// only whether it is there is asked.
func (l *looker) path(e ast.Expr, local []string) (path []step, test, ok bool) {
	for e.Kind() == ast.SelectKind {
		of := e.AsSelect()
		test = test || of.IsTestOnly()
		path = append(path, step{of.FieldName(), l.field(e.ID(), of.FieldName())})
		e = of.Operand()
	}
	if e.Kind() != ast.IdentKind || slices.Contains(local, e.AsIdent()) {
		return nil, false, false
	}
	path = append(path, step{e.AsIdent(), l.place(e.ID())})
	slices.Reverse(path)
	return path, test, true
}

// before finds a name in front of a bracket.
func (l *looker) before(id int64, name string) int {
	to := l.place(id)
	if at := strings.LastIndex(l.text[:to], name); at >= 0 {
		return at
	}
	return to
}

// field finds the name behind the dot of a select.
func (l *looker) field(id int64, name string) int {
	from := l.place(id)
	if at := strings.Index(l.text[from:], name); at >= 0 {
		return from + at
	}
	return from
}

// named holds a path against the scope.
func (l *looker) named(path []step, test bool) {
	if test && len(path) == 2 {
		l.guarded[path[0].name+"."+path[1].name] = true
	}
	_, w := l.scope.resolve(path, l.at, l.guarded)
	l.fail(w)
	l.roots = append(l.roots, path[0].name)
	if w == nil && path[0].name == "facts" {
		l.facts = append(l.facts, path[1].name)
	}
}

// isFacts reports whether an expression is all the facts.
func isFacts(e ast.Expr, local []string) bool {
	return e.Kind() == ast.IdentKind && e.AsIdent() == "facts" && !slices.Contains(local, "facts")
}

// call looks at a call; facts may be indexed, and asked for a name.
func (l *looker) call(e ast.Expr, local []string) {
	c := e.AsCall()
	name, args := c.FunctionName(), c.Args()
	if (name == operators.Index || name == operators.In) && len(args) == 2 {
		of, key := args[0], args[1]
		if name == operators.In {
			of, key = key, of
		}
		if isFacts(of, local) {
			text, ok := literal(key)
			if !ok {
				l.fail(wrong(l.place(key.ID()), "a fact is named where it is read").hint("write facts['country'], or 'country' in facts"))
				return
			}
			l.named([]step{{"facts", l.place(of.ID())}, {text, l.place(key.ID())}}, false)
			return
		}
	}
	if name[0] >= 'a' && name[0] <= 'z' && !l.env.HasFunction(name) {
		all := fnNames(l.env)
		l.fail(wrong(l.before(e.ID(), name), "there is no function %q", name).hint("%s", exit.Meant(name, all, "see help world")))
		return
	}
	if text, ok := firstLiteral(args); ok && name == "money" {
		if _, err := issuers.ParseMoney(text, l.scope.engine.currency); err != nil {
			l.fail(wrong(l.place(args[0].ID()), "%v", err))
		}
	}
	if c.IsMemberFunction() {
		l.expr(c.Target(), local)
	}
	for _, x := range args {
		l.expr(x, local)
	}
}

func firstLiteral(args []ast.Expr) (string, bool) {
	if len(args) != 1 {
		return "", false
	}
	return literal(args[0])
}

func literal(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}

// firstIssue gives what CEL says is wrong, first in the text.
func (s *Scope) firstIssue(text string, issues *cel.Issues) *Wrong {
	if issues.Err() == nil {
		return nil
	}
	all := issues.Errors()
	if len(all) == 0 {
		return wrong(leading(text), "%s", inWords(issues.Err().Error()))
	}
	var first *Wrong
	for _, e := range all {
		w := wrong(offset(text, e.Location), "%s", inWords(e.Message))
		if m := noField().FindStringSubmatch(e.Message); m != nil {
			w = s.noPart(text, w.Offset, m[1])
		}
		if (strings.Contains(e.Message, "string") || strings.Contains(e.Message, "int")) && strings.Contains(e.Message, "money") {
			w.hint("money('…') reads an amount")
		}
		if is := spelt[operator().FindString(text[min(w.Offset, len(text)):])]; is != "" && strings.HasSuffix(e.Message, "unexpected token after expression") {
			w.hint("write %s", is)
		}
		if before := strings.TrimSpace(text[:min(w.Offset, len(text))]); w.Hint == "" && (before == "not" || strings.HasSuffix(before, " not") || strings.HasSuffix(before, "(not")) {
			w.hint("write ! for not")
		}
		if strings.Contains(e.Message, "string") && strings.Contains(strings.ToLower(e.Message), "timestamp") {
			w.hint("timestamp('2026-01-01T00:00:00Z') is a time")
		}
		if strings.Contains(e.Message, "'_*_'") && strings.Contains(strings.ToLower(e.Message), "duration") {
			w.hint("duration(string(3 * 60) + 'm') is so many minutes")
		}
		if w.Hint == "" {
			w.hint("%s", remedy(e.Message))
		}
		if first == nil || w.Offset < first.Offset {
			first = w
		}
	}
	return first
}

// remedy is what to write instead of what CEL did not take; may be empty.
func remedy(said string) string {
	for _, row := range []struct {
		parts  []string
		remedy string
	}{
		{[]string{"no matching overload", "double", "money"}, "money('1.00') is an amount, and * and / take a whole number"},
		{[]string{"no matching overload", "double"}, "numbers are whole here, and amounts are money('1.00')"},
		{[]string{"no matching overload", "thing"}, "write its id or a column of it, as in thing.id"},
		{[]string{"no matching overload for '_[_]'", "string"}, "startsWith, endsWith, contains and matches look into a text"},
		{[]string{"no matching overload for 'sum'"}, "it takes whole numbers or amounts, as in sum(others.map(o, o.amount))"},
		{[]string{"no matching overload", "string", "int"}, "int(facts.age) makes a number of a text, string(amount) a text of a number"},
		{[]string{"no matching overload", "timestamp", "duration"}, "a time less a time is a duration, as in timestamp(thing.until) - now > duration('5m')"},
		{[]string{"invalid timestamp argument"}, "write one such as timestamp('2026-01-01T00:00:00Z')"},
		{[]string{"invalid duration argument"}, "write one such as duration('36h') or duration('1h30m'): there are no days"},
		{[]string{"invalid matches argument"}, "it takes a regular expression of RE2, such as '^[0-9]{4}$'"},
		{[]string{"unsupported syntax '.?'"}, "has(thing.limit) ? thing.limit : … says what stands for it when it is lacking"},
	} {
		if !slices.ContainsFunc(row.parts, func(part string) bool { return !strings.Contains(said, part) }) {
			return row.remedy
		}
	}
	return ""
}

// spelt are operators as others write them, and as CEL has them.
var (
	spelt    = map[string]string{"and": "&&", "or": "||", "AND": "&&", "OR": "||", "=<": "<=", "=>": ">=", "=": "=="}
	operator = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:[A-Za-z]+|[=<>]+)`) })
)

// noPart says of a name behind a dot that there is none; of what, CEL does not say.
func (s *Scope) noPart(text string, from int, name string) *Wrong {
	if at := strings.Index(text[from:], name); at > 0 {
		from += at
	}
	all := append(s.ofOthers(), "id")
	for column := range s.Columns {
		all = append(all, column)
	}
	slices.Sort(all)
	return wrong(from, "there is no %q here", name).hint("%s", exit.Meant(name, slices.Compact(all), "of another there is "+strings.Join(s.ofOthers(), ", ")))
}

// offset gives the place of a location in bytes.
func offset(text string, at common.Location) int {
	from := 0
	for range at.Line() - 1 {
		next := strings.IndexByte(text[from:], '\n')
		if next < 0 {
			break
		}
		from += next + 1
	}
	return min(from+inBytes(text[from:], max(at.Column(), 0)), len(text))
}

var (
	noOverload = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
	})
	noField = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^undefined field '([^']*)'$`) })
	syntax  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^Syntax error: `) })
	word    = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b(int|uint|bool|double|timestamp|google\.protobuf\.Timestamp|google\.protobuf\.Duration)\b`)
	})
)

// words of CEL's types.
var words = map[string]string{
	"int": "integer", "uint": "unsigned integer", "bool": "true or false", "double": "fraction", "timestamp": "time",
	"google.protobuf.Timestamp": "time", "google.protobuf.Duration": "duration",
}

// ourWords names the types of a text as we do.
func ourWords(text string) string {
	return word().ReplaceAllStringFunc(text, func(t string) string { return words[t] })
}

// inWords says what CEL says in our words, on one line.
func inWords(message string) string {
	message = strings.Join(strings.Fields(message), " ")
	if m := noOverload().FindStringSubmatch(message); m != nil {
		name := m[1]
		if symbol, ok := operators.FindReverse(name); ok && symbol != "" {
			name = symbol
		}
		switch m[1] {
		case operators.Conditional:
			name = "? :"
		case operators.Index:
			name = "[ ]"
		}
		return name + " does not take " + ourWords(m[2])
	}
	if strings.HasPrefix(message, "expected type ") || strings.HasPrefix(message, "expression of type ") {
		return ourWords(message)
	}
	if message == "type conversion error from 'string' to 'int'" {
		return "int() was given a text that is no whole number"
	}
	if strings.Contains(message, "max recursion depth exceeded") || strings.Contains(message, "recursion limit") {
		return "it nests too deep"
	}
	if syntax().MatchString(message) {
		message = "it is not CEL: " + syntax().ReplaceAllString(message, "")
	}
	if len(message) > 200 {
		message = message[:200]
		for !utf8.ValidString(message) {
			message = message[:len(message)-1]
		}
	}
	return message
}
