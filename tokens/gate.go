// The gate: what a text must look like before go-jose sees it.

package tokens

import (
	"encoding/base64"
	"slices"
	"strings"
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
	at := len(to)
	decoded, err := canonical.AppendDecode(to, []byte(segment))
	return decoded[at:len(decoded):len(decoded)], err == nil
}

// SplitCompact splits a compact serialisation (RFC 7515 7.1, RFC 7516 7.1)
// into exactly n segments and decodes each canonically.
func SplitCompact(text string, n int) ([][]byte, error) {
	if strings.Count(text, ".") != n-1 {
		return nil, Refuse(Malformed, "%s where %d belong", Count(strings.Count(text, ".")+1, "segment"), n)
	}
	segments := make([][]byte, 0, n)
	room := make([]byte, 0, len(text)*3/4) // for all of them
	rest := text
	for i := 1; i <= n; i++ {
		var segment string
		segment, rest, _ = strings.Cut(rest, ".")
		decoded, ok := decodeSegment(room, segment)
		if !ok {
			return nil, Refuse(Malformed, "segment %d is not canonical base64url", i)
		}
		segments = append(segments, decoded)
		room = room[len(decoded):len(decoded)]
	}
	return segments, nil
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
	segments, err := SplitCompact(e.raw, 3)
	if err != nil {
		return err
	}
	if e.header, err = parseObject(e.headerRoom[:0], segments[0]); err != nil {
		return Refuse(Malformed, "header: %v", err)
	}
	if e.payload, err = parseObject(e.payloadRoom[:0], segments[1]); err != nil {
		return Refuse(Malformed, "payload: %v", err)
	}
	e.body, e.signature = segments[1], segments[2]
	m.know(e.raw, text{header: e.header, payload: e.payload, body: e.body, signature: e.signature})
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
		switch m.name {
		case "alg":
			to = &e.alg
		case "kid":
			to = &e.kid
		case "typ":
			to = &e.typ
		default:
			if issuer.ignores(m.name) {
				continue
			}
			return Refuse(HeaderNotAllowed, "header member %s; only alg, kid and typ may stand there", quote(m.name))
		}
		value, ok := decodeString(m.raw)
		if !ok {
			return Refuse(HeaderNotAllowed, "header member %s is not a string", quote(m.name))
		}
		*to = value
	}
	if types := issuer.types(); !slices.Contains(types, e.typ) {
		return Refuse(TypeNotAllowed, "typ is %s, expected %q", quote(e.typ), types[0])
	}
	return nil
}
