// Judging: which tests notice a mutant.

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// What became of a mutant.
const (
	killed         = "killed"
	hung           = "killed by the time limit"
	survived       = "survived"
	uncovered      = "not covered"
	unbuilt        = "does not compile"
	excusedOutcome = "equivalent"
)

type judgement struct {
	*mutant
	outcome string
}

// pack is a package as go list tells of it.
type pack struct {
	ImportPath, Dir, Name              string
	GoFiles, TestGoFiles, XTestGoFiles []string
}

// tested reports whether the package has tests.
func (p pack) tested() bool { return len(p.TestGoFiles)+len(p.XTestGoFiles) > 0 }

// judge is a package whose tests are asked.
type judge struct {
	pack
	profile []block // what its tests run of the package that is broken
	binary  func() (string, error)
}

// bench is where the mutants of one package are judged.
type bench struct {
	options
	temp   string
	judges []*judge // the package's own first, unless others judge in its place
	memory *memory
}

// judgeAll judges the mutants of all packages, in the order of packages, files
// and places. With an error it gives those of the packages that were judged whole.
func judgeAll(ctx context.Context, o options, progress io.Writer) ([]judgement, error) {
	temp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	memory, err := openMemory(o.keep)
	if err != nil {
		return nil, err
	}
	defer memory.close()
	root, err := output(exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}"))
	if err != nil {
		return nil, err
	}
	broken, err := list(ctx, o.packages)
	if err != nil {
		return nil, err
	}
	by, err := list(ctx, o.by)
	if err != nil {
		return nil, err
	}
	others, err := list(ctx, o.then)
	if err != nil {
		return nil, err
	}
	found := make([][]*mutant, len(broken))
	for i, p := range broken {
		if found[i], err = mutantsOf(p, strings.TrimSpace(root), o.only); err != nil {
			return nil, err
		}
	}
	if o.sample > 0 {
		sample(found, o.sample, o.seed)
	}
	var all []judgement
	for i, p := range broken {
		mutants := found[i]
		if len(mutants) == 0 {
			continue
		}
		b := &bench{options: o, temp: filepath.Join(temp, strconv.Itoa(i)), memory: memory}
		if err := os.Mkdir(b.temp, 0o700); err != nil {
			return nil, err
		}
		fmt.Fprintf(progress, "%s: %d mutants\n", p.ImportPath, len(mutants))
		judges := append([]pack{p}, others...)
		if len(by) > 0 {
			judges = append(slices.Clone(by), others...)
		}
		judged, err := b.pack(ctx, p, judges, mutants, progress)
		if err != nil {
			return all, fmt.Errorf("%s: %w", p.ImportPath, err)
		}
		all = append(all, judged...)
	}
	if len(all) == 0 {
		return nil, errors.New("there is nothing to break")
	}
	return all, nil
}

// sample leaves some n mutants of all, chosen by chance.
func sample(all [][]*mutant, n int, seed uint64) {
	var left []*mutant
	for _, some := range all {
		left = append(left, some...)
	}
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	out := map[*mutant]bool{}
	for _, m := range left[min(n, len(left)):] {
		out[m] = true
	}
	for i := range all {
		all[i] = slices.DeleteFunc(all[i], func(m *mutant) bool { return out[m] })
		number(all[i])
	}
}

// number names mutants by their places.
func number(all []*mutant) {
	for i, m := range all {
		m.id = i + 1
	}
}

