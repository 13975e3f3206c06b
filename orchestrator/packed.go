// Packing: an order that has ended is remembered for a day, and seldom asked for.
// Until then it is one string, which the collector does not look into (benchmark:
// 300 bytes for an order of one token and 572 for one of three, with their places
// in the store; as records 1,157 and 2,070).

package orchestrator

import (
	"encoding/base32"
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/tokens"
)

// words are strings that most orders share: services, issuers, statuses, reasons.
type words struct {
	all  []string
	at   map[string]int
	room []byte // where records are packed, and nothing stays
}

// mostWords bounds them; what comes later is written out.
const mostWords = 250

func (w *words) number(word string) (n int, known bool) {
	if n, known = w.at[word]; known || len(w.all) == mostWords {
		return n, known
	}
	if w.at == nil {
		w.at = map[string]int{}
	}
	word = strings.Clone(word)
	w.at[word] = len(w.all)
	w.all = append(w.all, word)
	return w.at[word], true
}

// pack writes a record down; ok is false for one that has not ended, or has a time
// that is not in UTC.
func (w *words) pack(s *Record) (packed string, ok bool) {
	if s.State == Open || s.State.Owes() {
		return "", false
	}
	p := packer{words: w, bytes: w.room[:0], base: s.Opened.Unix(), inUTC: s.Due.Location() == time.UTC}
	p.bytes = binary.BigEndian.AppendUint64(p.bytes, uint64(s.Due.Unix()))
	p.bytes = binary.BigEndian.AppendUint32(p.bytes, uint32(s.Due.Nanosecond()))
	p.text(s.ID)
	p.number(s.Version)
	p.number(s.Number)
	p.int(int(s.Opened.Unix()))
	for _, t := range []time.Time{s.Opened, s.Ends, s.Ended, s.Lease.Until} {
		p.time(t)
	}
	p.text(s.Customer)
	p.word(string(s.State))
	p.word(s.Lease.Holder)
	p.bits(s.Backwards, s.Facts == nil, s.Steps == nil, s.Order == nil)
	p.int(len(s.Facts))
	for _, name := range slices.Sorted(maps.Keys(s.Facts)) {
		p.text(name)
		p.text(s.Facts[name])
	}
	p.int(len(s.Steps))
	for _, st := range s.Steps {
		p.step(s, st)
	}
	p.int(len(s.Order))
	for _, at := range s.Order {
		p.int(at)
	}
	packed = string(p.bytes)
	clear(p.bytes)
	w.room = p.bytes
	return packed, p.inUTC
}

// packer writes.
type packer struct {
	words *words
	bytes []byte
	base  int64 // seconds that times are written as distances from
	inUTC bool
}

func (p *packer) number(n uint64) { p.bytes = binary.AppendUvarint(p.bytes, n) }
func (p *packer) int(n int)       { p.bytes = binary.AppendVarint(p.bytes, int64(n)) }

func (p *packer) text(s string) {
	p.number(uint64(len(s)))
	p.bytes = append(p.bytes, s...)
}

func (p *packer) bits(all ...bool) {
	var b byte
	for i, yes := range all {
		if yes {
			b |= 1 << i
		}
	}
	p.bytes = append(p.bytes, b)
}

// time writes 0 for none, else the distance in seconds and what is left of one.
func (p *packer) time(t time.Time) {
	if t.IsZero() {
		p.number(0)
		return
	}
	p.inUTC = p.inUTC && t.Location() == time.UTC
	p.number(uint64(t.Nanosecond()) + 1)
	p.int(int(t.Unix() - p.base))
}

// word writes a number, or what was not numbered.
func (p *packer) word(s string) {
	if n, known := p.words.number(s); known {
		p.number(uint64(n) + 1)
		return
	}
	p.number(0)
	p.text(s)
}

var minted = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// id writes an id of a mint in 16 bytes and its kind, and any other as it is.
func (p *packer) id(s string) {
	if kind, digits, ok := strings.Cut(s, "_"); ok && len(digits) == 26 {
		raw, err := minted.DecodeString(digits)
		if err == nil && minted.EncodeToString(raw) == digits {
			p.bits(true)
			p.word(kind)
			p.bytes = append(p.bytes, raw...)
			return
		}
	}
	p.bits(false)
	p.text(s)
}

func (p *packer) step(s *Record, st *StepRecord) {
	p.bits(st.Owed, st.Unheard, st.Freed, st.Told, st.Ref.Order == s.ID, st.Receipt != nil)
	p.word(st.Ref.Issuer)
	p.id(st.Ref.ID)
	if st.Ref.Order != s.ID {
		p.text(st.Ref.Order)
	}
	for _, word := range []string{st.Service, string(st.Status), string(st.Result), string(st.Reason)} {
		p.word(word)
	}
	p.time(st.Expires)
	p.id(st.Attempt)
	p.text(st.Detail)
	p.int(st.Turn)
	p.text(st.Token)
	p.int(st.Tries)
	r := st.Receipt
	if r == nil {
		return
	}
	p.bits(r.Service == st.Service, r.JTI == st.Ref.ID, r.Order == st.Ref.Order, r.Attempt == st.Attempt, r.Repeated, r.Body == nil)
	p.id(r.ID)
	for _, field := range []struct{ is, as string }{{r.Service, st.Service}, {r.JTI, st.Ref.ID}, {r.Order, st.Ref.Order}, {r.Attempt, st.Attempt}} {
		if field.is != field.as {
			p.text(field.is)
		}
	}
	p.time(r.At)
	p.text(string(r.Body))
}

