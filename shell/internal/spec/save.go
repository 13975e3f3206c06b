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
	s, was := from.(*saved), *m
	*m = s.world
	m.Sessions, m.Holds = append(was.Sessions[:0], m.Sessions...), append(was.Holds[:0], m.Holds...)
	m.Faults, m.Late = append(was.Faults[:0], m.Faults...), append(was.Late[:0], m.Late...)
	takeBack(s.sessions)
	for _, of := range m.Sessions {
		of.steps = slices.Clone(of.steps)
	}
	takeBack(s.steps)
	takeBack(s.holds)
	for name, all := range s.byName { // of services that are there for ever
		m.Keys[name] = append(m.Keys[name][:0], all...)
	}
	takeBack(s.keys)
	clear(m.uses)
	maps.Copy(m.uses, s.used)
	takeBack(s.uses)
}
