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
}

// hear takes an answer down. text is how it was printed, p the page that it was
// written on, if it was.
func (o *Out) hear(text string, write func(p *page.Page), p *page.Page) {
	if o.Heard == nil || o.Heard.Page.Len() > heardLimit || o.Heard.JSON.Len() > heardLimit {
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

// Trim keeps whole lines, no more than are worth remembering.
func (h *Heard) Trim() {
	page, json := whole(h.Page.Marked()), whole(h.JSON.String())
	h.Page.Reset()
	h.Page.WriteString(page)
	h.JSON.Reset()
	h.JSON.WriteString(json)
}

func whole(text string) string {
	if len(text) <= heardLimit {
		return text
	}
	return text[:strings.LastIndexByte(text[:heardLimit], '\n')+1]
}
