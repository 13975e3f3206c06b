// Secrets: what is known to be secret. Of a token it is the payload and the
// signature, in whatever part, and what is sealed in it.

package redact

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// Secrets are the tokens and values that must not be shown. The zero value knows
// none. Not safe for concurrent use.
//
// Of each token it keeps windows: pieces of windowSize characters, so close to
// each other that every part that is long enough has one of them in it. A run of
// such characters in which one is found is hidden, with its neighbours. Tokens
// are cut into windows only when something is shown: many never are.
type Secrets struct {
	known   map[string]int // how often each token was learnt
	windows map[uint64]int // by the hash of a window: how many tokens have it
	news    []string       // tokens that are not cut yet
	values  []secretValue  // oldest first
	loose   []string       // tokens that nobody holds, oldest first
}

// Sizes. A part of a signature is hidden from 20 characters on, one of a longer
// segment from 28, one of the whole in base64 from 56.
const (
	windowSize = 16
	shortStep  = 5
	longStep   = 13
	wideStep   = 41
	shortText  = 128 // the longest segment that is cut in short steps

	leastValue = 8    // the shortest value that is hidden
	mostValues = 1024 // that are remembered
	mostLoose  = 256
)

// Know learns a token.
func (s *Secrets) Know(raw string) {
	if s.known == nil {
		s.known = map[string]int{}
	}
	if s.known[raw]++; s.known[raw] == 1 {
		s.news = append(s.news, raw)
	}
}

// Forget forgets a token, once for each time that it was learnt.
func (s *Secrets) Forget(raw string) {
	switch s.known[raw] {
	case 0:
		return
	case 1:
		delete(s.known, raw)
	default:
		s.known[raw]--
		return
	}
	if at := slices.Index(s.news, raw); at >= 0 {
		s.news = slices.Delete(s.news, at, at+1)
		return
	}
	cut(raw, func(window uint64) {
		if s.windows[window]--; s.windows[window] <= 0 {
			delete(s.windows, window)
		}
	})
}

// Meet learns a token that nobody keeps, for some time.
func (s *Secrets) Meet(raw string) {
	if slices.Contains(s.loose, raw) {
		return
	}
	s.Know(raw)
	if s.loose = append(s.loose, raw); len(s.loose) > mostLoose {
		s.Forget(s.loose[0])
		s.loose = s.loose[1:]
	}
}

// learn cuts the new tokens.
func (s *Secrets) learn() {
	if s.windows == nil {
		s.windows = map[uint64]int{}
	}
	for _, raw := range s.news {
		cut(raw, func(window uint64) { s.windows[window]++ })
	}
	s.news = nil
}

// secretValue is a value as it may be written, and what stands for it.
type secretValue struct {
	forms []string
	mark  string
}

