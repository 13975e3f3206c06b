// Heard: what a verb said, taken down.

package answer

import (
	"strings"

	"tokenshell/shell/internal/page"
)

// heardLimit is how much of one command's output is taken down, in bytes.
const heardLimit = 8 << 10

// Heard is what one command said: on a page as in a pipe, with its marks, and as
// JSON where that was asked for.
type Heard struct {
	Page   page.Page
	JSON   strings.Builder
	InJSON bool // that is what was printed
	Lost   int  // lines that there was no room for
}

// hear takes an answer down. text is how it was printed, p the page that it was
// written on, if it was.
func (o *Out) hear(text string, write func(p *page.Page), p *page.Page) {
	if o.Heard == nil {
		return
	}
	if o.Heard.Page.Len() > heardLimit || o.Heard.JSON.Len() > heardLimit {
		o.Heard.Lost += strings.Count(text, "\n")
		return
	}
	if o.Format == "json" {
		o.Heard.InJSON = true
		o.Heard.JSON.WriteString(text)
	}
	if o.Format == "json" || o.Window != nil || o.Color {
		if p = (&page.Page{}); write != nil {
			write(p)
		}
	}
	o.Heard.Page.WriteString(o.Redact(p.Marked()))
}

// Amid takes down what another verb said while this one was at work, as it is
// printed: indented.
func (h *Heard) Amid(other *Heard) {
	for line := range strings.Lines(other.Page.Marked()) {
		h.Page.WriteString(AmidIndent + line)
	}
	h.Lost += other.Lost
}

// AmidIndent stands before each line of a verb that ran while another one was at work.
const AmidIndent = "  "

// Trim keeps whole lines, no more than are worth remembering: the first, and the
// last, which say how it ended.
func (h *Heard) Trim() {
	page, lost := h.whole(h.Page.Marked())
	json, more := h.whole(h.JSON.String())
	h.Lost += max(lost, more)
	h.Page.Reset()
	h.Page.WriteString(page)
	h.JSON.Reset()
	h.JSON.WriteString(json)
}

// heardEnd is how much of that is kept for the last lines.
const heardEnd = 1 << 10

func (h *Heard) whole(text string) (kept string, lost int) {
	if len(text) <= heardLimit {
		return text, 0
	}
	first := text[:strings.LastIndexByte(text[:heardLimit-heardEnd], '\n')+1]
	last := text[len(text)-heardEnd:]
	last = last[strings.IndexByte(last, '\n')+1:]
	return first + last, strings.Count(text, "\n") - strings.Count(first+last, "\n")
}
