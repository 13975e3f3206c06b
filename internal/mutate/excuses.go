// The list of those that no test can kill.

package main

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// excuse lets one mutant live. Two that look the same need two.
type excuse struct {
	file, in, kind string
	diff           string
	at             int // its line in the list
	used           bool
}

var excuseHead = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(\S+\.go) \((.+?)\) (\w+): (.+)$`) })

// parseExcuses reads a list: "FILE (FUNC) KIND: WHY", and below it the mutant's
// lines as they are reported, each behind a tab. Lines that begin with # are
// comments.
func parseExcuses(text string) ([]*excuse, error) {
	var all []*excuse
	for i, line := range strings.Split(text, "\n") {
		below, indented := strings.CutPrefix(line, "\t")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case indented && len(all) > 0:
			all[len(all)-1].diff += below + "\n"
		default:
			head := excuseHead().FindStringSubmatch(line)
			if head == nil {
				return nil, fmt.Errorf("equivalent.txt:%d: want FILE.go (FUNC) KIND: WHY, and below it the mutant's lines, each behind a tab", i+1)
			}
			all = append(all, &excuse{file: head[1], in: head[2], kind: head[3], at: i + 1})
		}
	}
	for _, e := range all {
		if e.diff == "" {
			return nil, fmt.Errorf("equivalent.txt:%d: the entry does not say which lines", e.at)
		}
	}
	return all, nil
}

// excuseOf uses up the entry for a mutant, if there is one.
func excuseOf(all []*excuse, m *mutant) bool {
	for _, e := range all {
		if !e.used && e.file == m.file && e.in == m.in && e.kind == m.kind && e.diff == m.diff() {
			e.used = true
			return true
		}
	}
	return false
}
