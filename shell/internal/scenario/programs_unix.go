//go:build unix

package scenario

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// endBelow asks the processes below this one to end, or kills them.
func endBelow(kill bool) {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	children := childrenOf()
	for below := children[os.Getpid()]; len(below) > 0; below = below[1:] {
		_ = syscall.Kill(below[0], signal) // it may have ended meanwhile
		below = append(below, children[below[0]]...)
	}
}

// endIn kills the processes below this one that were started in a work folder, and
// those below them, where the system tells with what they were started.
func endIn(folder string) {
	children := childrenOf()
	var kill func(pid int, within bool)
	kill = func(pid int, within bool) {
		if !within && pid != os.Getpid() {
			env, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ"))
			within = strings.HasPrefix(string(env), "WORK="+folder) || strings.Contains(string(env), "\x00WORK="+folder)
		}
		if within {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended meanwhile
		}
		for _, child := range children[pid] {
			kill(child, within)
		}
	}
	kill(os.Getpid(), false)
}

// childrenOf gives every process's children: as /proc has them, or ps.
func childrenOf() map[int][]int {
	children := map[int][]int{}
	add := func(pid, parent string) {
		child, err := strconv.Atoi(pid)
		if of, wrong := strconv.Atoi(parent); err == nil && wrong == nil {
			children[of] = append(children[of], child)
		}
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		name := strings.LastIndexByte(string(text), ')') // "42 (a name) S 7 …"
		if fields := strings.Fields(string(text[name+1:])); len(fields) > 1 {
			add(filepath.Base(filepath.Dir(path)), fields[1])
		}
	}
	if len(stats) > 0 {
		return children
	}
	text, _ := exec.Command("ps", "-A", "-o", "pid=", "-o", "ppid=").Output()
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 2 {
			add(fields[0], fields[1])
		}
	}
	return children
}