// packedDue reads when a packed record is due, and packedID what it is called:
// both stand in front.
func packedDue(packed string) (seconds int64, rest uint32) {
	head := []byte(packed[:12])
	return int64(binary.BigEndian.Uint64(head)), binary.BigEndian.Uint32(head[8:])
}

func packedID(packed string) string {
	u := unpacker{left: packed[12:]}
	return u.text()
}

func packedVersion(packed string) uint64 {
	u := unpacker{left: packed[12:]}
	u.text()
	return u.number()
}

// unpack reads what pack wrote.
func (w *words) unpack(packed string) *Record {
	u := unpacker{words: w, left: packed[12:]}
	seconds, rest := packedDue(packed)
	s := &Record{ID: strings.Clone(u.text()), Version: u.number(), Number: u.number(), Due: time.Unix(seconds, int64(rest)).UTC()}
	u.base = int64(u.int())
	for _, t := range []*time.Time{&s.Opened, &s.Ends, &s.Ended, &s.Lease.Until} {
		*t = u.time()
	}
	s.Customer, s.State, s.Lease.Holder = strings.Clone(u.text()), State(u.word()), u.word()
	flags := u.bits()
	s.Backwards = flags[0]
	if n := u.int(); !flags[1] {
		s.Facts = make(tokens.Facts, n)
		for range n {
			name := strings.Clone(u.text())
			s.Facts[name] = strings.Clone(u.text())
		}
	}
	if n := u.int(); !flags[2] {
		s.Steps = make([]*StepRecord, n)
		for i := range s.Steps {
			s.Steps[i] = u.step(s)
		}
	}
	if n := u.int(); !flags[3] {
		s.Order = make([]int, n)
		for i := range s.Order {
			s.Order[i] = u.int()
		}
	}
	return s
}

// unpacker reads, from a string that a packer made.
type unpacker struct {
	words *words
	left  string
	base  int64
}

func (u *unpacker) number() uint64 {
	n, size := binary.Uvarint([]byte(u.left[:min(len(u.left), binary.MaxVarintLen64)]))
	u.left = u.left[size:]
	return n
}

func (u *unpacker) int() int {
	n, size := binary.Varint([]byte(u.left[:min(len(u.left), binary.MaxVarintLen64)]))
	u.left = u.left[size:]
	return int(n)
}

func (u *unpacker) take(n int) (text string) {
	text, u.left = u.left[:n], u.left[n:]
	return text
}

// text gives a part of what is packed: to keep it alone, clone it.
func (u *unpacker) text() string { return u.take(int(u.number())) }

func (u *unpacker) bits() (all [8]bool) {
	b := u.take(1)[0]
	for i := range all {
		all[i] = b&(1<<i) != 0
	}
	return all
}

func (u *unpacker) time() time.Time {
	rest := u.number()
	if rest == 0 {
		return time.Time{}
	}
	return time.Unix(u.base+int64(u.int()), int64(rest-1)).UTC()
}

func (u *unpacker) word() string {
	if n := u.number(); n > 0 {
		return u.words.all[n-1]
	}
	return strings.Clone(u.text())
}

func (u *unpacker) id() string {
	if !u.bits()[0] {
		return strings.Clone(u.text())
	}
	kind := u.word()
	return kind + "_" + minted.EncodeToString([]byte(u.take(16)))
}

func (u *unpacker) step(s *Record) *StepRecord {
	flags := u.bits()
	st := &StepRecord{Owed: flags[0], Unheard: flags[1], Freed: flags[2], Told: flags[3]}
	st.Ref = tokens.Ref{Issuer: u.word(), ID: u.id(), Order: s.ID}
	if !flags[4] {
		st.Ref.Order = strings.Clone(u.text())
	}
	st.Service, st.Status, st.Result, st.Reason = u.word(), Status(u.word()), Status(u.word()), tokens.Reason(u.word())
	st.Expires, st.Attempt, st.Detail, st.Turn = u.time(), u.id(), strings.Clone(u.text()), u.int()
	st.Token, st.Tries = strings.Clone(u.text()), u.int()
	if !flags[5] {
		return st
	}
	same := u.bits()
	r := &tokens.Receipt{ID: u.id(), Service: st.Service, JTI: st.Ref.ID, Order: st.Ref.Order, Attempt: st.Attempt, Repeated: same[4]}
	for i, field := range []*string{&r.Service, &r.JTI, &r.Order, &r.Attempt} {
		if !same[i] {
			*field = strings.Clone(u.text())
		}
	}
	r.At = u.time()
	if body := u.text(); !same[5] {
		r.Body = []byte(body)
	}
	st.Receipt = r
	return st
}
