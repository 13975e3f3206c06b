// Rows: a list of mappings, as it is written.

package yamlfile

import (
	"errors"

	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
)

// Cell is one NAME: VALUE of a row. Numbers are as they were written: 140.00.
type Cell struct {
	Name, Value string
	Line        int
}

// Rows reads a list of mappings whose values are single ones, names in the order
// in which they stand. [Error] gives the place of what is wrong.
func Rows(source []byte) (rows [][]Cell, err error) {
	if TooDeep(source) {
		return nil, errors.New("its brackets nest too deep")
	}
	if err := isText(source); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("it holds a YAML tag that does not fit")
		}
	}()
	tree, err := yamlparser.ParseBytes(source, 0)
	if err != nil {
		return nil, err
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		return nil, nil
	}
	if len(tree.Docs) > 1 {
		return nil, Wrong(tree.Docs[1].Body, "it is one document, here begins another")
	}
	list, ok := tree.Docs[0].Body.(*ast.SequenceNode)
	if !ok {
		return nil, Wrong(tree.Docs[0].Body, "a list belongs here: - {NAME: value}")
	}
	for _, item := range list.Values {
		row, err := cells(item)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// cells reads one row.
func cells(item ast.Node) ([]Cell, error) {
	var pairs []*ast.MappingValueNode
	switch n := item.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	}
	if len(pairs) == 0 {
		return nil, Wrong(item, "a section of keys and values belongs here: - {NAME: value}")
	}
	var row []Cell
	for _, pair := range pairs {
		name, ok := pair.Key.(*ast.StringNode)
		if !ok {
			return nil, Wrong(pair.Key, "a name belongs here")
		}
		cell := Cell{Name: name.Value, Line: name.GetToken().Position.Line}
		switch n := pair.Value.(type) {
		case *ast.StringNode:
			cell.Value = n.Value
		case *ast.LiteralNode:
			cell.Value = n.Value.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			cell.Value = n.GetToken().Value
		default:
			return nil, Wrong(pair.Value, "a single value belongs here")
		}
		row = append(row, cell)
	}
	return row, nil
}
