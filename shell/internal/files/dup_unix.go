//go:build unix

package files

import (
	"os"
	"syscall"
)

// dup opens what a descriptor of this process has open, where it stands.
func dup(n int) (*os.File, error) {
	fd, err := syscall.Dup(n)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), ""), nil
}
