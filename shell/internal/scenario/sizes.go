// Sizes: how long a script's lines may become. testscript puts values in the
// places of variables before anybody can look, so the script is added up before
// it runs.

package scenario

import (
	"fmt"
	"regexp"
	"strings"
	"sync"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
)

// mostExpanded bounds a line of a script with values in the places of variables,
// and all values that env sets, in bytes.
const mostExpanded = 64 << 20

// variable is a variable as testscript finds it, in quotes or not.
var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$(?:\{([^}]*)\}|([A-Za-z0-9_]+))`) })

// sizes is what is known of a script's variables so far: at most how long each is.
type sizes struct {
	of  map[string]int
	env map[string]int // those that env has set
	all int            // of these
}

func newSizes(vars []string) *sizes {
	s := &sizes{of: map[string]int{}, env: map[string]int{}}
	for _, pair := range vars {
		name, value, _ := strings.Cut(pair, "=")
		s.of[name] = len(value)
	}
	return s
}

// line adds up a line and what it sets; at is its number in a file.
func (s *sizes) line(file string, at int, text, verb string, rest []string) error {
	size := len(text)
	for _, m := range variable().FindAllStringSubmatch(text, -1) {
		name := m[1] + m[2]
		if size += s.of[name]; size > mostExpanded {
			return exit.Input(file, at, fmt.Sprintf("with $%s in its place this line may have more than %d bytes", name, mostExpanded))
		}
	}
	switch {
	case verb == "env":
		for _, pair := range rest {
			name, _, _ := strings.Cut(pair, "=")
			if s.all += size - s.env[name]; s.all > mostExpanded {
				return exit.Input(file, at, fmt.Sprintf("with $%s all variables that env sets may have more than %d bytes", name, mostExpanded))
			}
			s.of[name], s.env[name] = size, size
		}
	case (verb == "let" || verb == "capture") && len(rest) > 0:
		s.of[rest[0]] = interp.ValueLimit
	}
	return nil
}
