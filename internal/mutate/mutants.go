// What can be broken in a file.

package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// mutant is one way to break a file: an edit of its text.
type mutant struct {
	file      string // below the module's root
	in        string // the function: Func or Type.Method; - outside of one
	kind      string
	line, col int
	source    string // of the whole file
	edit

	// How it is built into one binary together with others; without it, it
	// gets a binary of its own.
	woven *weave
	id    int // by which it is woven
}

// edit puts text in the place of the bytes from from to to.
type edit struct {
	from, to int
	text     string
}

// weave is a call of a function of the schema around the bytes from from to
// to, with the mutant's id as its first argument.
type weave struct {
	from, to    int
	call        string // what stands before the id
	open, close string // what stands behind the id, and behind the code
	op          *edit  // what stands for the operator in between
}

// mutated gives the text of the whole file with the mutant in it.
func (m *mutant) mutated() string { return m.source[:m.from] + m.text + m.source[m.to:] }

// diff gives the lines that the mutant changes, as they were and as they are,
// without their indentation.
func (m *mutant) diff() string {
	begin := strings.LastIndexByte(m.source[:m.from], '\n') + 1
	end := len(m.source)
	if n := strings.IndexByte(m.source[m.to:], '\n'); n >= 0 {
		end = m.to + n
	}
	var b strings.Builder
	for line := range strings.Lines(m.source[begin:end]) {
		fmt.Fprintf(&b, "- %s\n", strings.TrimSpace(line))
	}
	for line := range strings.Lines(m.source[begin:m.from] + m.text + m.source[m.to:end]) {
		if strings.TrimSpace(line) != "" {
			fmt.Fprintf(&b, "+ %s\n", strings.TrimSpace(line))
		}
	}
	return b.String()
}

// finder walks through a file.
type finder struct {
	set    *token.FileSet
	file   string
	source string
	path   []ast.Node // from the file down to the parent of what is looked at
	found  []*mutant
}

// find gives the mutants of a file, in the order of their places.
func find(file, source string) ([]*mutant, error) {
	f := &finder{set: token.NewFileSet(), file: file, source: source}
	tree, err := parser.ParseFile(f.set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		if n == nil {
			f.path = f.path[:len(f.path)-1]
			return true
		}
		f.look(n)
		f.path = append(f.path, n)
		return true
	})
	slices.SortStableFunc(f.found, func(a, b *mutant) int {
		return (a.line-b.line)*10000 + a.col - b.col
	})
	return f.found, nil
}

func (f *finder) look(n ast.Node) {
	switch n := n.(type) {
	case *ast.IfStmt:
		f.always(n.Cond, "condition", true)
		f.always(n.Cond, "condition", false)
	case *ast.ForStmt:
		if n.Cond != nil {
			f.always(n.Cond, "condition", false)
		}
	case *ast.SwitchStmt:
		f.clauses(n.Body, n.Tag == nil)
	case *ast.TypeSwitchStmt:
		f.clauses(n.Body, false)
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT && !f.decided(n) {
			f.add("negation", n, f.text(n.X), f.around(n, "mutantNot", ""))
		}
	case *ast.Ident:
		if other, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok && !f.besideError() {
			f.add("literal", n, other, f.around(n, "mutantNot", ""))
		}
	case *ast.BasicLit:
		f.literal(n)
	case *ast.CompositeLit:
		f.elements(n)
	case *ast.ReturnStmt:
		f.results(n)
	case *ast.AssignStmt:
		f.assignment(n)
	case *ast.ExprStmt:
		if call, ok := n.X.(*ast.CallExpr); ok {
			if name, ok := call.Fun.(*ast.Ident); !ok || name.Name != "panic" {
				f.statement(n)
			}
		}
	case *ast.IncDecStmt, *ast.GoStmt, *ast.DeferStmt, *ast.SendStmt, *ast.BranchStmt:
		f.statement(n.(ast.Stmt))
	}
}

// statement takes a statement of a block out.
func (f *finder) statement(n ast.Stmt) {
	switch f.parent().(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
	default:
		return // part of another statement's head
	}
	if branch, ok := n.(*ast.BranchStmt); ok && branch.Tok != token.BREAK && branch.Tok != token.CONTINUE {
		return
	}
	f.add("statement", n, "", &weave{call: "if !mutantIs(", open: ") { ", close: " }"})
}

func (f *finder) assignment(n *ast.AssignStmt) {
	if n.Tok == token.DEFINE {
		return
	}
	blank := !slices.ContainsFunc(n.Lhs, func(e ast.Expr) bool { name, ok := e.(*ast.Ident); return !ok || name.Name != "_" })
	if !blank {
		f.statement(n)
	}
	if other, ok := map[token.Token]string{token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+="}[n.Tok]; ok {
		f.replace("arithmetic", n.TokPos, n.Tok.String(), other)
	}
}

// always makes a condition true or false for ever. It is still evaluated.
func (f *finder) always(e ast.Expr, kind string, value bool) {
	call := "mutantFalse"
	if value {
		call = "mutantTrue"
	}
	f.add(kind, e, strconv.FormatBool(value), f.around(e, call, ""))
}

