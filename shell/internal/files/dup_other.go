//go:build !unix

package files

import (
	"errors"
	"os"
)

// dup is for systems where a path may stand for a descriptor.
func dup(int) (*os.File, error) { return nil, errors.ErrUnsupported }
