package answer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
)

// Report prints an error: for people on stderr, and in JSON on stdout unless
// the verb's own JSON says it.
func (o *Out) Report(err error) {
	if err == nil {
		return
	}
	var surprised *exit.Surprise
	if said, _ := exit.Heard(err); o.Format == "json" && !said && !errors.As(err, &surprised) { // what surprised has spoken
		what := exit.Rejection{Detail: err.Error()}
		if all := exit.Rejections(err); all != nil {
			what = all[0]
		}
		// A filter is written for what the verb answers; on an error it may not
		// fit, and then says nothing.
		plain := &Out{Stdout: o.Stdout, Format: "json", Hide: o.Hide}
		if o.Filter == nil {
			_ = plain.Show(map[string]exit.Rejection{"error": what}, nil)
		} else if text, wrong := o.Filter.run(o.context(), map[string]exit.Rejection{"error": what}, o.Redact); wrong == nil && text != "null\n" {
			fmt.Fprint(o.Stdout, redact.InJSON(text, o.Redact))
		}
	}
	if all := exit.Rejections(err); len(all) > 0 && o.Hint != nil {
		for _, r := range all {
			o.tell(exit.Refusals{r})
			if hint := o.Hint(r); hint != "" {
				for _, line := range page.FoldTo("hint: "+hint, o.Window.Width()) {
					fmt.Fprintln(o.Stderr, o.Faint(line))
				}
			}
		}
		return
	}
	o.tell(err)
}

// tell prints an error for people.
func (o *Out) tell(err error) {
	var text strings.Builder
	PrintError(&text, err)
	fmt.Fprint(o.Stderr, o.warned(o.Redact(text.String())))
}

// warned folds errors and colours the codes of refusals, for a person who reads
// errors where the answers are.
func (o *Out) warned(errors string) string {
	if o.Window != nil && o.Progress != nil {
		var b strings.Builder
		for line := range strings.Lines(errors) {
			b.WriteString(strings.Join(page.FoldTo(strings.TrimSuffix(line, "\n"), o.Window.Width()), "\n") + "\n")
		}
		errors = b.String()
	}
	if !o.Color || o.Progress == nil {
		return errors
	}
	return refusedCode().ReplaceAllStringFunc(errors, func(code string) string { return (&page.Page{Color: true}).Paint(page.BadStyle, code) })
}

var refusedCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^(?:rejected: [a-z_]+|usage|error):`) })
