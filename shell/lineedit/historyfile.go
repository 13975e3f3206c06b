package lineedit

// The history on disk: one line an entry, for its owner only.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"tokenshell/shell/internal/files"
)

const (
	ownerOnly   = 0o600
	ownerDir    = 0o700
	maxFileSize = maxHistory * (maxEntry + 1)
)

type historyFile struct{ path string }

// openHistoryFile makes the folder, closes the file to others, and reads its newest lines. What doesn't
// belong in it (tokens of an older day, broken lines) is taken out of the file too.
func openHistoryFile(path string) (*historyFile, []string, error) {
	if err := os.MkdirAll(filepath.Dir(path), ownerDir); err != nil {
		return nil, nil, fmt.Errorf("history: %w", err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a rename would replace the link
	}
	f := &historyFile{path}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, nil, nil
	case err != nil:
		return nil, nil, fmt.Errorf("history: %w", err)
	case !info.Mode().IsRegular():
		return nil, nil, fmt.Errorf("history: %s is not a regular file", path)
	}
	if info.Mode().Perm()&^ownerOnly != 0 {
		if err := os.Chmod(path, ownerOnly); err != nil {
			return nil, nil, fmt.Errorf("history: %w", err)
		}
	}
	lines, err := f.tidy()
	return f, lines, err
}

// add appends one line with one write, so that two shells don't mix theirs, and keeps the file short.
func (f *historyFile) add(line string) error {
	file, err := files.OpenRegular(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, ownerOnly)
	if err != nil {
		return fmt.Errorf("history: %w", err)
	}
	_, err = file.WriteString(line + "\n")
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("history: %w", err)
	}
	_, err = f.tidy()
	return err
}

// tidy reads the file and, when it holds what it shouldn't or too much, puts a good one in its place.
// A line that another shell adds between the two is lost; the file is never half written.
func (f *historyFile) tidy() ([]string, error) {
	text, err := f.tail()
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line, ok := entry(strings.TrimSuffix(line, "\n")); ok {
			lines = append(lines, line)
		}
	}
	lines = newest(slices.Compact(lines))
	clean := strings.Join(lines, "\n") + "\n"
	if len(lines) == 0 {
		clean = ""
	}
	if clean == text {
		return lines, nil
	}
	if err := files.Replace(context.Background(), f.path, []byte(clean), ownerOnly); err != nil {
		return lines, fmt.Errorf("history: %w", err)
	}
	return lines, nil
}

// tail is the end of the file, as much as a full history can be, from the start of a line.
func (f *historyFile) tail() (string, error) {
	file, err := files.OpenRegular(f.path, os.O_RDONLY, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	skipped := info.Size() - maxFileSize
	if skipped <= 0 {
		text, err := io.ReadAll(file)
		return string(text), err
	}
	text, err := io.ReadAll(io.NewSectionReader(file, skipped, maxFileSize))
	firstEnd := max(bytes.IndexByte(text, '\n'), 0) // kept: tidy sees that something is missing
	return string(text[firstEnd:]), err
}
