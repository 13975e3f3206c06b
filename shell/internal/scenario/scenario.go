// Package scenario runs .txtar files through testscript, each in a world of its
// own: the same for tokenshell run and for go test.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/cover"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/story"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// Config says in which worlds scenarios run.
type Config struct {
	World   string // the world file of a scenario without a world.yaml; empty is the embedded world
	Seed    uint64
	Without []string // rules that every world leaves out; a scenario may name more
	Check   bool     // the invariants are checked after every verb, as with set check on

	// NoExec is for files that one does not trust: they run no program, and touch
	// nothing outside their own folder.
	NoExec bool

	Cover *cover.Seen // takes down what scenarios exercise; nil when nobody wants to know

	// Strict has what would otherwise be a warning fail a scenario.
	Strict bool

	// What follows is the runner's own, and means nothing to [Params].
	Env      []string          // NAME=VALUE, set in every scenario
	Jobs     int               // how many run at once; 0 is one for each processor
	Timeout  time.Duration     // that a scenario has; 0 is any
	FailFast bool              // nothing begins after one that failed
	Update   bool              // sections that cmp compares are written anew
	Keep     bool              // work folders stay
	Folder   string            // where they are made; empty is the system's
	Lines    bool              // the listener is told of each line
	Traced   bool              // the conversation is kept of every scenario, with all that was seen
	Until    map[string]int    // by file: the line at which it ends
	Texts    map[string][]byte // by file: what is run in its place
}

// scriptKey finds a script's scenario among testscript's values.
type scriptKey struct{}

// script is one scenario on its way: its shell and what its last verb said.
type script struct {
	file   string
	row    *story.Row   // of its cases; nil without
	story  *story.Story // nil until it is read
	wrong  error        // what is wrong with it, found before its first line
	folder string
	ctx    context.Context
	ts     *testscript.TestScript // once a verb has run
	said   func(string)           // is told what verbs say; may be nil
	shell  *interp.Shell
	stdout string
	stderr string
	failed error // why the last verb failed the script; nil when it did not
	ran    int   // verbs
	idle   bool  // it ended well, and none ran
}

// Params gives what testscript needs to run the files as scenarios: the same
// for tokenshell run and for go test. The error is about the world file, or a
// scenario that reaches outside its folder.
func Params(ctx context.Context, l *interp.Language, c Config, files []string) (testscript.Params, error) {
	r, err := newRunner(ctx, l, c)
	if err != nil {
		return testscript.Params{}, err
	}
	stories := make([]*story.Story, len(files))
	for i, file := range files {
		if stories[i], err = r.story(file); err == nil {
			err = r.examine(stories[i])
		}
		if err != nil {
			return testscript.Params{}, err
		}
	}
	read, err := r.copies(files)
	if err != nil {
		return testscript.Params{}, err
	}
	return r.params(read, r.verbsOf(stories...), nil), nil
}

// runner serves all scripts of one run.
type runner struct {
	ctx      context.Context
	language *interp.Language
	config   Config
	plan     *world.Plan
	build    Build
	verbs    []string

	copied map[string]Item // by the path of a copy that go test's testscript reads

	told  Listener
	mu    sync.Mutex
	begun map[int]bool // files that have not ended yet
}

func newRunner(ctx context.Context, l *interp.Language, c Config) (*runner, error) {
	r := &runner{ctx: ctx, language: l, config: c, build: world.Build}
	var err error
	if r.plan, err = world.ReadUntil(ctx, l.Kinds, c.World); err != nil {
		return nil, err
	}
	r.language = l.In(r.plan)
	r.verbs = r.language.VerbNames()
	return r, nil
}

// verbsOf gives the verbs of the worlds of some scenarios: those of the run, and
// those of the domains that a world file of their own declares.
func (r *runner) verbsOf(stories ...*story.Story) []string {
	verbs := slices.Clone(r.verbs)
	for _, s := range stories {
		if l := r.language.InFile(s.World()); l != r.language {
			verbs = append(verbs, l.VerbNames()...)
		}
	}
	slices.Sort(verbs)
	return slices.Compact(verbs)
}

