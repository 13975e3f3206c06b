// Topics: commands of the process and lists of what there is, as help explains them.

package grammar

import (
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/lint"
	"tokenshell/shell/internal/runs"
	"tokenshell/shell/internal/verbs"
)

// topics are the lists, and the commands that need more than a line.
func topics() []interp.Topic {
	return append(verbs.Lists(),
		bound.Topic,
		interp.Topic{Name: "run", Short: "scenarios, and what one may do", About: runs.About, Flags: &runs.Flags{}, Examples: runs.Examples},
		interp.Topic{Name: "lint", Short: "what in scenarios tests nothing", About: lint.About, Flags: &lint.Command{}, Examples: []string{"tokenshell lint scripts"}},
		interp.Topic{Name: "new", Short: "a first scenario, and what belongs to it", About: runs.AboutNew, Flags: &runs.New{}, Examples: []string{"tokenshell new checkouts"}},
		interp.Topic{Name: "adapter", Short: "somebody else's relay, behind our protocol", About: aboutAdapter},
	)
}

// aboutAdapter is what a person has to know of the protocol of adapters.
const aboutAdapter = `Puts our own relay behind the protocol by which tokenshell drives anybody's: JSON Lines, a question or an answer a line, on standard input and output.
attack run --adapter 'COMMAND' sends the catalogue through such a program, in any language; tokenshell plays the client, the services, their keys and the
time, and compares what the relay says with the services' books.

target init stdio DIR writes an adapter to begin with, target check FILE goes through it step by step and says in plain words what is wrong. With --state
FILE sessions and used tokens outlive the process, and the rows about a restart are tried, too. Never point it at production; see SECURITY.md.
`
