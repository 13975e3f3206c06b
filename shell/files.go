// Files: what verbs read and write, by names as they were given.

package shell

import (
	"path/filepath"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
)

// path gives a file's path from where the shell stands.
func (s *Shell) path(name string) string {
	if s.dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.dir, name)
}

// confined says that a file lies outside the only folder that the shell may
// touch; nil when it may touch any, or lies inside.
func (s *Shell) confined(name string) error {
	if s.onlyIn == "" {
		return nil
	}
	if rel, err := filepath.Rel(s.onlyIn, s.path(name)); err != nil || !filepath.IsLocal(rel) {
		return exit.Input(name, 0, "it lies outside the scenario")
	}
	return nil
}

// readFile reads a file of at most limit bytes, and takes down that it was used.
func (s *Shell) readFile(name string, limit int64) ([]byte, error) {
	if err := s.confined(name); err != nil {
		return nil, err
	}
	text, err := files.Read(s.path(name), limit)
	if input, ok := err.(*exit.InputError); ok {
		input.Path = name
	}
	if err == nil {
		s.noteRead(name, text)
	}
	return text, err
}

// writeFile writes a file whole or not at all, and takes down that it was made.
// What is there already and is no regular file, such as a device, is written to.
func (s *Shell) writeFile(name string, text []byte) error {
	if err := s.confined(name); err != nil {
		return err
	}
	if err := files.Replace(s.path(name), text, 0o644); err != nil {
		return exit.Input(name, 0, "it cannot be written: "+files.CauseOf(err))
	}
	s.noteMade(name)
	return nil
}
