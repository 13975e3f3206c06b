// Options: what set changes.

package interp

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// Options are what set changes of a shell.
type Options struct {
	Output string // text or json
	Filter *answer.Filter
	Color  string // auto, always or never
	Tips   bool   // a person is told what to try next
}

// OptionRow is one option of set.
type OptionRow struct {
	Name   string
	Values string // what may stand there
	Help   string
	Get    func(*world.World, *Options) string
	Set    func(w *world.World, o *Options, value string) error
}

// OptionRows is the closed list of options.
func OptionRows() []OptionRow {
	return []OptionRow{
		{"check", "on|off", "whether the invariants are checked after every verb",
			func(w *world.World, _ *Options) string { return onOff(w.Witness.Watching()) },
			func(w *world.World, _ *Options, value string) error {
				on, err := isOn(value)
				if err == nil {
					w.Witness.Watch(on)
				}
				return err
			}},
		{"color", "auto|always|never", "whether output is coloured",
			func(_ *world.World, o *Options) string { return o.Color },
			func(_ *world.World, o *Options, value string) error {
				return oneOf(&o.Color, value, "auto", "always", "never")
			}},
		{"leeway", "D", "how far clocks may differ, for every verifier",
			func(w *world.World, _ *Options) string { return w.Leeway.Get().String() },
			func(w *world.World, _ *Options, value string) error { return setLeeway(w, value) }},
		{"output", "text|json", "how verbs print",
			func(_ *world.World, o *Options) string { return o.Output },
			func(_ *world.World, o *Options, value string) error { return oneOf(&o.Output, value, "text", "json") }},
		{"tips", "on|off", "whether the prompt says what to try after a refusal",
			func(_ *world.World, o *Options) string { return onOff(o.Tips) },
			func(_ *world.World, o *Options, value string) (err error) {
				o.Tips, err = isOnOr(o.Tips, value)
				return err
			}},
		{"without", "CHECK|none", "a check or rule that every party leaves out, to see what happens; several stand between commas",
			func(w *world.World, _ *Options) string { return cmp.Or(strings.Join(w.LeftOut(), ","), "none") },
			func(w *world.World, _ *Options, value string) error {
				if value == "none" {
					return w.Weaken(nil)
				}
				return w.Weaken(strings.Split(value, ","))
			}},
	}
}

func oneOf(to *string, value string, values ...string) error {
	if !slices.Contains(values, value) {
		return fmt.Errorf("write one of %s", strings.Join(values, ", "))
	}
	*to = value
	return nil
}

func onOff(on bool) string { return map[bool]string{true: "on", false: "off"}[on] }

func isOn(value string) (bool, error) {
	if value != "on" && value != "off" {
		return false, errors.New("write on or off")
	}
	return value == "on", nil
}

// isOnOr keeps what was when the value says nothing.
func isOnOr(was bool, value string) (bool, error) {
	on, err := isOn(value)
	if err != nil {
		return was, err
	}
	return on, nil
}

// maxLeeway keeps a leeway from being a lifetime.
const maxLeeway = 5 * time.Minute

func setLeeway(w *world.World, value string) error {
	d, err := syntax.ParseSpan(value)
	if err != nil {
		return err
	}
	if d < 0 || d > maxLeeway {
		return fmt.Errorf("write a duration of 0s to %s", syntax.Span(maxLeeway))
	}
	w.Leeway.Set(d)
	return nil
}
