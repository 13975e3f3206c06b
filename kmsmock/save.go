package kmsmock

// Putting the books aside and taking them back.

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// saved is what may change of a KMS. A key's id and material never do.
type saved struct {
	made    map[types.KeySpec]int
	keys    []savedKey
	aliases map[string]alias
}

type savedKey struct {
	key      *key
	state    types.KeyState
	deletion time.Time
}

// Save puts the books aside.
func (k *KMS) Save() any {
	_, unlock := k.lock()
	defer unlock()
	s := saved{maps.Clone(k.made), make([]savedKey, 0, len(k.keys)), make(map[string]alias, len(k.aliases))}
	for _, key := range k.keys {
		s.keys = append(s.keys, savedKey{key, key.state, key.deletion})
	}
	for name, alias := range k.aliases {
		s.aliases[name] = *alias
	}
	return s
}

// Restore takes back what Save gave: the same keys will be made again.
func (k *KMS) Restore(from any) {
	s := from.(saved)
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.made)
	maps.Copy(k.made, s.made)
	clear(k.keys)
	for _, was := range s.keys {
		was.key.state, was.key.deletion = was.state, was.deletion
		k.keys[was.key.id] = was.key
	}
	for name := range k.aliases {
		if _, stays := s.aliases[name]; !stays {
			delete(k.aliases, name)
		}
	}
	for name, was := range s.aliases {
		if k.aliases[name] == nil {
			k.aliases[name] = &alias{}
		}
		*k.aliases[name] = was
	}
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
	names := slices.Sorted(maps.Keys(k.aliases))
	w.Int(len(names))
	for _, name := range names {
		w.Text(name)
		w.ID(keyARN(k.aliases[name].target))
	}
	ids := slices.Sorted(maps.Keys(k.keys))
	w.Set(len(ids), func(i int) {
		key := k.keys[ids[i]]
		w.ID(key.arn())
		w.Text(string(key.kind.spec))
		w.Text(string(key.state))
		w.Text(key.description)
		w.Time(key.deletion)
	})
}
