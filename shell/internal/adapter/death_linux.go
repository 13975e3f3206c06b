package adapter

import "syscall"

// dieWithUs has a command end when the thread that started it does: at the latest
// when this process is killed.
func dieWithUs(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
