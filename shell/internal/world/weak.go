// Weak worlds: worlds whose parties leave rules out, to see that somebody
// notices.

package world

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tokenshell/kmsmock"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/logbook"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/witness"
	"tokenshell/tokens"
)

// BuildWeak makes a world whose parties leave rules out.
func BuildWeak(ctx context.Context, plan *Plan, m Making, weakness tokens.Weakness) (*World, error) {
	w := &World{Plan: plan, Leeway: &Leeway{}, Witness: &witness.Witness{}, weakness: weakness}
	seed := tokens.RandomSeed()
	if w.Clock = tokens.LiveClock(); m.Seed != nil {
		seed = fmt.Appendf(nil, "tokenshell seed %d", *m.Seed)
		if !m.Live {
			w.Clock = tokens.FrozenClock(Epoch)
		}
	}
	w.Mint = tokens.NewMint(seed)
	keys := w.Mint.Derive("kms")
	if m.IDs != "" {
		w.Mint = tokens.NewMint(w.Mint.Derive("ids of " + m.IDs))
	}
	w.Witness.Peek = w.Peek
	w.Faults = &wire.Faults{Clock: w.Clock}
	w.Wire = &wire.Wire{Faults: w.Faults, Conversation: wire.NewConversation(w.Clock)}
	w.Log = logbook.New(w.Clock)
	w.memory = m.Memory
	if m.Again {
		if w.memory == nil {
			w.memory = tokens.NewMemory()
		}
		w.peeked = map[string]tokens.Unverified{}
		w.Log.Silence()
		w.Wire.Conversation.Silence()
	}
	w.standinBooks = &standinBooks{clock: w.Clock, owed: w.owed, uses: map[witness.Use]*standinEntry{}}
	w.KMS = kmsmock.New(kmsmock.Config{Seed: keys, Now: w.Clock.Of("kms").Now, Memory: m.Again})
	if err := w.openServices(ctx); err != nil {
		return nil, err
	}
	w.openRelay(m)
	w.parts = partsOf(w)
	return w, nil
}

// Without gives the weakness that --without names; none when it is empty.
func Without(rule string) (tokens.Weakness, error) {
	if rule == "" {
		return tokens.Weakness{}, nil
	}
	weakness, err := tokens.UnsafeWithout(rule)
	if err != nil {
		return tokens.Weakness{}, exit.Usage(exit.Meant(rule, Leavable(), "one of "+strings.Join(Leavable(), ", ")), "%v", err)
	}
	return weakness, nil
}

// BeWithout has a world that was just made leave rules out, as somebody has asked
// for in so many words; none leave it sound.
func (w *World) BeWithout(rules []string) error {
	if len(rules) == 0 {
		return nil
	}
	w.bornWithout = slices.Clone(rules)
	return w.Weaken(rules)
}

// Weaken has the parties of a world leave rules out from now on, and no others:
// none make it sound again. Where it is shown, the world is shown as a weak one.
func (w *World) Weaken(rules []string) error {
	if w.own == nil {
		return exit.Unable("the relay of this world is ours without --target", "what somebody else's relay checks is its own business")
	}
	for _, rule := range rules {
		if _, err := Without(rule); err != nil {
			return err
		}
	}
	weakness, err := tokens.UnsafeWithout(rules...)
	if err != nil {
		return err
	}
	type party interface{ Weaken(tokens.Weakness) }
	parties := []party{w.own}
	if w.second != nil {
		parties = append(parties, w.second)
	}
	for _, p := range w.Parties {
		weak, ok := p.Domain.(party)
		if !ok {
			return exit.Usage("leave the domain out of the world", "%s cannot leave a rule out", p.Name)
		}
		parties = append(parties, weak)
	}
	for _, p := range parties {
		p.Weaken(weakness)
	}
	for _, s := range w.Standins {
		s.verifier.Weakness = weakness
	}
	w.weakness, w.leftOut = weakness, slices.Clone(rules)
	for _, rule := range rules {
		if !slices.Contains(w.everLeftOut, rule) {
			w.everLeftOut = append(w.everLeftOut, rule)
		}
	}
	return nil
}

// EverLeftOut gives the rules that the parties have left out at some time: what
// happened in such a world shows nothing of a sound one.
func (w *World) EverLeftOut() []string { return slices.Clone(w.everLeftOut) }

// LeftOut gives the rules that the parties leave out; none of a sound world.
func (w *World) LeftOut() []string { return slices.Clone(w.leftOut) }

// BornWithout gives those that it was made without.
func (w *World) BornWithout() []string { return slices.Clone(w.bornWithout) }

// Leavable gives what --without may name.
func Leavable() []string { return append(tokens.CheckNames(), WeaknessNames()...) }

// WeaknessNames gives the rules that may be left out beside the checks.
func WeaknessNames() []string {
	var names []string
	for _, row := range tokens.Weaknesses() {
		names = append(names, row.Rule)
	}
	return names
}
