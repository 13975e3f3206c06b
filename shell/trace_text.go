// A trace as text.

package shell

func (t *trace) writeText(w *page) {}
