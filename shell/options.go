// Options: what set changes.

package shell

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// optionRow is one option of set.
type optionRow struct {
	name   string
	values string // what may stand there
	help   string
	get    func(*Shell) string
	set    func(*Shell, string) error
}

// optionRows is the closed list of options.
func optionRows() []optionRow {
	oneOf := func(to func(*Shell) *string, values ...string) func(*Shell, string) error {
		return func(s *Shell, value string) error {
			if !slices.Contains(values, value) {
				return fmt.Errorf("write one of %s", strings.Join(values, ", "))
			}
			*to(s) = value
			return nil
		}
	}
	color := func(s *Shell) *string { return &s.options.color }
	output := func(s *Shell) *string { return &s.options.output }
	return []optionRow{
		{"check", "on|off", "whether the invariants are checked after every verb", getCheck, setCheck},
		{"color", "auto|always|never", "whether output is coloured", func(s *Shell) string { return s.options.color }, oneOf(color, "auto", "always", "never")},
		{"leeway", "D", "how far clocks may differ, for every verifier", func(s *Shell) string { return s.world.leeway.get().String() }, setLeeway},
		{"output", "text|json", "how verbs print", func(s *Shell) string { return s.options.output }, oneOf(output, "text", "json")},
		{"tips", "on|off", "whether the prompt says what to try after a refusal", getTips, setTips},
	}
}

func onOff(on bool) string { return map[bool]string{true: "on", false: "off"}[on] }

func isOn(value string) (bool, error) {
	if value != "on" && value != "off" {
		return false, errors.New("write on or off")
	}
	return value == "on", nil
}

func getCheck(s *Shell) string { return onOff(s.world.witness.watching()) }

func setCheck(s *Shell, value string) error {
	on, err := isOn(value)
	if err == nil {
		s.world.witness.watch(on)
	}
	return err
}

func getTips(s *Shell) string { return onOff(s.options.tips) }

func setTips(s *Shell, value string) error {
	on, err := isOn(value)
	if err == nil {
		s.options.tips = on
	}
	return err
}

// maxLeeway keeps a leeway from being a lifetime.
const maxLeeway = 5 * time.Minute

func setLeeway(s *Shell, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 || d > maxLeeway {
		return fmt.Errorf("write a duration of 0s to %s", maxLeeway)
	}
	s.world.leeway.set(d)
	return nil
}
