// help target: how a target file is written.

package target

import (
	"strings"

	"tokenshell/shell/internal/foreign"
)

// Help is shown behind the verbs of target. Lines with a tab are rows of a table.
func (v *FileVerb) Help() string {
	var b strings.Builder
	b.WriteString(`A target file is YAML, read strictly. It says how the relay is reached (exactly one of stdio, http and each) and what it does. Conditions and places in
answers are jq over {status, headers, body}, with the names of headers in lower case. Paths begin at the file's folder. Never point one at production.

`)
	for _, row := range foreign.Keys() {
		b.WriteString("  " + row.Name + "\t" + row.What + "\n")
	}
	b.WriteString("\nASK is open, relay, redeem, resume, close, facts, refresh and reset, CALL is redeem and cancel. A whole file, of a gateway:\n\n")
	for line := range strings.Lines(foreign.Example) {
		b.WriteString("  " + line)
	}
	b.WriteString(`
target init writes one to begin with, target check goes through what the relay has to do and says what to declare in can. The README has the file of an
order service; examples/targets has seven that run.
`)
	return b.String()
}
