// Values: what expressions give, as books count it, as people read it, and as JSON.

package declared

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"tokenshell/issuers/currency"
)

// Count gives an amount as books count it: a whole number as it is, money in the
// smallest units of its currency, rounded half up. The error says that it is
// neither, or too much.
func Count(amount any) (int64, error) {
	switch amount := amount.(type) {
	case int64:
		return amount, nil
	case currency.Amount:
		return amount.Units()
	}
	return 0, fmt.Errorf("%v is not an amount", amount)
}

// Text writes a value: what a digest is of.
func Text(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case int64:
		return strconv.FormatInt(value, 10)
	case bool:
		return strconv.FormatBool(value)
	case currency.Amount:
		return value.Number()
	case time.Time:
		return value.UTC().Format(time.RFC3339Nano)
	case time.Duration:
		return value.String()
	case *Thing:
		return value.ID
	}
	return fmt.Sprint(value)
}

// Plain gives a value as JSON has it: numbers and truth as they are, all else as
// text.
func Plain(value any) any {
	switch value := value.(type) {
	case int64, bool:
		return value
	}
	return Text(value)
}

// object writes values as a JSON object, in their order.
func object(members []Member, values map[string]any) (json.RawMessage, error) {
	var b bytes.Buffer
	for i, m := range members {
		name, err := json.Marshal(m.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(Plain(values[m.Name]))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%s%s:%s", map[bool]string{true: "{", false: ","}[i == 0], name, value)
	}
	if len(members) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
