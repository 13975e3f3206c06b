// Package record writes a session down as a scenario that passes. The
// scenario is run while it is written, so that its lines say there what they said
// here.
package record

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
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
	shell   *interp.Shell // where they were run
	parser  *interp.Parser
	spoken  []*interp.Spoken
	from    int            // what was run before is only there to get to this point
	grain   time.Duration  // how much time may pass before the clock is moved
	without map[int]string // what is left out, and why; without a word when it is ""
	taken   map[string]bool
	orders  map[string]string
	files   []txtar.File
	world   []byte                               // the world file, if there is one, without numbers of cards
	names   map[*interp.Spoken]map[string]string // of files, as they were given, in the scenario
	uses    map[*interp.Spoken][]string          // sections
	tell    func(i int)                          // how far it is
}

// mostPasses bounds the work on a session that is answered otherwise again and
// again.
const mostPasses = 200

// coarse is the grain that is tried first: a person's pauses say nothing, unless
// something differs without them.
const coarse = 30 * time.Second

// makeScenario makes a scenario of what was run since the from-th command.
func makeScenario(ctx context.Context, s *interp.Shell, from int, out *answer.Out) (scenario []byte, kept int, left []omission, err error) {
	if err := s.Transcript.Whole(); err != nil {
		return nil, 0, nil, err
	}
	p, err := s.Language.Parser()
	if err != nil {
		return nil, 0, nil, err
	}
	m := &scenarioMaker{
		shell: s, parser: p, spoken: s.Transcript.All(), from: from, grain: coarse, without: map[int]string{}, taken: map[string]bool{},
		orders: map[string]string{}, names: map[*interp.Spoken]map[string]string{}, uses: map[*interp.Spoken][]string{},
	}
	if m.world, err = s.World.Plan.WithoutNumbers(); err != nil {
		return nil, 0, nil, err
	}
	if what := secretIn(s.Client, []byte(redact.Numbers(string(m.world)))); what != "" {
		return nil, 0, nil, fmt.Errorf("the world file holds %s, and would be a part of the scenario: take it out", what)
	}
	m.sift()
	m.collectFiles()
	m.nameOrders()
	lines, again := []string(nil), true
	far := out.LongWork()
	defer far.End()
	for pass := 1; again; pass++ { // each time one command more is left out, or the clock is moved at every second
		if pass > mostPasses {
			return nil, 0, nil, fmt.Errorf("more than %d commands are answered in another way in a scenario: record a part of the session, with record start", mostPasses)
		}
		m.tell = func(i int) {
			far.Tell(func(time.Duration) string { return fmt.Sprintf("pass %d, command %d of %d", pass, i+1, len(m.spoken)) })
		}
		if lines, again, err = m.attempt(ctx); err != nil {
			return nil, 0, nil, err
		}
	}
	for i, e := range m.spoken {
		why, out := m.without[i]
		switch {
		case !out && i >= from:
			kept++
		case why != "":
			left = append(left, omission{m.shown(e.Typed), why})
		}
	}
	scenario = m.format(lines)
	if story := string(txtar.Parse(scenario).Comment); s.Redact(story) != story {
		return nil, 0, nil, errors.New("a token would stand in the scenario, which is therefore not written")
	}
	return scenario, kept, left, nil
}

// shown is a text as it may be shown.
func (m *scenarioMaker) shown(what string) string { return redact.OneLine(m.shell.Redact(what)) }

// node gives the verb that a command is about, behind ! and expect.
func (m *scenarioMaker) node(words []string) (verb string, looks bool, matters int) {
	node, used := m.parser.Find(unjudged(words))
	if used == 0 {
		return "", false, 0
	}
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
	}
	matters = 6
	if n, err := strconv.Atoi(node.Tag.Get("matters")); err == nil {
		matters = n
	} else if node.Tag.Get("matters") == "all" {
		matters = math.MaxInt
	}
	return interp.VerbPath(node), node.Tag.Has("looks"), matters
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

// ownSetting reports whether set only says how the shell is, or looks.
func ownSetting(words []string) bool {
	return len(words) == 1 || strings.HasPrefix(words[1], "-") || words[1] == "color"
}

