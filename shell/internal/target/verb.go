// attack: the catalogue of hostile tokens and flows, listed and run.

package target

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Verb is the verb attack.
type Verb struct {
	List   attackList   `cmd:"" looks:"" help:"List the hostile tokens and flows, each with the reason that it has to be refused with." example:"attack list --group key"`
	Export attackExport `cmd:"" looks:"" help:"Write the hostile tokens to files, with the key sets they are tried on." seed:"Which keys and ids: the same seed makes the same tokens." example:"attack export tokens"`
	Run_   attackRun    `cmd:"" looks:"" name:"run" help:"Try hostile tokens and flows, each on a fresh world beside this one." seed:"Which keys and ids: the same seed makes the same tokens." example:"attack run ALG-01 FLW-13"`
}

// Choice says which rows: those that are all of it.
type Choice struct {
	Group string `complete:"group" placeholder:"G" help:"Only this group."`
	Who   string `complete:"who" placeholder:"W" help:"Only what these can make: anyone, a token's holder, a sibling issuer, a thief of an old key, the issuer."`
	Check string `complete:"about" placeholder:"C" help:"Only what is about this check."`
}

// some reports whether it leaves rows out.
func (c Choice) some() bool { return c != Choice{} }

type attackList struct {
	Choice
	Target string `complete:"file" placeholder:"FILE" help:"Say of each whether it is tried on the relay that this target file describes."`
}

// ListedAttack is a row in the JSON of attack list.
type ListedAttack struct {
	ID       string        `json:"id"`
	Group    attacks.Group `json:"group"`
	What     string        `json:"what"`
	Expected tokens.Reason `json:"expected"`
	Source   string        `json:"source"`

	Check string         `json:"check"`
	Who   attacks.Who    `json:"who"`
	Relay bool           `json:"about_a_relay"` // else about our own domains
	Needs []attacks.Need `json:"needs"`

	Skipped string `json:"skipped,omitempty"` // why it is not tried on the target
}

// Listed gives a row as it is listed.
func Listed(r attacks.Row) ListedAttack {
	return ListedAttack{r.ID, r.Group, r.What, r.Expect, r.Source, r.Check(), r.Who(), r.AboutRelay(), append([]attacks.Need{}, r.Needs()...), ""}
}

// Run lists the catalogue.
func (v *attackList) Run(ctx context.Context, dir *files.Dir, out *answer.Out) error {
	rows, err := Chosen(nil, v.Choice)
	if err != nil {
		return err
	}
	list := struct {
		Attacks []ListedAttack `json:"attacks"`
	}{[]ListedAttack{}}
	if v.Target != "" {
		return v.onTarget(ctx, rows, dir, out)
	}
	shown := page.NewTable("ID", "GROUP", "WHAT IS TRIED", "WHO", "CHECK", "REFUSED WITH", "SOURCE")
	for _, r := range rows {
		list.Attacks = append(list.Attacks, Listed(r))
		shown.Row(page.Rigid(r.ID), page.Rigid(r.Group), r.What, page.Rigid(r.Who()), page.Rigid(r.Check()), page.Rigid(r.Expect), page.Faint(r.Source))
	}
	return out.Show(list, shown.Write)
}

// onTarget lists the rows with what becomes of each on a target.
func (v *attackList) onTarget(ctx context.Context, rows []attacks.Row, dir *files.Dir, out *answer.Out) error {
	where := elsewhere{Target: v.Target}
	f, err := where.read(ctx, dir)
	if err != nil {
		return err
	}
	left, err := conform.Left(ctx, f, conform.Options{Rows: rows, Tool: "tokenshell"})
	if err != nil {
		return err
	}
	list := struct {
		Attacks []ListedAttack `json:"attacks"`
		Target  string         `json:"target"`
		Tried   int            `json:"tried"`
	}{[]ListedAttack{}, f.Name, 0}
	shown := page.NewTable("ID", "ON THE TARGET", "WHAT IS TRIED", "WHO", "CHECK")
	for i, r := range rows {
		row := Listed(r)
		row.Skipped = left[i]
		list.Attacks = append(list.Attacks, row)
		on := "tried"
		if left[i] != "" {
			on = "skipped: " + left[i]
		} else {
			list.Tried++
		}
		shown.Row(page.Rigid(r.ID), page.Rigid(on), r.What, page.Rigid(r.Who()), page.Rigid(r.Check()))
	}
	return out.Show(list, func(p *page.Page) {
		shown.Write(p)
		fmt.Fprintf(p, "%d of %d are tried on %s\n", list.Tried, len(rows), f.Name)
	})
}

