// Package tokenstest reads, for tests, what parties write down of themselves.
package tokenstest

import (
	"fmt"
	"strings"
	"time"

	"tokenshell/tokens"
)

// Written gives what something writes down of itself; see [Words].
func Written(canon func(tokens.Canon)) string {
	var w Words
	canon(&w)
	return w.String()
}

// Words is a [tokens.Canon] in words: times and ids as they are, sets in the order
// that they come in.
type Words struct{ strings.Builder }

// Int writes a number.
func (w *Words) Int(n int) { fmt.Fprintf(w, "%d ", n) }

// Bool writes whether it is so.
func (w *Words) Bool(yes bool) { fmt.Fprintf(w, "%t ", yes) }

// Text writes a text.
func (w *Words) Text(s string) { fmt.Fprintf(w, "%q ", s) }

// ID writes an id.
func (w *Words) ID(id string) { w.Text(id) }

// Name writes a name.
func (w *Words) Name(name string) { w.Text(name) }

// Ref writes whose token it is.
func (w *Words) Ref(ref tokens.Ref) { fmt.Fprintf(w, "[%s %s %s] ", ref.Issuer, ref.ID, ref.Order) }

// Time writes a moment.
func (w *Words) Time(t time.Time) { w.Text(t.Format(time.RFC3339)) }

// Set writes so many.
func (w *Words) Set(n int, write func(i int)) {
	for i := range n {
		write(i)
	}
}
