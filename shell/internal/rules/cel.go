// CEL: the language as rules have it, and what an expression may cost.

package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	celenv "cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/parser"
	exprpb "google.golang.org/genproto/googleapis/api/expr/v1alpha1"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
)

// The types of what has parts.
var (
	thingType       = types.NewObjectType("thing")
	customerType    = types.NewObjectType("customer")
	constraintsType = types.NewObjectType("constraints")
	factsType       = types.NewMapType(types.StringType, types.StringType)
	otherType       = types.NewObjectType("other")
	othersType      = types.NewListType(otherType)
)

// scalars are CEL's types of our values.
var scalars = map[declared.Type]*types.Type{
	declared.String: types.StringType, declared.Integer: types.IntType, Bool: types.BoolType, declared.Money: moneyType,
	declared.Time: types.TimestampType, declared.Duration: types.DurationType, declared.ThingRef: thingType,
}

// ourType gives our name of a CEL type; "" when no value of ours has it.
func ourType(t *types.Type) declared.Type {
	for name, of := range scalars {
		if of.IsExactType(t) {
			return name
		}
	}
	return ""
}

// celBase is CEL with our functions.
type celBase struct {
	env    *cel.Env
	parser *parser.Parser
}

// newCELBase starts CEL.
func newCELBase(code string) (*celBase, error) {
	without := celenv.NewLibrarySubset().AddExcludedFunctions(
		celenv.NewFunction("dyn"), celenv.NewFunction("type"), celenv.NewFunction(operators.Multiply)) // types stay known; * is below, with money
	binary := func(id string, l, r, of *types.Type, do functions.BinaryOp) cel.FunctionOpt {
		return cel.Overload(id, []*types.Type{l, r}, of, cel.BinaryBinding(do))
	}
	two := func(id string, of *types.Type) cel.FunctionOpt {
		return cel.Overload(id, []*types.Type{moneyType, moneyType}, of)
	}
	times := func(l, r ref.Val) ref.Val { return l.(traits.Multiplier).Multiply(r) }
	read := func(text ref.Val) ref.Val {
		amount, err := issuers.ParseMoney(string(text.(types.String)), code)
		if err != nil {
			return types.WrapErr(err)
		}
		return money{amount}
	}
	nothing, err := currency.New("0", code)
	if err != nil {
		return nil, err
	}
	of := func(id string, t *types.Type, do func(a, b ref.Val) ref.Val) cel.FunctionOpt {
		return cel.Overload(id, []*types.Type{t, t}, t, cel.BinaryBinding(do))
	}
	less := func(l, r ref.Val) ref.Val { return choice(l, r, types.IntNegOne) }
	more := func(l, r ref.Val) ref.Val { return choice(l, r, types.IntOne) }
	var digests []cel.FunctionOpt
	for _, t := range Values() {
		digests = append(digests, cel.Overload("digest_"+string(t), []*types.Type{scalars[t]}, types.StringType, cel.LateFunctionBinding()))
	}
	env, err := cel.NewCustomEnv(
		cel.StdLib(cel.StdLibSubset(without)),
		cel.HomogeneousAggregateLiterals(), cel.ExtendedValidations(), cel.DefaultUTCTimeZone(true),
		cel.ExpressionNodeLimit(Longest),
		cel.Function(operators.Multiply,
			binary("multiply_int64", types.IntType, types.IntType, types.IntType, times),
			binary("multiply_uint64", types.UintType, types.UintType, types.UintType, times),
			binary("multiply_double", types.DoubleType, types.DoubleType, types.DoubleType, times),
			binary("multiply_money_int64", moneyType, types.IntType, moneyType, times),
			binary("multiply_int64_money", types.IntType, moneyType, moneyType, func(l, r ref.Val) ref.Val { return r.(money).Multiply(l) })),
		cel.Function(operators.Add, two("add_money", moneyType)),
		cel.Function(operators.Subtract, two("subtract_money", moneyType)),
		cel.Function(operators.Less, two("less_money", types.BoolType)),
		cel.Function(operators.LessEquals, two("less_equals_money", types.BoolType)),
		cel.Function(operators.Greater, two("greater_money", types.BoolType)),
		cel.Function(operators.GreaterEquals, two("greater_equals_money", types.BoolType)),
		cel.Function("money",
			cel.Overload("money_string", []*types.Type{types.StringType}, moneyType, cel.UnaryBinding(read)),
			cel.Overload("money_money", []*types.Type{moneyType}, moneyType, cel.UnaryBinding(func(v ref.Val) ref.Val { return v }))),
		cel.Function("string", cel.Overload("money_to_string", []*types.Type{moneyType}, types.StringType,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return v.ConvertToType(types.StringType) }))),
		cel.Function(operators.Divide, cel.Overload("divide_money_int64", []*types.Type{moneyType, types.IntType}, moneyType)),
		cel.Function("min", of("min_int64", types.IntType, less), of("min_money", moneyType, less)),
		cel.Function("max", of("max_int64", types.IntType, more), of("max_money", moneyType, more)),
		cel.Function("sum", summing("sum_int64", types.IntType, types.IntZero), summing("sum_money", moneyType, money{nothing.Round()})),
		cel.Function("digest", digests...),
	)
	if err != nil {
		return nil, err
	}
	reads, err := parser.NewParser(
		parser.EnablePrattParser(true), // the other one takes 25 ms and megabytes to begin with
		parser.Macros(parser.AllMacros...), parser.MaxRecursionDepth(60), parser.ExpressionSizeCodePointLimit(Longest), parser.MaxExpressionNodeCount(Longest),
	)
	if err != nil {
		return nil, err
	}
	return &celBase{env, reads}, nil
}

