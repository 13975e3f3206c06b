// The recording: a session written down as a scenario that passes. It is run
// while it is written, so that every line says what it says there too.

package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/tokens"
)

// recording is under way between record start and record stop.
type recording struct {
	file string
	from int // of all commands that were ever run
}

// omission is a command that a scenario cannot hold.
type omission struct {
	Line string `json:"line"`
	Why  string `json:"why"`
}

// scenarioMaker makes a scenario of commands.
type scenarioMaker struct {
	shell   *Shell // where they were run
	parser  *parser
	spoken  []*spoken
	from    int            // what was run before is only there to get to this point
	without map[int]string // what is left out, and why; without a word when it is ""
	orders  map[string]string
	files   []txtar.File
	names   map[string]string // of files, as they were given
	finder  *regexp.Regexp
}

// record makes a scenario of what was run since the from-th command.
func (s *Shell) record(ctx context.Context, from int) (scenario []byte, kept int, left []omission, err error) {
	if s.transcript.dropped > 0 {
		return nil, 0, nil, fmt.Errorf("the shell remembers its last %d commands, and not how it came to them", len(s.transcript.spoken))
	}
	p, err := newParser()
	if err != nil {
		return nil, 0, nil, err
	}
	m := &scenarioMaker{
		shell: s, parser: p, spoken: s.transcript.spoken, from: from, without: map[int]string{},
		orders: map[string]string{}, names: map[string]string{}, finder: volatileText(),
	}
	m.sift()
	m.collectFiles()
	m.nameOrders()
	for {
		lines, again, err := m.attempt(ctx)
		if err != nil {
			return nil, 0, nil, err
		}
		if again {
			continue // each time one command more is left out
		}
		for i, e := range m.spoken {
			why, out := m.without[i]
			switch {
			case !out && i >= from:
				kept++
			case why != "":
				left = append(left, omission{printable(redact(e.typed)), why})
			}
		}
		scenario = m.format(lines)
		if looksLikeToken(string(txtar.Parse(scenario).Comment)) {
			return nil, 0, nil, errors.New("a token would stand in the scenario, which is therefore not written")
		}
		return scenario, kept, left, nil
	}
}

// node gives the verb that a command is about, behind ! and expect.
func (m *scenarioMaker) node(words []string) (verb string, looks bool, matters int) {
	node, used := m.parser.find(unjudged(words))
	if used == 0 {
		return "", false, 0
	}
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	matters = 6
	if n, err := strconv.Atoi(node.Tag.Get("matters")); err == nil {
		matters = n
	}
	return verbPath(node), node.Tag.Has("looks"), matters
}

// unjudged gives a command without what was expected of it.
func unjudged(words []string) []string {
	for {
		switch {
		case len(words) > 1 && words[0] == "!":
			words = words[1:]
		case len(words) > 2 && words[0] == "expect":
			words = words[2:]
		default:
			return words
		}
	}
}

// unrecorded are verbs that are about the shell and no part of the story.
var unrecorded = []string{"record", "quit", "history", "tour", "help", "watch"}

// sift leaves out what no scenario can hold.
func (m *scenarioMaker) sift() {
	for i, e := range m.spoken {
		verb, looks, _ := m.node(e.words)
		first, _, _ := strings.Cut(verb, " ")
		var wrong *usageError
		switch {
		case slices.Contains(unrecorded, first), errors.As(e.err, &wrong), i < m.from && looks, verb == "":
			m.without[i] = ""
		case errors.Is(e.err, context.Canceled):
			m.without[i] = "it was interrupted"
		case e.err != nil && rejections(e.err) == nil:
			m.without[i] = "it failed, and was not refused: " + oneLine(redact(e.err.Error()))
		}
	}
}

// collectFiles makes sections of the files that were used, and were there
// before.
func (m *scenarioMaker) collectFiles() {
	made := map[string]bool{}
	for i, e := range m.spoken {
		if _, out := m.without[i]; out {
			continue
		}
		for name, file := range e.files {
			if made[filepath.Clean(name)] {
				continue
			}
			if why := m.section(name, file); why != "" {
				m.without[i] = why
			}
		}
		for _, name := range e.made {
			made[filepath.Clean(name)] = true
		}
	}
}