// list gives the packages of patterns, in the order of the patterns.
func list(ctx context.Context, patterns []string) ([]pack, error) {
	var all []pack
	for _, pattern := range patterns {
		text, err := output(exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Dir,Name,GoFiles,TestGoFiles,XTestGoFiles", pattern))
		if err != nil {
			return nil, err
		}
		for d := json.NewDecoder(strings.NewReader(text)); d.More(); {
			var p pack
			if err := d.Decode(&p); err != nil {
				return nil, err
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// mutantsOf gives the mutants of a package, or those that only names.
func mutantsOf(p pack, root, only string) ([]*mutant, error) {
	onlyFile, onlyLine, lined := strings.Cut(only, ":")
	var all []*mutant
	for _, name := range p.GoFiles {
		path := filepath.Join(p.Dir, name)
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		below, err := filepath.Rel(root, path)
		if err != nil {
			return nil, err
		}
		if below = filepath.ToSlash(below); only != "" && below != onlyFile && name != onlyFile {
			continue
		}
		found, err := find(below, string(source))
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if !lined || strconv.Itoa(m.line) == onlyLine {
				all = append(all, m)
			}
		}
	}
	number(all)
	return all, nil
}

// pack judges the mutants of one package.
func (b *bench) pack(ctx context.Context, p pack, judges []pack, mutants []*mutant, progress io.Writer) ([]judgement, error) {
	for _, q := range judges {
		if !q.tested() {
			continue
		}
		j := &judge{pack: q}
		var err error
		if j.profile, err = b.cover(ctx, p, q); err != nil {
			return nil, err
		}
		b.judges = append(b.judges, j)
	}
	if len(b.judges) == 0 {
		return nil, errors.New("nobody's tests judge it: -then names some")
	}
	overlay, err := b.weave(ctx, p, mutants)
	if err != nil {
		return nil, err
	}
	for i, j := range b.judges {
		j.binary = sync.OnceValues(func() (string, error) {
			binary := filepath.Join(b.temp, fmt.Sprintf("judge%d", i))
			if text, err := b.build(ctx, j.pack, overlay, binary); err != nil {
				return "", fmt.Errorf("%w\n%s", err, text)
			}
			if outcome := b.try(ctx, j, binary, 0); outcome != survived {
				return "", fmt.Errorf("the tests of %s fail without a mutant", j.ImportPath)
			}
			return binary, nil
		})
	}
	return b.each(ctx, p, mutants, progress)
}

// each judges mutants, several at a time.
func (b *bench) each(ctx context.Context, p pack, mutants []*mutant, progress io.Writer) ([]judgement, error) {
	all := make([]judgement, len(mutants))
	failed := make([]error, len(mutants))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var order, alone []int // those of the one binary first: they are quick
	for i, m := range mutants {
		if m.woven != nil {
			order = append(order, i)
		} else {
			alone = append(alone, i)
		}
	}
	fmt.Fprintf(progress, "%s: %d need a binary of their own\n", p.ImportPath, len(alone))
	order = append(order, alone...)
	var wait sync.WaitGroup
	var mu sync.Mutex
	next, lived := 0, 0
	for range b.jobs {
		wait.Go(func() {
			for {
				mu.Lock()
				at := next
				next++
				mu.Unlock()
				if at >= len(mutants) || ctx.Err() != nil {
					return
				}
				done := at + 1
				at = order[at]
				outcome, err := b.judge(ctx, p, mutants[at])
				all[at] = judgement{mutants[at], outcome}
				if failed[at] = err; err != nil {
					stop()
				}
				mu.Lock()
				if outcome == survived || outcome == uncovered {
					lived++
					fmt.Fprintf(progress, "%s:%d: %s: %s\n", mutants[at].file, mutants[at].line, mutants[at].kind, outcome)
				}
				if done%100 == 0 {
					fmt.Fprintf(progress, "%s: %d of %d, %d alive\n", p.ImportPath, done, len(mutants), lived)
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, err
		}
	}
	return all, ctx.Err()
}

// judge asks one judge after the other until one notices.
func (b *bench) judge(ctx context.Context, p pack, m *mutant) (string, error) {
	if outcome := b.memory.recall(m); outcome != "" {
		return outcome, nil
	}
	outcome := uncovered
	for i, j := range b.judges {
		if !covers(j.profile, m) {
			continue
		}
		binary, id := "", m.id
		if m.woven != nil {
			var err error
			if binary, err = j.binary(); err != nil {
				return "", err
			}
		} else {
			binary, id = filepath.Join(b.temp, fmt.Sprintf("own%d", m.id)), 0
			overlay, err := b.overlay(binary, map[string]string{filepath.Join(p.Dir, filepath.Base(m.file)): m.mutated()})
			if err != nil {
				return "", err
			}
			if _, err := b.build(ctx, j.pack, overlay, binary); err != nil {
				if i == 0 {
					return unbuilt, b.memory.keep(m, unbuilt)
				}
				return "", err
			}
			defer os.Remove(binary)
		}
		outcome = b.try(ctx, j, binary, id)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		if outcome != survived {
			return outcome, b.memory.keep(m, outcome)
		}
	}
	return outcome, nil
}

// weave makes the overlay of the woven package. Mutants that can't be woven
// get a binary of their own.
func (b *bench) weave(ctx context.Context, p pack, mutants []*mutant) (overlay string, err error) {
	for {
		files := map[string]string{filepath.Join(p.Dir, "mutant_schema.go"): fmt.Sprintf(schema, p.Name)}
		texts := map[string]string{}
		for at := 0; at < len(mutants); {
			end := at
			for end < len(mutants) && mutants[end].file == mutants[at].file {
				end++
			}
			base := filepath.Base(mutants[at].file)
			text := woven(mutants[at].source, mutants[at:end])
			texts["woven-"+base], files[filepath.Join(p.Dir, base)] = text, text
			at = end
		}
		if overlay, err = b.overlay(filepath.Join(b.temp, "woven"), files); err != nil {
			return "", err
		}
		var text bytes.Buffer
		cmd := exec.CommandContext(ctx, "go", "build", "-gcflags=-e", "-overlay", overlay, "-o", os.DevNull, p.ImportPath)
		cmd.Stdout, cmd.Stderr = &text, &text
		if cmd.Run() == nil {
			return overlay, nil
		}
		ids := blamed(text.String(), texts)
		if len(ids) == 0 {
			return "", fmt.Errorf("woven, it does not compile:\n%s", text.String())
		}
		for _, id := range ids {
			mutants[id-1].woven = nil
		}
	}
}

// overlay writes files and the list that puts them in the place of those of
// the tree.
func (b *bench) overlay(prefix string, files map[string]string) (string, error) {
	var list struct{ Replace map[string]string }
	list.Replace = map[string]string{}
	for path, text := range files {
		to := prefix + "-" + filepath.Base(path)
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			return "", err
		}
		list.Replace[path] = to
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	return prefix + ".json", os.WriteFile(prefix+".json", text, 0o600)
}

// build builds a judge's tests and gives what the compiler said.
func (b *bench) build(ctx context.Context, of pack, overlay, binary string) (string, error) {
	text, err := exec.CommandContext(ctx, "go", "test", "-c", "-overlay", overlay, "-o", binary, of.ImportPath).CombinedOutput()
	return string(text), err
}

// memoryLimit is how many KiB of addresses a run may have: some mutants ask
// for more and more.
const memoryLimit = 6 << 20

// try asks a judge's tests with a mutant alive, the slow ones last.
func (b *bench) try(ctx context.Context, j *judge, binary string, id int) string {
	if b.slow == "" {
		return b.test(ctx, j, binary, id)
	}
	if outcome := b.test(ctx, j, binary, id, "-test.skip", b.slow); outcome != survived {
		return outcome
	}
	return b.test(ctx, j, binary, id, "-test.run", b.slow)
}

// test runs a judge's tests with a mutant alive.
func (b *bench) test(ctx context.Context, j *judge, binary string, id int, which ...string) string {
	ctx, stop := context.WithTimeout(ctx, b.limit)
	defer stop()
	const limited = `ulimit -v "$0" 2>/dev/null; exec "$@"`
	args := []string{"-c", limited, strconv.Itoa(memoryLimit), binary, "-test.failfast", "-test.paniconexit0", "-test.timeout", b.limit.String()}
	if b.tests != "" {
		args = append(args, "-test.run", b.tests)
	}
	cmd := exec.CommandContext(ctx, "sh", slices.Concat(args, which, b.args)...)
	cmd.Dir = j.Dir
	cmd.Env = append(os.Environ(), variable+"="+strconv.Itoa(id), "RAPID_NOFAILFILE=1") // the tree is not written to
	cmd.WaitDelay = b.limit
	var text bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &text
	err := cmd.Run()
	switch {
	case err == nil:
		return survived
	case ctx.Err() != nil || bytes.Contains(text.Bytes(), []byte("panic: test timed out after")):
		return hung
	}
	return killed
}

// block is a part of a file that tests ran, or did not.
type block struct {
	file                             string // its base name
	fromLine, fromCol, toLine, toCol int
	ran                              bool
}

// cover runs the tests of a judge and gives what they run of a package.
func (b *bench) cover(ctx context.Context, of, by pack) ([]block, error) {
	profile := filepath.Join(b.temp, "profile")
	args := []string{"test", "-run", b.tests, "-timeout", b.limit.String(), "-coverprofile", profile, "-coverpkg", of.ImportPath, by.ImportPath}
	cmd := exec.CommandContext(ctx, "go", append(append(args, "-args"), b.args...)...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the tests of %s fail without a mutant: %w\n%s", by.ImportPath, err, text)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return nil, err
	}
	var all []block
	for line := range strings.Lines(string(text)) {
		path, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		var x block
		var statements, count int
		if n, _ := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &x.fromLine, &x.fromCol, &x.toLine, &x.toCol, &statements, &count); n == 6 {
			x.file, x.ran = filepath.Base(path), count > 0
			all = append(all, x)
		}
	}
	return all, nil
}

// covers reports whether tests run the place of a mutant. Of what stands in no
// block, such as a package's variables, nobody knows: it is tried.
func covers(profile []block, m *mutant) bool {
	var inner *block
	for i, x := range profile {
		if x.file != filepath.Base(m.file) || before(m.line, m.col, x.fromLine, x.fromCol) || !before(m.line, m.col, x.toLine, x.toCol) {
			continue
		}
		if inner == nil || before(inner.fromLine, inner.fromCol, x.fromLine, x.fromCol) {
			inner = &profile[i]
		}
	}
	return inner == nil || inner.ran
}

func before(line, col, thanLine, thanCol int) bool {
	return line < thanLine || line == thanLine && col < thanCol
}

// memory is a file of what was killed: a line for each.
type memory struct {
	mu    sync.Mutex
	known map[string]string
	file  *os.File
}

func openMemory(path string) (*memory, error) {
	m := &memory{known: map[string]string{}}
	if path == "" {
		return m, nil
	}
	var err error
	if m.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(m.file); lines.Scan(); {
		if key, outcome, ok := strings.Cut(lines.Text(), " "); ok && slices.Contains([]string{killed, hung, unbuilt}, outcome) {
			m.known[key] = outcome
		}
	}
	return m, nil
}

func (m *memory) close() {
	if m.file != nil {
		m.file.Close()
	}
}

// key names a mutant in this state of its file.
func (*memory) key(x *mutant) string {
	return fmt.Sprintf("%s:%d:%s:%x", x.file, x.from, x.kind, sha256.Sum256([]byte(x.mutated())))
}

func (m *memory) recall(x *mutant) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.known[m.key(x)]
}

func (m *memory) keep(x *mutant, outcome string) error {
	if m.file == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	_, err := fmt.Fprintln(m.file, m.key(x), outcome)
	return err
}

// output gives what a command says, or its complaint as an error.
func output(cmd *exec.Cmd) (string, error) {
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, complaint.String())
	}
	return string(text), nil
}
