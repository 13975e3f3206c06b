// Package files reads and writes the files that verbs name: within a limit,
// whole or not at all, and without waiting for a pipe that nobody writes to.
package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"tokenshell/shell/internal/exit"
)

// Dir is where names of files start from. The zero value is the process's own
// directory, and any file may be touched.
type Dir struct {
	Path   string                         // empty is the process's
	Only   string                         // the only folder whose files may be touched; empty is any
	OnRead func(name string, text []byte) // told of every file that was read; may be nil
	OnMade func(name string)              // told of every file that was written; may be nil
}

// Full gives a file's path from where names start.
func (d *Dir) Full(name string) string {
	if d.Path == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(d.Path, name)
}

// confined says that a file lies outside the only folder that may be touched;
// nil when it may be touched.
func (d *Dir) confined(name string) error {
	if d.Only == "" {
		return nil
	}
	if rel, err := filepath.Rel(d.Only, d.Full(name)); err != nil || !filepath.IsLocal(rel) {
		return exit.Input(name, 0, "it lies outside the scenario")
	}
	return nil
}

// Read reads a file of at most limit bytes. The error is an [exit.InputError].
func (d *Dir) Read(name string, limit int64) ([]byte, error) {
	if err := d.confined(name); err != nil {
		return nil, err
	}
	text, err := Read(d.Full(name), limit)
	if input, ok := err.(*exit.InputError); ok {
		input.Path = name
	}
	if err == nil && d.OnRead != nil {
		d.OnRead(name, text)
	}
	return text, err
}

// Write writes a file whole or not at all. What is there already and is not a
// regular file, such as a device, is written to. The error is an
// [exit.InputError].
func (d *Dir) Write(name string, text []byte) error {
	if err := d.confined(name); err != nil {
		return err
	}
	if err := Replace(d.Full(name), text, 0o644); err != nil {
		return exit.Input(name, 0, "it cannot be written: "+CauseOf(err))
	}
	if d.OnMade != nil {
		d.OnMade(name)
	}
	return nil
}

// Fresh says early what is wrong with a name that a file is to be written to later
// and that must not take the place of another: what cannot be made again is not
// replaced. What loses nothing, such as a device, may be there.
func (d *Dir) Fresh(name string) error {
	if err := d.confined(name); err != nil {
		return err
	}
	path := d.Full(name)
	switch _, err := os.Lstat(path); {
	case err == nil:
		if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode().IsRegular() {
			return exit.Usage("choose another name, or remove it", "there is a file %s already", name)
		}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // said below
	default:
		return exit.Input(name, 0, CauseOf(err))
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return exit.Input(name, 0, "there is no such folder")
	}
	return nil
}

// Replace puts a new file in the place of path, with the mode of the old one,
// or with this mode when there is none. A link is followed.
func Replace(path string, text []byte, mode os.FileMode) error {
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
	for _, do := range []func() error{
		func() error { return temporary.Chmod(mode) },
		temporary.Close,
		func() error { return os.Rename(temporary.Name(), path) },
	} {
		if err == nil {
			err = do()
		}
	}
	if err != nil {
		_ = temporary.Close()           // it may be closed already
		_ = os.Remove(temporary.Name()) // it may be gone already
	}
	return err
}

// CauseOf gives what is wrong with a file, without any name.
func CauseOf(err error) string {
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

// Read reads a file that must not be larger than limit bytes. Nothing waits for
// a pipe that nobody writes to. The error is an [exit.InputError].
func Read(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	var text []byte
	if err == nil {
		defer f.Close()
		text, err = io.ReadAll(io.LimitReader(f, limit+1))
	}
	switch {
	case err != nil:
		return nil, exit.Input(path, 0, CauseOf(err))
	case int64(len(text)) > limit:
		return nil, exit.Input(path, 0, fmt.Sprintf("it has more than %d bytes", limit))
	}
	return text, nil
}

// Exists reports whether there is something at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
