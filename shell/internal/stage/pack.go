// Packing: a step in few bytes.

package stage

import (
	"slices"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/wire"
)

// Step is one move and what became of its messages.
type Step struct {
	Move Move
	Plan []Decision // up to the last message that went wrong
}

// Pack writes a step in few bytes.
func Pack(st Step) string {
	b := []byte{byte(st.Move.Verb), st.Move.Order, st.Move.Token, st.Move.Arg}
	for i, d := range st.Plan {
		if d.Fate == "" {
			continue
		}
		b = append(b, byte(i), byte(i>>8), fateNumber(d.Fate))
		if d.Fate.HasLine() {
			b = append(b, byte(d.Inner.Verb), d.Inner.Order, d.Inner.Token, d.Inner.Arg)
		}
	}
	return string(b)
}

// Unpack reads what pack wrote.
func Unpack(text string) Step {
	b := []byte(text)
	st := Step{Move: Move{Verb(b[0]), b[1], b[2], b[3]}}
	for b = b[4:]; len(b) > 0; {
		at, d := int(b[0])|int(b[1])<<8, Decision{Fate: fateNumbers[b[2]]}
		b = b[3:]
		if d.Fate.HasLine() {
			d.Inner, b = Move{Verb(b[0]), b[1], b[2], b[3]}, b[4:]
		}
		for len(st.Plan) <= at {
			st.Plan = append(st.Plan, Decision{})
		}
		st.Plan[at] = d
	}
	return st
}

// fateNumbers are the fates by number, for packing.
var fateNumbers = [...]wire.FaultKind{
	"", wire.Timeout, wire.LostReply, wire.Unavailable, wire.Refuse, wire.Late, wire.Duplicate, wire.CrashBefore, wire.CrashAfter, bound.Interrupt, wire.Meanwhile, wire.Slow, wire.MeanwhileAfter,
}

func fateNumber(kind wire.FaultKind) byte { return byte(slices.Index(fateNumbers[:], kind)) }

// Packed reports whether a text is one that Pack wrote.
func Packed(text string) bool {
	if len(text) < 4 || int(text[0]) >= len(Alphabet) {
		return false
	}
	for rest := text[4:]; len(rest) > 0; {
		if len(rest) < 3 || int(rest[2]) >= len(fateNumbers) || rest[2] == 0 || int(rest[0])|int(rest[1])<<8 > mostMessages {
			return false
		}
		size := 3
		if fateNumbers[rest[2]].HasLine() {
			size = 7
		}
		if len(rest) < size || size == 7 && int(rest[3]) >= len(Alphabet) {
			return false
		}
		rest = rest[size:]
	}
	return true
}
