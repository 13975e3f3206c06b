package lineedit

// What is known of a terminal: whether it is one, and how wide.

import (
	"os"

	"github.com/chzyer/readline"
)

// fallbackWidth stands in where a terminal doesn't say how wide it is: readline divides by it.
const fallbackWidth = 80

// Interactive says whether a person can edit lines here: somebody is [Present], and TERM is not "dumb".
func Interactive(stdin, stdout *os.File) bool {
	return Present(stdin, stdout) && os.Getenv("TERM") != "dumb"
}

// Present says whether a person sits at both ends.
func Present(stdin, stdout *os.File) bool { return isTerminal(stdin) && isTerminal(stdout) }

// Width is the number of columns of the terminal f, 0 when unknown.
func Width(f *os.File) int {
	width, _ := Size(f)
	return width
}

// Size is the number of columns and rows of the terminal f, 0 when unknown.
func Size(f *os.File) (columns, rows int) {
	withFD(f, func(fd int) {
		if w, h, err := readline.GetSize(fd); err == nil {
			columns, rows = w, h
		}
	})
	return columns, rows
}

func isTerminal(f *os.File) bool {
	is := false
	withFD(f, func(fd int) { is = readline.IsTerminal(fd) })
	return is
}

// withFD lends f's descriptor. (*os.File).Fd would make f blocking for good. No call for a file that
// is nil or closed.
func withFD(f *os.File, do func(fd int)) {
	if f == nil {
		return
	}
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) { do(int(fd)) }) // a closed file: do isn't called
}
