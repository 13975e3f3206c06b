// target: what a target file says, and whether its relay can be driven.

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
	"tokenshell/shell/internal/world"
)

// FileVerb is the verb target.
type FileVerb struct {
	Check targetCheck `cmd:"" looks:"" help:"Go through what a relay has to do, and say in plain words what is wrong." example:"target check orders.yaml"`
	Show  targetShow  `cmd:"" looks:"" help:"Show what a target file says, with what it leaves out filled in." example:"target show orders.yaml"`
	Init  targetInit  `cmd:"" help:"Write a target, an adapter that runs, a file of known failures and a CI snippet." example:"target init stdio relay --lang node"`
}

type targetShow struct {
	File string `arg:"" complete:"file" help:"The target file."`
}

// Run shows a target file.
func (v *targetShow) Run(ctx context.Context, dir *files.Dir, out *answer.Out) error {
	if err := dir.MayRead(v.File); err != nil {
		return err
	}
	f, err := foreign.Read(ctx, dir.Full(v.File))
	if err != nil {
		return err
	}
	says := f.Says()
	data := map[string]string{}
	for _, fact := range says {
		data[fact.Name] = fact.Value
	}
	return out.Show(data, func(p *page.Page) {
		t := page.NewTable()
		for _, fact := range says {
			t.Row(fact.Name, fact.Value)
		}
		t.Write(p)
	})
}

// probes are what a check goes through, in order: a row each.
func probes() []struct{ what, id, wrong string } {
	return []struct{ what, id, wrong string }{
		{"a good token is accepted, a bad signature is not", "SIG-15", "verify the signature with the keys of reset (or of the served JWKS)"},
		{"an expired token is refused", "TIM-17", "compare exp with the time: that of reset and clock if it can clock, else the machine's"},
		{"a token of another order is refused", "FLW-01", "compare order_processing_id with the session"},
		{"the same again is refused", "FLW-13", "remember iss and jti of what a session has accepted"},
		{"of sixteen at once, one is accepted", "FLW-14", "look and record under one lock"},
		{"a closed session takes nothing", "FLW-07", "answer rejected for a session that was closed"},
		{"a closed session gives back what it accepted", "RED-11", "when a session ends, cancel each token that it accepted and did not redeem: its hold stays until then"},
		{"what a domain refuses is taken back", "RED-10", "after a refusal cancel what was redeemed, in reverse, and answer compensated"},
		{"an answer that is lost is asked for again", "FLT-06", "ask again with the same attempt"},
		{"what could not be taken back is stuck, and can be resumed", "FLT-07", "answer stuck when a cancel keeps failing, and go on at resume"},
		{"a retired key is trusted no more", "ROT-03", "take the keys of op keys (or fetch them again) in the place of the old"},
		{"time that passes is seen", "FLW-21", "take the time of op clock; without that ability, the machine's"},
	}
}

type targetCheck struct {
	File      string   `arg:"" optional:"" complete:"file" help:"The target file."`
	Adapter   string   `placeholder:"'CMD ARG…'" help:"An adapter's command instead."`
	NoStart   bool     `help:"Do not start the target: it runs already."`
	AllowHost []string `sep:"none" placeholder:"HOST:PORT" help:"A host of a target that is not this machine."`
}

// checkedProbe is a part of the JSON of target check.
type checkedProbe struct {
	What   string         `json:"what"`
	Row    string         `json:"row"`
	Status attacks.Status `json:"status"`
	Detail string         `json:"detail"`
	Advice string         `json:"advice"`
}