func (f *finder) binary(n *ast.BinaryExpr) {
	left, right, op := f.text(n.X), f.text(n.Y), n.Op.String()
	whole := f.around(n, "", "")
	place := f.offset(n.OpPos)
	between := func(text string) *edit { return &edit{place, place + len(op), text} }
	binary := func(kind, other string, w *weave) {
		m := f.add(kind, n, "", w)
		m.edit = *between(other)
	}
	switch n.Op {
	case token.LAND, token.LOR:
		other := map[token.Token]string{token.LAND: "||", token.LOR: "&&"}[n.Op]
		whole.call = map[token.Token]string{token.LAND: "mutantAnd(", token.LOR: "mutantOr("}[n.Op]
		whole.close, whole.op = " })", between(", func() bool { return")
		binary("logic", other, whole)
		f.always(n.X, "operand", n.Op == token.LAND)
		f.always(n.Y, "operand", n.Op == token.LAND)
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		if !f.decided(n) {
			opposite := map[token.Token]string{
				token.EQL: "!=", token.NEQ: "==", token.LSS: ">=", token.GEQ: "<", token.LEQ: ">", token.GTR: "<=",
			}[n.Op]
			binary("comparison", opposite, f.around(n, "mutantNot", ""))
		}
		if other, ok := map[token.Token]string{token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">"}[n.Op]; ok {
			w := f.around(n, "mutantNarrow", ", func() bool { return "+left+" != "+right+" }")
			if len(other) == 2 {
				w = f.around(n, "mutantWiden", ", func() bool { return "+left+" == "+right+" }")
			}
			binary("boundary", other, w)
		}
	case token.ADD, token.SUB, token.MUL, token.QUO, token.REM:
		if isString(n.X) || isString(n.Y) {
			return
		}
		other := map[token.Token]string{token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.REM: "*"}[n.Op]
		w := whole
		w.call = map[token.Token]string{token.ADD: "mutantPlus(", token.SUB: "mutantMinus(", token.MUL: "mutantTimes(", token.QUO: "mutantBy(", token.REM: "mutantRest("}[n.Op]
		w.op = between(",")
		binary("arithmetic", other, w)
	case token.SHL, token.SHR, token.AND, token.OR, token.XOR, token.AND_NOT:
		other := map[token.Token]string{
			token.SHL: ">>", token.SHR: "<<", token.AND: "|", token.OR: "&", token.XOR: "|", token.AND_NOT: "&",
		}[n.Op]
		binary("bits", other, nil)
	}
}

// isString reports whether e is text, as far as that can be seen.
func isString(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return e.Kind == token.STRING
	case *ast.BinaryExpr:
		return e.Op == token.ADD && (isString(e.X) || isString(e.Y))
	case *ast.CallExpr:
		name, ok := e.Fun.(*ast.Ident)
		return ok && name.Name == "string"
	}
	return false
}

func (f *finder) literal(n *ast.BasicLit) {
	if n.Kind != token.INT || f.besideError() {
		return
	}
	value, err := strconv.ParseInt(n.Value, 0, 64)
	if err != nil {
		return
	}
	for _, other := range []int64{value - 1, value + 1} {
		if other >= 0 {
			text := strconv.FormatInt(other, 10)
			f.add("literal", n, text, f.around(n, "mutantInt", ", "+text))
		}
	}
}

// elements takes the elements of a literal out, one at a time.
func (f *finder) elements(n *ast.CompositeLit) {
	array, list := n.Type.(*ast.ArrayType)
	_, table := n.Type.(*ast.MapType)
	for i, e := range n.Elts {
		pair, keyed := e.(*ast.KeyValueExpr)
		end := f.offset(e.End())
		if strings.HasPrefix(f.source[end:], ",") {
			end++
		}
		switch {
		case keyed && !table:
			m := f.add("element", e, "", f.around(pair.Value, "mutantZero", ""))
			m.to = end
		case keyed || list && array.Len != nil:
			m := f.add("element", e, "", nil)
			m.to = end
		case list:
			m := f.add("element", e, "", f.around(n, "mutantWithout", ", "+strconv.Itoa(i)))
			m.to = end
		}
	}
}

// clauses makes the cases of a switch never or always hold. bare is a switch
// over nothing: its cases are conditions.
func (f *finder) clauses(body *ast.BlockStmt, bare bool) {
	for _, s := range body.List {
		clause := s.(*ast.CaseClause)
		for i, e := range clause.List {
			if bare {
				f.always(e, "condition", true)
				f.always(e, "condition", false)
				continue
			}
			if len(clause.List) == 1 {
				continue
			}
			m := f.add("case", e, "", nil)
			if i > 0 {
				m.from = f.offset(clause.List[i-1].End())
			} else {
				m.to = f.offset(clause.List[1].Pos())
			}
		}
		if !bare && len(clause.List) < 2 {
			m := f.add("case", clause, "", nil)
			m.to = f.offset(clause.End())
		}
	}
}

