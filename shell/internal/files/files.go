// Package files reads and writes the files that verbs name: within a limit,
// whole or not at all, and without waiting for a pipe that nobody else has open.
package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"tokenshell/shell/internal/exit"
)

// past is a deadline that is over.
var past = time.Unix(1, 0)

// Dir is where names of files start from. The zero value is the process's own
// directory, and any file may be touched.
type Dir struct {
	Path   string                         // empty is the process's
	Ctx    context.Context                // ends a read or a write that waits; nil ends none
	Only   string                         // the only folder whose files may be touched; empty is any
	Reads  bool                           // of other folders' files, Only forbids nothing but writing
	OnRead func(name string, text []byte) // told of every file that was read; may be nil
	OnMade func(name string)              // told of every file that was written; may be nil
}

// Full gives a file's path from where names start.
func (d *Dir) Full(name string) string {
	if d.Path == "" || filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(d.Path, name)
}

// MayWrite says that a file lies outside the only folder whose files may be
// touched; nil when it may be written. The error is an [exit.InputError].
func (d *Dir) MayWrite(name string) error {
	if d.Only != "" && !within(d.Only, d.Full(name)) {
		return exit.Input(name, 0, "it lies outside the scenario's folder, where a scenario may not touch anything")
	}
	return nil
}

// MayRead says the same of reading.
func (d *Dir) MayRead(name string) error {
	if d.Reads {
		return nil
	}
	return d.MayWrite(name)
}

// Make makes a folder, and those that it lies in. The error is an
// [exit.InputError].
func (d *Dir) Make(name string) error {
	if err := d.MayWrite(name); err != nil {
		return err
	}
	if err := os.MkdirAll(d.Full(name), 0o755); err != nil {
		return exit.Input(name, 0, "it cannot be made: "+CauseOf(err))
	}
	return nil
}

// MayRun says that no program may be started from here; nil when one may.
func (d *Dir) MayRun() error {
	if d.Only != "" && !d.Reads {
		return exit.Usage("run the scenario without --no-exec, if you trust it", "with --no-exec no program is run")
	}
	return nil
}

// within reports whether a path leads to a place in a folder, whatever links it
// goes through. What does not exist yet lies where its folder does.
func within(folder, path string) bool {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return false
	}
	if path, err = filepath.Abs(path); err != nil {
		return false
	}
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			below, err := filepath.Rel(folder, filepath.Join(real, rest))
			return err == nil && filepath.IsLocal(below)
		}
		if _, err := os.Lstat(path); err == nil || path == filepath.Dir(path) { // a link to nothing
			return false
		}
		path, rest = filepath.Dir(path), filepath.Join(filepath.Base(path), rest)
	}
}

// Read reads a file of at most limit bytes. The error is an [exit.InputError],
// or that of the context.
func (d *Dir) Read(name string, limit int64) ([]byte, error) {
	if err := d.MayRead(name); err != nil {
		return nil, err
	}
	text, err := Read(d.context(), d.Full(name), limit)
	if input, ok := err.(*exit.InputError); ok {
		input.Path = name
	}
	if err == nil && d.OnRead != nil {
		d.OnRead(name, text)
	}
	return text, err
}

// Write writes a file whole or not at all, as [Replace] does. The error is an
// [exit.InputError], or that of the context.
func (d *Dir) Write(name string, text []byte) error {
	if name == "-" {
		return exit.Usage("/dev/stdout is standard output, ./- a file of that name", "- is no name for a file to write")
	}
	if err := d.MayWrite(name); err != nil {
		return err
	}
	ctx := d.context()
	if err := Replace(ctx, d.Full(name), text, 0o644); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
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
	if err := d.MayWrite(name); err != nil {
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

func (d *Dir) context() context.Context {
	if d.Ctx == nil {
		return context.Background()
	}
	return d.Ctx
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

// Read reads a file that must not be larger than limit bytes. A pipe that nobody
// has open for writing is empty; a wait for one that somebody has, or for a
// terminal, ends with ctx, and the error is then its own. Any other is an
// [exit.InputError].
func Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	var text []byte
	if err == nil {
		defer f.Close()
		defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(past) })() // what cannot wait has no deadline
		text, err = io.ReadAll(io.LimitReader(f, limit+1))
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, exit.Input(path, 0, CauseOf(err))
	case int64(len(text)) > limit:
		return nil, exit.Input(path, 0, fmt.Sprintf("it has more than %d bytes", limit))
	}
	return text, nil
}

// OpenRegular opens a regular file, or makes it where flag says so, and waits for
// nothing.
func OpenRegular(path string, flag int, mode os.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, flag|syscall.O_NONBLOCK, mode)
	if err != nil {
		return nil, err
	}
	if err := Regular(f.Stat()); err != nil {
		_ = f.Close() // nothing was written
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return f, nil
}

// Regular says what a file is that is not a regular one; nil when it is. It takes
// what Stat answers.
func Regular(info os.FileInfo, err error) error {
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	}
	return nil
}

// Exists reports whether there is something at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