// section adds a file, and says why it cannot be one.
func (m *scenarioMaker) section(name string, file usedFile) (why string) {
	if what := m.shell.secretIn(file.text); what != "" {
		return oneLine(name) + " holds " + what
	}
	inside := filepath.IsLocal(name) && !strings.ContainsAny(name, " '\"\\#$;")
	section := filepath.ToSlash(filepath.Clean(name))
	if !inside {
		if file.sourced {
			return "what it sources names " + oneLine(name) + ", which is nowhere else"
		}
		section = "used/" + regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(filepath.Base(name), "-")
	}
	if section == "world.yaml" {
		section = "used/world.yaml"
	}
	text := file.text
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(slices.Clone(text), '\n')
	}
	if parsed := txtar.Parse(txtar.Format(&txtar.Archive{Files: []txtar.File{{Name: section, Data: text}}})); len(parsed.Files) != 1 || !bytes.Equal(parsed.Files[0].Data, text) {
		return oneLine(name) + " has lines that look like the sections of a scenario"
	}
	for n := 2; ; n++ {
		at := slices.IndexFunc(m.files, func(f txtar.File) bool { return f.Name == section })
		if at < 0 {
			m.files = append(m.files, txtar.File{Name: section, Data: text})
			break
		}
		if bytes.Equal(m.files[at].Data, text) {
			break
		}
		if file.sourced {
			return oneLine(name) + " was another file before"
		}
		section = fmt.Sprintf("used/%d-%s", n, filepath.Base(section)) // it has changed meanwhile
	}
	m.names[name] = section
	return ""
}

// nameOrders gives orders whose ids the relay chose names that a person would
// give them.
func (m *scenarioMaker) nameOrders() {
	taken := map[string]bool{}
	for _, e := range m.spoken {
		for _, word := range e.words {
			taken[word] = true
		}
	}
	n := 0
	for _, e := range m.spoken {
		if at := newWithoutName(e); at > 0 && m.orders[e.session] == "" {
			for n++; taken[fmt.Sprintf("order-%d", n)]; n++ {
			}
			m.orders[e.session] = fmt.Sprintf("order-%d", n)
		}
	}
}

// newWithoutName gives the place behind "session new" where its name is
// missing; 0 when it is no such command.
func newWithoutName(e *spoken) int {
	for at := 2; at <= len(e.words); at++ {
		if e.words[at-2] == "session" && e.words[at-1] == "new" && e.err == nil && e.session != "" && !slices.Contains(e.words, e.session) {
			return at
		}
	}
	return 0
}

// attempt runs the commands in a world of their own and writes them down. When
// one is answered there in another way than before, it is left out from then
// on, and again says so.
func (m *scenarioMaker) attempt(ctx context.Context) (lines []string, again bool, err error) {
	dir, err := os.MkdirTemp("", "tokenshell-record-")
	if err != nil {
		return nil, false, err
	}
	defer os.RemoveAll(dir)
	for _, f := range m.files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, false, err
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			return nil, false, err
		}
	}
	seed := uint64(DefaultSeed)
	w, err := buildWorld(ctx, m.shell.world.plan, &seed)
	if err != nil {
		return nil, false, err
	}
	s := newShell(w, m.shell.parsers)
	s.dir = dir
	stage := &stage{ctx: ctx, shell: s}
	kids := map[string]string{}
	if len(m.spoken) > 0 && m.spoken[0].settings.output != s.options.output {
		stage.run("set output " + m.spoken[0].settings.output)
	}
	for i, e := range m.spoken {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		if i == m.from && len(stage.lines) > 0 {
			stage.lines = append(stage.lines, "", "# From here on it was recorded.")
		}
		why, out := m.without[i]
		if out {
			if why != "" && i >= m.from {
				stage.lines = append(stage.lines, "# left out: "+printable(redact(e.typed))+" ("+why+")")
			}
			continue
		}
		stage.catchUp(e.at)
		text, why := m.rewrite(stage, e, kids)
		if why != "" {
			m.without[i] = why
			return nil, true, nil
		}
		said, output := stage.try(text)
		if was, is := verdict(e.err), verdict(said); was != is {
			m.without[i] = fmt.Sprintf("it was %s, and in a scenario it would be %s", was, is)
			return nil, true, nil
		}
		stage.lines = append(stage.lines, expected(said)+text)
		if i >= m.from {
			stage.lines = append(stage.lines, m.patterns(e, output)...)
		}
	}
	return stage.lines, false, nil
}