// sift leaves out what no scenario can hold.
func (m *scenarioMaker) sift() {
	for i, e := range m.spoken {
		verb, looks, _ := m.node(e.Words)
		first, _, _ := strings.Cut(verb, " ")
		var (
			wrong   *exit.UsageError
			stopped *exit.Stopped
		)
		switch {
		case verb == "" && len(e.Words) == 0:
			m.without[i] = "it is too long for a scenario"
		case m.parser.VerbIs(unjudged(e.Words), "unrecorded"), verb == "", i < m.from && looks, first == "set" && ownSetting(e.Words):
			m.without[i] = ""
		case errors.Is(e.Err, context.Canceled):
			m.without[i] = "it was interrupted"
		case first == "watch" && !slices.ContainsFunc(e.Words, func(w string) bool { return strings.HasPrefix(w, "--count") }):
			m.without[i] = "nobody ends it in a scenario"
		case errors.As(e.Err, &stopped):
			m.without[i] = m.shown(stopped.Error())
		case errors.As(e.Err, &wrong) && (looks || !strings.HasPrefix(wrong.What, "--jq ")):
			m.without[i] = "" // it was not understood, and nothing came of it
		case e.Err != nil && exit.Rejections(e.Err) == nil:
			m.without[i] = "it failed, and was not refused: " + m.shown(e.Err.Error())
		}
	}
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
	g := &stage{ctx: ctx, kids: map[string]string{}}
	for i := range g.shells {
		w, err := world.Build(ctx, m.shell.World.Plan, world.Seeded(world.DefaultSeed+uint64(i)))
		if err != nil {
			return nil, false, err
		}
		if err := w.BeWithout(m.shell.World.BornWithout()); err != nil {
			return nil, false, err
		}
		g.shells[i] = interp.New(w, m.shell.Language)
		own := filepath.Join(dir, strconv.Itoa(i))
		g.shells[i].Dir.Path, g.shells[i].Dir.Only = own, own
		if err := m.unpack(own); err != nil {
			return nil, false, err
		}
	}
	if len(m.spoken) > 0 && m.spoken[0].Settings.Output != g.shells[0].Options.Output {
		g.run("set output " + m.spoken[0].Settings.Output)
	}
	for i, e := range m.spoken {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		m.tell(i)
		if i == m.from && len(g.lines) > 0 {
			g.lines = append(g.lines, "", "# From here on it was recorded.")
		}
		if _, out := m.without[i]; !out {
			if again := m.play(g, i); again {
				return nil, true, nil
			}
		}
		if why := m.without[i]; why != "" && i >= m.from {
			g.lines = append(g.lines, "# left out: "+m.shown(e.Typed)+" ("+why+")")
		}
	}
	return g.lines, false, nil
}

// play runs one command and writes it down, or says in without why not. again
// says that everything has to be run again.
func (m *scenarioMaker) play(g *stage, i int) (again bool) {
	e := m.spoken[i]
	g.catchUp(e.At, m.grain)
	before := len(g.lines)
	text, why := m.rewrite(g, e)
	if why != "" {
		m.without[i] = why
		return len(g.lines) > before
	}
	if _, looks, matters := m.node(e.Words); looks && matters == 0 {
		g.lines = append(g.lines, exit.Expected(e.Err)+text) // it changes nothing, nothing of what it says counts, and it may take long
		return false
	}
	said, heard := g.try(text)
	patterns, left, same := m.patterns(e, heard, g.shells[0].World.Clock.Frozen())
	was, is := exit.Verdict(e.Err), exit.Verdict(said[0])
	switch {
	case m.grain > 0 && (was != is || !same):
		m.grain = 0
		return true
	case was != is:
		m.without[i] = fmt.Sprintf("it was %s, and in a scenario it would be %s", was, is)
	case is != exit.Verdict(said[1]):
		m.without[i] = fmt.Sprintf("it was %s, and with another seed it would be %s", was, exit.Verdict(said[1]))
	}
	if m.without[i] != "" {
		var wrong *exit.UsageError
		return !errors.As(said[0], &wrong) || !errors.As(said[1], &wrong) || len(g.lines) > before // what is not understood changes nothing
	}
	g.lines = append(g.lines, exit.Expected(said[0])+text)
	if i >= m.from {
		g.lines = append(g.lines, patterns...)
		if left > 0 {
			g.lines = append(g.lines, "# "+page.Count(left, "more line")+" of what it said "+map[bool]string{true: "is", false: "are"}[left == 1]+" not asked for")
		}
	}
	return false
}

// format puts the scenario together.
func (m *scenarioMaker) format(lines []string) []byte {
	used := map[string]bool{}
	for i, e := range m.spoken {
		if _, out := m.without[i]; !out {
			for _, name := range m.uses[e] {
				used[name] = true
			}
		}
	}
	archive := &txtar.Archive{Files: slices.DeleteFunc(slices.Clone(m.files), func(f txtar.File) bool { return !used[f.Name] })}
	if m.world != nil {
		archive.Files = append(archive.Files, txtar.File{Name: "world.yaml", Data: m.world})
	}
	head := []string{"# Recorded with tokenshell."}
	if rules := m.shell.World.BornWithout(); len(rules) > 0 {
		head = append(head, "# without: "+strings.Join(rules, ", "))
	}
	archive.Comment = []byte(strings.Join(append(head, lines...), "\n") + "\n")
	return txtar.Format(archive)
}
