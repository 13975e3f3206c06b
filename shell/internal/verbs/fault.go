// fault: have a step of a party go wrong.

package verbs

import (
	"fmt"
	"slices"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
)

// Fault is the verb fault.
type Fault struct {
	Inject faultInject `cmd:"" default:"withargs" help:"Have the next uses of a step go wrong." example:"fault payments.redeem lost-reply --count 2"`
	List   faultList   `cmd:"" looks:"" help:"List the faults that wait." example:"fault list"`
	Clear  faultClear  `cmd:"" help:"Forget the faults that wait." example:"fault clear"`
}

type faultInject struct {
	Step  string `arg:"" complete:"step" placeholder:"SERVICE.STEP" help:"confirm, redeem or cancel of a service; kms.sign or kms.decrypt."`
	Kind  string `arg:"" complete:"kind" help:"refuse, timeout, lost-reply or slow."`
	Count int    `default:"1" placeholder:"N" help:"How many uses go wrong: 1 unless given."`
}

// Run orders a fault.
func (v *faultInject) Run(w *world.World, out *answer.Out) error {
	party, step, err := w.ParseStep(v.Step)
	if err != nil {
		return err
	}
	if !slices.Contains(wire.FaultKinds(), v.Kind) {
		hint := "one of " + strings.Join(wire.FaultKinds(), ", ")
		return exit.Usage(hint, "there is no fault %q", v.Kind)
	}
	if v.Count < 1 {
		return exit.Usage("write 1 or more", "--count %d is not a number of times", v.Count)
	}
	w.Faults.Add(wire.Fault{Party: party, Step: step, Kind: wire.FaultKind(v.Kind), Left: v.Count})
	return showFaults(w, out)
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

func showFaults(world *world.World, out *answer.Out) error {
	data := struct {
		Faults []wire.Fault `json:"faults"`
	}{world.Faults.List()}
	if data.Faults == nil {
		data.Faults = []wire.Fault{}
	}
	return out.Show(data, func(w *page.Page) {
		for _, f := range data.Faults {
			fmt.Fprintf(w, "%s.%s: %s, %s\n", f.Party, f.Step, f.Kind, page.Count(f.Left, "time"))
		}
		if len(data.Faults) == 0 {
			fmt.Fprintln(w, "no faults wait")
		}
	})
}
