// Keys: what YAML takes without a word, and a file of ours must not have.

package yamlfile

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// isText says where a file stops being UTF-8.
func isText(source []byte) error {
	for at := 0; at < len(source); {
		r, n := utf8.DecodeRune(source[at:])
		if r == utf8.RuneError && n < 2 {
			before := source[:at]
			line, column := bytes.Count(before, []byte("\n")), utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
			return WrongAt(line+1, column+1, "it is not UTF-8: save it in that encoding")
		}
		at += n
	}
	return nil
}

// named wants a name as each key of what is read into a struct: of a section with a key
// that is no text the library reads nothing at all (goccy/go-yaml 1.19.2), as if the
// section were not there.
func named(node ast.Node, into reflect.Type) error {
	return keysIn(node, into, func(key ast.Node, _ []string) error {
		switch key.(type) {
		case *ast.NullNode, *ast.BoolNode, *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
			return Wrong(key, "a key is a name, not %s: see how it is spelt, or leave it out", key.GetToken().Value)
		}
		return nil
	})
}

// seeing is a visitor that is called with each node, in the order of the file.
type seeing func(ast.Node)

// Visit sees a node.
func (s seeing) Visit(node ast.Node) ast.Visitor {
	if node == nil {
		return nil
	}
	s(node)
	return s
}

// aliases wants an anchor above each alias: the library does not say where one of
// nothing stands.
func aliases(body ast.Node) (err error) {
	known := map[string]bool{}
	ast.Walk(seeing(func(node ast.Node) {
		switch n := node.(type) {
		case *ast.AnchorNode:
			known[n.Name.GetToken().Value] = true
		case *ast.AliasNode:
			if name := n.Value.GetToken().Value; err == nil && !known[name] {
				err = Wrong(n, "*%s stands for what is called &%s, and nothing above it is: write out what is meant", name, name)
			}
		}
	}), body)
	return err
}

// tags refuses what says how a value is to be read: nobody listens to it here.
func tags(body ast.Node) (err error) {
	ast.Walk(seeing(func(node ast.Node) {
		if tag, is := node.(*ast.TagNode); is && err == nil {
			err = tagged(tag)
		}
	}), body)
	return err
}

func tagged(tag *ast.TagNode) error {
	return Wrong(tag, "%s is a tag, and no file of ours has one: leave it out, and write a text in quotes", tag.GetToken().Value)
}

// merge is the key whose value is merged into the section that it stands in.
const merge = "<<"

// keysIn visits each key of what is read into a struct, as they stand in the file,
// with those that the struct has. It stops at an error.
func keysIn(node ast.Node, into reflect.Type, visit func(key ast.Node, has []string) error) error {
	if anchor, ok := node.(*ast.AnchorNode); ok {
		node = anchor.Value
	}
	if reflect.PointerTo(into).Implements(reflect.TypeFor[yaml.NodeUnmarshaler]()) {
		return nil // it looks itself
	}
	switch into.Kind() {
	case reflect.Pointer:
		return keysIn(node, into.Elem(), visit)
	case reflect.Slice:
		if list, ok := node.(*ast.SequenceNode); ok {
			for _, item := range list.Values {
				if err := keysIn(item, into.Elem(), visit); err != nil {
					return err
				}
			}
		}
	case reflect.Struct:
		fields, names := map[string]reflect.Type{merge: into}, []string{merge} // what is merged is of the same struct
		for i := range into.NumField() {
			if name, _, _ := strings.Cut(into.Field(i).Tag.Get("yaml"), ","); name != "" {
				fields[name] = into.Field(i).Type
				names = append(names, name)
			}
		}
		for _, pair := range members(node) {
			key := ast.Node(pair.Key)
			if asked, ok := key.(*ast.MappingKeyNode); ok {
				key = asked.Value
			}
			of := fields[key.GetToken().Value]
			if err := visit(key, names); err != nil {
				return err
			}
			if of == nil {
				continue
			}
			if err := keysIn(pair.Value, of, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// Empty says of each key behind which nothing stands that it is as good as left out.
func Empty(source []byte) (notes []Note) {
	var visit func(ast.Node)
	visit = func(node ast.Node) {
		if list, ok := node.(*ast.SequenceNode); ok {
			for _, item := range list.Values {
				visit(item)
			}
		}
		for _, pair := range members(node) {
			if _, nothing := pair.Value.(*ast.NullNode); nothing {
				key := pair.Key.GetToken()
				says := fmt.Sprintf("nothing stands behind %s: that is as if the key were left out", key.Value)
				notes = append(notes, Note{Line: key.Position.Line, Column: key.Position.Column, Says: says})
			}
			visit(pair.Value)
		}
	}
	if docs := ParseTree(source).Docs; len(docs) > 0 {
		visit(docs[0].Body)
	}
	return notes
}

// members gives the keys and values of a section; none of what is no section.
func members(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}
