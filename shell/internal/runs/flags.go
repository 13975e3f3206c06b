// Package runs is tokenshell run: which scenarios are run and how, what people and
// other programs are told of it, and where a first one comes from.
package runs

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// Flags is the table of run's flags: the command line, its help, and what Tab
// offers come from it.
type Flags struct {
	Paths []string `arg:"" optional:"" name:"path" placeholder:"PATH" sep:"none" help:"Files, folders with .txtar files below them, and - for standard input."`

	Jobs    int           `short:"j" placeholder:"N" help:"Run so many at once; one for each processor unless given."`
	Run     string        `name:"run" placeholder:"RE" help:"Only those whose path this regular expression finds."`
	Skip    string        `placeholder:"RE" help:"None of those whose path this one finds."`
	Tag     []string      `placeholder:"T" sep:"none" help:"Only those with this tag, from a comment such as # tags: slow, smoke; !T those without."`
	List    bool          `help:"Say which would run, with their tags, and run none."`
	Shuffle *uint64       `placeholder:"SEED" help:"Run them in an order that this number decides."`
	Count   int           `default:"1" placeholder:"N" help:"Run each so many times."`
	Shard   string        `placeholder:"I/N" help:"Only the I-th of N equal parts, for N machines."`
	Rerun   bool          `name:"rerun-failed" help:"Only those that failed when scenarios ran here last; PATH may be left out."`
	Timeout time.Duration `placeholder:"D" help:"Fail a scenario that takes longer, such as 30s, with the programs that it started."`

	FailFast     bool `name:"fail-fast" help:"Begin no other once one has failed."`
	Strict       bool `help:"Fail for what would otherwise be a warning: a fault that nobody met, and what lint finds."`
	AllowSkipped bool `name:"allow-skipped" help:"End well though every scenario was skipped."`
	NoExec       bool `name:"no-exec" help:"For files that you do not trust: run no program, and touch nothing outside their own folder."`
	Check        bool `help:"Check the invariants of the world after every verb, as set check on does."`

	Cover bool `help:"Say which reasons, capabilities, faults, verbs and steps no scenario exercised."`

	Env    []string `short:"e" name:"env" placeholder:"NAME=VALUE" sep:"none" help:"Set a variable in every scenario."`
	Update bool     `help:"Write the sections that cmp finds different anew, in scenarios that pass with that."`

	Verbose bool     `short:"v" help:"Show each line as it runs, and what verbs say."`
	Quiet   bool     `short:"q" help:"Show what failed, and the sum."`
	Slowest bool     `help:"Name the five that took longest."`
	Keep    bool     `help:"Keep each scenario's work folder, and say where it is."`
	Report  []string `kinds:"junit=,json=,html=,github" placeholder:"KIND=FILE" sep:"none" help:"Write a report, also of a run that is interrupted: junit=FILE, json=FILE, html=FILE, or github for annotations; may be given several times."`

	ShellOnFail bool   `name:"shell-on-fail" help:"Open a prompt in the world of the first that fails, as it was."`
	Until       string `placeholder:"FILE:LINE" help:"Run this scenario up to this line, and open a prompt there."`
}

// Examples are command lines worth knowing.
var Examples = []string{
	"tokenshell run scripts",
	"tokenshell run -j 4 --tag '!slow' --report junit=junit.xml --report html=run.html scripts",
	"tokenshell run --rerun-failed -v",
	"tokenshell run --shard 2/3 --timeout 30s scripts",
	"tokenshell run --until scripts/checkout.txtar:12",
}