// params gives testscript's parameters for some files, in which these verbs stand;
// started is told of every scenario and may be nil.
func (r *runner) params(files, verbs []string, started func(*script)) testscript.Params {
	cmds := map[string]func(*testscript.TestScript, bool, []string){}
	for _, verb := range verbs {
		cmds[verb] = r.command(verb)
	}
	names := scriptNames(files)
	setup := func(env *testscript.Env) error {
		sc := &script{file: names[strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")], folder: env.WorkDir, ctx: r.ctx}
		if started != nil {
			started(sc)
		}
		if item, ok := r.copied[sc.file]; ok {
			path := sc.file
			env.Defer(func() { drop(path) })
			sc.file, sc.row = item.File, item.Row
		}
		env.Defer(func() { sc.judge(env.T()) })
		return r.setup(env, sc)
	}
	return testscript.Params{Files: files, Setup: setup, Cmds: cmds, RequireUniqueNames: true}
}

// noVerb is what is wrong with a scenario that ended well and did nothing.
const noVerb = "no verb was run: a scenario that tests nothing does not pass"

// judge fails a script in which no verb ran. go test's T and the runner's know
// what became of it so far.
func (sc *script) judge(t testscript.T) {
	known, ok := t.(interface {
		Failed() bool
		Skipped() bool
	})
	if ok && sc.ran == 0 && !known.Failed() && !known.Skipped() {
		sc.idle = true
		t.Fatal(noVerb)
	}
}

// scriptNames tells which file a script's name belongs to, as testscript names
// scripts: by their base name, with a counter when it is taken.
func scriptNames(files []string) map[string]string {
	names := map[string]string{}
	for _, file := range files {
		name := scriptName(file)
		prefix := name
		for i := 1; names[name] != ""; i++ {
			name = prefix + "#" + strconv.Itoa(i)
		}
		names[name] = file
	}
	return names
}

func scriptName(file string) string {
	name := filepath.Base(file)
	if cut, ok := strings.CutSuffix(name, ".txt"); ok {
		return cut
	}
	return strings.TrimSuffix(name, ".txtar")
}

// setup gives a script its world and its shell, after reading it once through.
func (r *runner) setup(env *testscript.Env, sc *script) error {
	for _, pair := range r.config.Env {
		name, value, _ := strings.Cut(pair, "=")
		env.Setenv(name, value)
	}
	if sc.row != nil {
		for i, name := range sc.row.Names {
			env.Setenv(name, sc.row.Values[i])
		}
	}
	if sc.story == nil {
		var err error
		if sc.story, err = r.story(sc.file); err != nil {
			return err
		}
	}
	named, err := r.readThrough(sc.story, env.Vars)
	if err != nil {
		sc.wrong = err
		return err
	}
	for _, name := range named {
		if !slices.ContainsFunc(env.Vars, func(pair string) bool { return strings.HasPrefix(pair, name+"=") }) {
			env.Setenv(name, unset(name))
		}
	}
	plan := r.plan
	if path := filepath.Join(env.WorkDir, "world.yaml"); files.Exists(path) {
		var err error
		if plan, err = world.ReadUntil(sc.ctx, r.language.Kinds, path); err != nil {
			return err
		}
	}
	world, err := r.build(r.ctx, plan, world.Seeded(r.config.Seed))
	if err != nil {
		return err
	}
	without, err := r.without(sc.story)
	if err != nil {
		return err
	}
	if err := world.BeWithout(without); err != nil {
		sc.failed = err
		return err
	}
	world.Witness.Watch(r.config.Check)
	sc.shell = interp.New(world, r.language)
	sc.shell.Dir.Only, sc.shell.Dir.Reads = env.WorkDir, !r.config.NoExec
	env.Values[scriptKey{}] = sc
	if r.config.Cover != nil {
		if err := r.config.Cover.Watch(sc.shell); err != nil {
			return err
		}
		env.Defer(func() { r.config.Cover.End(sc.shell) })
	}
	return nil
}

// command is a verb as a testscript command.
func (r *runner) command(verb string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		sc := ts.Value(scriptKey{}).(*script)
		sc.ran++
		sc.ts = ts
		var stdout, stderr strings.Builder
		words := append([]string{verb}, args...)
		if neg {
			words = append([]string{"!"}, words...)
		}
		sc.shell.Dir.Path = ts.MkAbs(".")
		sc.shell.Vars.Outside = func(name string) (string, bool) {
			value := ts.Getenv(name)
			return value, value != "" && unsetIn(value) == ""
		}
		sc.shell.Vars.OnSet = ts.Setenv
		for _, word := range words {
			if name := unsetIn(word); name != "" {
				ts.Fatalf("%s", unsetText(name))
			}
		}
		typed := make([]string, len(words))
		for i, word := range words {
			typed[i] = syntax.Quote(word)
		}
		err := sc.shell.Run(sc.ctx, strings.Join(typed, " "), words, &stdout, &stderr)
		if err == nil && sc.shell.HasQuit() {
			err = exit.Usage("stop ends a scenario", "quit leaves a shell")
		}
		sc.stdout, sc.stderr, sc.failed = stdout.String(), stderr.String(), err
		fmt.Fprint(ts.Stdout(), sc.stdout)
		fmt.Fprint(ts.Stderr(), sc.stderr)
		if sc.said != nil {
			sc.said(sc.stdout + sc.stderr)
		}
		if err != nil {
			ts.Fatalf("%s", sc.shell.Redact(unexpected(err)))
		}
	}
}

// unexpected says what was expected of a verb and what came.
func unexpected(err error) string {
	var (
		surprised *exit.Surprise
		stopped   *exit.Stopped
	)
	switch {
	case errors.As(err, &stopped):
		return fmt.Sprintf("%s:%d: %s", stopped.File, stopped.Line, unexpected(stopped.Err))
	case errors.As(err, &surprised):
		return surprised.Error()
	case exit.Rejections(err) != nil:
		var all []string
		for _, r := range exit.Rejections(err) {
			all = append(all, fmt.Sprintf("%s: %s", r.Reason, redact.Printable(r.Detail)))
		}
		return "expected it to be done; it was rejected: " + strings.Join(all, ", then ")
	default:
		return redact.Printable(err.Error())
	}
}

// without gives the rules that a script's world leaves out: those of the run, and
// those that the script names in a comment such as # without: replay.
func (r *runner) without(s *story.Story) ([]string, error) {
	rules := slices.Clone(r.config.Without)
	for i, line := range strings.Split(string(txtar.Parse(s.Text()).Comment), "\n") {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		named, is := strings.CutPrefix(strings.TrimSpace(comment), "without:")
		if !ok || !is {
			continue
		}
		for _, rule := range strings.FieldsFunc(named, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
			if _, err := world.Without(rule); err != nil {
				return nil, exit.Input(s.File, i+1, err.Error())
			}
			rules = append(rules, rule)
		}
	}
	return rules, nil
}

// readThrough reads the script's lines with the shell's own eyes before any runs:
// testscript would read some differently, and a variable that nobody set as
// nothing. It answers the variables that the script names.
func (r *runner) readThrough(s *story.Story, vars []string) (named []string, err error) {
	set := map[string]bool{}
	for _, pair := range vars {
		name, _, _ := strings.Cut(pair, "=")
		set[name] = true
	}
	anything := false // a sourced file may set what it likes
	verbs := r.verbsOf(s)
	sizes := newSizes(vars)
	for _, at := range s.Lines {
		file, line := at.File, at.Text
		read := syntax.ReadScript(line)
		verb, rest := read.Verb()
		if why := r.refuses(read, verbs); why != "" {
			return nil, exit.Input(file, at.At, why)
		}
		if slices.Contains(verbs, verb) {
			if _, err := syntax.Split(strings.TrimSuffix(line, "\r"), false); err != nil {
				return nil, exit.Input(file, at.At, err.Error())
			}
		} else if read.Unclosed != nil {
			return nil, exit.Input(file, at.At, read.Unclosed.Error())
		}
		for _, name := range read.Variables {
			named = append(named, name)
			if !set[name] && !anything {
				return nil, exit.Input(file, at.At, unsetText(name))
			}
		}
		if err := sizes.line(file, at.At, line, verb, rest); err != nil {
			return nil, err
		}
		switch {
		case verb == "env":
			for _, pair := range rest {
				name, _, _ := strings.Cut(pair, "=")
				set[name] = true
			}
		case (verb == "let" || verb == "capture") && len(rest) > 0:
			set[rest[0]] = true
		}
		anything = anything || slices.Contains(rest, "source") || verb == "source"
	}
	return named, nil
}

func unsetText(name string) string {
	return fmt.Sprintf("$%s is not set; let %s VALUE sets it", name, name)
}

// unset is what a variable holds that the script names and nobody has set yet:
// testscript would put nothing in its place.
func unset(name string) string { return "\uE000unset " + name + "\uE000" }

// unsetIn gives the variable that a word was to hold and that nobody set; empty
// when there is none.
func unsetIn(word string) string {
	_, rest, ok := strings.Cut(word, "\uE000unset ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "\uE000")
	return name
}

// below adds the .txtar files in a folder, and in those below it, sorted. Links are
// followed, and no folder is read within itself.
func below(folder string, found []string, within map[string]bool) ([]string, error) {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return found, exit.Input(folder, 0, files.CauseOf(err))
	} else if within[real] {
		return found, nil
	}
	within[real] = true
	defer delete(within, real)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return found, exit.Input(folder, 0, files.CauseOf(err))
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		info, wrong := os.Stat(path)
		switch {
		case strings.HasPrefix(entry.Name(), ".#"), strings.HasPrefix(entry.Name(), "._"): // an editor's lock, a system's notes
		case strings.HasSuffix(path, ".txtar") && (wrong != nil || !info.IsDir()):
			found = append(found, path)
		case wrong == nil && info.IsDir() && err == nil:
			found, err = below(path, found, within)
		}
	}
	return found, err
}

