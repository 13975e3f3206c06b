package world

import "fmt"

// PartNames gives the types of a world's parts.
func PartNames(w *World) []string {
	var names []string
	for _, part := range w.parts {
		names = append(names, fmt.Sprintf("%T", part))
	}
	return names
}

// RestoreBut restores all parts but the i-th.
func RestoreBut(w *World, saved any, i int) {
	for n, part := range saved.([]any) {
		if n != i {
			w.parts[n].Restore(part)
		}
	}
}

// SavesRelay reports whether the relay is one of the parts.
func SavesRelay(w *World) bool { return w.inMemory() }