// parse reads a text. The error is what CEL says is wrong with it.
func (b *celBase) parse(text string) (*cel.Ast, *cel.Issues) {
	source := common.NewTextSource(text)
	tree, wrong := b.parser.Parse(source)
	if len(wrong.GetErrors()) > 0 {
		return nil, cel.NewIssues(wrong)
	}
	expr, err := ast.ExprToProto(tree.Expr())
	if err != nil {
		return nil, cel.ErrorAsIssues(err)
	}
	info, err := ast.SourceInfoToProto(tree.SourceInfo())
	if err != nil {
		return nil, cel.ErrorAsIssues(err)
	}
	return cel.ParsedExprToAstWithSource(&exprpb.ParsedExpr{Expr: expr, SourceInfo: info}, source), cel.NewIssues(wrong)
}

// choice gives the one that compares so with the other.
func choice(l, r ref.Val, so types.Int) ref.Val {
	if l.(traits.Comparer).Compare(r) == so {
		return l
	}
	return r
}

// summing is a function that adds up a list, from nothing.
func summing(id string, of *types.Type, nothing ref.Val) cel.FunctionOpt {
	return cel.Overload(id, []*types.Type{types.NewListType(of)}, of, cel.UnaryBinding(func(list ref.Val) ref.Val {
		sum := nothing
		for all := list.(traits.Lister).Iterator(); all.HasNext() == types.True; {
			if sum = sum.(traits.Adder).Add(all.Next()); types.IsError(sum) {
				break
			}
		}
		return sum
	}))
}

// celScope is CEL with the names of a domain.
type celScope struct{ env *cel.Env }

// celEnv gives CEL with the scope's names; the first call of a world starts it.
func (s *Scope) celEnv() (*cel.Env, error) {
	if s.cel != nil {
		return s.cel.env, nil
	}
	if s.engine.base == nil {
		base, err := newCELBase(s.engine.currency)
		if err != nil {
			return nil, err
		}
		s.engine.base = base
	}
	base := s.engine.base.env
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(&provider{base.CELTypeProvider(), s}), cel.CustomTypeAdapter(adapter{base.CELTypeAdapter()}),
		cel.Variable("thing", thingType), cel.Variable("customer", customerType), cel.Variable("facts", factsType),
		cel.Variable("now", types.TimestampType), cel.Variable("constraints", constraintsType),
		cel.Variable("others", othersType), cel.Variable("worth", moneyType),
	}
	if s.Amount != "" {
		opts = append(opts, cel.Variable("taken", scalars[s.Amount]))
	}
	if _, ok := s.argument("amount"); !ok && s.Amount != "" {
		opts = append(opts, cel.Variable("amount", scalars[s.Amount]))
	}
	for _, a := range s.Arguments {
		opts = append(opts, cel.Variable(a.Name, scalars[a.Type]))
	}
	env, err := base.Extend(opts...)
	if err != nil {
		return nil, err
	}
	s.cel = &celScope{env}
	return env, nil
}

// compile checks an expression that is not plain.
func (s *Scope) compile(text string, at Moment) (*Expression, *Wrong) {
	env, err := s.celEnv()
	if err != nil {
		return nil, wrong(0, "CEL does not start: %v", err)
	}
	parsed, issues := s.engine.base.parse(text)
	if w := s.firstIssue(text, issues); w != nil {
		return nil, w
	}
	seen := s.look(text, parsed, env, at)
	if seen.wrong != nil {
		return nil, seen.wrong
	}
	checked, issues := env.Check(parsed)
	if w := s.firstIssue(text, issues); w != nil {
		return nil, w
	}
	if seen.typed(checked.NativeRep()); seen.wrong != nil {
		return nil, seen.wrong
	}
	if w := dear(env, checked); w != nil {
		return nil, w
	}
	of := ourType(checked.OutputType())
	if of == "" {
		return nil, wrong(leading(text), "it gives %s, which is no value", ourWords(cel.FormatCELType(checked.OutputType()))).
			hint("a string, an integer, money, a time, a duration, or true or false")
	}
	program, err := env.Program(checked, cel.CostLimit(2*Dearest), cel.CostTracking(nil))
	if err != nil {
		return nil, wrong(0, "it cannot be evaluated: %v", err)
	}
	return &Expression{Text: text, Type: of, checked: checked, Reads: slices.Compact(seen.facts), Roots: slices.Compact(seen.roots), value: func(in *declared.Env) (any, error) {
		return evaluate(program, in)
	}}, nil
}

