// The rc file: options that a person wants at every prompt.

package prompt

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
)

// rcLimit is the largest rc file, in bytes.
const rcLimit = 64 << 10

// rcPath gives the file's place in the XDG configuration directory; empty when
// there is none.
func rcPath() string {
	dir, err := os.UserConfigDir() // XDG_CONFIG_HOME, or ~/.config
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "tokenshell", "rc")
}

// readRC sets the options that stand in a file, a line each as set has them. A
// line that is wrong is said with its place, and the others count. There need
// be no such file.
func readRC(s *interp.Shell, path string, stderr io.Writer) {
	if _, err := os.Lstat(path); path == "" || os.IsNotExist(err) {
		return
	}
	text, err := files.Read(context.Background(), path, rcLimit)
	if err != nil {
		answer.PrintError(stderr, err)
		return
	}
	for i, line := range strings.Split(strings.TrimPrefix(string(text), "\uFEFF"), "\n") { // some editors write a mark first
		line = strings.TrimSuffix(line, "\r")
		commands, err := syntax.Split(line, false)
		switch {
		case err == nil && len(commands) == 0:
			continue
		case err == nil && len(commands[0]) > 1 && commands[0][1].Plain() == "without":
			err = exit.Usage("set without, in the session that it is for", "no file makes every world a weak one")
			answer.PrintError(stderr, err)
		case err == nil && commands[0][0].Plain() != "set":
			err = exit.Usage("it is for options: set NAME VALUE", "%q does not belong here", redact.OneLine(commands[0][0].Plain()))
			answer.PrintError(stderr, err)
		case err == nil:
			err = s.Line(context.Background(), line, false, io.Discard, stderr)
		default:
			answer.PrintError(stderr, err)
		}
		if err != nil {
			fmt.Fprintf(stderr, "%s:%d: this line does not count\n", path, i+1)
		}
	}
}
