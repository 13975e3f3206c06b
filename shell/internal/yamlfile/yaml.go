// Package yamlfile reads the YAML of the shell's files, strictly and with the
// place of what is wrong.
package yamlfile

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
)

// Decode reads one document strictly and says whether another follows. Some
// tags make the library panic (goccy/go-yaml 1.19.2: !!binary where a list
// belongs); that is an error of the file.
func Decode(source []byte, into any) (second bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("it holds a YAML tag that does not fit")
		}
	}()
	if err := isText(source); err != nil {
		return false, err
	}
	tree, err := yamlparser.ParseBytes(source, 0)
	if err != nil {
		return false, err
	}
	docs := slices.DeleteFunc(tree.Docs, func(d *ast.DocumentNode) bool { return d.Body == nil })
	if len(docs) == 0 {
		return false, nil
	}
	body, of := docs[0].Body, reflect.TypeOf(into)
	if err := named(body, of); err != nil {
		return false, err
	}
	if err := aliases(body); err != nil {
		return false, err
	}
	if err := yaml.NewDecoder(strings.NewReader(""), yaml.Strict(), yaml.DisallowUnknownField()).DecodeFromNode(body, into); err != nil {
		return false, meant(err, body, of)
	}
	return len(docs) > 1, tags(body)
}

// misspelt is a key that there is not, with what to write.
type misspelt struct {
	error
	remedy string
}

func (m *misspelt) Unwrap() error { return m.error }

// meant adds to an error about a key what it was probably meant to be. Of several
// such keys the library names any: here it is the first in the file.
func meant(err error, body ast.Node, into reflect.Type) error {
	var unknown *yaml.UnknownFieldError
	if !errors.As(err, &unknown) || unknown.Token == nil {
		return err
	}
	var here []string
	strange := func(key ast.Node, names []string) error {
		if name := key.GetToken().Value; !slices.Contains(names, name) {
			here = names
			return &yaml.UnknownFieldError{Message: fmt.Sprintf("unknown field %q", name), Token: key.GetToken()}
		}
		return nil
	}
	if first := keysIn(body, into, strange); errors.As(first, &unknown) {
		err = first
	}
	var names []string
	keys(into, map[reflect.Type]bool{}, &names)
	if near := exit.Nearest(unknown.Token.Value, names); near != "" && near != unknown.Token.Value { // else it stands elsewhere
		return &misspelt{err, "did you mean " + near + "?"}
	}
	here = slices.DeleteFunc(here, func(name string) bool { return name == merge })
	if len(here) == 0 || len(here) > mostNamed {
		return err
	}
	return &misspelt{err, "there is " + strings.Join(here, ", ")}
}

// mostNamed is how many keys an error lists: of more, the help of the file tells.
const mostNamed = 16

// keys gives the keys of a file that is read into a type, at whatever level.
func keys(t reflect.Type, seen map[reflect.Type]bool, names *[]string) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		keys(t.Elem(), seen, names)
	case reflect.Struct:
		for i := range t.NumField() {
			field := t.Field(i)
			if name, _, _ := strings.Cut(field.Tag.Get("yaml"), ","); name != "" && name != "-" {
				*names = append(*names, name)
			}
			keys(field.Type, seen, names)
		}
	}
}

// maxBrackets is how deep the brackets of a world file may nest: beyond, the
// parser's time grows with the square of the file.
const maxBrackets = 32

// TooDeep reports whether brackets nest deeper than any file of ours needs.
func TooDeep(text []byte) bool {
	depth := 0
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > maxBrackets {
			return true
		}
	}
	return false
}

// Error gives what is wrong with a file, and where; without what could be a
// card's number.
func Error(path string, err error) error {
	wrong := place(path, err)
	wrong.What = redact.Numbers(wrong.What)
	return wrong
}

// place finds where it is.
func place(path string, err error) *exit.InputError {
	var (
		value  *valueError
		wrong  *yaml.TypeError
		syntax yaml.Error
		key    *misspelt
	)
	switch {
	case errors.As(err, &value):
		return exit.Input(path, value.at.Line, fmt.Sprintf("column %d: %s", value.at.Column, value.what))
	case errors.As(err, &wrong) && wrong.Token != nil:
		return exit.Input(path, wrong.Token.Position.Line, fmt.Sprintf("column %d: %s belongs here", wrong.Token.Position.Column, shape(wrong.DstType)))
	case errors.As(err, &syntax) && syntax.GetToken() != nil:
		position := syntax.GetToken().Position
		if errors.As(err, &key) {
			return exit.Input(path, position.Line, fmt.Sprintf("column %d: %s: %s", position.Column, redact.OneLine(syntax.GetMessage()), key.remedy))
		}
		said := plainly(syntax.GetMessage(), position)
		return exit.Input(path, position.Line, fmt.Sprintf("column %d: %s%s", position.Column, redact.OneLine(said), quoteHint(said)))
	}
	return exit.Input(path, 0, err.Error())
}

// plainly says in our words what the library says in its own.
func plainly(message string, at *token.Position) string {
	var name string
	var line, column int
	if n, _ := fmt.Sscanf(message, "mapping key %q already defined at [%d:%d]", &name, &line, &column); n == 3 {
		where := fmt.Sprintf("in column %d", column)
		switch above := at.Line - line; {
		case above == 1:
			where = "in the line above"
		case above > 1:
			where = fmt.Sprintf("%d lines above", above)
		}
		return fmt.Sprintf("%q stands here twice, first %s: leave one of the two out", name, where)
	}
	if stands, belongs, is := strings.Cut(message, " was used where "); is {
		names := strings.NewReplacer("sequence", "a list", "mapping", "a section of keys and values", "string", "a text", "int", "a number", "float", "a number", "boolean", "true or false", "null", "nothing", "directive", "a line that begins with %")
		return names.Replace(stands) + " stands here, where " + names.Replace(strings.TrimSuffix(belongs, " is expected")) + " belongs"
	}
	return message
}

