//go:build unix

package scenario

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endBelow asks the processes below this one to end, or kills them, and with them
// those that were started in a folder: whoever started them may be gone.
func endBelow(kill bool, folder string) {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	children := childrenOf()
	end(append(children[os.Getpid()], startedIn(folder, children)...), children, signal)
}

// endIn kills the processes that were started in a work folder, and those below
// them, where the system tells with what they were started.
func endIn(folder string) {
	for range killRounds {
		children := childrenOf()
		there := startedIn(folder, children)
		if len(there) == 0 {
			return
		}
		end(there, children, syscall.SIGKILL)
		time.Sleep(killPause)
	}
}

// Killing: whoever is killed last may have started another meanwhile.
const (
	killRounds = 20
	killPause  = 5 * time.Millisecond
)

// end sends a signal to processes, and to all below them.
func end(pids []int, children map[int][]int, signal syscall.Signal) {
	told := map[int]bool{os.Getpid(): true}
	for ; len(pids) > 0; pids = pids[1:] {
		if !told[pids[0]] {
			told[pids[0]] = true
			_ = syscall.Kill(pids[0], signal) // it may have ended meanwhile
			pids = append(pids, children[pids[0]]...)
		}
	}
}

// startedIn gives the processes whose $WORK lies in a folder.
func startedIn(folder string, children map[int][]int) []int {
	var pids []int
	for _, below := range children {
		for _, pid := range below {
			env, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "environ")) // others' are not for us
			if folder != "" && (strings.HasPrefix(string(env), "WORK="+folder+"/") || strings.Contains(string(env), "\x00WORK="+folder+"/")) {
				pids = append(pids, pid)
			}
		}
	}
	return pids
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
