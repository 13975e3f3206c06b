// Package places knows the places in somebody else's messages: where an answer says
// what, as jq, and where a request wants a value, as a name in braces.
package places

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/itchyny/gojq"
)

// Place is a compiled accessor. Its zero value finds nothing.
type Place struct {
	source string
	code   *gojq.Code
}

// At compiles an accessor. The error says what is wrong with it.
func At(source string) (Place, error) {
	query, err := gojq.Parse(source)
	if err != nil {
		return Place{}, err
	}
	code, err := gojq.Compile(query)
	return Place{source, code}, err
}

// IsZero reports whether it is no place at all.
func (p Place) IsZero() bool { return p.code == nil }

// find gives what is there; nil when there is nothing.
func (p Place) find(input any) (any, error) {
	if p.code == nil {
		return nil, nil
	}
	v, ok := p.code.Run(input).Next()
	if !ok {
		return nil, nil
	}
	if err, bad := v.(error); bad {
		return nil, fmt.Errorf("%s: %w", p.source, err)
	}
	return v, nil
}

// Holds reports whether true is there.
func (p Place) Holds(input any) (bool, error) {
	v, err := p.find(input)
	yes, _ := v.(bool)
	return yes, err
}

// Text gives the string or the number that is there, or any other value as JSON.
func (p Place) Text(input any) (string, error) {
	v, err := p.find(input)
	switch v := v.(type) {
	case nil:
		return "", err
	case string:
		return v, nil
	default:
		raw, err := json.Marshal(v)
		return string(raw), err
	}
}

// Message is a message as places see it.
func Message(status int, header http.Header, body []byte) map[string]any {
	headers := map[string]any{}
	for name, values := range header {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	var read any
	if json.Unmarshal(body, &read) != nil {
		read = string(body)
	}
	return map[string]any{"status": status, "headers": headers, "body": read}
}

var named = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{([a-z_]+)\}`) })

// Fill puts values, changed as how says, in the place of their names in braces.
// What has no value stays.
func Fill(text string, values map[string]string, how func(string) string) string {
	return named().ReplaceAllStringFunc(text, func(found string) string {
		value, ok := values[found[1:len(found)-1]]
		if !ok {
			return found
		}
		return how(value)
	})
}

// AsIs changes nothing.
func AsIs(s string) string { return s }

// FillJSON does so in every string of a JSON value, and in the names of members.
func FillJSON(v any, values map[string]string) any {
	switch v := v.(type) {
	case string:
		return Fill(v, values, AsIs)
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = FillJSON(v[i], values)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(v))
		for name, member := range v {
			all[Fill(name, values, AsIs)] = FillJSON(member, values)
		}
		return all
	}
	return v
}
