// Write: keys and values as YAML and as JSON, in their order.

package yamlfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Entry is a key and what it says: a string, an int64, a bool, a [Map], or a []any
// of these.
type Entry struct {
	Key   string
	Value any
}

// Map is keys in an order.
type Map []Entry

// Add adds a key that says something: no empty text, list or section.
func (m *Map) Add(key string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case Map:
		if len(v) == 0 {
			return
		}
	case []any:
		if len(v) == 0 {
			return
		}
	}
	*m = append(*m, Entry{key, value})
}

// MarshalJSON writes the keys in their order.
func (m Map) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, e := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, value := range []any{e.Key, e.Value} {
			if j > 0 {
				b.WriteByte(':')
			}
			text, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			b.Write(text)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Write writes it as YAML that reads as the same.
func Write(m Map) string {
	var b strings.Builder
	writeMap(&b, m, 0)
	return b.String()
}

// widest is how long a line of {KEY: VALUE} may become.
const widest = 120

func writeMap(b *strings.Builder, m Map, depth int) {
	for _, e := range m {
		fmt.Fprintf(b, "%s%s:", strings.Repeat("  ", depth), scalar(e.Key))
		switch v := e.Value.(type) {
		case Map:
			if flat(v) {
				fmt.Fprintf(b, " %s\n", flow(v))
				continue
			}
			b.WriteByte('\n')
			writeMap(b, v, depth+1)
		case []any:
			if flatList(v) {
				fmt.Fprintf(b, " %s\n", flow(v))
				continue
			}
			b.WriteByte('\n')
			writeList(b, v, depth+1)
		default:
			fmt.Fprintf(b, " %s\n", scalar(v))
		}
	}
}

func writeList(b *strings.Builder, list []any, depth int) {
	in := strings.Repeat("  ", depth)
	for _, item := range list {
		m, ok := item.(Map)
		if !ok || flat(m) {
			fmt.Fprintf(b, "%s- %s\n", in, flow(item))
			continue
		}
		var inner strings.Builder
		writeMap(&inner, m, depth+1)
		fmt.Fprintf(b, "%s- %s", in, strings.TrimPrefix(inner.String(), in+"  "))
	}
}

// flat reports whether a section fits on one line.
func flat(m Map) bool {
	return !slices.ContainsFunc(m, func(e Entry) bool { return !single(e.Value) && !isFlatMap(e.Value) }) && len(flow(m)) <= widest
}

func isFlatMap(value any) bool {
	m, ok := value.(Map)
	return ok && !slices.ContainsFunc(m, func(e Entry) bool { return !single(e.Value) })
}

func flatList(list []any) bool {
	return !slices.ContainsFunc(list, func(v any) bool { return !single(v) }) && len(flow(list)) <= widest
}

func single(value any) bool {
	switch value.(type) {
	case Map, []any:
		return false
	}
	return true
}

// flow writes a value on one line.
func flow(value any) string {
	var parts []string
	switch v := value.(type) {
	case Map:
		for _, e := range v {
			parts = append(parts, scalar(e.Key)+": "+flow(e.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, item := range v {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return scalar(value)
}

// bare is what needs no quotes in YAML, wherever it stands.
var bare = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*([ :-][A-Za-z0-9_.]+)*$`) })

// bent are words that some readers of YAML take for something else.
var bent = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(true|false|yes|no|on|off|y|n|null|nan|inf|[0-9.]*e[0-9]*)$`)
})

// scalar writes a single value.
func scalar(value any) string {
	text, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	if bare().MatchString(text) && !bent().MatchString(text) {
		return text
	}
	var b bytes.Buffer
	w := json.NewEncoder(&b) // a string of JSON is one of YAML
	w.SetEscapeHTML(false)
	_ = w.Encode(text) // a string always can be
	return visible(strings.TrimSuffix(b.String(), "\n"))
}

// visible escapes in a string in double quotes what nobody sees, such as a letter
// that turns the order of those behind it.
func visible(quoted string) string {
	var b strings.Builder
	for _, r := range quoted {
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