// Run goes through the probes. It fails when one of them does.
func (v *targetCheck) Run(ctx context.Context, w *world.World, dir *files.Dir, out *answer.Out) error {
	e := elsewhere{Target: v.File, Adapter: v.Adapter}
	if !e.there() {
		return exit.Usage("target check FILE, or --adapter 'CMD ARG…'", "which target?")
	}
	f, err := e.read(ctx, dir)
	if err != nil {
		return err
	}
	shop, err := ShopOf(ctx, w.Plan)
	if err != nil {
		return err
	}
	var ids []string
	for _, probe := range probes() {
		ids = append(ids, probe.id)
	}
	rows := make([]attacks.Row, 0, len(ids))
	for _, id := range ids { // in the order of the probes
		one, err := Chosen([]string{id}, Choice{})
		if err != nil {
			return err
		}
		rows = append(rows, one...)
	}
	life := time.Duration(0)
	if f.Each != nil {
		life = 10 * time.Second // a process a token takes its time
	}
	report, err := conform.Run(ctx, f, conform.Options{
		Rows: rows, Life: life, Plan: shop.Plan, Seed: world.DefaultSeed, Reasons: "mapped", Jobs: 1, Tool: "tokenshell", NoStart: v.NoStart, AllowHost: v.AllowHost, FailOn: "warning",
		NewTarget: func(w *world.World, life time.Duration) attacks.Target { return shop.target(w, life) },
		Notice:    func(text string) { fmt.Fprintln(out.Stderr, redact.Printable(text)) },
	})
	if report == nil || len(report.Rows) == 0 {
		return err
	}
	var all []checkedProbe
	for i, row := range report.Rows {
		probe := probes()[i]
		one := checkedProbe{What: probe.what, Row: row.ID, Status: row.Status, Detail: row.Detail}
		one.Advice = advice(row, rows[i].Needs(), probe.wrong)
		all = append(all, one)
	}
	data := map[string]any{"target": report.Target, "relay": report.Relay, "can": report.Can, "probes": all}
	shown := out.Show(data, func(p *page.Page) {
		fmt.Fprintf(p, "%s: %s, can %s\n", report.Target, page.OrDash(report.Relay), page.OrDash(strings.Join(report.Can, " ")))
		for _, one := range all {
			mark := "ok  "
			switch {
			case one.Status == foreign.Skipped:
				mark = "-   "
			case one.Status != attacks.Refused:
				mark = "NO  "
			}
			fmt.Fprintf(p, "%s %s\n", mark, one.What)
			if one.Status != attacks.Refused {
				fmt.Fprintf(p, "     %s: %s\n", one.Status, redact.Printable(strings.ReplaceAll(one.Detail, "\n", " ")))
			}
			if one.Advice != "" {
				fmt.Fprintf(p, "     %s\n", one.Advice)
			}
		}
	})
	if shown != nil || err != nil {
		if err != nil {
			return err
		}
		return shown
	}
	if !slices.ContainsFunc(report.Rows, func(row conform.Row) bool { return row.Status != foreign.Skipped }) {
		return nil // it has said of each what would have it tried
	}
	if err := report.Err(); err != nil {
		return exit.InJSON(err)
	}
	return nil
}

// advice says what to do about a probe's row; wrong is what to do when the relay
// has an answer, and it is the wrong one.
func advice(row conform.Row, needs []attacks.Need, wrong string) string {
	_, control, lost := strings.Cut(row.Detail, "the control ")
	_, control, _ = strings.Cut(control, " it: ")
	handed := strings.HasPrefix(control, "relay: ") || strings.HasPrefix(control, "open: ")
	switch {
	case row.Status == foreign.Skipped && row.Detail == "not claimed" || row.Green():
		return ""
	case row.Status == foreign.Skipped:
		return fmt.Sprintf("not tried; if it can, say so in can: %s", strings.Trim(fmt.Sprint(needs), "[]"))
	case row.Status == foreign.Leaked:
		return "write no part of a token into an answer: whoever reads it, or a log of it, may use the token"
	case lost && !handed:
		return "a good token was accepted, and not redeemed as it has to be: look at redeem and domains in the target file, and at what the relay asks of services"
	case row.Status == foreign.BaselineFailed:
		return "a good token did not come through: look at audience, typ, issuers and claims in contract, and at accepted"
	case lost:
		return "a good token has no answer: look at open and relay, and at what the relay writes to its log"
	}
	return wrong
}
