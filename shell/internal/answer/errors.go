// Errors: how what a verb answered is printed.

package answer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
)

// PrintError writes an error for people: a line for each refusal.
func PrintError(w io.Writer, err error) {
	var b strings.Builder
	writeError(&b, err)
	fmt.Fprint(w, redact.Tokens(b.String()))
}

func writeError(w io.Writer, err error) {
	var (
		wrong *exit.UsageError
		line  *syntax.Error
	)
	if _, said := exit.Heard(err); said {
		return // where it happened
	}
	if all := exit.Rejections(err); all != nil {
		for _, r := range all {
			fmt.Fprintf(w, "rejected: %s: %s\n", r.Reason, redact.OneLine(r.Detail))
		}
		return
	}
	switch {
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(w, "interrupted")
	case errors.As(err, &wrong):
		fmt.Fprintf(w, "usage: %s\n", redact.OneLine(wrong.What))
		if wrong.Hint != "" {
			fmt.Fprintf(w, "hint: %s\n", redact.Printable(wrong.Hint))
		}
	case errors.As(err, &line):
		fmt.Fprintf(w, "usage: %s\n", redact.Printable(line.Error()))
	default:
		fmt.Fprintf(w, "error: %s\n", redact.Printable(err.Error()))
	}
}