type attackRun struct {
	IDs []string `arg:"" optional:"" complete:"attack" name:"id" sep:"none" help:"These rows; all unless given."`
	Choice
	Without string `complete:"check" placeholder:"CHECK" help:"Leave this check or rule out everywhere, to see which attacks get through."`
	elsewhere
}

// triedAttack is a row in the JSON of attack run.
type triedAttack struct {
	ID       string         `json:"id"`
	Group    attacks.Group  `json:"group"`
	What     string         `json:"what"`
	Expected tokens.Reason  `json:"expected"`
	Reason   tokens.Reason  `json:"reason"`
	Status   attacks.Status `json:"status"`
	Source   string         `json:"source"`
	Detail   string         `json:"detail,omitempty"`
}

// came says which reason came; short, when it was the expected one.
func (t *triedAttack) came(short bool) string {
	if short && t.Reason == t.Expected {
		return "the same"
	}
	return page.OrDash(string(t.Reason))
}

// attackReport is the JSON of attack run.
type attackReport struct {
	Total      int           `json:"total"`
	Refused    int           `json:"refused"`
	GotThrough []string      `json:"got_through"`
	Rows       []triedAttack `json:"rows"`

	note string // on the world, for people
}

// Run tries the chosen rows. The current world is not touched. The error names
// the reasons that did not come.
func (v *attackRun) Run(ctx context.Context, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	if v.there() && v.Without != "" {
		return exit.Usage("leave --without out", "the checks of somebody else's relay cannot be left out")
	}
	if v.there() {
		return v.attackTarget(ctx, w, seed.Or(world.DefaultSeed), dir, out)
	}
	if err := v.elsewhere.nothing(); err != nil {
		return err
	}
	if _, err := w.Inspector(); err != nil {
		return err // the worlds beside this one have a relay of ours: what they show would not be about this one
	}
	rows, err := Chosen(v.IDs, v.Choice)
	if err != nil {
		return err
	}
	weakness, err := world.Without(v.Without)
	if err != nil {
		return err
	}
	shop, err := ShopOf(ctx, w.Plan)
	if err != nil {
		return err
	}
	results, err := attack(ctx, shop, out, rows, seed.Or(world.DefaultSeed), weakness)
	if err != nil {
		return err
	}
	report := reportOn(results)
	report.note = shop.Note()
	return report.show(out, len(v.IDs) > 0 || v.some())
}

// reportOn counts what came of the rows.
func reportOn(results []attacks.Result) *attackReport {
	report := &attackReport{Total: len(results), GotThrough: []string{}, Rows: []triedAttack{}}
	for _, r := range results {
		report.Rows = append(report.Rows, triedAttack{r.ID, r.Group, r.What, r.Expect, r.Reason, r.Status, r.Source, r.Detail})
		switch r.Status {
		case attacks.Refused:
			report.Refused++
		case attacks.GotThrough:
			report.GotThrough = append(report.GotThrough, r.ID)
		}
	}
	return report
}

// show prints a report, each row of it when it is to be in full, and gives what
// the verb ends with.
func (r *attackReport) show(out *answer.Out, full bool) error {
	if err := out.Show(r, func(w *page.Page) { r.write(w, full) }); err != nil {
		return err
	}
	return r.missing()
}

// attack tries rows, each on a world of its own, and says on a terminal how far it
// has come.
func attack(ctx context.Context, shop *Shop, out *answer.Out, rows []attacks.Row, seed uint64, weakness tokens.Weakness) ([]attacks.Result, error) {
	far := out.LongWork()
	defer far.End()
	results := make([]attacks.Result, 0, len(rows))
	for i, row := range rows {
		result, err := shop.Try(ctx, row, seed, weakness)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
		far.Tell(func(time.Duration) string {
			return fmt.Sprintf("%d of %s, %s", i+1, page.Count(len(rows), "attack"), row.ID)
		})
	}
	return results, nil
}

// missing is the error of a report: for each reason, the attacks that should
// have been refused with it, books and controls in order, and were not; or that
// nothing was tried, which proves nothing. Nil when all were refused.
func (r *attackReport) missing() error {
	if !slices.ContainsFunc(r.Rows, func(row triedAttack) bool { return row.Status != attacks.Skipped }) {
		return fmt.Errorf("no attack was tried, for want of %s: put it into the world file", r.wanted())
	}
	var refused exit.Refusals
	byReason := map[tokens.Reason][]string{}
	var order []tokens.Reason
	for _, row := range r.Rows {
		if row.Status == attacks.Refused || row.Status == attacks.Skipped {
			continue
		}
		if byReason[row.Expected] == nil {
			order = append(order, row.Expected)
		}
		byReason[row.Expected] = append(byReason[row.Expected], row.ID)
	}
	for _, reason := range order {
		ids := byReason[reason]
		refused = append(refused, exit.Rejection{Reason: reason, Detail: "it did not go as it has to in " + page.Some(ids)})
	}
	if refused == nil {
		return nil
	}
	return exit.InJSON(refused)
}

