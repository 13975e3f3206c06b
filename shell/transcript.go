// The transcript: what was run in a shell and what came of it, kept so that a
// session can become a scenario.

package shell

import (
	"path/filepath"
	"strings"
	"time"
)

// Limits of a transcript. What is older leaves.
const (
	transcriptLimit = 5000
	heardLimit      = 8 << 10 // bytes of one command's output
)

// spoken is one command that was run.
type spoken struct {
	typed    string   // as it was written, variables in place
	words    []string // as it was run
	err      error    // what the verb answered, whatever was expected of it
	judged   bool     // err is set already
	heard    page     // what it printed, as in a pipe
	at       time.Time
	session  string              // the current one afterwards
	dir      string              // where it was run
	files    map[string]usedFile // by name, from there
	made     []string            // files that it wrote
	settings options             // before it ran
}

// usedFile is a file that a command read.
type usedFile struct {
	text    []byte
	sourced bool // it stands in a sourced file, and not in the command
}

// transcript keeps what was run, oldest first.
type transcript struct {
	spoken  []*spoken
	dropped int // how many left
}

// begin takes a command down, unless it is part of another.
func (s *Shell) begin(typed string, words []string, out *output) (end func(error)) {
	if s.speaking != nil || s.world == nil {
		return func(error) {}
	}
	e := &spoken{typed: typed, words: words, at: s.world.clock.Now(), dir: s.dir, files: map[string]usedFile{}, settings: s.options}
	s.speaking, out.heard = e, &e.heard
	return func(err error) {
		if !e.judged {
			e.err = err
		}
		e.session = s.session
		if e.heard.Len() > heardLimit {
			text := e.heard.String()[:heardLimit]
			e.heard = page{}
			e.heard.WriteString(text[:strings.LastIndexByte(text, '\n')+1])
		}
		s.speaking, out.heard = nil, nil
		t := &s.transcript
		if len(t.spoken) >= 2*transcriptLimit {
			t.dropped += transcriptLimit
			t.spoken = append([]*spoken(nil), t.spoken[transcriptLimit:]...)
		}
		t.spoken = append(t.spoken, e)
	}
}

// answered takes down what a verb said that another verb had run.
func (s *Shell) answered(err error) {
	if s.speaking != nil {
		s.speaking.err, s.speaking.judged = err, true
	}
}

// readFile reads a file of at most limit bytes by a name as it was given, and
// takes down that it was used.
func (s *Shell) readFile(name string, limit int64) ([]byte, error) {
	text, err := readFile(s.path(name), limit)
	if input, ok := err.(*inputError); ok {
		input.path = name
	}
	if e := s.speaking; err == nil && e != nil {
		key, sourced := name, s.dir != e.dir
		if sourced {
			if from, bad := filepath.Rel(e.dir, s.path(name)); bad == nil {
				key = from
			}
		}
		e.files[key] = usedFile{text, sourced}
	}
	return text, err
}
