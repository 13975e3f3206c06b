// fault: have a step of a party go wrong.

package fates

import (
	"fmt"
	"slices"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
)

// Fault is the verb fault.
type Fault struct {
	Inject faultInject `cmd:"" default:"withargs" help:"Have the next uses of a step go wrong." example:"fault payments.redeem lost-reply --count 2"`
	List   faultList   `cmd:"" looks:"" help:"List the faults that wait, and the questions that are late." example:"fault list"`
	Clear  faultClear  `cmd:"" help:"Forget the faults that wait." example:"fault clear"`
}

type faultInject struct {
	Step  string `arg:"" complete:"step" placeholder:"PARTY.STEP" help:"confirm, redeem, cancel or revoke of a service; open, relay, redeem, resume or close of the relay; kms.sign, kms.decrypt or ledger.use."`
	Kind  string `arg:"" complete:"kind" help:"refuse, timeout, lost-reply, slow, duplicate, late, crash-before, crash-after, meanwhile or meanwhile-after; of the ledger unavailable, slow, meanwhile or meanwhile-after."`
	Line  string `arg:"" optional:"" help:"Of meanwhile and meanwhile-after: the other client's verb, quoted."`
	Count int    `default:"1" placeholder:"N" help:"How many uses go wrong: 1 unless given."`
	After int    `default:"0" placeholder:"N" help:"How many uses go well before that."`
}

// Run orders a fault.
func (v *faultInject) Run(call *interp.Call) error {
	w := call.World
	party, step, err := w.ParseStep(v.Step)
	if err != nil {
		return err
	}
	kind := wire.FaultKind(v.Kind)
	if kinds := wire.FaultKinds(party, step); !slices.Contains(kinds, v.Kind) {
		hint := exit.Meant(v.Kind, kinds, "one of "+strings.Join(kinds, ", "))
		if slices.ContainsFunc(wire.FaultRows(), func(r wire.FaultRow) bool { return r.Kind == kind }) {
			return exit.Usage(hint, "%s.%s cannot go wrong as %q does", party, step, v.Kind)
		}
		return exit.Usage(hint, "there is no fault %q", v.Kind)
	}
	switch {
	case v.Count < 1:
		return exit.Usage("write 1 or more", "--count %d is not a number of times", v.Count)
	case v.After < 0:
		return exit.Usage("write 0 or more", "--after %d is not a number of times", v.After)
	case kind.HasLine() && v.Line == "":
		return exit.Usage("fault "+v.Step+" "+v.Kind+" 'revoke coupon-1'", "%s needs the verb that is run", v.Kind)
	case !kind.HasLine() && v.Line != "":
		return exit.Usage("only meanwhile and meanwhile-after take a verb", "unexpected argument %q", v.Line)
	}
	if kind == wire.CrashBefore || kind == wire.CrashAfter {
		if err := w.Ours(); err != nil {
			return err
		}
	}
	if v.Line != "" {
		if err := parses(call, v.Line); err != nil {
			return err
		}
	}
	w.Faults.Add(wire.Fault{Party: party, Step: step, Kind: kind, Left: v.Count, After: v.After, Line: v.Line})
	return showFaults(w, call.Out)
}

// parses looks whether a line will be a command when its time comes.
func parses(call *interp.Call, line string) error {
	commands, err := syntax.Split(line, false)
	if err != nil {
		return err
	}
	if len(commands) != 1 {
		return exit.Usage("write one verb", "%q is no verb", line)
	}
	words := make([]string, len(commands[0]))
	for i, word := range commands[0] {
		words[i] = word.Plain()
	}
	if err := call.Parses(words); err != nil {
		return err
	}
	for behind := map[string]int{"!": 1, "expect": 2, "capture": 2}; len(words) > 0; words = words[behind[words[0]]:] {
		if call.VerbIs(words, "alone") {
			return exit.Usage("meanwhile somebody confirms, relays, redeems, revokes or closes", "%s is not another client's business", words[0])
		}
		if behind[words[0]] == 0 || len(words) < behind[words[0]] {
			break
		}
	}
	return nil
}

type faultList struct{}

// Run lists faults.
func (v *faultList) Run(w *world.World, out *answer.Out) error { return showFaults(w, out) }

type faultClear struct{}

// Run forgets faults.
func (v *faultClear) Run(w *world.World, out *answer.Out) error {
	w.Faults.Clear()
	return showFaults(w, out)
}

// lateQuestion is a question that has not arrived yet, in JSON.
type lateQuestion struct {
	Party string `json:"party"`
	Step  string `json:"step"`
	Order string `json:"order_processing_id,omitempty"`
}

func showFaults(world *world.World, out *answer.Out) error {
	data := struct {
		Faults []wire.Fault   `json:"faults"`
		Late   []lateQuestion `json:"late,omitempty"`
	}{Faults: world.Faults.List()}
	if data.Faults == nil {
		data.Faults = []wire.Fault{}
	}
	for _, q := range world.Wire.Late() {
		data.Late = append(data.Late, lateQuestion{q.To, q.Step, q.Session})
	}
	return out.Show(data, func(w *page.Page) {
		for _, f := range data.Faults {
			text := fmt.Sprintf("%s.%s: %s, %s", f.Party, f.Step, f.Kind, page.Count(f.Left, "time"))
			if f.After > 0 {
				text += ", after " + page.Count(f.After, "use")
			}
			if f.Line != "" {
				text += ": " + f.Line
			}
			fmt.Fprintln(w, text)
		}
		if len(data.Faults) == 0 {
			fmt.Fprintln(w, "no faults wait")
		}
		for _, q := range data.Late {
			fmt.Fprintf(w, "%s.%s of order %s is late: deliver %s.%s\n", q.Party, q.Step, q.Order, q.Party, q.Step)
		}
	})
}
