package client

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// ObjectFields gives the members of a JSON object in their order.
func ObjectFields(prefix string, object json.RawMessage) []wire.Field {
	var all []wire.Field
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return nil
	}
	for dec.More() {
		name, err := dec.Token()
		var value json.RawMessage
		if err != nil || dec.Decode(&value) != nil {
			break
		}
		all = append(all, wire.Field{Name: prefix + fmt.Sprint(name), Value: string(value)})
	}
	return all
}

func closedText(how string, n int) json.RawMessage {
	text, _ := json.Marshal(fmt.Sprintf("(%s, %d bytes)", how, n))
	return text
}

// inOrder writes the members in the order in which they stand in object.
func inOrder(members map[string]json.RawMessage, object json.RawMessage) (json.RawMessage, error) {
	dec := json.NewDecoder(strings.NewReader(string(object)))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var parts []string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return nil, err
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(key)+":"+string(members[fmt.Sprint(name)]))
	}
	return json.RawMessage("{" + strings.Join(parts, ",") + "}"), nil
}

// ClaimedExpiry gives when a token says that it expires; zero when it says
// nothing that can be read. It is for showing.
func ClaimedExpiry(raw string) time.Time {
	seen, err := tokens.Peek(raw)
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if json.Unmarshal(seen.Payload, &claims) != nil || claims.Expires <= 0 || claims.Expires > 1<<33 {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0).UTC()
}
