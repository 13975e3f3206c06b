// The span: a duration in a line or a file.

package syntax

import (
	"fmt"
	"time"
)

// Span is a duration as people write it: 90s, 2m, 1m30s.
type Span time.Duration

// UnmarshalText reads a span.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration: write one such as 90s or 1m30s", text)
	}
	*s = Span(d)
	return nil
}