// evaluate runs a program.
func evaluate(program cel.Program, in *declared.Env) (any, error) {
	value, _, err := program.Eval(activation{in})
	if err != nil {
		var limit *cost.LimitExceededError
		if errors.As(err, &limit) || strings.Contains(err.Error(), "cost limit exceeded") {
			return nil, fmt.Errorf("it costs more than %d steps", 2*Dearest)
		}
		return nil, errors.New(inWords(err.Error()))
	}
	return ours(value)
}

// sizes are how long what comes from outside may be, for an estimate.
type sizes struct{}

// How long a text that is said may be, and an id, for an estimate.
const (
	longestText = 1000
	longestID   = 64
)

// EstimateSize says how long a text is; see [cost.Estimator].
func (sizes) EstimateSize(node cost.AstNode) *cost.SizeEstimate {
	if node.ComputedSize() != nil {
		return nil
	}
	switch node.Type().Kind() {
	case types.StringKind:
		if path := node.Path(); len(path) > 0 && path[len(path)-1] == "id" { // of a thing, or a customer
			return &cost.SizeEstimate{Min: 1, Max: longestID}
		}
		return &cost.SizeEstimate{Min: 0, Max: longestText}
	case types.ListKind:
		if slices.Equal(node.Path(), []string{"others"}) {
			return &cost.SizeEstimate{Min: 0, Max: declared.MostOthers}
		}
		return nil
	case types.MapKind:
		return nil
	}
	return &cost.SizeEstimate{Min: 1, Max: 1}
}

// EstimateCallCost leaves it to CEL; see [cost.Estimator].
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

// dear says of an expression that it may cost too much.
func dear(env *cel.Env, checked *cel.Ast) *Wrong {
	estimate, err := env.EstimateCost(checked, sizes{})
	if err != nil {
		return wrong(0, "what it costs cannot be told: %v", err)
	}
	if estimate.Max > Dearest {
		return wrong(0, "it may cost %d steps, and an expression costs %d at most", estimate.Max, Dearest).hint("no lists within lists, no patterns within them")
	}
	return nil
}

// constant reports whether a rule gives always the same, whatever it would read.
func (s *Scope) constant(x *Expression) (always, constant bool) {
	if x.Plain {
		value, err := x.value(&declared.Env{})
		always, constant = value.(bool)
		return always, constant && err == nil
	}
	if !decides(x.checked.NativeRep().Expr()) {
		return false, false
	}
	return s.always(x)
}

// always evaluates a rule while nothing is known.
func (s *Scope) always(x *Expression) (always, constant bool) {
	env, err := s.celEnv()
	if err != nil {
		return false, false
	}
	program, err := env.Program(x.checked, cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(2*Dearest), cel.CostTracking(nil))
	if err != nil {
		return false, false
	}
	var unknown []*cel.AttributePatternType
	for _, name := range append(s.names(Answering), "constraints", "thing", "amount", "taken", "worth") {
		unknown = append(unknown, cel.AttributePattern(name))
	}
	vars, err := cel.PartialVars(activation{&declared.Env{Now: time.Time{}}}, unknown...)
	if err != nil {
		return false, false
	}
	value, _, err := program.Eval(vars)
	is, ok := value.(types.Bool)
	return bool(is), ok && err == nil
}

// decides reports whether a part of an expression reads nothing, and may decide what
// the whole gives: if none does, what it gives depends on what it reads.
func decides(e ast.Expr) (so bool) {
	if !readsAny(e) {
		return true
	}
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.CallKind:
			switch e.AsCall().FunctionName() {
			case operators.LogicalAnd, operators.LogicalOr, operators.Conditional:
				so = so || slices.ContainsFunc(e.AsCall().Args(), func(part ast.Expr) bool { return !readsAny(part) })
			}
		case ast.ComprehensionKind:
			so = so || !readsAny(e.AsComprehension().IterRange())
		}
	}))
	return so
}

// readsAny reports whether an expression names anything.
func readsAny(e ast.Expr) (so bool) {
	ast.PreOrderVisit(e, ast.NewExprVisitor(func(e ast.Expr) { so = so || e.Kind() == ast.IdentKind }))
	return so
}

// fnNames are what a person may call, for the nearest one.
func fnNames(env *cel.Env) []string {
	var all []string
	for name := range env.Functions() {
		if name[0] >= 'a' && name[0] <= 'z' {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return append(all, "has", "all", "exists", "exists_one", "map", "filter")
}