// wanted is what most of the attacks that were not tried need.
func (r *attackReport) wanted() string {
	times := map[string]int{}
	for _, row := range r.Rows {
		times[strings.TrimPrefix(row.Detail, needs)]++
	}
	return slices.MaxFunc(slices.Sorted(maps.Keys(times)), func(a, b string) int { return times[a] - times[b] })
}

// write shows a report: what was refused folded into its group, unless full,
// and everything else as it is.
func (r *attackReport) write(w *page.Page, full bool) {
	folded := page.NewTable("GROUP", "REFUSED", "")
	shown := page.NewTable("ID", "STATUS", "EXPECTED", "CAME", "WHAT WAS TRIED", "SOURCE")
	var details []string
	skipped := map[string][]string{} // by what they need
	for _, g := range attacks.Groups() {
		refused, total := 0, 0
		for _, row := range r.Rows {
			if row.Group != g {
				continue
			}
			if row.Status == attacks.Skipped {
				skipped[row.Detail] = append(skipped[row.Detail], row.ID)
				continue
			}
			total++
			if row.Status == attacks.Refused {
				refused++
			}
			if full || row.Status != attacks.Refused {
				status := any(page.State(row.Status))
				if row.Status == attacks.Refused {
					status = page.Good(row.Status)
				}
				shown.Row(page.Rigid(row.ID), status, page.Rigid(row.Expected), page.Rigid(row.came(w.Width > 0)), row.What, page.Faint(row.Source))
			}
			if row.Detail != "" {
				details = append(details, row.ID+": "+row.Detail)
			}
		}
		if total > 0 {
			folded.Row(g, refused, fmt.Sprintf("of %d", total))
		}
	}
	if !full {
		folded.Write(w)
	}
	if len(shown.Rows) > 0 {
		if !full {
			fmt.Fprintln(w)
		}
		shown.Write(w)
	}
	for _, detail := range details {
		fmt.Fprintln(w, redact.Printable(detail))
	}
	for _, why := range slices.Sorted(maps.Keys(skipped)) {
		fmt.Fprintf(w, "not tried: %s, for want of %s: %s\n", page.Count(len(skipped[why]), "attack"), strings.TrimPrefix(why, needs), page.Some(skipped[why]))
	}
	has := "they have"
	if r.Total == 1 {
		has = "it has"
	}
	if r.note != "" {
		fmt.Fprintln(w, r.note)
	}
	fmt.Fprintf(w, "%d of %d refused as %s to be\n", r.Refused, r.Total-count(skipped), has)
}

// count counts what stands in lists.
func count(lists map[string][]string) (n int) {
	for _, list := range lists {
		n += len(list)
	}
	return n
}

// Chosen gives the rows that are named, and of those what is chosen.
func Chosen(ids []string, c Choice) ([]attacks.Row, error) {
	all := attacks.All()
	for _, of := range []struct {
		kind, named string
		known       []string
	}{
		{"group of attacks", c.Group, spelt(attacks.Groups())}, {"attacker", c.Who, spelt(attacks.Whos())}, {"check of attacks", c.Check, attacks.Checks()},
	} {
		if of.named != "" && !slices.Contains(of.known, of.named) {
			return nil, unknownAttack(of.kind, of.named, of.known, "one of "+strings.Join(of.known, ", "))
		}
	}
	known := make([]string, len(all))
	for i, r := range all {
		known[i] = r.ID
	}
	for _, id := range ids {
		if !slices.Contains(known, id) {
			return nil, unknownAttack("attack", id, known, "attack list shows them")
		}
	}
	rows := slices.DeleteFunc(all, func(r attacks.Row) bool {
		return len(ids) > 0 && !slices.Contains(ids, r.ID) || c.Group != "" && r.Group != attacks.Group(c.Group) ||
			c.Who != "" && r.Who() != attacks.Who(c.Who) || c.Check != "" && r.Check() != c.Check
	})
	if len(rows) > 0 {
		return rows, nil
	}
	if c == (Choice{Group: c.Group}) {
		return nil, exit.Usage("leave --group out", "none of them is in group %s", c.Group)
	}
	return nil, exit.Usage("leave --group, --who or --check out", "no attack is all of that")
}

// spelt gives names as text.
func spelt[T ~string](names []T) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	return all
}

func unknownAttack(kind, name string, known []string, hint string) error {
	return exit.Usage(exit.Meant(name, known, hint), "there is no %s %q", kind, name)
}
