// Package parts takes good tokens apart, edits what is in them, and has the keys that
// hostile ones are signed with.
package parts

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Member is a member of an object, as it is written.
type Member struct{ Name, Raw string }

// Members reads an object in the order of its text.
func Members(text []byte) ([]Member, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var all []Member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		spelt, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		all = append(all, Member{string(spelt), string(raw)})
	}
	return all, nil
}

// Decode gives the three parts of a good token.
func Decode(raw string) (header, payload, signature []byte, err error) {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil, nil, nil, fmt.Errorf("a good token has three segments, not %d", len(parts))
	}
	var decoded [3][]byte
	for i, part := range parts {
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return nil, nil, nil, fmt.Errorf("segment %d of a good token: %w", i+1, err)
		}
	}
	return decoded[0], decoded[1], decoded[2], nil
}

// Claim gives a claim of a token that is a string; empty when there is none.
func Claim(raw, name string) string {
	_, payload, _, _ := Decode(raw)
	var claims map[string]any
	_ = json.Unmarshal(payload, &claims) // what cannot be read has none
	value, _ := claims[name].(string)
	return value
}

// Encode writes a text as a segment.
func Encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// Quoted writes a text as a string of JSON.
func Quoted(s string) string { return `"` + Text(s) + `"` }

// Text writes a text as it stands in a JSON string.
func Text(s string) string {
	quoted, _ := json.Marshal(s) // a string has no way to fail
	return string(quoted[1 : len(quoted)-1])
}
