package shell

import "os"

func interactive(stdin, stdout *os.File) bool { return false }

func (s *Shell) prompt(stdin, stdout, stderr *os.File) error { return nil }