// About is what a person has to know beside the flags.
const About = `Runs scenarios: .txtar files, and all that lie in folders, each in a world of its own with time frozen.

A scenario is a program. exec runs any other program, and testscript's commands (cp, cd, grep, env and so on) read and write files, all with the rights of whoever runs it. Verbs read any file, too. What a scenario unpacks, and what its verbs write (--out, record), stays in a folder of its own that is removed afterwards.

--no-exec is for files that you do not trust, such as those of a pull request: no program is run, nothing outside the scenario's folder is read or written, and a line that would is refused, with its place, before the first one runs.

A scenario in which no verb ran fails: it tests nothing. One that passed may have a warning: a fault that it ordered, and that nobody met, has tested nothing. With --strict it fails for that, and for what tokenshell lint says of it: a story that confirms, relays, redeems, explains and attacks nothing, or asks for nothing but success; a pattern that matches whatever was said; a ! whose reason nobody asks for; cases that are all the same; a section that nobody reads; and when each line that asks for something stood behind a condition and never ran. When every scenario was skipped the run fails, too, unless --allow-skipped says otherwise. --cover says what none of them exercised.

A section cases.csv (a heading of names, a row for each case) or cases.yaml (a list of NAME: VALUE) has the story run once for each row, with $NAME as the row says; each row is a result of its own. A line include FILE stands for the lines of a file beside the scenario, and what goes wrong in them is told with their own place.

It ends with 0 when all passed, 1 when one failed, 2 when the flags were wrong, 3 when a file could not be read, 130 when it was interrupted; what never ran is then reported as not run. Where GITHUB_ACTIONS is set, failures become annotations. --world FILE, --target FILE, --seed N, -o json, --jq EXPR and --color WHEN may stand here, too.
`

// mostRuns is how often scenarios may run: the list of them all is in memory.
const mostRuns = 1_000_000

// plan is the flags once they have been looked at.
type plan struct {
	*Flags
	only, never *regexp.Regexp
	part, parts int
	until       map[string]int
	reports     []reportTo
	failed      []string // here, before this run
}

// look says what is wrong with the flags.
func (f *Flags) look() (*plan, error) {
	p := &plan{Flags: f, part: 1, parts: 1, until: map[string]int{}}
	var err error
	if p.only, err = expression("--run", f.Run); err != nil {
		return nil, err
	}
	if p.never, err = expression("--skip", f.Skip); err != nil {
		return nil, err
	}
	for _, row := range []struct {
		wrong      bool
		hint, what string
	}{
		{f.Jobs < 0, "leave it out for one on each processor", "--jobs wants a number from 1"},
		{f.Count < 1, "1 is each once", "--count wants a number from 1"},
		{f.Timeout < 0, "such as 30s", "--timeout wants a time"},
		{f.Verbose && f.Quiet, "choose one", "-v shows each line, and -q nothing that went well"},
		{f.Update && f.Count > 1, "leave --count out", "--update writes each file once"},
		{f.Update && slices.Contains(f.Paths, "-"), "name a file", "--update cannot write to standard input"},
		{f.Until != "" && (f.ShellOnFail || f.Count > 1), "choose one", "--until opens a prompt once"},
		{len(f.Paths) == 0 && !f.Rerun && f.Until == "", "tokenshell run PATH…; tokenshell run --help explains it", "expected a path: a scenario, a folder of them, or - for standard input"},
	} {
		if row.wrong {
			return nil, exit.Usage(row.hint, "%s", row.what)
		}
	}
	if idle := f.idle(); f.List && idle != "" {
		return nil, exit.Usage("leave one of the two out", "--list runs none, and %s asks for what comes of a run", idle)
	}
	if err := p.lookAtParts(); err != nil {
		return nil, err
	}
	for _, pair := range f.Env {
		name, _, ok := strings.Cut(pair, "=")
		if !ok || !syntax.IsVariable(name) || scenario.IsFixed(name) {
			return nil, exit.Usage("such as -e CODE=TEN: A-Z, 0-9 and _, and no name that a system uses", "--env %q sets no variable of a scenario", pair)
		}
	}
	p.reports, err = reportsOf(f.Report)
	return p, err
}

