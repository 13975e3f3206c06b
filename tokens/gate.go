// The gate: what a text must look like before go-jose sees it.

package tokens

import (
	"encoding/base64"
	"slices"
	"strings"

	"tokenshell/tokens/strictjson"
)

// MaxSize is the longest token that is looked at, in bytes.
const MaxSize = 8192

// canonical is base64url without padding that refuses non-zero trailing bits
// (RFC 7515 2). It still skips CR and LF, so the gate looks for those itself.
var canonical = base64.RawURLEncoding.Strict()

// decodeSegment decodes one segment behind what to holds; ok is false unless
// encoding the result again gives the same text.
func decodeSegment(to []byte, segment string) (decoded []byte, ok bool) {
	if strings.IndexByte(segment, '\r') >= 0 || strings.IndexByte(segment, '\n') >= 0 {
		return nil, false
	}
	decoded, err := canonical.AppendDecode(to, []byte(segment))
	return decoded, err == nil
}

// SplitCompact splits a compact serialisation (RFC 7515 7.1, RFC 7516 7.1)
// into exactly n segments and decodes each canonically.
func SplitCompact(text string, n int) ([][]byte, error) {
	ends := make([]int, n)
	all, err := appendSegments(make([]byte, 0, len(text)*3/4), text, ends)
	if err != nil {
		return nil, err
	}
	segments := make([][]byte, n)
	begin := 0
	for i, end := range ends {
		segments[i], begin = all[begin:end:end], end
	}
	return segments, nil
}

// appendSegments decodes the segments of a text behind what to holds, and notes
// where each of them ends.
func appendSegments(to []byte, text string, ends []int) ([]byte, error) {
	if dots := strings.Count(text, "."); dots != len(ends)-1 {
		return to, Refuse(Malformed, "%s where %d belong", Count(dots+1, "segment"), len(ends))
	}
	for i := range ends {
		var segment string
		segment, text, _ = strings.Cut(text, ".")
		decoded, ok := decodeSegment(to, segment)
		if !ok {
			return to, Refuse(Malformed, "segment %d is not canonical base64url", i+1)
		}
		to = decoded
		ends[i] = len(to)
	}
	return to, nil
}

func checkSize(e *Envelope) error {
	if len(e.raw) > MaxSize {
		return Refuse(TooLarge, "%d bytes, at most %d", len(e.raw), MaxSize)
	}
	return nil
}

func checkStructure(m *Memory, e *Envelope) error {
	if t, known := m.text(e.raw); known {
		e.header, e.payload, e.body, e.signature = t.header, t.payload, t.body, t.signature
		return nil
	}
	var ends [3]int
	var err error
	if e.room.bytes, err = appendSegments(e.room.bytes, e.raw, ends[:]); err != nil {
		return err
	}
	said := string(e.room.bytes[:ends[1]]) // which the claims are parts of
	if err := e.room.header.Read(said[:ends[0]]); err != nil {
		return Refuse(Malformed, "header: %v", err)
	}
	e.header = e.room.header
	if err := e.room.payload.Read(said[ends[0]:]); err != nil {
		return Refuse(Malformed, "payload: %v", err)
	}
	e.payload, e.body, e.signature = e.room.payload, said[ends[0]:], e.room.bytes[ends[1]:]
	if m != nil {
		m.know(e.raw, text{header: slices.Clone(e.header), payload: slices.Clone(e.payload), body: e.body, signature: slices.Clone(e.signature)})
	}
	return nil
}

// checkHeader lets exactly alg, kid and typ pass, as strings, and of an outside
// issuer what its profile ignores. Which of them are absent is for the checks
// that need them. Which issuer it is only the payload says, unproven so far;
// that chooses between rules that are all ours.
func (v *Verifier) checkHeader(e *Envelope) error {
	issuer, _ := v.claimed(e)
	for _, m := range e.header {
		var to *string
		switch m.Name {
		case "alg":
			to = &e.alg
		case "kid":
			to = &e.kid
		case "typ":
			to = &e.typ
		default:
			if issuer.ignores(m.Name) {
				continue
			}
			return Refuse(HeaderNotAllowed, "header member %s; only alg, kid and typ may stand there", quote(m.Name))
		}
		value, ok := strictjson.String(m.Raw)
		if !ok {
			return Refuse(HeaderNotAllowed, "header member %s is not a string", quote(m.Name))
		}
		*to = value
	}
	if types := issuer.types(); !slices.Contains(types, e.typ) {
		return Refuse(TypeNotAllowed, "typ is %s, expected %q", quote(e.typ), types[0])
	}
	return nil
}

// StrictObject reports whether text is exactly one JSON object, without what
// encoding/json lets through; see [strictjson.Parse].
func StrictObject(text []byte) error {
	_, err := strictjson.Parse(string(text))
	return err
}
