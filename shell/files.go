// Files: what verbs read and write, by names as they were given.

package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
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
		return &inputError{name, 0, "it lies outside the scenario"}
	}
	return nil
}

// readFile reads a file of at most limit bytes, and takes down that it was used.
func (s *Shell) readFile(name string, limit int64) ([]byte, error) {
	if err := s.confined(name); err != nil {
		return nil, err
	}
	text, err := readFile(s.path(name), limit)
	if input, ok := err.(*inputError); ok {
		input.path = name
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
	if err := replaceFile(s.path(name), text); err != nil {
		return &inputError{name, 0, "it cannot be written: " + causeOf(err)}
	}
	s.noteMade(name)
	return nil
}

// replaceFile puts a new file in the place of path, with the mode of the old
// one. A link is followed.
func replaceFile(path string, text []byte) error {
	mode := os.FileMode(0o644)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return os.WriteFile(path, text, mode)
		}
		mode = info.Mode().Perm()
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".tokenshell-*")
	if err != nil {
		return err
	}
	_, err = temporary.Write(text)
	for _, step := range []func() error{
		func() error { return temporary.Chmod(mode) },
		temporary.Close,
		func() error { return os.Rename(temporary.Name(), path) },
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		_ = temporary.Close()           // it may be closed already
		_ = os.Remove(temporary.Name()) // it may be gone already
	}
	return err
}

// causeOf gives what is wrong with a file, without any name.
func causeOf(err error) string {
	var (
		path *os.PathError
		link *os.LinkError
	)
	switch {
	case errors.Is(err, syscall.EISDIR):
		return "it is a folder"
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}

// readFile reads a file that must not be larger than limit bytes. Nothing waits
// for a pipe that nobody writes to.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	var text []byte
	if err == nil {
		defer f.Close()
		text, err = io.ReadAll(io.LimitReader(f, limit+1))
	}
	switch {
	case err != nil:
		return nil, &inputError{path, 0, causeOf(err)}
	case int64(len(text)) > limit:
		return nil, &inputError{path, 0, fmt.Sprintf("it has more than %d bytes", limit)}
	}
	return text, nil
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func dirOf(path string) string { return filepath.Dir(path) }
