package lineedit

// The lines that were entered, for the next prompt and the next shell.

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"tokenshell/shell/internal/redact"
)

const (
	maxHistory = 1000 // lines, in memory and in the file
	maxEntry   = 4096 // bytes; a longer line is not kept
)

// History keeps lines for the prompt, without tokens. Its methods may be called from several
// goroutines, and on nil, which keeps nothing.
type History struct {
	Hide func(string) string // replaces what is known to be secret; nil is nothing. Set before the first line

	mu    sync.Mutex
	lines []string // oldest first
	file  *historyFile
	warn  func(error)
}

// OpenHistory reads the history at path; "" keeps one in memory only. The file is made with the first
// line, for its owner alone; one that others could read is closed to them. Whatever is wrong with it
// goes to warn, once; the history goes on in memory. Several shells may share the file: each adds its
// own lines and sees those of the others when it starts.
func OpenHistory(path string, warn func(error)) *History {
	h := &History{warn: warn}
	if path == "" {
		return h
	}
	var err error
	if h.file, h.lines, err = openHistoryFile(path); err != nil {
		h.complain(err)
	}
	return h
}

// Add keeps a line, with "(token)" for whatever looks like one. A line that begins with a space, is
// empty, is the last one again, holds control characters, or is longer than 4 KiB is not kept.
func (h *History) Add(line string) {
	if h == nil {
		return
	}
	if h.Hide != nil {
		line = h.Hide(line)
	}
	line, ok := entry(line)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.lines); n > 0 && h.lines[n-1] == line {
		return
	}
	h.lines = newest(append(h.lines, line))
	if h.file == nil {
		return
	}
	if err := h.file.add(line); err != nil {
		h.complain(err)
	}
}

// Lines are the lines kept, oldest first.
func (h *History) Lines() []string {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.lines...)
}

// complain warns, and leaves the file alone from then on.
func (h *History) complain(err error) {
	h.file = nil
	if h.warn != nil {
		h.warn(err)
	}
}

// entry is the form in which a line is kept, if it is.
func entry(line string) (string, bool) {
	if strings.HasPrefix(line, " ") || !printable(line) {
		return "", false
	}
	line = strings.TrimRight(redact.Remnants(line), " ")
	return line, line != "" && len(line) <= maxEntry
}

func newest(lines []string) []string {
	return lines[max(len(lines)-maxHistory, 0):]
}

// DefaultHistoryPath is $XDG_STATE_HOME/tokenshell/history, or the same below ~/.local/state when the
// variable is unset or no absolute path (XDG Base Directory Specification). It is "" without a home.
func DefaultHistoryPath() string {
	state := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "tokenshell", "history")
}
