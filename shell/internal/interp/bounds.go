// Bounds: how much one line may ask for.

package interp

import (
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/lineedit"
)

// Bounds of lines and variables.
const (
	MostWords   = 1000                 // of a command
	MostNested  = 32                   // verbs that run one another
	LongestLine = lineedit.LongestLine // bytes, with the values of variables in their places
	ValueLimit  = 256 << 10            // bytes of a variable
	valuesLimit = 16 << 20             // bytes of all of them
)

// withinBounds says that a command is too long to be run. Words are counted
// because kong's time grows with their square.
func withinBounds(words []string) error {
	if len(words) > MostWords {
		return exit.Usage("run it several times", "a command has at most %d words, this one has %d", MostWords, len(words))
	}
	if size := sizeOf(words); size > LongestLine {
		return exit.Usage("@FILE reads a long token", "a command has at most %d bytes, this one has %d", LongestLine, size)
	}
	return nil
}

func sizeOf(words []string) int {
	size := 0
	for _, word := range words {
		size += len(word) + 1
	}
	return size - 1
}
