// Saving: a world put aside and taken back in place.

package spec

import (
	"maps"
	"slices"
)

// saved is a world as it was. What is shared stays where it is, so that questions
// that are late still mean the same.
type saved struct {
	world    World
	sessions []kept[Session]
	facts    []map[string]string
	steps    []kept[step]
	holds    []kept[Hold]
	keys     []kept[Key]
	byName   map[string][]*Key
	uses     []kept[use]
	used     map[int]*use
}

// kept is a thing, and what it was.
type kept[T any] struct {
	at  *T
	was T
}

func keep[T any](all []*T) []kept[T] {
	put := make([]kept[T], len(all))
	for i, at := range all {
		put[i] = kept[T]{at, *at}
	}
	return put
}

func takeBack[T any](all []kept[T]) {
	for i := range all {
		*all[i].at = all[i].was
	}
}

// Save puts the world aside. What it gives stays as it was.
func (m *World) Save() any {
	s := &saved{world: *m, sessions: keep(m.Sessions), holds: keep(m.Holds), byName: make(map[string][]*Key, len(m.Keys))}
	s.world.Sessions, s.world.Holds = slices.Clone(m.Sessions), slices.Clone(m.Holds)
	s.world.Faults, s.world.Late = slices.Clone(m.Faults), slices.Clone(m.Late)
	for _, of := range m.Sessions {
		s.facts = append(s.facts, maps.Clone(of.facts))
		s.steps = append(s.steps, keep(of.steps)...)
	}
	for name, all := range m.Keys {
		s.byName[name] = slices.Clone(all)
		s.keys = append(s.keys, keep(all)...)
	}
	if len(m.uses) > 0 {
		s.used = maps.Clone(m.uses)
		for _, u := range m.uses {
			s.uses = append(s.uses, kept[use]{u, *u})
		}
	}
	return s
}

// Restore takes back what Save gave.
func (m *World) Restore(from any) {
	s := from.(*saved)
	*m = s.world
	m.Sessions, m.Holds = slices.Clone(s.world.Sessions), slices.Clone(s.world.Holds)
	m.Faults, m.Late = slices.Clone(s.world.Faults), slices.Clone(s.world.Late)
	takeBack(s.sessions)
	for i, of := range m.Sessions {
		of.facts, of.steps = maps.Clone(s.facts[i]), slices.Clone(of.steps)
	}
	takeBack(s.steps)
	takeBack(s.holds)
	m.Keys = make(map[string][]*Key, len(s.byName))
	for name, all := range s.byName {
		m.Keys[name] = slices.Clone(all)
	}
	takeBack(s.keys)
	m.uses = map[int]*use{}
	maps.Copy(m.uses, s.used)
	takeBack(s.uses)
}
