// Written: values with their places in the file.

package declare

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/yamlfile"
)

// text is a string.
type text struct {
	string
	node ast.Node // nil when it is not said
}

// cell is a single value: a string, an int64 or a bool.
type cell struct {
	value any
	node  ast.Node // nil when it is not said
}

// formula is an expression.
type formula struct {
	string
	node ast.Node // nil when it is not said
}

// named is a key, and something under it.
type named[T any] struct {
	name text
	is   T
}

type (
	row      []named[cell]
	members  []named[formula]
	accounts []named[cell]
	pairs    []named[text]
)

// UnmarshalYAML takes a string, and no number.
func (t *text) UnmarshalYAML(node ast.Node) error {
	c := cell{}
	if err := c.UnmarshalYAML(node); err != nil {
		return err
	}
	value, ok := c.value.(string)
	if !ok {
		return yamlfile.Wrong(node, "%s: write it in quotes", node.GetToken().Value)
	}
	*t = text{value, node}
	return nil
}

var wholeNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|-?[1-9][0-9]*)$`) })

// UnmarshalYAML takes a string, a whole number, true or false.
func (c *cell) UnmarshalYAML(node ast.Node) error {
	c.node = node
	switch n := node.(type) {
	case *ast.StringNode:
		if n.GetToken().Type == token.StringType && wholeNumber().MatchString(n.Value) { // YAML has none so long
			return yamlfile.Wrong(node, "%q is not a whole number: write digits, at most 18, or a text in quotes", n.Value)
		}
		c.value = n.Value
	case *ast.LiteralNode:
		c.value = n.Value.Value
	case *ast.BoolNode:
		c.value = n.Value
	case *ast.IntegerNode:
		written := n.GetToken().Value
		number, err := strconv.ParseInt(written, 10, 64)
		if err != nil || len(written) > 18 || !wholeNumber().MatchString(written) {
			return yamlfile.Wrong(node, "%q is not a whole number: write digits, at most 18", written)
		}
		c.value = number
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return yamlfile.Wrong(node, "%s: write a whole number, or an amount in quotes, such as \"20.00\"", node.GetToken().Value)
	case *ast.NullNode:
		return yamlfile.Wrong(node, "a value belongs here: write one, or leave the key out")
	case *ast.TagNode:
		if !strings.HasPrefix(n.GetToken().Value, "!!") {
			return yamlfile.Wrong(node, "%s: to YAML this is a tag, so put an expression with ! in front in quotes", n.GetToken().Value)
		}
		return another(node, "a single value")
	default:
		return another(node, "a single value")
	}
	return nil
}

// another says that something else belongs there.
func another(node ast.Node, wants string) error {
	switch node.(type) {
	case *ast.TagNode, *ast.AnchorNode, *ast.AliasNode:
		return yamlfile.Wrong(node, "%s: no anchors and no tags here, write out what it stands for: %s", mark(node), wants)
	}
	return yamlfile.Wrong(node, "%s belongs here", wants)
}

// mark is what YAML knows an anchor, an alias or a tag by.
func mark(node ast.Node) string {
	switch n := node.(type) {
	case *ast.AnchorNode:
		return "&" + n.Name.String()
	case *ast.AliasNode:
		return "*" + n.Value.String()
	default:
		return node.GetToken().Value
	}
}

// UnmarshalYAML takes a string, and a number or a truth as its text.
func (f *formula) UnmarshalYAML(node ast.Node) error {
	c := cell{}
	if err := c.UnmarshalYAML(node); err != nil {
		return err
	}
	*f = formula{fmt.Sprint(c.value), node}
	return nil
}

// UnmarshalYAML takes columns.
func (r *row) UnmarshalYAML(node ast.Node) (err error) {
	*r, err = entries[cell](node, "a thing such as {id: MUG, units: 10}")
	return err
}

// UnmarshalYAML takes names with expressions.
func (m *members) UnmarshalYAML(node ast.Node) (err error) {
	*m, err = entries[formula](node, "a section of names and expressions such as {sku: thing.id}")
	return err
}

// UnmarshalYAML takes customers with amounts.
func (a *accounts) UnmarshalYAML(node ast.Node) (err error) {
	*a, err = entries[cell](node, `a section of customers and amounts such as {user_123: "50.00"}`)
	return err
}

// UnmarshalYAML takes facts.
func (p *pairs) UnmarshalYAML(node ast.Node) (err error) {
	*p, err = entries[text](node, "a section of facts such as {country: AT}")
	return err
}

// UnmarshalYAML takes an argument's keys.
func (a *arg) UnmarshalYAML(node ast.Node) error { return fill(node, a, "an argument") }

// UnmarshalYAML takes a rule's keys.
func (r *rule) UnmarshalYAML(node ast.Node) error { return fill(node, r, "a rule") }

// UnmarshalYAML takes the keys of examples.
func (e *examples) UnmarshalYAML(node ast.Node) error { return fill(node, e, "examples") }

// UnmarshalYAML takes a domain's keys.
func (f *file) UnmarshalYAML(node ast.Node) error { return fill(node, f, "a domain") }

// pairsOf gives the keys and values of a section.
func pairsOf(node ast.Node, wants string) ([]*ast.MappingValueNode, error) {
	var all []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		all = n.Values
	case *ast.MappingValueNode:
		all = []*ast.MappingValueNode{n}
	default:
		return nil, another(node, wants)
	}
	for _, pair := range all {
		if _, merges := pair.Key.(*ast.MergeKeyNode); merges {
			return nil, yamlfile.Wrong(pair.Key, "<<: nothing is merged here, write out what it stands for")
		}
		if _, ok := pair.Key.(*ast.StringNode); !ok {
			return nil, yamlfile.Wrong(pair.Key, "a name belongs here, not %s", pair.Key.GetToken().Value)
		}
	}
	return all, nil
}

// nameOf gives the key of a pair, which [pairsOf] has looked at.
func nameOf(pair *ast.MappingValueNode) text {
	key := pair.Key.(*ast.StringNode)
	return text{key.Value, key}
}

// entries reads a section whose keys are free.
func entries[T any](node ast.Node, wants string) ([]named[T], error) {
	pairs, err := pairsOf(node, wants)
	if err != nil {
		return nil, err
	}
	all := make([]named[T], len(pairs))
	for i, pair := range pairs {
		all[i].name = nameOf(pair)
		if err := any(&all[i].is).(yaml.NodeUnmarshaler).UnmarshalYAML(pair.Value); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// fill reads a section into a struct, by the tags of its fields.
func fill(node ast.Node, into any, what string) error {
	pairs, err := pairsOf(node, "a section with the keys of "+what)
	if err != nil {
		return err
	}
	to := reflect.ValueOf(into).Elem()
	fields, names := map[string]reflect.Value{}, []string{}
	for i := range to.NumField() {
		name := to.Type().Field(i).Tag.Get("yaml")
		fields[name], names = to.Field(i), append(names, name)
	}
	for _, pair := range pairs {
		key := nameOf(pair)
		field, ok := fields[key.string]
		if !ok {
			if strings.ContainsAny(key.string, "()<>='\"") {
				return yamlfile.Wrong(key.node, "%s has no key %q: in {…}, put an expression with a comma in quotes", what, key.string)
			}
			return yamlfile.Wrong(key.node, "%s has no key %q: %s", what, key.string, exit.Meant(key.string, names, "there is "+strings.Join(names, ", ")))
		}
		if err := fillField(pair.Value, field); err != nil {
			return err
		}
	}
	return nil
}

// fillField reads a value, or a list of them.
func fillField(node ast.Node, field reflect.Value) error {
	if one, ok := field.Addr().Interface().(yaml.NodeUnmarshaler); ok {
		return one.UnmarshalYAML(node)
	}
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		return another(node, "a list")
	}
	for _, item := range list.Values {
		next := reflect.New(field.Type().Elem())
		if err := next.Interface().(yaml.NodeUnmarshaler).UnmarshalYAML(item); err != nil {
			return err
		}
		field.Set(reflect.Append(field, next.Elem()))
	}
	return nil
}

// place finds the line and the column of an offset into a value, as it is written:
// plain, in quotes with what they escape, over several lines.
func place(source []byte, node ast.Node, value string, offset int) (line, column int) {
	at := node.GetToken().Position
	line, column = at.Line, at.Column
	raw := from(source, line, column)
	if raw == nil {
		return line, column
	}
	style := raw[0]
	switch style {
	case '|', '>':
		end := bytes.IndexByte(raw, '\n')
		if end < 0 {
			return line, column
		}
		raw, line, column = raw[end+1:], line+1, 1
	case '"', '\'':
		raw, column = raw[1:], column+1
	}
	for i, r := range value {
		raw, line, column = skip(raw, style, r, line, column)
		if i >= offset {
			break
		}
		raw, line, column = take(raw, style, r, line, column)
	}
	return line, column
}

// from gives the source from a place on; nil when there is none.
func from(source []byte, line, column int) []byte {
	for range line - 1 {
		end := bytes.IndexByte(source, '\n')
		if end < 0 {
			return nil
		}
		source = source[end+1:]
	}
	for range column - 1 {
		_, n := runeAt(source)
		source = source[n:]
	}
	if len(source) == 0 {
		return nil
	}
	return source
}

func runeAt(raw []byte) (rune, int) {
	for i, r := range string(raw[:min(len(raw), 4)]) {
		if i == 0 {
			return r, max(1, len(string(r)))
		}
	}
	return 0, len(raw)
}

// skip passes what is written and not in the value: the indentation of a line, or
// a line break that is escaped or has become a space.
func skip(raw []byte, style byte, next rune, line, column int) ([]byte, int, int) {
	for len(raw) > 0 {
		switch {
		case style == '"' && raw[0] == '\\' && (bytes.HasPrefix(raw[1:], []byte("\n")) || bytes.HasPrefix(raw[1:], []byte("\r\n"))):
			raw, line, column = raw[bytes.IndexByte(raw, '\n')+1:], line+1, 1
		case raw[0] == '\n' && next != ' ' && next != '\n':
			raw, line, column = raw[1:], line+1, 1
		case (raw[0] == ' ' || raw[0] == '\t' || raw[0] == '\r') && next != rune(raw[0]) && next != ' ' && next != '\n':
			raw, column = raw[1:], column+1
		default:
			return raw, line, column
		}
	}
	return raw, line, column
}

// take passes one character of the value as it is written.
func take(raw []byte, style byte, r rune, line, column int) ([]byte, int, int) {
	if len(raw) == 0 {
		return raw, line, column
	}
	switch {
	case style == '\'' && r == '\'' && bytes.HasPrefix(raw, []byte("''")):
		return raw[2:], line, column + 2
	case style == '"' && raw[0] == '\\':
		n := 2
		if len(raw) > 1 {
			n = map[byte]int{'x': 4, 'u': 6, 'U': 10}[raw[1]]
		}
		n = min(max(n, 2), len(raw))
		return raw[n:], line, column + n
	case raw[0] == '\n' || r == ' ' && raw[0] == '\r':
		// A line break, and the blank ones behind it, may be one character.
		blanks := 0
		for blanks < len(raw) && strings.IndexByte(" \t\r", raw[blanks]) >= 0 {
			blanks++
		}
		return raw[min(blanks+1, len(raw)):], line + 1, 1
	}
	_, n := runeAt(raw)
	return raw[n:], line, column + 1
}