// verdict says in short how a verb was answered.
func verdict(err error) string {
	all := rejections(err)
	if all == nil {
		if err == nil {
			return "done"
		}
		return "a failure: " + oneLine(redact(err.Error()))
	}
	var codes []string
	for _, r := range all {
		codes = append(codes, string(r.Reason))
	}
	slices.Sort(codes)
	return "refused with " + strings.Join(slices.Compact(codes), ", ")
}

// patterns gives a line of stdout for each line that matters, if it was said
// before as it is now.
func (m *scenarioMaker) patterns(e *spoken, output string) []string {
	_, _, matters := m.node(e.words)
	heard := e.heard.String()
	for id, name := range m.orders {
		heard = strings.ReplaceAll(heard, id, name)
	}
	before := map[string]bool{}
	for line := range strings.Lines(heard) {
		if pattern, ok := linePattern(m.finder, strings.TrimSuffix(line, "\n")); ok {
			before[pattern] = true
		}
	}
	var lines []string
	for line := range strings.Lines(output) {
		if len(lines) == matters {
			break
		}
		if pattern, ok := linePattern(m.finder, strings.TrimSuffix(line, "\n")); ok && before[pattern] {
			lines = append(lines, "stdout '"+pattern+"'")
		}
	}
	return lines
}

// stage is a shell in which a scenario is tried while it is written.
type stage struct {
	ctx   context.Context
	shell *Shell
	lines []string
}

// try runs a command and gives its error and what it printed.
func (g *stage) try(text string) (error, string) {
	var stdout, stderr strings.Builder
	err := g.shell.Line(g.ctx, text, false, &stdout, &stderr)
	return err, stdout.String()
}

// run runs a command that the scenario needs, and writes it down.
func (g *stage) run(text string) {
	_, _ = g.try(text) // it has no way to fail
	g.lines = append(g.lines, text)
}

// catchUp moves the clock to where it was, by the second: what is in a token is
// no finer.
func (g *stage) catchUp(then time.Time) {
	then = then.Truncate(time.Second)
	switch gap := then.Sub(g.shell.world.clock.Now()).Truncate(time.Second); {
	case gap <= 0:
	case gap > 24*time.Hour && len(g.lines) == 0:
		g.run("clock set " + then.UTC().Format(time.RFC3339))
	default:
		g.run("clock advance " + gap.String())
	}
}

// format puts the scenario together.
func (m *scenarioMaker) format(lines []string) []byte {
	archive := &txtar.Archive{Files: slices.Clone(m.files)}
	if source := m.shell.world.plan.source; source != nil {
		archive.Files = append(archive.Files, txtar.File{Name: "world.yaml", Data: source})
	}
	archive.Comment = []byte(strings.Join(append([]string{"# Recorded with tokenshell."}, lines...), "\n") + "\n")
	return txtar.Format(archive)
}

// privateKey finds members of a JWK that are secret (RFC 7518 6.2.2, 6.3.2,
// 6.4.1), and private keys as PEM.
var privateKey = regexp.MustCompile(`"(?:d|k|p|q|dp|dq|qi)"\s*:\s*"|PRIVATE KEY-----`)

// secretIn says what in a text must not be passed on; empty when nothing. A
// token is a secret for as long as somebody could use it: one that a known
// issuer signed until it expires here, one of nobody knows whom until it says
// that it expires.
func (s *Shell) secretIn(text []byte) (what string) {
	if privateKey.Match(text) {
		return "a private key"
	}
	for _, raw := range compact.FindAllString(string(text), -1) {
		now := tokens.LiveClock().Now()
		signed := slices.ContainsFunc(s.world.relay.Explain(s.session, raw, true), func(f tokens.Finding) bool {
			return f.Check == "signature" && f.Status == tokens.CheckPassed
		})
		if signed {
			now = s.world.clock.Now()
		}
		if claimedExpiry(raw).After(now) {
			return "a token that may still be good"
		}
	}
	return ""
}
