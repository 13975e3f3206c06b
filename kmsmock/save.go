package kmsmock

// Putting the books aside and taking them back.

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// saved is what may change of a KMS, in a fixed order. A key's id and material never
// do.
type saved struct {
	made    map[types.KeySpec]int
	keys    []savedKey
	aliases []savedAlias
}

type savedKey struct {
	key      *key
	state    types.KeyState
	deletion time.Time
}

type savedAlias struct {
	name, arn string // arn is its key's
	alias
}

// Save puts the books aside.
func (k *KMS) Save() any {
	_, unlock := k.lock()
	defer unlock()
	return k.save()
}

// save puts the books aside, or gives what was put aside, for they are as they were.
func (k *KMS) save() *saved {
	if k.aside != nil {
		return k.aside
	}
	s := &saved{made: maps.Clone(k.made)}
	for _, id := range slices.Sorted(maps.Keys(k.keys)) {
		key := k.keys[id]
		s.keys = append(s.keys, savedKey{key, key.state, key.deletion})
	}
	for _, name := range slices.Sorted(maps.Keys(k.aliases)) {
		s.aliases = append(s.aliases, savedAlias{name, keyARN(k.aliases[name].target), *k.aliases[name]})
	}
	k.aside = s
	return s
}

// Restore takes back what Save gave: the same keys will be made again.
func (k *KMS) Restore(from any) {
	s := from.(*saved)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.aside == s {
		return
	}
	clear(k.made)
	maps.Copy(k.made, s.made)
	clear(k.keys)
	for _, was := range s.keys {
		was.key.state, was.key.deletion = was.state, was.deletion
		k.keys[was.key.id] = was.key
	}
	clear(k.aliases)
	for _, was := range s.aliases {
		k.aliases[was.name] = &was.alias
	}
	k.aside = s
}

// Canon is where a KMS writes down what bears on its future: texts, ids, which are
// told apart and otherwise mean nothing, moments, and things without an order.
type Canon interface {
	Int(n int)
	Text(text string)
	ID(id string)
	Time(t time.Time)
	Set(n int, write func(i int))
}

// Canon writes which keys there are, what each is good for, and what its aliases
// are. When they were made is only told, and which keys come next decides nothing.
func (k *KMS) Canon(w Canon) {
	_, unlock := k.lock()
	defer unlock()
	s := k.save()
	w.Int(len(s.aliases))
	for _, alias := range s.aliases {
		w.Text(alias.name)
		w.ID(alias.arn)
	}
	w.Set(len(s.keys), func(i int) {
		key := s.keys[i].key
		w.ID(key.arn)
		w.Text(string(key.kind.spec))
		w.Text(string(key.state))
		w.Text(key.description)
		w.Time(key.deletion)
	})
}
