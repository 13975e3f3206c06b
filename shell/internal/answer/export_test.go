package answer

import (
	"context"
	"time"
)

// Filtered gives what a filter makes of data in a time.
func (f *Filter) Filtered(ctx context.Context, d time.Duration, data any) (string, error) {
	return (&Filter{f.source, f.code, d}).run(ctx, data, func(text string) string { return text })
}
