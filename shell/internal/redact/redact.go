// Package redact recognises what must not be shown: tokens, private keys, and
// what steers a terminal. Whatever prints, logs, keeps or reports asks here.
//
// [Tokens] hides whole tokens in what is shown now, also encoded as a log or a
// URL would have them. [Remnants] hides more: what may be left of a token that
// was broken off or over lines, for a text that outlives the process. [Secrets]
// hides the parts of known tokens, wherever they stand.
package redact

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"tokenshell/tokens"
)

// What stands in the place of a secret.
const (
	Token = "(token)"
	Value = "(secret)" // of a variable that must not be shown
	key   = "(key)"
)

// compact finds compact serialisations in a text: their header is a JSON object,
// so they begin with a "{" in base64, or with the space before it.
var compact = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[CDI][A-Za-z0-9_-]{24,}\.[A-Za-z0-9_-]{24,}\.[A-Za-z0-9_.-]*|e[w-z0-3][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]*`)
})

// spaced finds those with space around their dots, and twice those that were
// encoded in base64 once more.
var (
	spaced = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`eyJ[A-Za-z0-9_-]{16,}\s*\.\s*eyJ[A-Za-z0-9_-]{16,}\s*\.\s*[A-Za-z0-9_-]{16,}`)
	})
	twice = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`ZXlK[A-Za-z0-9_+/-]{40,}={0,2}`) })
)

// span is a piece of a text that must not be shown, and what stands for it.
type span struct {
	from, to int
	mark     string
}

// Tokens replaces the compact serialisations in a text, and what is secret of JWKs.
func Tokens(text string) string { return replace(text, secret(decode(text))) }

// secret gives what looks like a token, and the secret members of what looks like a
// JWK: alone, "d" and "k" are names like others.
func secret(v view) []span {
	all := shapes(v)
	if strings.Contains(v.plain, `"kty"`) {
		for _, found := range privateMember().FindAllStringIndex(v.plain, -1) {
			all = append(all, v.span(found[0], found[1], key))
		}
	}
	return all
}

// HasToken reports whether a text is, or holds, a compact serialisation.
func HasToken(text string) bool { return len(shapes(decode(text))) > 0 }

// Find gives the compact serialisations in a text.
func Find(text string) []string {
	var all []string
	for _, s := range merged(shapes(decode(text))) {
		all = append(all, text[s.from:s.to])
	}
	return all
}

// shapes gives what looks like a token, by its shape.
func shapes(v view) []span {
	var all []span
	find := func(shape *regexp.Regexp) {
		for _, found := range shape.FindAllStringIndex(v.plain, -1) {
			all = append(all, v.span(found[0], found[1], Token))
		}
	}
	if mayHold(v.plain) {
		find(compact())
	}
	if begin := strings.Index(v.plain, "eyJ"); begin >= 0 && strings.Contains(v.plain[begin+1:], "eyJ") {
		find(spaced())
	}
	if strings.Contains(v.plain, "ZXlK") {
		find(twice())
	}
	return all
}

// merged gives spans in their order, as one where they overlap or touch.
func merged(spans []span) []span {
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	apart := spans[:0]
	for _, s := range spans {
		if n := len(apart); n > 0 && s.from <= apart[n-1].to {
			apart[n-1].to = max(apart[n-1].to, s.to)
		} else {
			apart = append(apart, s)
		}
	}
	return apart
}

// replace puts marks in the places of spans.
func replace(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	copied := 0
	for _, s := range merged(spans) {
		b.WriteString(text[copied:s.from] + s.mark)
		copied = s.to
	}
	return b.String() + text[copied:]
}

// mayHold reports whether a text could hold a compact serialisation: two dots, with
// at least as much before and between them as [compact] wants. All that is printed
// passes here, and a regular expression takes a hundred times as long to say no.
func mayHold(text string) bool {
	const head, body = 10, 8
	before := 0 // how many characters of base64url stand right before i
	dotted := false
	for i := range len(text) {
		switch {
		case isBase64URL[text[i]]:
			before++
			continue
		case text[i] == '.' && dotted && before >= body:
			return true
		}
		dotted = text[i] == '.' && before >= head
		before = 0
	}
	return false
}

// isBase64URL are the characters of base64url.
var isBase64URL = func() (is [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
		is[c] = true
	}
	return is
}()

// privateMember finds the secret members of a JWK, and a private key as PEM. One
// member is a list: the other primes (RFC 7518 6.3.2.7).
var privateMember = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`"(?:k|` + strings.Join(tokens.PrivateMembers(), "|") + `)"\s*:\s*(?:"[^"]*"?|\[[^\]]*\]?)|(?:-----BEGIN [A-Z ]*)?PRIVATE KEY-----.*`)
})

// HasPrivateKey reports whether a text holds a private or symmetric key, as JWK
// or as PEM.
func HasPrivateKey(text string) bool { return privateMember().MatchString(text) }

// Shapes of what is left of tokens. A name of three labels (my.issuer.example)
// has the dots of a JWS too, so one part must be as long as the shortest part
// that every JWS or JWE has: 22 characters are a 128-bit tag.
const (
	longPart  = 22
	longRun   = 64 // what is left of a token that broke over lines
	headStart = "eyJ"
	headMore  = 20 // characters from headStart on
)

var run = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9_.-]{21,}`) })

// Remnants replaces whatever looks like a compact JWS or JWE, whole or broken
// off, private keys, and numbers of cards.
func Remnants(text string) string {
	text = Tokens(privateMember().ReplaceAllString(text, key))
	text = replace(text, numbers(view{plain: text}, true, isCard))
	return run().ReplaceAllStringFunc(text, func(run string) string {
		if isRemnant(run) {
			return Token
		}
		return run
	})
}

func isRemnant(run string) bool {
	if at := strings.Index(run, headStart); at >= 0 && len(run)-at > headMore {
		return true
	}
	parts := strings.Split(run, ".")
	longest := 0
	for _, part := range parts {
		longest = max(longest, len(part))
	}
	return longest >= longRun || longest >= longPart && (len(parts) == 3 || len(parts) == 5)
}
