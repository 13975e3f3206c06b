// Package bends is what is done to the segments, the signature and the text of a
// hostile token. Each bend has a name by which people write it.
package bends

import (
	"crypto/elliptic"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// Bend changes a text. The zero value changes nothing.
type Bend struct {
	How string // as [Parse] reads it
	do  func(string) string
}

// Of gives the changed text.
func (b Bend) Of(text string) string {
	if b.do == nil {
		return text
	}
	return b.do(text)
}

// Row is a kind of bend. How is its name, and behind a colon what it takes; Where
// is the part of a token for which it is most of use.
type Row struct {
	Where string `json:"where"`
	How   string `json:"how"`
	Help  string `json:"help"`
	read  func(with string) (Bend, error)
}

// Rows gives every kind of bend.
func Rows() []Row {
	return []Row{
		{"token", "prefix:TEXT", "a text in front", quoted(Prefix)},
		{"token", "suffix:TEXT", "a text behind", quoted(Suffix)},
		{"payload", "insert:TEXT", "a text in the middle", quoted(Insert)},
		{"token", "insert-late:TEXT", "a text nine characters before the end", quoted(InsertLate)},
		{"token", "text:TEXT", "another text in its place", quoted(Text)},
		{"token", "json:TEXT", "another text in its place, in base64url", quoted(JSON)},
		{"token", "segments:PATTERN", "$1, $2 and $3 are the segments", quoted(Segments)},
		{"payload", "pad", "padding of base64; JSON that needs none gets a space first", always(Pad)},
		{"payload", "spare", "a spare bit at the end of base64; JSON that leaves none gets a space first", always(Spare)},
		{"token", "spare-end", "a spare bit at the end of the last segment", always(SpareEnd)},
		{"payload", "standard", "the other alphabet of base64, + and /", always(Standard)},
		{"token", "upper", "upper case", always(Upper)},
		{"token", "look-alike", "one letter for another that looks the same", always(LookAlike)},
		{"token", "bump", "the first character of base64 changed", always(Bump)},
		{"token", "cut:N", "so many characters off the end", func(with string) (Bend, error) { n, err := strconv.Atoi(with); return Cut(n), err }},
		{"token", "jwe:N:HOW", "a bend of the N-th segment of a JWE, from 0", readJWE},
		{"input", "after-dot", "only what stands behind the first dot", always(AfterDot)},
		{"signature", "twin", "of an ES256 signature, the other one that verifies: n - S", always(Twin)},
		{"signature", "flat:R,S", "numbers in the place of R and S: 0, 1, n, n-1, max, or - to keep one", readFlat},
		{"signature", "swap", "S in front of R", always(Swap)},
		{"signature", "der", "the signature in DER", always(DER)},
		{"signature", "hex", "in hexadecimal", always(Hex)},
		{"signature", "wide", "each half of a signature with a zero in front", always(Wide)},
		{"signature", "shorter", "a byte less", always(Shorter)},
		{"signature", "longer", "a zero byte more", always(Longer)},
		{"signature", "flip:N", "a bit of the N-th byte flipped", func(with string) (Bend, error) { n, err := strconv.Atoi(with); return Flip(n), err }},
	}
}

// Parse reads a bend: its name, and behind a colon what it takes, a text with
// Go's escapes.
func Parse(how string) (Bend, error) {
	name, with, has := strings.Cut(how, ":")
	for _, row := range Rows() {
		if called, _, takes := strings.Cut(row.How, ":"); called != name {
			continue
		} else if takes != has {
			return Bend{}, fmt.Errorf("%q is written %s", how, row.How)
		}
		b, err := row.read(with)
		if err != nil {
			return Bend{}, fmt.Errorf("%q is written %s, with the escapes of Go in a text", how, row.How)
		}
		return b, nil
	}
	return Bend{}, fmt.Errorf("there is no bend %q", name)
}

var (
	repeated = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$TIMES\(([0-9]{1,9}),([^)]*)\)`) })
	oneByte  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$BYTE\(([0-9a-f]{2})\)`) })
)

// mostRepeated bounds what one $TIMES makes, in bytes.
const mostRepeated = 4 << 20

