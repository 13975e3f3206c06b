// The transcript: what was run in a shell and what came of it, kept so that a
// session can become a scenario.

package interp

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/ring"
)

// Limits of a transcript. What is older leaves.
const (
	transcriptLimit = 10_000
	typedLimit      = 16 << 10 // bytes of one command
	usedLimit       = 1 << 20  // bytes of one file that a command read
	usedLimits      = 32 << 20 // bytes of all of them
)

// Spoken is one command that was run.
type Spoken struct {
	Typed    string   // as it was written, variables in place
	Words    []string // as it was run
	Err      error    // what the verb answered, whatever was expected of it
	judged   bool     // Err is set already
	Heard    answer.Heard
	At       time.Time
	Session  string              // the current one afterwards
	Dir      string              // where it was run
	Files    map[string]UsedFile // by name, from there
	Made     []string            // files that it wrote
	Settings Options             // before it ran
}

// UsedFile is a file that a command read.
type UsedFile struct {
	Text    []byte
	Large   bool // too large to be kept: there is no text
	Sourced bool // it stands in a sourced file, and not in the command
}

// Transcript keeps what was run, oldest first.
type Transcript struct {
	spoken *ring.Ring[*Spoken]
	texts  map[[sha256.Size]byte][]byte // of files: what is read again and again stands here once
	used   int                          // their bytes
}

func newTranscript() *Transcript { return &Transcript{spoken: ring.New[*Spoken](transcriptLimit)} }

// Last gives the newest command; nil when there is none.
func (t *Transcript) Last() *Spoken {
	if last := t.spoken.Last(); last != nil {
		return *last
	}
	return nil
}

// All gives the commands that are remembered, oldest first.
func (t *Transcript) All() []*Spoken { return t.spoken.All() }

// Count counts the commands that were ever run.
func (t *Transcript) Count() int { return t.spoken.Count() }

// Dropped counts those that it no longer gives.
func (t *Transcript) Dropped() int { return t.spoken.Dropped() }

// Whole says why a transcript does not tell everything.
func (t *Transcript) Whole() error {
	if t.spoken.Dropped() == 0 {
		return nil
	}
	return fmt.Errorf("the shell remembers its last %d commands, and not how it came to them", transcriptLimit)
}

// keep gives the text of a file to be kept; large says that there is no room.
func (t *Transcript) keep(text []byte) (kept []byte, large bool) {
	sum := sha256.Sum256(text)
	if kept, ok := t.texts[sum]; ok {
		return kept, false
	}
	if len(text) > usedLimit || t.used+len(text) > usedLimits {
		return nil, true
	}
	if t.texts == nil {
		t.texts = map[[sha256.Size]byte][]byte{}
	}
	t.texts[sum], t.used = text, t.used+len(text)
	return text, false
}

// begin takes a command down, unless it is part of another.
func (s *Shell) begin(typed string, words []string, out *answer.Out) (end func(error)) {
	if s.speaking != nil || s.World == nil {
		return func(error) {}
	}
	if max(len(typed), sizeOf(words)) > typedLimit { // no story needs that; it is known by its beginning
		typed, words = strings.ToValidUTF8(typed[:min(len(typed), 80)], "")+"…", nil
	}
	e := &Spoken{Typed: typed, Words: words, At: s.World.Clock.Now(), Dir: s.Dir.Path, Files: map[string]UsedFile{}, Settings: s.Options}
	s.speaking, out.Heard = e, &e.Heard
	return func(err error) {
		if !e.judged {
			e.Err = err
		}
		e.Session = s.Order
		e.Heard.Trim()
		s.speaking, out.Heard = nil, nil
		s.Transcript.spoken.Add(e)
	}
}

// Answered takes down what the verb that expect ran said. What it said inside
// capture or a sourced file is not their answer.
func (s *Shell) Answered(err error) {
	e := s.speaking
	if e == nil || e.judged {
		return
	}
	if words := strings.TrimPrefix(strings.Join(e.Words, " "), "! "); strings.HasPrefix(words, "expect ") {
		e.Err, e.judged = err, true
	}
}

// noteRead takes down that a file was read.
func (s *Shell) noteRead(name string, text []byte) {
	e := s.speaking
	if e == nil {
		return
	}
	key, sourced := name, len(s.sources) > 0
	if sourced && !filepath.IsAbs(name) { // an absolute name stays one: no scenario can have it
		if from, bad := filepath.Rel(e.Dir, s.Dir.Full(name)); bad == nil {
			key = from
		}
	}
	kept, large := s.Transcript.keep(text)
	e.Files[key] = UsedFile{kept, large, sourced}
}

// noteMade takes down that a file was written.
func (s *Shell) noteMade(name string) {
	if s.speaking != nil {
		s.speaking.Made = append(s.speaking.Made, name)
	}
}
