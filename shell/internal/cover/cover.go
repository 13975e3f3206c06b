// Package cover takes down what scenarios exercise of what there is: reasons,
// capabilities, faults, verbs and steps.
package cover

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/wire"
)

// Seen is what a run has exercised so far. Safe for concurrent use.
type Seen struct {
	mu    sync.Mutex
	parts map[string]map[string]bool // by what it is, by its name: whether it was exercised
	known map[*interp.Language]bool  // of the worlds so far
}

// What is covered, in the order in which it is told.
const (
	reasons      = "reasons"
	capabilities = "capabilities"
	faults       = "faults"
	verbs        = "verbs"
	steps        = "steps"
)

// ledgerUse is the step by which a token is used up at the relay.
const ledgerUse = "ledger.use"

func kinds() []string { return []string{reasons, capabilities, faults, verbs, steps} }

// New has seen nothing. What there is of a world is known when one is watched.
func New() *Seen {
	s := &Seen{parts: map[string]map[string]bool{}, known: map[*interp.Language]bool{}}
	for _, kind := range kinds() {
		s.parts[kind] = map[string]bool{}
	}
	for _, row := range wire.FaultRows() {
		s.there(faults, string(row.Kind))
	}
	return s
}

// know learns what there is of the language of a world.
func (s *Seen) know(l *interp.Language) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[l] {
		return nil
	}
	p, err := l.Parser()
	if err != nil {
		return err
	}
	defer l.Done(p)
	s.known[l] = true
	s.there(reasons, l.ReasonCodes()...)
	for _, k := range l.Domains {
		if !k.Optional {
			s.there(capabilities, k.Capability)
		}
	}
	for _, leaf := range interp.Leaves(p.Root()) {
		if !leaf.Hidden && !leaf.Tag.Has("leaves") { // which no scenario can
			s.there(verbs, interp.VerbPath(leaf))
		}
	}
	return nil
}

// there says that there are such things.
func (s *Seen) there(kind string, names ...string) {
	for _, name := range names {
		s.parts[kind][name] = s.parts[kind][name] || false
	}
}

// met says that such things were exercised.
func (s *Seen) met(kind string, names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.parts[kind][name] = true
	}
}

// Watch takes down what a shell does from now on, and what there is in
// its world. End tells it of the rest, when the shell's lines have run.
func (s *Seen) Watch(sh *interp.Shell) error {
	if err := s.know(sh.Language); err != nil {
		return err
	}
	sh.Did = func(verb string, err error) {
		s.met(verbs, verb)
		s.met(reasons, exit.Codes(err)...)
	}
	sh.World.Faults.OnTake = func(f wire.Fault) { s.met(faults, string(f.Kind)) }
	return nil
}

// End takes down what the parties of a shell's world said to each other.
func (s *Seen) End(sh *interp.Shell) {
	s.mu.Lock()
	for _, step := range sh.World.Steps() {
		s.there(steps, step.String())
	}
	capability := map[string][]string{}
	for _, p := range sh.World.Parties {
		capability[p.Name] = []string{p.Capability}
	}
	for _, o := range sh.World.Outsiders {
		capability[o.Service] = append(capability[o.Service], o.Issuer.Capabilities...)
	}
	for _, all := range capability {
		s.there(capabilities, all...)
	}
	known := maps.Clone(s.parts[reasons])
	s.mu.Unlock()
	for _, m := range sh.World.Wire.Conversation.All() {
		if step := m.To + "." + m.Step; m.Answers == 0 && s.has(steps, step) {
			s.met(steps, step)
		}
		if wire.IsRelay(m.From) && m.Step == "relay" && m.Outcome == "ok" && s.has(steps, ledgerUse) { // the relay asks it without a message
			s.met(steps, ledgerUse)
		}
		if _, is := known[m.Outcome]; is {
			s.met(reasons, m.Outcome)
		}
		if m.Answers > 0 && m.Step == "redeem" && m.Outcome == "ok" {
			s.met(capabilities, capability[m.From]...)
		}
	}
}

func (s *Seen) has(kind, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, has := s.parts[kind][name]
	return has
}

// Part is one kind of what there is.
type Part struct {
	What      string   `json:"what"`
	Total     int      `json:"total"`
	Exercised int      `json:"exercised"`
	Missing   []string `json:"missing"`
}

// Parts gives what was exercised and what was not.
func (s *Seen) Parts() []Part {
	s.mu.Lock()
	defer s.mu.Unlock()
	var parts []Part
	for _, kind := range kinds() {
		p := Part{What: kind, Total: len(s.parts[kind]), Missing: []string{}}
		for _, name := range slices.Sorted(maps.Keys(s.parts[kind])) {
			if s.parts[kind][name] {
				p.Exercised++
			} else {
				p.Missing = append(p.Missing, name)
			}
		}
		parts = append(parts, p)
	}
	return parts
}

// Write shows parts for people.
func Write(w *page.Page, parts []Part) {
	for _, p := range parts {
		fmt.Fprintf(w, "%s: %d of %d exercised", p.What, p.Exercised, p.Total)
		if len(p.Missing) > 0 {
			fmt.Fprintf(w, "; not %s", strings.Join(p.Missing, ", "))
		}
		fmt.Fprintln(w)
	}
}
