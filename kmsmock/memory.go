package kmsmock

// Remembering keys and what they did: one that is made again is the same, and does
// the same again.

import "sync"

// mostAnswers is how many are kept; it starts again then.
const mostAnswers = 1 << 15

// answered is what a key was asked to do.
type answered struct{ key, algorithm, message string }

// answers are what keys answered, and the keys. A nil one keeps none. Errors are not
// kept.
type answers struct {
	mu   sync.Mutex
	kept map[answered][]byte
	keys map[string]material // by the key's id, which a key that is made again has again
}

// newAnswers makes one that has none yet.
func newAnswers() *answers {
	return &answers{kept: map[answered][]byte{}, keys: map[string]material{}}
}

// material gives the material of a key, remembered or new: exploring, whose every
// rotation is taken back, it is a fiftieth of the time.
func (a *answers) material(id string, generate func() (material, error)) (material, error) {
	if a == nil {
		return generate()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.keys[id]; ok {
		return known, nil
	}
	made, err := generate()
	if err == nil {
		if len(a.keys) >= mostAnswers {
			clear(a.keys)
		}
		a.keys[id] = made
	}
	return made, err
}

// of gives the answer of a key, remembered or new.
func (a *answers) of(asked answered, do func() ([]byte, error)) ([]byte, error) {
	if a == nil {
		return do()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.kept[asked]; ok {
		return append([]byte(nil), known...), nil
	}
	answer, err := do()
	if err == nil {
		if len(a.kept) >= mostAnswers {
			clear(a.kept)
		}
		a.kept[asked] = append([]byte(nil), answer...)
	}
	return answer, err
}
