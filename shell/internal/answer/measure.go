// Measuring: a value of jq shares its parts, so that a small one may be written
// as a text that fills the world. The functions of jq that walk through a value
// cannot be stopped on the way, so what they are given is measured first.

package answer

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// Bounds of one value that is walked through.
const (
	valueParts = 1 << 20 // values in it
	valueText  = 4 << 20 // bytes of its strings
	valueDepth = 10_000  // that jq reads
	valueIndex = 1 << 20 // of an element that is set
)

// The functions that an expression calls on a value before it is walked through,
// and on what says which element is meant: jq makes room for all before it.
const (
	measured = "tokenshell_measured"
	near     = "tokenshell_near"
)

// walkers are the functions of jq that walk through what they are given in one
// go, and those that call them; walkingOperators are its operators that do.
var (
	walkers = strings.Fields(`add ascii_downcase ascii_upcase bsearch capture captures contains delpaths error explode flatten format
		fromjson group_by gsub halt_error implode IN INDEX index indices inside join match max max_by min min_by rindex scan
		sort sort_by split splits sub test tocsv tohtml tojson tosh tostring totsv touri transpose trim ltrim rtrim unique unique_by`)
	walkingOperators = []gojq.Operator{
		gojq.OpEq, gojq.OpNe, gojq.OpGt, gojq.OpLt, gojq.OpGe, gojq.OpLe, gojq.OpSub, gojq.OpMul, gojq.OpDiv, gojq.OpUpdateSub, gojq.OpUpdateMul, gojq.OpUpdateDiv,
	}
)

// compileMeasured compiles a query with measuring put in.
func compileMeasured(query *gojq.Query) (*gojq.Code, error) {
	putMeasures(reflect.ValueOf(query))
	return gojq.Compile(query, passing(measured, measure), passing(near, nearEnough))
}

// passing gives a function of jq that answers what it is given, or an error.
func passing(name string, check func(any) error) gojq.CompilerOption {
	return gojq.WithFunction(name, 0, 0, func(v any, _ []any) any {
		if err := check(v); err != nil {
			return err
		}
		return v
	})
}

// putMeasures goes through a query, whatever its nodes are.
func putMeasures(node reflect.Value) {
	switch node.Kind() {
	case reflect.Pointer:
		if node.IsNil() {
			return
		}
		putMeasures(node.Elem())
		switch n := node.Interface().(type) {
		case *gojq.Query:
			if slices.Contains(walkingOperators, n.Op) {
				if n.Op < gojq.OpUpdateAdd { // of the others the left side is a path
					n.Left = piped(n.Left, called(measured))
				}
				n.Right = piped(n.Right, called(measured))
			}
		case *gojq.String:
			for i, part := range n.Queries {
				if part.Term.Str == nil { // and no text between two values
					n.Queries[i] = piped(part, called(measured))
				}
			}
		case *gojq.Index:
			if n.Start != nil && !n.IsSlice {
				n.Start = piped(n.Start, called(near))
			}
		case *gojq.Term:
			measureTerm(n)
		}
	case reflect.Struct:
		for i := range node.NumField() {
			putMeasures(node.Field(i))
		}
	case reflect.Slice:
		for i := range node.Len() {
			putMeasures(node.Index(i))
		}
	}
}

// measureTerm has what a walker is given measured, and its arguments.
func measureTerm(t *gojq.Term) {
	call := &gojq.Term{Type: t.Type, Func: t.Func, Format: t.Format}
	switch {
	case t.Type == gojq.TermTypeFormat && t.Str == nil:
	case t.Type == gojq.TermTypeFunc && t.Func.Name == "add" && len(t.Func.Args) == 1: // as jq defines it
		*t = gojq.Term{
			Type: gojq.TermTypeQuery, SuffixList: t.SuffixList,
			Query: piped(piped(&gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeArray, Array: &gojq.Array{Query: t.Func.Args[0]}}}, called(measured)), called("add")),
		}
		return
	case t.Type == gojq.TermTypeFunc && (t.Func.Name == "setpath" || t.Func.Name == "getpath") && len(t.Func.Args) > 0:
		t.Func.Args[0] = piped(t.Func.Args[0], called(near))
		return
	case t.Type == gojq.TermTypeFunc && slices.Contains(walkers, strings.TrimPrefix(t.Func.Name, "_")):
		for i, arg := range t.Func.Args {
			t.Func.Args[i] = piped(arg, called(measured))
		}
	default:
		return
	}
	*t = gojq.Term{Type: gojq.TermTypeQuery, SuffixList: t.SuffixList, Query: piped(called(measured), &gojq.Query{Term: call})}
}

// piped gives a query that hands what left answers to right, as one term.
func piped(left, right *gojq.Query) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: &gojq.Query{Left: left, Op: gojq.OpPipe, Right: right}}}
}

func called(name string) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name}}}
}

// measure says that a value is too large to be walked through; nil when it is not.
func measure(v any) error {
	m := meter{parts: valueParts, text: valueText}
	m.pass(v, 0)
	switch {
	case m.deep:
		return fmt.Errorf("a value nests deeper than %d", valueDepth)
	case m.parts < 0:
		return fmt.Errorf("a value has more than %d values in it", valueParts)
	case m.text < 0:
		return fmt.Errorf("a value has more than %d bytes of text in it", valueText)
	}
	return nil
}

// nearEnough says that an index, or one in a path, is too far from the first
// element; nil when it is not.
func nearEnough(v any) error {
	path, ok := v.([]any)
	if !ok {
		path = []any{v}
	}
	for _, step := range path {
		if at, ok := gojq.ToFloat64(step); ok && at > valueIndex {
			return fmt.Errorf("an index is greater than %d", valueIndex)
		}
	}
	return nil
}

// meter is what is left of the bounds.
type meter struct {
	parts, text int
	deep        bool
}

func (m *meter) pass(v any, depth int) {
	m.parts--
	m.deep = m.deep || depth > valueDepth
	switch v := v.(type) {
	case string:
		m.text -= len(v)
	case json.Number:
		m.text -= len(v)
	case *big.Int:
		m.text -= v.BitLen() / 3
	case []any:
		for i := 0; i < len(v) && m.going(); i++ {
			m.pass(v[i], depth+1)
		}
	case map[string]any:
		for key, part := range v {
			if !m.going() {
				break
			}
			m.text -= len(key)
			m.pass(part, depth+1)
		}
	}
}

func (m *meter) going() bool { return m.parts >= 0 && m.text >= 0 && !m.deep }
