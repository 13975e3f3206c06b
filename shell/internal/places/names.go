// Names: what in a target file looks like the name of a value, and is none there.

package places

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml/ast"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/yamlfile"
)

// filled are the places of a target file in which names stand for values. Where
// anything may stand, such as GraphQL, only what is nearly a name is looked at.
var filled = sync.OnceValue(func() (all []names) {
	const asking = `^\$\.http\.(open|relay|redeem|resume|close|facts|refresh|reset)\.`
	const values = "token session customer name value keys serve"
	for _, of := range []struct {
		at, known string
		anything  bool
	}{
		{asking + `(poll\.)?request$`, values, false},
		{asking + `(json|form|text|headers)\b`, values, true},
		{`^\$\.http\.headers\b`, values, true},
		{`^\$\.http\.domains\.(redeem|cancel)\.request$`, "service", false},
		{`^\$\.http\.domains\.(redeem|cancel)\.answer\.`, "reason detail service session", true},
		{`^\$\.http\.start\.(command|env)\b`, "keys serve", true},
		{`^\$\.each\.(command|stdin)\b`, "token token_file session keys", true},
		{`^\$\.contract\.issuers\b`, "serve", false},
	} {
		all = append(all, names{regexp.MustCompile(of.at), strings.Fields(of.known), of.anything})
	}
	return all
})

// names are what may stand in braces at a place.
type names struct {
	at       *regexp.Regexp
	known    []string
	anything bool
}

// secretly are the places in which ${NAME} is of the environment.
var secretly = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\$\.((stdio|each|http\.start)\.env|http\.headers|http\.[a-z]+\.headers)\b`)
})

var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{[A-Z_][A-Z0-9_]*\}`) })

// Strange says where a target file names a value that there is not, so that the
// text would be taken as it stands; serves says whether there is {serve}.
func Strange(source []byte, serves bool) error {
	for _, doc := range yamlfile.ParseTree(source).Docs {
		if doc.Body == nil {
			continue
		}
		looked := &look{serves: serves, shells: shells(doc.Body)}
		if ast.Walk(looked, doc.Body); looked.wrong != nil {
			return looked.wrong
		}
	}
	return nil
}

// look visits the texts of a file, until one is wrong.
type look struct {
	serves bool
	shells []string // commands that expand ${NAME} themselves, by their place
	wrong  error
}

// Visit looks at one node.
func (l *look) Visit(node ast.Node) ast.Visitor {
	if l.wrong != nil {
		return nil
	}
	if text, ok := node.(*ast.StringNode); ok {
		l.wrong = l.text(text, text.GetPath(), text.Value)
	}
	return l
}

func (l *look) text(node ast.Node, at, text string) error {
	if found := variable().FindString(text); found != "" && !secretly().MatchString(at) && !slices.ContainsFunc(l.shells, func(shell string) bool { return strings.HasPrefix(at, shell) }) {
		return yamlfile.Wrong(node, "%s is put in only in headers and env, and here would stay as it is: hand it over in one of those", found)
	}
	for _, of := range filled() {
		if !of.at.MatchString(at) {
			continue
		}
		for _, found := range named().FindAllStringSubmatch(text, -1) {
			near := exit.Nearest(found[1], of.known)
			switch known := near == found[1]; {
			case known && found[1] == "serve" && !l.serves:
				return yamlfile.Wrong(node, "{serve} is the URL of what http.serve has listen; without it there is none")
			case known || near == "" && of.anything:
			case near != "":
				return yamlfile.Wrong(node, "%s is no value: did you mean {%s}?", found[0], near)
			default:
				return yamlfile.Wrong(node, "%s is no value: here is {%s}", found[0], strings.Join(of.known, "} {"))
			}
		}
	}
	return nil
}

// shells gives the places of commands whose first word is a shell: it knows ${NAME}.
func shells(body ast.Node) (all []string) {
	ast.Walk(finder(func(node ast.Node) {
		if list, ok := node.(*ast.SequenceNode); ok && len(list.Values) > 0 && strings.HasSuffix(list.GetPath(), ".command") {
			if first, ok := list.Values[0].(*ast.StringNode); ok && strings.HasSuffix(path.Base(first.Value), "sh") {
				all = append(all, list.GetPath())
			}
		}
	}), body)
	return all
}

type finder func(ast.Node)

// Visit calls it.
func (f finder) Visit(node ast.Node) ast.Visitor {
	f(node)
	return f
}