// quoteHint is a remedy for what YAML says of a value that it takes for something else.
func quoteHint(message string) string {
	const more = "; put a value with , [ ] { } # or : in it, or that goes on behind a quote, in quotes"
	const aline = "; a line is NAME: value, with a space behind the colon"
	for _, hint := range []struct{ said, remedy string }{
		{"must be specified", more + ", or close the bracket before it"}, {"flow mapping end", more + ", or close the bracket"}, {"sequence end token", "; close the bracket"},
		{"is not allowed in this context", more + ", and set the lines of a section in alike"},
		{"unexpected key name", aline}, {"non-map value", aline},
		{"invalid header option", "; put an expression that begins with ! & * | > or % in quotes"},
		{"duplicate key", "; what stands behind << has that key already: leave one of the two out"},
		{"invalid key for this map", "; a key is a name"},
		{"found character '\t'", "; that is a tab: lines are set in with spaces"},
	} {
		if strings.Contains(message, hint.said) {
			return hint.remedy
		}
	}
	return ""
}

// shape names what a Go type is in a world file.
func shape(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Struct, reflect.Pointer:
		return "a section of keys and values"
	default:
		return "a single value"
	}
}

// Written is a string as it was written. YAML would bend an unquoted number into
// another one: 007 is 7, and 1_000 is 1000.
type Written string

// Whole is a whole number in digits. YAML would cut 10.9 to 10.
type Whole int64

// valueError is a value of the wrong kind.
type valueError struct {
	at   *token.Position
	what string
}

func (e *valueError) Error() string { return e.what }

// UnmarshalYAML takes a string, and no number.
func (t *Written) UnmarshalYAML(node ast.Node) error {
	switch n := node.(type) {
	case *ast.StringNode:
		*t = Written(n.Value)
	case *ast.LiteralNode:
		*t = Written(n.Value.Value)
	case *ast.NullNode:
	case *ast.TagNode:
		return tagged(n)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &valueError{node.GetToken().Position, fmt.Sprintf("%s: write it in quotes", node.GetToken().Value)}
	default:
		return &valueError{node.GetToken().Position, "a single value belongs here"}
	}
	return nil
}

// JSONSchema says what may stand there.
func (Written) JSONSchema() any { return map[string]any{"type": "string"} }

// JSONSchema says what may stand there.
func (Whole) JSONSchema() any { return map[string]any{"type": "integer"} }

// Digits reports whether a text is digits, so many of them.
func Digits(text string, least, most int) bool {
	return len(text) >= least && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// UnmarshalYAML takes a whole number of at most 18 digits.
func (w *Whole) UnmarshalYAML(node ast.Node) error {
	written := node.GetToken().Value
	digits := strings.TrimPrefix(written, "-")
	if _, ok := node.(*ast.IntegerNode); !ok || !Digits(digits, 1, 18) || digits[0] == '0' && digits != "0" {
		return &valueError{node.GetToken().Position, fmt.Sprintf("%q is not a whole number: write digits, at most 18", written)}
	}
	n, err := strconv.ParseInt(written, 10, 64)
	*w = Whole(n)
	return err
}

// Wrong is an error about a node of a file; [Error] gives its place.
func Wrong(node ast.Node, format string, args ...any) error {
	return &valueError{node.GetToken().Position, fmt.Sprintf(format, args...)}
}

// WrongAt is an error about a place of a file; [Error] gives it.
func WrongAt(line, column int, format string, args ...any) error {
	return &valueError{&token.Position{Line: line, Column: column}, fmt.Sprintf(format, args...)}
}

// At is what is wrong at a YAML path such as $.coupons[2].amount, with its place
// if the file has it.
func At(path string, source []byte, at, what string) *exit.InputError {
	wrong := exit.Input(path, 0, redact.Numbers(what))
	if to, err := yaml.PathString(at); err == nil {
		if node, err := to.FilterFile(ParseTree(source)); err == nil && node != nil && node.GetToken() != nil {
			position := node.GetToken().Position
			wrong.Line, wrong.What = position.Line, fmt.Sprintf("column %d: %s", position.Column, wrong.What)
		}
	}
	return wrong
}

// Note is something odd about a file, and where; line 0 is nowhere in particular.
type Note struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Says   string `json:"says"`
}

// NoteAt is a note about what is at a YAML path such as $.facts[2].
func NoteAt(source []byte, at, says string) Note {
	note := Note{Says: says}
	if to, err := yaml.PathString(at); err == nil {
		if node, err := to.FilterFile(ParseTree(source)); err == nil && node != nil && node.GetToken() != nil {
			note.Line, note.Column = node.GetToken().Position.Line, node.GetToken().Position.Column
		}
	}
	return note
}

// ParseTree parses a file once more, for the places of what is wrong.
func ParseTree(source []byte) *ast.File {
	tree, err := yamlparser.ParseBytes(source, 0)
	if err != nil {
		return &ast.File{}
	}
	return tree
}

// SecondDocument says where a second YAML document begins.
func SecondDocument(path string, source []byte, what string) error {
	wrong := exit.Input(path, 0, what+" is one document, here begins another")
	if docs := ParseTree(source).Docs; len(docs) > 1 {
		begins := docs[1].Start
		if begins == nil { // behind ... no --- has to stand
			begins = docs[1].Body.GetToken()
		}
		place := begins.Position
		wrong.Line, wrong.What = place.Line, fmt.Sprintf("column %d: %s", place.Column, wrong.What)
	}
	return wrong
}
