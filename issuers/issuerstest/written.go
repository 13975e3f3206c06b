package issuerstest

import (
	"fmt"
	"strings"
	"time"

	"tokenshell/tokens"
)

// Written gives what something writes down of itself, in words: times and ids as they
// are, sets in the order that they come in.
func Written(canon func(tokens.Canon)) string {
	var w words
	canon(&w)
	return w.String()
}

type words struct{ strings.Builder }

func (w *words) Int(n int)          { fmt.Fprintf(w, "%d ", n) }
func (w *words) Bool(yes bool)      { fmt.Fprintf(w, "%t ", yes) }
func (w *words) Text(s string)      { fmt.Fprintf(w, "%q ", s) }
func (w *words) ID(id string)       { w.Text(id) }
func (w *words) Name(name string)   { w.Text(name) }
func (w *words) Ref(ref tokens.Ref) { fmt.Fprintf(w, "%+v ", ref) }
func (w *words) Time(t time.Time)   { w.Text(t.Format(time.RFC3339)) }
func (w *words) Set(n int, write func(i int)) {
	for i := range n {
		write(i)
	}
}
