// Topics: commands of the process, as help explains them.

package grammar

import (
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/lint"
	"tokenshell/shell/internal/runs"
)

// topics are the commands that need more than a line.
func topics() []interp.Topic {
	return []interp.Topic{
		{Name: "run", About: runs.About, Flags: &runs.Flags{}, Examples: runs.Examples},
		{Name: "lint", About: lint.About, Flags: &lint.Command{}, Examples: []string{"tokenshell lint scripts"}},
		{Name: "adapter", About: aboutAdapter},
	}
}

// aboutAdapter is what a person has to know of the protocol of adapters.
const aboutAdapter = `Puts our own relay behind the protocol by which tokenshell drives anybody's: JSON Lines, a question or an answer a line, on standard input and output.
attack run --adapter 'COMMAND' sends the catalogue through such a program, in any language; tokenshell plays the client, the services, their keys and the
time, and compares what the relay says with the services' books.

target init stdio DIR writes an adapter to begin with, target check FILE goes through it step by step and says in plain words what is wrong. With --state
FILE sessions and used tokens outlive the process, and the rows about a restart are tried, too. Never point it at production; see SECURITY.md.
`
