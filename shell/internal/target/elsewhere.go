// attack run on somebody else's relay.

package target

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// elsewhere are the flags of a run on a relay that is not ours.
type elsewhere struct {
	Target     string        `complete:"file" placeholder:"FILE" help:"Try it on the relay that this target file describes."`
	Adapter    string        `placeholder:"'CMD ARG…'" help:"Try it on a relay behind this adapter, which speaks the protocol on its stdin and stdout."`
	Known      string        `complete:"file" placeholder:"FILE" help:"What the target is known to get wrong."`
	WriteKnown string        `complete:"file" placeholder:"FILE" help:"Write down what it gets wrong now."`
	FailOn     string        `enum:"error,warning" default:"error" placeholder:"error|warning" help:"The least that fails the run."`
	RequireAll bool          `help:"Fail when a row could not be tried."`
	Reasons    string        `enum:"any,mapped,exact" default:"mapped" placeholder:"any|mapped|exact" help:"How closely the relay's reasons are compared."`
	Life       time.Duration `placeholder:"D" help:"How long tokens live where time is live; 3s unless given."`
	NoWait     bool          `help:"Skip rows that wait for a token's life."`
	Timeout    time.Duration `placeholder:"D" help:"How long each answer may take."`
	Jobs       int           `short:"j" default:"1" placeholder:"N" help:"How many rows are tried at once."`
	FailFast   bool          `help:"Stop at the first row that fails."`
	NoStart    bool          `help:"Do not start the target: it runs already."`
	AllowHost  []string      `sep:"none" placeholder:"HOST:PORT" help:"A host of a target that is not this machine."`
	Report     []string      `complete:"file" kinds:"json=,junit=,sarif=,html=" sep:"none" placeholder:"KIND=FILE" help:"Write a report: json, junit, sarif or html."`
}

// there reports whether a target is named.
func (v *elsewhere) there() bool { return v.Target != "" || v.Adapter != "" }

// nothing refuses flags that are about a target when there is none.
func (v *elsewhere) nothing() error {
	for _, f := range []struct {
		name  string
		given bool
	}{
		{"--known", v.Known != ""}, {"--write-known", v.WriteKnown != ""}, {"--require-all", v.RequireAll}, {"--life", v.Life != 0},
		{"--no-wait", v.NoWait}, {"--timeout", v.Timeout != 0}, {"-j", v.Jobs != 1}, {"--fail-fast", v.FailFast}, {"--no-start", v.NoStart},
		{"--allow-host", len(v.AllowHost) > 0}, {"--report", len(v.Report) > 0}, {"--fail-on", v.FailOn != "error"}, {"--reasons", v.Reasons != "mapped"},
	} {
		if f.given {
			return exit.Usage("name one with --target FILE or --adapter 'CMD ARG…'", "%s is about a target", f.name)
		}
	}
	return nil
}

// read gives the target.
func (v *elsewhere) read(ctx context.Context, dir *files.Dir) (*foreign.File, error) {
	if v.Target != "" && v.Adapter != "" {
		return nil, exit.Usage("name one of them", "--target and --adapter are two relays")
	}
	if err := dir.MayRun(); err != nil {
		return nil, err
	}
	if v.Target != "" {
		return foreign.Read(ctx, dir.Full(v.Target))
	}
	commands, err := syntax.Split(v.Adapter, false)
	if err != nil {
		return nil, exit.Usage("bare words and 'single quotes'", "--adapter: %v", err)
	}
	if len(commands) != 1 {
		return nil, exit.Usage("--adapter 'node relay.mjs'", "--adapter is a command and its arguments")
	}
	var words []string
	for _, w := range commands[0] {
		words = append(words, w.Plain())
	}
	return foreign.Adapter(words), nil
}

// attackTarget tries rows on somebody else's relay.
func (v *attackRun) attackTarget(ctx context.Context, w *world.World, seed uint64, dir *files.Dir, out *answer.Out) error {
	switch {
	case v.Jobs < 1 || v.Jobs > 64:
		return exit.Usage("-j 1 to -j 64", "-j %d", v.Jobs)
	case v.Life != 0 && (v.Life < 2*time.Second || v.Life > 2*time.Minute):
		return exit.Usage("--life 2s to --life 2m", "--life %s", v.Life)
	case v.Timeout < 0:
		return exit.Usage("--timeout 5s", "--timeout %s", v.Timeout)
	}
	if err := v.checkReports(); err != nil {
		return err
	}
	rows, err := Chosen(v.IDs, v.Choice)
	if err != nil {
		return err
	}
	f, err := v.read(ctx, dir)
	if err != nil {
		return err
	}
	partial := len(v.IDs) > 0 || v.Choice.some()
	if partial && v.WriteKnown != "" {
		return exit.Usage("run all rows", "--write-known after a part of the rows would forget the others")
	}
	known, err := v.readKnown(dir, f.Name)
	if err != nil {
		return err
	}
	shop, err := ShopOf(ctx, w.Plan)
	if err != nil {
		return err
	}
	far := out.LongWork()
	o := conform.Options{
		Rows: rows, Plan: shop.Plan, Seed: seed, Reasons: v.Reasons, Life: v.Life, NoWait: v.NoWait, Timeout: v.Timeout, Jobs: v.Jobs,
		FailFast: v.FailFast, FailOn: v.FailOn, RequireAll: v.RequireAll, Tool: "tokenshell", NoStart: v.NoStart, AllowHost: v.AllowHost, Known: known,
		NewTarget: func(w *world.World, life time.Duration) attacks.Target { return shop.target(w, life) },
		Tell: func(done int, id string) {
			far.Tell(func(time.Duration) string {
				return fmt.Sprintf("%d of %s, %s", done, page.Count(len(rows), "attack"), id)
			})
		},
		Notice: func(text string) { fmt.Fprintln(out.Stderr, redact.Printable(text)) },
	}
	report, err := conform.Run(ctx, f, o)
	far.End()
	if report == nil || len(report.Rows) == 0 {
		return err
	}
	if bad := v.writeReports(dir, report); bad != nil {
		return bad
	}
	if shown := out.Show(counted(report), func(p *page.Page) { writeReport(p, report, partial) }); shown != nil {
		return shown
	}
	if err != nil {
		return err
	}
	if err := v.writeKnown(dir, report, len(report.Rows) == len(rows)); err != nil {
		return err
	}
	if err := report.Err(); err != nil {
		return exit.InJSON(err)
	}
	return nil
}

