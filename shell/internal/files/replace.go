// Replacing: a file is written whole or not at all, and what is no file as it can
// be.

package files

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
)

// Replace puts a new file in the place of path, with the mode of the old one,
// or with this mode when there is none. A link is followed. What is there and is
// not a regular file, such as a device, is written to, and so is a descriptor of
// this process, such as /dev/stdout; a wait for somebody to read ends with ctx.
func Replace(ctx context.Context, path string, text []byte, mode os.FileMode) error {
	path, err := followed(path)
	if err != nil {
		return err
	}
	if n, ok := descriptor(path); ok {
		return writeDescriptor(ctx, n, text)
	}
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return writeWaiting(ctx, path, text)
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

// mostLinks is how many links lead on to one another.
const mostLinks = 40

// followed gives where links lead, as far as a descriptor: what it stands for is
// open, and no path says what.
func followed(path string) (string, error) {
	for range mostLinks {
		if folder, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
			path = filepath.Join(folder, filepath.Base(path))
		}
		if _, ok := descriptor(path); ok {
			return path, nil
		}
		to, err := os.Readlink(path)
		if err != nil { // it is no link
			return path, nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", syscall.ELOOP
}

var descriptorPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:/dev|/proc/([0-9]+)(?:/task/[0-9]+)?)/fd/([0-9]+)$`)
})

// descriptor gives the descriptor of this process that a path without links stands for.
func descriptor(path string) (n int, ok bool) {
	m := descriptorPath().FindStringSubmatch(path)
	if m == nil || m[1] != "" && m[1] != strconv.Itoa(os.Getpid()) {
		return 0, false
	}
	n, err := strconv.Atoi(m[2])
	return n, err == nil
}

// writeDescriptor writes to what is open, where it stands. A write that waits is
// left behind when ctx ends.
func writeDescriptor(ctx context.Context, n int, text []byte) error {
	f, err := dup(n)
	if err != nil {
		return errors.New("there is no such descriptor open")
	}
	written := make(chan error, 1)
	go func() {
		_, err := f.Write(text)
		written <- errors.Join(err, f.Close())
	}()
	select {
	case err := <-written:
		if errors.Is(err, syscall.EBADF) {
			return errors.New("that descriptor is not open for writing")
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// writeWaiting writes to a pipe or a device, as long as ctx lets it wait.
func writeWaiting(ctx context.Context, path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ENXIO) {
		return errors.New("nobody reads from it")
	}
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = f.SetWriteDeadline(past) })() // what cannot wait has no deadline
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
