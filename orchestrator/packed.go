// Packing: an order that has ended is remembered for a day, and seldom asked for.
// Until then it is one string, which the collector does not look into (benchmark:
// 214 bytes for an order of one token and 376 for one of three, with their places
// and what the ledger has of them; 300 and 573 while shapes were written out and
// the places were a map by name, 1,157 and 2,070 as records).

package orchestrator

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/orchestrator/packing"
	"tokenshell/tokens"
)

// pack writes a record down; ok is false for one that has not ended, or has a time
// that is not in UTC. In front stands what is asked for without unpacking.
func pack(w *packing.Words, s *Record) (packed string, ok bool) {
	if s.State == Open || s.State.Owes() {
		return "", false
	}
	var room [64]byte
	front := packing.AppendText(room[:0], s.ID)
	front = binary.AppendVarint(front, s.Due.Unix())
	front = binary.AppendUvarint(front, uint64(s.Due.Nanosecond()))
	front = binary.AppendUvarint(front, s.Version)
	p := w.Pack(front)
	p.Base, p.Rest = s.Due.Unix(), s.Due.Nanosecond()
	packHead(p, s)
	p.Part()
	for _, st := range s.Steps {
		packStep(p, s, st)
		p.Part()
	}
	return p.Packed(), p.InUTC && s.Due.Location() == time.UTC
}

func packHead(p *packing.Packer, s *Record) {
	inOrder := true
	for i, at := range s.Order {
		inOrder = inOrder && i == at
	}
	p.Bits(s.Backwards, s.Facts == nil, s.Steps == nil, s.Order == nil, inOrder)
	p.Word(string(s.State))
	p.Word(s.Lease.Holder)
	p.Number(s.Number)
	p.Time(s.Opened)
	p.Base = base(s)
	for _, t := range []time.Time{s.Ends, s.Ended, s.Lease.Until} {
		p.Time(t)
	}
	p.Text(s.Customer)
	p.Number(uint64(len(s.Facts)))
	for _, name := range slices.Sorted(maps.Keys(s.Facts)) {
		p.Text(name) // no word: a customer has them of any kind
		p.Text(s.Facts[name])
	}
	p.Number(uint64(len(s.Order)))
	for _, at := range s.Order {
		if !inOrder {
			p.Number(uint64(at))
		}
	}
	p.Number(uint64(len(s.Steps)))
}

// base is what times are distances from, once it is known when the order was opened.
func base(s *Record) int64 {
	if s.Opened.IsZero() {
		return s.Due.Unix()
	}
	return s.Opened.Unix()
}

func packStep(p *packing.Packer, s *Record, st *StepRecord) {
	p.Bits(st.Owed, st.Unheard, st.Freed, st.Told, st.Ref.Order == s.ID, st.Receipt != nil)
	p.Word(st.Ref.Issuer)
	p.ID(st.Ref.ID)
	if st.Ref.Order != s.ID {
		p.Text(st.Ref.Order)
	}
	for _, word := range []string{st.Service, string(st.Status), string(st.Result), string(st.Reason)} {
		p.Word(word)
	}
	p.Time(st.Expires)
	p.ID(st.Attempt)
	p.Seldom(st.Detail)
	p.Few(st.Turn)
	p.Seldom(st.Token)
	p.Few(st.Tries)
	r := st.Receipt
	if r == nil {
		return
	}
	p.Bits(r.Service == st.Service, r.JTI == st.Ref.ID, r.Order == st.Ref.Order, r.Attempt == st.Attempt, r.Repeated, r.Body == nil)
	p.ID(r.ID)
	for _, field := range []struct{ is, as string }{{r.Service, st.Service}, {r.JTI, st.Ref.ID}, {r.Order, st.Ref.Order}, {r.Attempt, st.Attempt}} {
		if field.is != field.as {
			p.Text(field.is)
		}
	}
	p.Time(r.At)
	p.JSON(r.Body)
}

// packedID, packedRest and packedVersion read what stands in front; the second what
// is left of a second in when it is due.
func packedID(packed string) string { return packing.TakeText(&packed) }

func packedRest(packed string) int {
	packing.TakeText(&packed)
	packing.TakeInt(&packed)
	return int(packing.TakeNumber(&packed))
}

func packedVersion(packed string) uint64 {
	packing.TakeText(&packed)
	packing.TakeInt(&packed)
	packing.TakeNumber(&packed)
	return packing.TakeNumber(&packed)
}

// unpack reads what pack wrote.
func unpack(w *packing.Words, packed string) *Record {
	s := &Record{ID: strings.Clone(packing.TakeText(&packed))}
	seconds, rest := packing.TakeInt(&packed), packing.TakeNumber(&packed)
	s.Due, s.Version = time.Unix(seconds, int64(rest)).UTC(), packing.TakeNumber(&packed)
	u := w.Unpack(packed)
	u.Base, u.Rest = seconds, int(rest)
	u.Part()
	unpackHead(u, s)
	for i := range s.Steps {
		u.Part()
		s.Steps[i] = unpackStep(u, s)
	}
	return s
}

func unpackHead(u *packing.Unpacker, s *Record) {
	flags := u.Bits()
	s.Backwards, s.State, s.Lease.Holder, s.Number = flags[0], State(u.Word()), u.Word(), u.Number()
	s.Opened = u.Time()
	u.Base = base(s)
	for _, t := range []*time.Time{&s.Ends, &s.Ended, &s.Lease.Until} {
		*t = u.Time()
	}
	s.Customer = u.Text()
	if n := u.Number(); !flags[1] {
		s.Facts = make(tokens.Facts, n)
		for range n {
			name := u.Text()
			s.Facts[name] = u.Text()
		}
	}
	if n := u.Number(); !flags[3] {
		s.Order = make([]int, n)
		for i := range s.Order {
			if s.Order[i] = i; !flags[4] {
				s.Order[i] = int(u.Number())
			}
		}
	}
	if n := u.Number(); !flags[2] {
		s.Steps = make([]*StepRecord, n)
	}
}

func unpackStep(u *packing.Unpacker, s *Record) *StepRecord {
	flags := u.Bits()
	st := &StepRecord{Owed: flags[0], Unheard: flags[1], Freed: flags[2], Told: flags[3]}
	st.Ref = tokens.Ref{Issuer: u.Word(), ID: u.ID(), Order: s.ID}
	if !flags[4] {
		st.Ref.Order = u.Text()
	}
	st.Service, st.Status, st.Result, st.Reason = u.Word(), Status(u.Word()), Status(u.Word()), tokens.Reason(u.Word())
	st.Expires, st.Attempt, st.Detail, st.Turn = u.Time(), u.ID(), u.Seldom(), u.Few()
	st.Token, st.Tries = u.Seldom(), u.Few()
	if !flags[5] {
		return st
	}
	same := u.Bits()
	r := &tokens.Receipt{ID: u.ID(), Service: st.Service, JTI: st.Ref.ID, Order: st.Ref.Order, Attempt: st.Attempt, Repeated: same[4]}
	for i, field := range []*string{&r.Service, &r.JTI, &r.Order, &r.Attempt} {
		if !same[i] {
			*field = u.Text()
		}
	}
	r.At = u.Time()
	if body := u.JSON(); !same[5] {
		r.Body = body
	}
	st.Receipt = r
	return st
}
