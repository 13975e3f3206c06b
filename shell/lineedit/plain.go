package lineedit

// Lines of a script, a pipe or a file.

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// LongestLine is how long a line of a script may be, in bytes without its newline.
const LongestLine = 1 << 20

type plain struct {
	in   *bufio.Reader
	done int   // lines given
	err  error // the end, for good
}

// Plain reads lines from r. A line ends at LF or CRLF, the last one also at the end of r. NUL and
// invalid UTF-8 come through untouched. Errors name the line; after the first one each call returns it
// again. Close does not close r.
func Plain(r io.Reader) Reader {
	return &plain{in: bufio.NewReader(r)}
}

func (p *plain) ReadLine(string) (string, error) {
	if p.err != nil {
		return "", p.err
	}
	line, err := p.next()
	if err != nil {
		p.err = err
		return "", err
	}
	p.done++
	return line, nil
}

func (p *plain) Close() error { return nil }

func (p *plain) next() (string, error) {
	var line []byte
	for {
		part, err := p.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > LongestLine+len("\r\n") {
			return "", p.tooLong()
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) == 0:
			return "", io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return "", fmt.Errorf("line %d: %w", p.done+1, err)
		}
		if line = trimNewline(line); len(line) > LongestLine {
			return "", p.tooLong()
		}
		return string(line), nil
	}
}

func (p *plain) tooLong() error {
	return fmt.Errorf("line %d: %w: the limit is %d bytes", p.done+1, ErrTooLong, LongestLine)
}

func trimNewline(line []byte) []byte {
	for _, end := range []byte("\n\r") {
		if n := len(line); n > 0 && line[n-1] == end {
			line = line[:n-1]
		}
	}
	return line
}
