// Package schema says of a file in YAML what may stand in it, as JSON Schema: made
// from the struct that reads it, so that editors know what the reader knows.
package schema

import (
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// dialect is the version of JSON Schema that editors know best.
const dialect = "http://json-schema.org/draft-07/schema#"

// Of gives the schema of a file that a struct of this type reads.
func Of(title string, t reflect.Type) map[string]any {
	s, _ := of(t).(map[string]any)
	s["$schema"], s["title"] = dialect, title
	return s
}

// Keys gives the schema of a part of a file.
func Keys(t reflect.Type) any { return object(t) }

// sayer is a type that says itself what it reads.
type sayer interface{ JSONSchema() any }

func of(t reflect.Type) any {
	if s, ok := reflect.Zero(t).Interface().(sayer); ok && t.Kind() != reflect.Pointer {
		return s.JSONSchema()
	}
	if reads(t) && t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.String {
		return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	}
	if reads(t) && t.Kind() != reflect.Map {
		return map[string]any{} // it knows itself, and does not say
	}
	switch t.Kind() {
	case reflect.Pointer:
		return of(t.Elem())
	case reflect.Struct:
		return object(t)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": of(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	}
	return map[string]any{}
}

// reads reports whether a type reads its YAML itself.
func reads(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[yaml.NodeUnmarshaler]()) || p.Implements(reflect.TypeFor[yaml.BytesUnmarshaler]()) || p.Implements(reflect.TypeFor[yaml.InterfaceUnmarshaler]())
}

// object gives the keys of a struct; there are no others.
func object(t reflect.Type) map[string]any {
	keys := map[string]any{}
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		name := tag.Get("yaml")
		if name == "" {
			continue
		}
		what := of(t.Field(i).Type)
		if key, ok := what.(map[string]any); ok && tag.Get("help") != "" {
			key["description"] = tag.Get("help")
		}
		if key, ok := what.(map[string]any); ok && tag.Get("enum") != "" {
			key["enum"] = strings.Fields(tag.Get("enum"))
		}
		keys[name] = what
	}
	return map[string]any{"type": "object", "properties": keys, "additionalProperties": false}
}