// Expand puts in what a line cannot hold: $TIMES(N,TEXT) is a text N times,
// $BYTE(ff) a byte.
func Expand(text string) string {
	text = repeated().ReplaceAllStringFunc(text, func(call string) string {
		m := repeated().FindStringSubmatch(call)
		n, _ := strconv.Atoi(m[1])
		return strings.Repeat(m[2], min(n, mostRepeated/max(1, len(m[2]))))
	})
	return oneByte().ReplaceAllStringFunc(text, func(call string) string {
		b, _ := strconv.ParseUint(oneByte().FindStringSubmatch(call)[1], 16, 8)
		return string([]byte{byte(b)})
	})
}

func always(b Bend) func(string) (Bend, error) {
	return func(string) (Bend, error) { return b, nil }
}

// quoted reads a text.
func quoted(of func(string) Bend) func(string) (Bend, error) {
	return func(with string) (Bend, error) {
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(with, `"`, `\"`) + `"`)
		return of(text), err
	}
}

// with names a bend that takes a text. The quotes in it need no escape.
func with(name, text string, do func(string) string) Bend {
	if !strings.ContainsFunc(text, escaped) { // rows have texts of a megabyte, which take 10 ms to quote
		return Bend{name + ":" + text, do}
	}
	written := strconv.QuoteToASCII(text)
	return Bend{name + ":" + strings.ReplaceAll(written[1:len(written)-1], `\"`, `"`), do}
}

// escaped reports whether a character is written with an escape.
func escaped(c rune) bool { return c < ' ' || c > '~' || c == '\\' }

const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// turned changes a character of the alphabet of base64url, and leaves others.
func turned(c byte, turn func(int) int) string {
	at := strings.IndexByte(urlAlphabet, c)
	if at < 0 {
		return string(c)
	}
	return string(urlAlphabet[turn(at)])
}

// spare sets a spare bit at the end of a base64 segment (RFC 4648 3.5). A
// segment without a spare bit is left as it is, so a row has to make sure that
// there is one.
func spare(segment string) string {
	if len(segment)%4 == 0 {
		return segment
	}
	last := len(segment) - 1
	return segment[:last] + turned(segment[last], func(at int) int { return at | 1 })
}

// ragged gives a segment that does not fill its last group of four characters; if
// it did, a space is added to its JSON.
func ragged(segment string) string {
	if len(segment)%4 == 0 {
		return segment + "IA" // one space
	}
	return segment
}

// lookAlikes are letters that look like others (UTS 39), the commonest first.
var lookAlikes = []struct{ latin, cyrillic string }{{"o", "\u043e"}, {"a", "\u0430"}, {"e", "\u0435"}, {"i", "\u0456"}, {"s", "\u0455"}, {"c", "\u0441"}, {"p", "\u0440"}, {"x", "\u0445"}, {"y", "\u0443"}}

// The bends that take nothing.
var (
	Pad = Bend{"pad", func(segment string) string {
		segment = ragged(segment)
		return segment + strings.Repeat("=", (4-len(segment)%4)%4)
	}}
	Spare = Bend{"spare", func(segment string) string { return spare(ragged(segment)) }}
	// SpareEnd needs a signature that leaves spare bits, as 64 bytes do.
	SpareEnd = Bend{"spare-end", func(token string) string {
		at := strings.LastIndexByte(token, '.') + 1
		return token[:at] + spare(token[at:])
	}}
	Standard  = Bend{"standard", strings.NewReplacer("-", "+", "_", "/").Replace}
	Upper     = Bend{"upper", strings.ToUpper}
	LookAlike = Bend{"look-alike", func(text string) string {
		for _, l := range lookAlikes {
			if strings.Contains(text, l.latin) {
				return strings.Replace(text, l.latin, l.cyrillic, 1)
			}
		}
		return text
	}}
	Bump = Bend{"bump", func(segment string) string { // the first character, where no bit is spare
		if segment == "" {
			return segment
		}
		return turned(segment[0], func(at int) int { return at ^ 1 }) + segment[1:]
	}}
	AfterDot = Bend{"after-dot", func(input string) string { return input[strings.IndexByte(input, '.')+1:] }}

	Twin = halved("twin", func(r, s *big.Int) []byte { return Join(r, s.Sub(order(), s)) })
	DER  = halved("der", func(r, s *big.Int) []byte {
		text, _ := asn1.Marshal(struct{ R, S *big.Int }{r, s}) // two numbers have no way to fail
		return text
	})
	Swap = halved("swap", func(r, s *big.Int) []byte { return Join(s, r) })
	Wide = halved("wide", func(r, s *big.Int) []byte {
		return append(r.FillBytes(make([]byte, 33)), s.FillBytes(make([]byte, 33))...)
	})
	Hex     = Bend{"hex", func(signature string) string { return hex.EncodeToString([]byte(signature)) }}
	Shorter = Bend{"shorter", func(signature string) string { return signature[:max(0, len(signature)-1)] }}
	Longer  = Bend{"longer", func(signature string) string { return signature + "\x00" }}
)