// countedReport is the JSON of attack run on a target: the counts that it has of our
// own relay, and the report.
type countedReport struct {
	Total      int      `json:"total"`
	Refused    int      `json:"refused"`
	GotThrough []string `json:"got_through"`
	*conform.Report
}

func counted(report *conform.Report) countedReport {
	c := countedReport{len(report.Rows), 0, []string{}, report}
	for _, r := range report.Rows {
		switch r.Status {
		case attacks.Refused:
			c.Refused++
		case attacks.GotThrough:
			c.GotThrough = append(c.GotThrough, r.ID)
		}
	}
	return c
}

// knownLimit is the largest file of known failures, in bytes.
const knownLimit = 1 << 20

// readKnown reads what the target is known to get wrong; nil when no file is named.
func (v *elsewhere) readKnown(dir *files.Dir, target string) (*conform.KnownFile, error) {
	if v.Known == "" {
		return nil, nil
	}
	text, err := dir.Read(v.Known, knownLimit)
	if err != nil {
		return nil, err
	}
	return conform.ParseKnown(v.Known, text, target, conform.Today())
}

// writeKnown writes down what it gets wrong now.
func (v *elsewhere) writeKnown(dir *files.Dir, report *conform.Report, whole bool) error {
	if v.WriteKnown == "" {
		return nil
	}
	if !whole {
		return exit.Usage("run all rows", "--write-known after a part of the rows would forget the others")
	}
	var old []byte
	if files.Exists(dir.Full(v.WriteKnown)) {
		var err error
		if old, err = dir.Read(v.WriteKnown, knownLimit); err != nil {
			return err
		}
	}
	text, err := conform.WriteKnown(v.WriteKnown, old, report, conform.Today())
	if err != nil {
		return err
	}
	return dir.Write(v.WriteKnown, text)
}

// checkReports wants KIND=FILE, of kinds that there are.
func (v *elsewhere) checkReports() error {
	for _, text := range v.Report {
		kind, file, ok := strings.Cut(text, "=")
		if !ok || file == "" || !slices.Contains(conform.Kinds(), kind) {
			return exit.Usage("--report junit=report.xml, with "+strings.Join(conform.Kinds(), ", "), "%q is not KIND=FILE", text)
		}
	}
	return nil
}

// writeReports writes every report that is asked for.
func (v *elsewhere) writeReports(dir *files.Dir, report *conform.Report) error {
	for _, asked := range v.Report {
		kind, file, _ := strings.Cut(asked, "=")
		text, err := report.Written(kind)
		if err != nil {
			return err
		}
		if err := dir.Write(file, text); err != nil {
			return err
		}
	}
	return nil
}

// writeReport shows what came of a run: what is green or was left out only when
// all of it is wanted.
func writeReport(w *page.Page, r *conform.Report, full bool) {
	shown := page.NewTable("ID", "STATUS", "WHO", "CHECK", "EXPECTED", "CAME", "WHAT WAS TRIED")
	var details []string
	for i := range r.Rows {
		row := &r.Rows[i]
		left := row.Green() || row.Status == foreign.Skipped
		if left && !full {
			continue
		}
		status := any(page.State(row.Status))
		if row.Green() {
			status = page.Good(row.Status)
		}
		shown.Row(page.Rigid(row.ID), status, page.Rigid(row.Who), page.Rigid(row.Check), page.Rigid(row.Expected), page.OrDash(string(row.Reason)), row.What)
		if row.Detail != "" {
			details = append(details, row.ID+": "+row.Detail)
		}
	}
	if len(shown.Rows) > 0 {
		shown.Write(w)
	}
	for _, detail := range details {
		for i, line := range strings.Split(detail, "\n") {
			if i > 0 {
				line = "  " + line
			}
			fmt.Fprintln(w, redact.Printable(line))
		}
	}
	for _, note := range r.Notes {
		fmt.Fprintln(w, redact.Printable(note))
	}
	fmt.Fprintln(w, r.Summary)
	if n := r.Forgiven(); n > 0 {
		fmt.Fprintf(w, "%s: it takes an old key, the issuer's own, or what no contract speaks of, so the run does not fail by it; with --fail-on warning it does\n", page.Count(n, "warning"))
	}
}