// results hides the error that is returned, and turns a bool around.
func (f *finder) results(n *ast.ReturnStmt) {
	var types []ast.Expr
	fields := f.function().Results
	if fields != nil {
		for _, field := range fields.List {
			for range max(1, len(field.Names)) {
				types = append(types, field.Type)
			}
		}
	}
	if len(n.Results) == 0 {
		if fields == nil {
			f.statement(n)
		}
		return
	}
	if len(n.Results) != len(types) {
		return
	}
	for i, e := range n.Results {
		kind, ok := types[i].(*ast.Ident)
		if !ok {
			continue
		}
		switch name, _ := e.(*ast.Ident); {
		case kind.Name == "error" && (name == nil || name.Name != "nil"):
			f.add("error", e, "nil", f.around(e, "mutantNil", ""))
		case kind.Name == "bool" && !decides(e) && (name == nil || name.Name != "true" && name.Name != "false"):
			f.add("negation", e, "!("+f.text(e)+")", f.around(e, "mutantNot", ""))
		}
	}
}

// decides reports whether e is mutated as what it is: a comparison or !.
func decides(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return decides(e.X)
	case *ast.UnaryExpr:
		return true
	case *ast.BinaryExpr:
		return e.Op != token.LAND && e.Op != token.LOR
	}
	return false
}

// decided reports whether n is a condition or an operand of one, and is made
// true or false as such.
func (f *finder) decided(n ast.Expr) bool {
	for i := len(f.path) - 1; i >= 0; i-- {
		switch parent := f.path[i].(type) {
		case *ast.ParenExpr:
			n = parent
			continue
		case *ast.BinaryExpr:
			return parent.Op == token.LAND || parent.Op == token.LOR
		case *ast.IfStmt:
			return parent.Cond == n
		case *ast.ForStmt:
			return parent.Cond == n
		case *ast.CaseClause:
			if s, ok := f.path[i-2].(*ast.SwitchStmt); ok {
				return s.Tag == nil && slices.Contains(parent.List, n)
			}
		}
		return false
	}
	return false
}

// besideError reports whether a literal is returned beside an error: nobody
// looks at it.
func (f *finder) besideError() bool {
	back, ok := f.parent().(*ast.ReturnStmt)
	if !ok || len(back.Results) < 2 {
		return false
	}
	results := f.function().Results.List
	kind, ok := results[len(results)-1].Type.(*ast.Ident)
	if !ok || kind.Name != "error" {
		return false
	}
	name, ok := back.Results[len(back.Results)-1].(*ast.Ident)
	return !ok || name.Name != "nil"
}

// function gives the type of the innermost function.
func (f *finder) function() *ast.FuncType {
	for _, n := range slices.Backward(f.path) {
		switch n := n.(type) {
		case *ast.FuncLit:
			return n.Type
		case *ast.FuncDecl:
			return n.Type
		}
	}
	return &ast.FuncType{}
}

func (f *finder) parent() ast.Node { return f.path[len(f.path)-1] }

func (f *finder) offset(p token.Pos) int { return f.set.Position(p).Offset }

func (f *finder) text(n ast.Node) string { return f.source[f.offset(n.Pos()):f.offset(n.End())] }

// around weaves a call with the code as its first argument behind the id.
func (f *finder) around(n ast.Node, name, more string) *weave {
	return &weave{from: f.offset(n.Pos()), to: f.offset(n.End()), call: name + "(", open: ", ", close: more + ")"}
}

// add adds the mutant that has text in the place of n.
func (f *finder) add(kind string, n ast.Node, text string, w *weave) *mutant {
	at := f.set.Position(n.Pos())
	m := &mutant{
		file: f.file, in: f.name(), kind: kind, line: at.Line, col: at.Column, source: f.source,
		edit: edit{at.Offset, f.offset(n.End()), text}, woven: w,
	}
	if w != nil && w.to == 0 {
		w.from, w.to = m.from, m.to
	}
	if f.constant() {
		m.woven = nil
	}
	f.found = append(f.found, m)
	return m
}

// replace adds the mutant that has another word at a place.
func (f *finder) replace(kind string, p token.Pos, was, is string) {
	at := f.set.Position(p)
	f.found = append(f.found, &mutant{
		file: f.file, in: f.name(), kind: kind, line: at.Line, col: at.Column, source: f.source,
		edit: edit{at.Offset, at.Offset + len(was), is},
	})
}

// constant reports whether a call can't stand here.
func (f *finder) constant() bool {
	return slices.ContainsFunc(f.path, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		return ok && d.Tok != token.VAR
	})
}

// name gives the function that is being looked at.
func (f *finder) name() string {
	for _, n := range f.path {
		d, ok := n.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if d.Recv == nil {
			return d.Name.Name
		}
		of := d.Recv.List[0].Type
		if star, ok := of.(*ast.StarExpr); ok {
			of = star.X
		}
		if generic, ok := of.(*ast.IndexExpr); ok {
			of = generic.X
		}
		return f.text(of) + "." + d.Name.Name
	}
	return "-"
}
