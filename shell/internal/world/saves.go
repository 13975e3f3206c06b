// Saving: a world put aside, taken back in place, and written down.

package world

import (
	"crypto/x509"
	"fmt"
	"maps"
	"slices"
	"time"

	"tokenshell/kmsmock"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/witness"
	"tokenshell/tokens"
)

// Part is a part of a world that can be put aside and taken back. What Save gave
// stays as it was, and may be restored any number of times, into the party that it
// is of. Canon writes down all that bears on the part's future.
type Part interface {
	Save() any
	Restore(saved any)
	Canon(w tokens.Canon)
}

// partsOf gives the parts of a world in the order in which they are written: those
// whose order means something name the ids for those that have none. The clock is
// the first to come back. A relay that is no part stays as it is.
func partsOf(w *World) []Part {
	parts := []Part{clockPart{w.Clock}, w.Leeway, mintPart{w.Mint}, outside{w}}
	if w.inMemory() {
		parts = append(parts, relayPart{w})
	}
	for _, p := range w.Parties {
		parts = append(parts, p.Domain)
	}
	return append(parts, w.standinBooks, kmsPart{w.KMS}, w.Faults, latePart{w}, w.Witness, w.Wire.Conversation, w.Log)
}

// Save puts a world aside.
func (w *World) Save() any {
	saved := make([]any, len(w.parts))
	for i, part := range w.parts {
		saved[i] = part.Save()
	}
	return saved
}

// Restore takes a world back to what Save gave, in place.
func (w *World) Restore(saved any) {
	for i, part := range saved.([]any) {
		w.parts[i].Restore(part)
	}
}

// Canon writes down what bears on the world's future.
func (w *World) Canon(c tokens.Canon) {
	for _, part := range w.parts {
		part.Canon(c)
	}
}

// inMemory reports whether the relay is ours, and keeps nothing elsewhere.
func (w *World) inMemory() bool {
	if w.own == nil {
		return false
	}
	_, store := w.life.Store.(orchestrator.SavedStore)
	_, ledger := w.life.Ledger.(orchestrator.SavedLedger)
	return store && ledger
}

// Savable is nil when the world can be put aside; else it says why it cannot.
func (w *World) Savable() error {
	if w.inMemory() {
		return nil
	}
	if _, err := w.Inspector(); err != nil {
		return err
	}
	return exit.Usage("a relay of ours in memory is put aside with its world", "what this relay has written down cannot be taken back")
}

// relayPart is our own relay as a part.
type relayPart struct{ *World }

// savedRelay is what a relay in memory was.
type savedRelay struct {
	ledger         orchestrator.Ledger // another one, when its memory was lost
	since          time.Time
	sessions, uses any
	trust          any
}

// Save puts the relay aside.
func (r relayPart) Save() any {
	return savedRelay{
		r.life.Ledger, r.own.Since, r.life.Store.(orchestrator.SavedStore).Save(), r.life.Ledger.(orchestrator.SavedLedger).Save(), r.own.SaveTrust(),
	}
}

// Restore takes back what Save gave.
func (r relayPart) Restore(saved any) {
	was := saved.(savedRelay)
	if was.ledger != r.life.Ledger || !was.since.Equal(r.own.Since) {
		for _, name := range r.relays() {
			r.live(name, was.ledger, was.since)
		}
	}
	r.life.Store.(orchestrator.SavedStore).Restore(was.sessions)
	r.life.Ledger.(orchestrator.SavedLedger).Restore(was.uses)
	r.own.RestoreTrust(was.trust)
}

// Canon writes down what the relay keeps. Whom it trusts is written elsewhere.
func (r relayPart) Canon(w tokens.Canon) {
	if w.Bool(!r.own.Since.IsZero()); !r.own.Since.IsZero() {
		w.Time(r.own.Since)
	}
	orchestrator.Canon(w, r.relays(), r.own.Clock.Now(), r.life.Store.(orchestrator.SavedStore), r.life.Ledger.(orchestrator.SavedLedger))
}

// latePart is the questions that are late.
type latePart struct{ *World }

// Save puts them aside.
func (l latePart) Save() any { return l.Wire.Save() }

// Restore takes back what Save gave.
func (l latePart) Restore(saved any) { l.Wire.Restore(saved) }