// KnowValue learns a value that must not be shown where it stands as a whole.
// One of a few characters, or of digits, would hide too much.
func (s *Secrets) KnowValue(value string) {
	plain := decode(value).plain
	if len(plain) < leastValue || strings.Trim(plain, "0123456789") == "" {
		return
	}
	forms := []string{plain}
	for _, form := range []string{inJSON(value), Printable(value), OneLine(value)} {
		if form = decode(form).plain; !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	s.keep(secretValue{forms, Value})
}

// KnowNumber learns a card's number, of which the last four digits are shown.
func (s *Secrets) KnowNumber(number string) {
	if len(number) > shownDigits {
		s.keep(secretValue{[]string{number, inGroups(number, " "), inGroups(number, "-")}, LastFour(number)})
	}
}

// inGroups gives digits in groups of four.
func inGroups(digits, between string) string {
	var groups []string
	for group := range slices.Chunk([]byte(digits), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, between)
}

// keep keeps a value, unless it is known.
func (s *Secrets) keep(value secretValue) {
	if slices.ContainsFunc(s.values, func(v secretValue) bool { return v.forms[0] == value.forms[0] }) {
		return
	}
	if s.values = append(s.values, value); len(s.values) > mostValues {
		s.values = s.values[1:]
	}
}

// inJSON gives a text as it stands in a string of JSON.
func inJSON(text string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(text) // of a string, which has no way to fail
	return b.String()[1 : b.Len()-2]
}

// Hide replaces tokens in a text, the parts of those that are known, values, and
// numbers of cards.
func (s *Secrets) Hide(text string) string {
	v := decode(text)
	spans := append(secret(v), numbers(v, true, isCard)...)
	if len(s.news) > 0 {
		s.learn()
	}
	if len(s.windows) > 0 {
		spans = s.parts(v, spans)
	}
	for _, value := range s.values {
		for _, form := range value.forms {
			spans = occurrences(v, form, value.mark, spans)
		}
	}
	return replace(text, spans)
}

// occurrences adds the places of a value.
func occurrences(v view, value, mark string, spans []span) []span {
	for from := 0; ; {
		at := strings.Index(v.plain[from:], value)
		if at < 0 {
			return spans
		}
		from += at + len(value)
		spans = append(spans, v.span(from-len(value), from, mark))
	}
}

// parts adds the pieces of a text in which a window is found. A part may go on
// behind a line break and what is set in.
func (s *Secrets) parts(v view, spans []span) []span {
	var w window
	text, begin, hidden := v.plain, 0, -1 // of the piece, and of what is hidden of it and before
	for i := 0; i <= len(text); i++ {
		if i < len(text) && isBase64URL[text[i]] {
			if w.add(text[i], begin) && s.windows[w.hash] > 0 && hidden < 0 {
				hidden = w.begun()
			}
			continue
		}
		if hidden >= 0 {
			spans = append(spans, v.span(hidden, i, Token))
			hidden = -1
		}
		next := i
		for w.n > 0 && next < len(text) && strings.IndexByte("\n\r\t ", text[next]) >= 0 && strings.IndexByte("\n\r", text[i]) >= 0 {
			next++
		}
		if next == i || next == len(text) || !isBase64URL[text[next]] {
			w.n, w.hash = 0, 0
		}
		i = max(i, next-1)
		begin = i + 1
	}
	return spans
}

// window is the last characters of a run, and where their pieces begin.
type window struct {
	hash   uint64
	n      int
	last   [windowSize]byte
	begins [windowSize]int
}

// The hash is a polynomial in an odd number: what leaves is multiplied by its
// power.
const hashBase = 0x9E3779B97F4A7C15

var hashTop = func() uint64 {
	top := uint64(1)
	for range windowSize {
		top *= hashBase
	}
	return top
}()

// add adds a character, and reports whether the window is full.
func (w *window) add(c byte, begin int) bool {
	at := w.n % windowSize
	w.hash = w.hash*hashBase + uint64(c)
	if w.n >= windowSize {
		w.hash -= uint64(w.last[at]) * hashTop
	}
	w.last[at], w.begins[at] = c, begin
	w.n++
	return w.n >= windowSize
}

// begun gives where the piece of the window's first character begins.
func (w *window) begun() int { return w.begins[w.n%windowSize] }

// cut gives the windows of a token: those of its segments behind the header, of
// what is sealed in it, and of the whole in base64, wherever in a text that was
// encoded it stood.
func cut(raw string, each func(uint64)) {
	_, rest, _ := strings.Cut(raw, ".")
	cutSegments(rest, each)
	segment, _, _ := strings.Cut(rest, ".")
	payload, err := base64.RawURLEncoding.DecodeString(segment)
	var claims struct {
		Sealed string `json:"sealed"`
	}
	if err == nil && json.Unmarshal(payload, &claims) == nil {
		_, letter, _ := strings.Cut(claims.Sealed, ".")
		cutSegments(letter, each)
	}
}

// cutSegments gives the windows of what stands behind a header.
func cutSegments(rest string, each func(uint64)) {
	for segment := range strings.SplitSeq(rest, ".") {
		step := longStep
		if len(segment) <= shortText {
			step = shortStep
		}
		cutText(segment, step, each)
	}
	for skipped := range min(3, len(rest)) {
		cutText(base64.RawURLEncoding.EncodeToString([]byte(rest[skipped:])), wideStep, each)
	}
}

// cutText gives the windows of a text: one at each step, and the last.
func cutText(text string, step int, each func(uint64)) {
	var w window
	for i := range len(text) {
		if full := w.add(text[i], 0); full && ((i+1-windowSize)%step == 0 || i == len(text)-1) {
			each(w.hash)
		}
	}
}