// Prefix, Suffix and Insert add a text in front, behind and in the middle.
func Prefix(text string) Bend {
	return with("prefix", text, func(to string) string { return text + to })
}
func Suffix(text string) Bend {
	return with("suffix", text, func(to string) string { return to + text })
}
func Insert(text string) Bend {
	return with("insert", text, func(to string) string { return to[:len(to)/2] + text + to[len(to)/2:] })
}
func InsertLate(text string) Bend {
	return with("insert-late", text, func(to string) string {
		at := max(0, len(to)-9)
		return to[:at] + text + to[at:]
	})
}

// Text gives the same text, whatever it is given; JSON gives it in base64url.
func Text(text string) Bend { return with("text", text, func(string) string { return text }) }
func JSON(text string) Bend { return with("json", text, func(string) string { return encode(text) }) }

// segments rebuilds a token: $1, $2 and $3 are its segments.
func Segments(pattern string) Bend {
	return with("segments", pattern, func(text string) string {
		parts := append(strings.Split(text, "."), "", "")
		return strings.NewReplacer("$1", parts[0], "$2", parts[1], "$3", parts[2]).Replace(pattern)
	})
}

// order gives the order of P-256's group.
func order() *big.Int { return elliptic.P256().Params().N }

// Join writes a signature of two numbers as R||S (RFC 7518 3.4).
func Join(r, s *big.Int) []byte {
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return raw
}

// halved is a bend of an R||S; another signature is left as it is.
func halved(how string, do func(r, s *big.Int) []byte) Bend {
	return Bend{how, func(signature string) string {
		if len(signature) != 64 {
			return signature
		}
		return string(do(new(big.Int).SetBytes([]byte(signature[:32])), new(big.Int).SetBytes([]byte(signature[32:]))))
	}}
}

// Flat puts numbers in the place of R and S; - keeps one.
func Flat(r, s string) Bend {
	b, _ := readFlat(r + "," + s) // of a row
	return b
}

func readFlat(with string) (Bend, error) {
	numbers := map[string]*big.Int{
		"-": nil, "0": new(big.Int), "1": big.NewInt(1), "n": order(), "n-1": new(big.Int).Sub(order(), big.NewInt(1)),
		"max": new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1)),
	}
	first, second, _ := strings.Cut(with, ",")
	r, known := numbers[first]
	s, too := numbers[second]
	if !known || !too {
		return Bend{}, strconv.ErrSyntax
	}
	return halved("flat:"+with, func(oldR, oldS *big.Int) []byte {
		if r != nil {
			oldR = r
		}
		if s != nil {
			oldS = s
		}
		return Join(oldR, oldS)
	}), nil
}

// Flip changes a bit of one byte.
func Flip(at int) Bend {
	return Bend{"flip:" + strconv.Itoa(at), func(signature string) string {
		bent := []byte(signature)
		if at >= 0 && len(bent) > 0 {
			bent[at%len(bent)] ^= 1
		}
		return string(bent)
	}}
}

// JWE changes the n-th segment of a compact JWE (RFC 7516 7.1).
func JWE(n int, b Bend) Bend {
	return Bend{fmt.Sprintf("jwe:%d:%s", n, b.How), func(text string) string {
		parts := strings.Split(text, ".")
		if n >= 0 && n < len(parts) {
			parts[n] = b.Of(parts[n])
		}
		return strings.Join(parts, ".")
	}}
}

func readJWE(with string) (Bend, error) {
	number, how, _ := strings.Cut(with, ":")
	n, err := strconv.Atoi(number)
	if err != nil || strings.HasPrefix(how, "jwe") { // a bend in a bend, and no deeper
		return Bend{}, strconv.ErrSyntax
	}
	b, err := Parse(how)
	return JWE(n, b), err
}

// JWEHeader gives a JWE another header.
func JWEHeader(text string) Bend { return JWE(0, JSON(text)) }

// cut takes n characters off the end; four of them are three bytes.
func Cut(n int) Bend {
	return Bend{"cut:" + strconv.Itoa(n), func(segment string) string { return segment[:max(0, len(segment)-max(0, n))] }}
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