// Files gives the scenarios that paths mean: files as they are, those that a
// pattern matches, folders with all .txtar files below them, sorted. One that is meant
// twice is there once. A folder or a pattern without any is an error, and so is a file
// that cannot be read.
func Files(paths []string) ([]string, error) {
	var found []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil && strings.ContainsAny(path, "*?[") {
			like, _ := filepath.Glob(path)
			if len(like) == 0 {
				return nil, exit.Input(path, 0, "no file has a name like this")
			}
			found = append(found, like...)
			continue
		} else if err != nil {
			return nil, exit.Input(path, 0, "there is no such file or folder")
		}
		before := len(found)
		if !info.IsDir() {
			found = append(found, path)
		} else if found, err = below(path, found, map[string]bool{}); err != nil {
			return nil, err
		}
		if len(found) == before {
			return nil, exit.Input(path, 0, "there is no .txtar file in this folder")
		}
	}
	for _, file := range found { // testscript would wait for a pipe, and read a device to its end
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			return nil, exit.Input(file, 0, files.CauseOf(files.Regular(info, err)))
		} else if info.Size() > world.WorldLimit {
			return nil, exit.Input(file, 0, fmt.Sprintf("it has more than %d bytes", world.WorldLimit))
		}
		opened, err := os.Open(file)
		if err != nil {
			return nil, exit.Input(file, 0, files.CauseOf(err))
		}
		opened.Close()
	}
	return once(found), nil
}

// once leaves out what an earlier path means already.
func once(paths []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(paths, func(path string) bool {
		full, err := filepath.Abs(path)
		if err != nil {
			full = filepath.Clean(path)
		}
		before := seen[full]
		seen[full] = true
		return before
	})
}