// Canon writes down what they ask for.
func (l latePart) Canon(w tokens.Canon) {
	late := l.Wire.Late()
	w.Int(len(late))
	for _, q := range late {
		w.Text(q.From)
		w.Text(q.To)
		w.Text(q.Step)
		w.Name(q.Session)
		w.ID(q.Attempt)
		w.ID(q.Token)
		if seen, err := l.Peek(q.Token); err == nil {
			w.Ref(seen.Ref)
		}
		for _, f := range q.Contents {
			switch f.Name {
			case "order_processing_id", "session", "attempt": // written already
			case "jti":
				w.ID(f.Value)
			default:
				w.Text(f.Name)
				w.Text(f.Value)
			}
		}
	}
}

// clockPart is the clock as a part.
type clockPart struct{ *tokens.WorldClock }

// Canon writes whether time goes on, and who is off by how much. The time itself
// is what everything else is written by.
func (c clockPart) Canon(w tokens.Canon) {
	skews := c.Skews()
	w.Bool(c.Frozen())
	w.Int(len(skews))
	for _, party := range slices.Sorted(maps.Keys(skews)) {
		w.Text(party)
		w.Int(int(skews[party]))
	}
}

// mintPart is the mint as a part.
type mintPart struct{ *tokens.Mint }

// Canon writes nothing: which ids come next decides nothing.
func (m mintPart) Canon(tokens.Canon) {}

// kmsPart is the KMS as a part: it knows nothing of tokens.
type kmsPart struct{ *kmsmock.KMS }

// Canon writes the KMS down.
func (k kmsPart) Canon(w tokens.Canon) { k.KMS.Canon(w) }

// outside is what a world knows of issuers from outside. None of them changes.
type outside struct{ *World }

// savedOutside is who was trusted.
type savedOutside struct {
	outsiders []*Outsider
	standins  []*standin
}

// Save puts aside who is trusted.
func (o outside) Save() any { return savedOutside{slices.Clone(o.Outsiders), slices.Clone(o.Standins)} }

// Restore takes back what Save gave.
func (o outside) Restore(saved any) {
	was := saved.(savedOutside)
	o.Outsiders, o.Standins = append(o.Outsiders[:0], was.outsiders...), append(o.Standins[:0], was.standins...)
}

// Canon writes down who is trusted, with what keys, and for what.
func (o outside) Canon(w tokens.Canon) {
	w.Int(len(o.Outsiders))
	for _, out := range o.Outsiders {
		w.Text(out.Issuer.Name)
		w.Text(out.Service)
		w.Text(fmt.Sprintf("%q %+v", out.Issuer.Capabilities, out.Issuer.Profile))
		for _, key := range out.Keys {
			der, _ := x509.MarshalPKIXPublicKey(key.Public) // which was read from a key set
			w.Text(key.ID)
			w.Text(string(key.Algorithm))
			w.Text(string(der))
		}
		w.Text("")
	}
	w.Int(len(o.Standins))
	for _, s := range o.Standins {
		w.Text(s.Name)
	}
}

// savedUses are the stand-ins' books.
type savedUses struct {
	uses    []savedUse
	horizon time.Time
}

// savedUse is an entry, and what may change of it.
type savedUse struct {
	of        witness.Use
	entry     *standinEntry
	cancelled bool
}

// Save puts the books aside.
func (b *standinBooks) Save() any {
	b.mu.Lock()
	defer b.mu.Unlock()
	saved := savedUses{make([]savedUse, 0, len(b.uses)), b.horizon}
	for of, e := range b.uses {
		saved.uses = append(saved.uses, savedUse{of, e, e.cancelled})
	}
	return saved
}

// Restore takes back what Save gave.
func (b *standinBooks) Restore(saved any) {
	was := saved.(savedUses)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.horizon = was.horizon
	clear(b.uses)
	for _, u := range was.uses {
		u.entry.cancelled = u.cancelled
		b.uses[u.of] = u.entry
	}
}

// Canon writes the books down.
func (b *standinBooks) Canon(w tokens.Canon) {
	b.mu.Lock()
	defer b.mu.Unlock()
	w.Time(b.horizon)
	all := slices.SortedFunc(maps.Keys(b.uses), witness.Use.Compare)
	w.Set(len(all), func(i int) {
		e := b.uses[all[i]]
		w.Ref(e.ref)
		w.Name(e.attempt)
		w.Name(e.receipt.ID)
		w.Bool(e.cancelled)
		w.Time(e.expires)
	})
}