// lookAtParts reads --shard and --until.
func (p *plan) lookAtParts() error {
	if p.Shard != "" {
		i, n, _ := strings.Cut(p.Shard, "/")
		part, wrong := strconv.Atoi(i)
		parts, bad := strconv.Atoi(n)
		if wrong != nil || bad != nil || part < 1 || parts < part {
			return exit.Usage("such as 2/3, the second of three", "--shard %q is no part", p.Shard)
		}
		p.part, p.parts = part, parts
	}
	if p.Flags.Until != "" {
		at := strings.LastIndexByte(p.Flags.Until, ':')
		line := 0
		if at > 0 {
			line, _ = strconv.Atoi(p.Flags.Until[at+1:])
		}
		if line < 1 {
			return exit.Usage("such as scripts/checkout.txtar:12", "--until %q is no place in a file", p.Flags.Until)
		}
		file := p.Flags.Until[:at]
		p.until[file], p.Paths = line, []string{file}
	}
	return nil
}

// idle names the first flag that asks for something of a run; empty when there is none.
func (f *Flags) idle() string {
	for _, row := range []struct {
		set  bool
		name string
	}{
		{len(f.Report) > 0, "--report"}, {f.Update, "--update"}, {f.Cover, "--cover"}, {f.Slowest, "--slowest"}, {f.Keep, "--keep"},
		{f.ShellOnFail, "--shell-on-fail"}, {f.Until != "", "--until"},
	} {
		if row.set {
			return row.name
		}
	}
	return ""
}

// lookAtUntil says what is wrong with --until, once it is known what will run.
func (p *plan) lookAtUntil(ctx context.Context, all []chosen) error {
	for file, line := range p.until {
		if file == "-" {
			continue // it is read once
		}
		if len(all) != 1 || all[0].File != file {
			return exit.Usage("name one scenario: scripts/checkout.txtar:12", "--until %s: %s is more than a file", p.Flags.Until, file)
		}
		text, err := files.Read(ctx, file, world.WorldLimit)
		if err != nil {
			return err
		}
		if lines := bytes.Count(text, []byte("\n")) + 1; line > lines {
			return exit.Usage(fmt.Sprintf("name one of 1 to %d", lines), "--until %s: the file has %s", p.Flags.Until, page.Count(lines, "line"))
		}
	}
	return nil
}

// expression compiles a flag's regular expression; nil when there is none.
func expression(flag, text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, exit.Usage("its language is that of Go's regexp", "%s %q: %s", flag, text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return re, nil
}

// again gives the command that runs one scenario as this run did.
func (r *Run) again(file string) string {
	words := []string{"tokenshell", "run"}
	for _, row := range []struct {
		set  bool
		word string
	}{
		{r.World != "", "--world " + quoted(r.World)}, {r.Target != "", "--target " + quoted(r.Target)},
		{len(r.Without) > 0, "--without " + quoted(strings.Join(r.Without, ","))},
		{r.Seeded, fmt.Sprintf("--seed %d", r.Seed)}, {r.Flags.Check, "--check"}, {r.Flags.NoExec, "--no-exec"}, {r.Flags.Strict, "--strict"},
		{r.Flags.Timeout > 0, "--timeout " + r.Flags.Timeout.String()},
	} {
		if row.set {
			words = append(words, row.word)
		}
	}
	for _, pair := range r.Flags.Env { // its value may be a secret
		name, _, _ := strings.Cut(pair, "=")
		words = append(words, fmt.Sprintf(`-e %s="$%s"`, name, name))
	}
	if strings.HasPrefix(file, "-") && file != "-" {
		words = append(words, "--")
	}
	return strings.Join(append(words, quoted(file)), " ")
}

// plain is a word that means itself in any shell.
var plain = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`) })

// quoted writes a word for a shell.
func quoted(word string) string {
	if plain().MatchString(word) {
		return word
	}
	if !strings.ContainsFunc(word, unicode.IsControl) && utf8.ValidString(word) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for _, c := range []byte(word) {
		switch {
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}
