// Verification: the checks, their order, and who judges by them.

package tokens

import (
	"crypto"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens/strictjson"
)

// Key is one version of an issuer's signing key: kid names it for ever.
type Key struct {
	ID        string
	Algorithm jose.SignatureAlgorithm // the only one that it verifies
	Public    crypto.PublicKey
}

// KeySet finds an issuer's keys. The error's text says why there is none, for
// a person, and does not repeat the kid; its kind does not matter. Which keys
// are sound is the set's to know: they are used as they come.
type KeySet interface {
	Key(kid string) (Key, error)
}

// Issuer is what a verifier holds of one issuer before any token comes.
type Issuer struct {
	Name         string // iss
	Keys         KeySet
	Capabilities []string // granted to it
	Profile      *Profile // of an outside issuer; nil for one of ours
}

// Verifier is what one party needs to judge envelopes. All exported fields
// but Weakness and Memory are mandatory. Safe for concurrent use when they are.
type Verifier struct {
	Party   string // the party's name in aud
	Clock   Clock
	Leeway  func() time.Duration // how far clocks may differ; 0 unless somebody says otherwise
	Issuers func(iss string) (Issuer, bool)

	Weakness Weakness // none, unless somebody wants to see what happens
	Memory   *Memory  // of texts that come again; may be nil
}

// Envelope is one token on its way through the checks. Its accessors give
// what the checks so far have made certain; when they are over, so is it.
type Envelope struct {
	raw             string
	header, payload strictjson.Object
	body            string // the second segment, decoded
	signature       []byte // the third
	alg, kid, typ   string
	issuer          Issuer
	key             Key
	verified        bool
	claims          *Claims
	notBefore       time.Time // of an outside issuer's token; zero when it says none

	room room // what the token is read into
}

// room is memory that is used again: what a verification allocates, the collector
// has to look after, which cost as much as all the reading (benchmark: 1.21 to 1.27
// times the bare check with 4.4 kB, 1.11 to 1.13 with 2 kB).
type room struct {
	bytes           []byte
	header, payload strictjson.Object
}

var envelopes = sync.Pool{New: func() any { return new(Envelope) }}

// begin begins with a text. Whoever asks for it wipes it in the end.
func begin(raw string) *Envelope {
	e := envelopes.Get().(*Envelope)
	e.raw, e.claims = raw, new(Claims) // which outlive it
	return e
}

// wipe leaves nothing of the token in what is used again.
func (e *Envelope) wipe() {
	r := e.room
	clear(r.bytes[:max(len(r.bytes), min(cap(r.bytes), len(e.raw)))]) // where something could not be decoded, too
	clear(r.header)
	clear(r.payload)
	*e = Envelope{room: room{r.bytes[:0], r.header[:0], r.payload[:0]}}
	envelopes.Put(e)
}

// Claims gives the claims: complete after the claims check, empty before.
func (e *Envelope) Claims() *Claims { return e.claims }

// Check is one row of the order of checks.
type Check struct {
	Name   string
	Source string // where the rule comes from
	Judge  func(*Envelope) error

	needs []string               // the checks that make certain what this one looks at
	say   func(*Envelope) string // what was found when it passed
}

// Own holds the checks that only one party can do; a nil one is left out.
type Own struct {
	Session func(*Claims) error // is the token for this order and customer?
	Route   func(*Claims) error // relay: does any service do it?
	Outcome func(*Claims) error // redeemer: was it redeemed? May answer ErrDone
	Replay  func(*Claims) error // relay: records the use
	Books   func(*Claims) error // redeemer: does the reservation stand?
}

// ErrDone ends the judging with acceptance: the answer is already known.
var ErrDone = errors.New("the answer is already known")

// row is one of the checks, for every verifier. Either everybody makes it, or only
// who has a part of [Own] for it.
type row struct {
	name, source string
	judge        func(*Verifier, *Own, *Envelope) error
	part         func(*Own) func(*Claims) error
	needs        []string
	say          func(*Verifier, *Envelope) string
}

// What some of the checks need.
var (
	structured = []string{"size", "structure"}
	claimed    = append([]string{"claims"}, structured...)
	signed     = append([]string{"signature"}, claimed...)
)

// rows are the checks in the order that decides which reason a token with several
// faults is refused for.
var rows = [...]row{
	{"size", "design", func(_ *Verifier, _ *Own, e *Envelope) error { return checkSize(e) }, nil, nil, says(saySize)},
	{"structure", "RFC 7515 5.2", func(v *Verifier, _ *Own, e *Envelope) error { return checkStructure(v.Memory, e) }, nil, []string{"size"}, nil},
	{"header", "RFC 8725 3.11", func(v *Verifier, _ *Own, e *Envelope) error { return v.checkHeader(e) }, nil, structured, says(sayHeader)},
	{"issuer", "RFC 8725 3.8", func(v *Verifier, _ *Own, e *Envelope) error { return v.checkIssuer(e) }, nil, structured, says(sayIssuer)},
	{"key", "RFC 8725 3.1", func(v *Verifier, _ *Own, e *Envelope) error { return v.checkKey(e) }, nil, append([]string{"header", "issuer"}, structured...), says(sayKey)},
	{"signature", "RFC 8725 3.3", func(v *Verifier, _ *Own, e *Envelope) error { return v.checkSignature(e) }, nil, append([]string{"key"}, structured...), nil},
	{"claims", "RFC 7519 4", func(v *Verifier, _ *Own, e *Envelope) error { return checkClaims(v.Memory, e) }, nil, append([]string{"issuer"}, structured...), nil},
	{"audience", "RFC 8725 3.9", func(v *Verifier, _ *Own, e *Envelope) error { return v.checkAudience(e) }, nil, claimed, says(sayAudience)},
	{"session", "RFC 8725 3.8", nil, func(o *Own) func(*Claims) error { return o.Session }, claimed, says(saySession)},
	{"outcome", "design", nil, func(o *Own) func(*Claims) error { return o.Outcome }, signed, nil},
	{"time", "RFC 7519 4.1.4", func(v *Verifier, _ *Own, e *Envelope) error { return v.checkTime(e) }, nil, claimed, (*Verifier).sayTime},
	{"capability", "RFC 8725 3.8", func(_ *Verifier, o *Own, e *Envelope) error { return checkCapability(o.Route, e) }, nil, claimed, says(sayCapability)},
	{"replay", "RFC 7519 4.1.7", nil, func(o *Own) func(*Claims) error { return o.Replay }, signed, says(sayReplay)},
	{"books", "design", nil, func(o *Own) func(*Claims) error { return o.Books }, signed, nil},
}

func says(say func(*Envelope) string) func(*Verifier, *Envelope) string {
	return func(_ *Verifier, e *Envelope) string { return say(e) }
}

// made reports whether whoever has these checks of its own makes this one.
func (r *row) made(own *Own) bool { return r.part == nil || r.part(own) != nil }

// run makes the check. Without it everybody looks, and refuses nothing.
func (r *row) run(v *Verifier, own *Own, e *Envelope) (err error) {
	if r.part != nil {
		err = r.part(own)(e.claims)
	} else {
		err = r.judge(v, own, e)
	}
	if err != nil && v.Weakness.Lacks(r.name) {
		return nil
	}
	return err
}

// Checks gives every check in the order that decides which reason a token
// with several faults is refused for.
func (v *Verifier) Checks(own Own) []Check {
	all := make([]Check, 0, len(rows))
	for i := range rows {
		r := &rows[i]
		if !r.made(&own) {
			continue
		}
		check := Check{Name: r.name, Source: r.source, Judge: func(e *Envelope) error { return r.run(v, &own, e) }, needs: r.needs}
		if r.say != nil {
			check.say = func(e *Envelope) string { return r.say(v, e) }
		}
		all = append(all, check)
	}
	return all
}

// Judge runs the checks over a token until one fails. The error is a
// [*Refusal] (or whatever a party's own check answers); the claims are nil
// then, for nothing of a refused token may be used. A refusal carries the
// token's [Ref] once the signature was verified and the claims were read.
func (v *Verifier) Judge(raw string, own Own) (*Claims, error) {
	return v.judge(raw, own, rows[:])
}

// Genuine runs those of the checks that ask whether the issuer signed a token, and
// what it says: not for whom, nor whether it is still good. See [Verifier.Judge].
func (v *Verifier) Genuine(raw string) (*Claims, error) {
	at := slices.IndexFunc(rows[:], func(r row) bool { return r.name == "audience" })
	return v.judge(raw, Own{}, rows[:at])
}

func (v *Verifier) judge(raw string, own Own, some []row) (*Claims, error) {
	e := begin(raw)
	defer e.wipe()
	for i := range some {
		if r := &some[i]; r.made(&own) {
			if err := r.run(v, &own, e); err != nil {
				return e.judged(err)
			}
		}
	}
	return e.claims, nil
}

// Judge runs some of the checks over a token; see [Verifier.Judge].
func Judge(raw string, checks []Check) (*Claims, error) {
	e := begin(raw)
	defer e.wipe()
	for i := range checks {
		if err := checks[i].Judge(e); err != nil {
			return e.judged(err)
		}
	}
	return e.claims, nil
}

// judged gives the answer when a check has one.
func (e *Envelope) judged(err error) (*Claims, error) {
	if errors.Is(err, ErrDone) {
		return e.claims, nil
	}
	var refusal *Refusal
	if errors.As(err, &refusal) && e.verified {
		return nil, &Refusal{refusal.Reason, refusal.Detail, e.claims.Ref()} // a copy: it may be shared
	}
	return nil, err
}

func (v *Verifier) checkIssuer(e *Envelope) error {
	raw, ok := e.payload.Get("iss")
	if !ok || strictjson.IsNull(raw) || raw == `""` {
		return Refuse(ClaimMissing, `claim "iss" is missing`)
	}
	if e.issuer, ok = v.claimed(e); !ok {
		name, _ := strictjson.String(raw)
		return Refuse(IssuerUnknown, "%s knows no issuer %s", v.Party, quote(name))
	}
	return nil
}

// claimed finds the issuer that the token claims to be from.
func (v *Verifier) claimed(e *Envelope) (Issuer, bool) {
	raw, _ := e.payload.Get("iss")
	name, ok := strictjson.String(raw)
	if !ok || name == "" {
		return Issuer{}, false
	}
	return v.Issuers(name)
}

func (v *Verifier) checkKey(e *Envelope) error {
	if e.issuer.Keys == nil && e.kid != "" { // without the issuer check, or an issuer without keys
		return Refuse(KeyUnknown, "there are no keys to look for %s in", quote(e.kid))
	}
	key, err := e.issuer.key(e.kid, e.alg)
	switch {
	case err != nil && e.kid == "":
		return Refuse(KeyUnknown, "%v", errNoKID)
	case err != nil:
		return Refuse(KeyUnknown, "%s has no key %s: %v", Word(e.issuer.Name), quote(e.kid), err)
	case e.alg == "" || !e.issuer.spells(e.alg, key.Algorithm):
		return Refuse(AlgorithmNotAllowed, "alg is %s, the key's is %q", quote(e.alg), key.Algorithm)
	}
	e.key = key
	return nil
}

// checkAudience wants the party itself and the relay, and beside them nobody but
// the issuer, so that a token for others is not a token for us. An outside issuer
// may have another name for the relay, or some, and then one of those is wanted.
func (v *Verifier) checkAudience(e *Envelope) error {
	wanted := [...]string{e.issuer.audience(Audience), e.issuer.audience(v.Party)}
	others := e.issuer.profile().Audiences
	for _, name := range e.claims.Audience {
		if name != Audience && name != e.claims.Issuer && !slices.Contains(wanted[:], name) && !slices.Contains(others, name) {
			return Refuse(AudienceMismatch, "aud names %s, who has no part in it", quote(name))
		}
	}
	named := slices.ContainsFunc(others, func(name string) bool { return slices.Contains(e.claims.Audience, name) })
	for _, name := range wanted {
		if !slices.Contains(e.claims.Audience, name) && !named {
			return Refuse(AudienceMismatch, "aud does not name %q: it names %s", name, quoteAll(e.claims.Audience))
		}
	}
	return nil
}

func (v *Verifier) checkTime(e *Envelope) error {
	now, leeway := v.Clock.Now(), v.Leeway()+e.issuer.profile().Leeway
	issued, expires := e.claims.IssuedAt, e.claims.ExpiresAt
	if ahead := issued.Sub(now); ahead > leeway {
		return Refuse(NotYetValid, "issued at %s, it is %s: %s too early", stamp(issued), stamp(now), HowLong(ahead-leeway))
	}
	if ahead := e.notBefore.Sub(now); ahead > leeway {
		return Refuse(NotYetValid, "not valid before %s, it is %s: %s too early", stamp(e.notBefore), stamp(now), HowLong(ahead-leeway))
	}
	if late := now.Sub(expires); late >= leeway {
		return Refuse(Expired, "expired at %s, it is %s: %s over", stamp(expires), stamp(now), HowLong(late-leeway))
	}
	switch lifetime := expires.Sub(issued); {
	case lifetime <= 0:
		return Refuse(LifetimeTooLong, "exp %s does not lie after iat %s", stamp(expires), stamp(issued))
	case lifetime > e.issuer.maxLifetime():
		return Refuse(LifetimeTooLong, "it lives for %s, at most %s", HowLong(lifetime), HowLong(e.issuer.maxLifetime()))
	}
	return nil
}

// checkCapability wants the issuer to be allowed what it grants, and somebody to
// do it.
func checkCapability(route func(*Claims) error, e *Envelope) error {
	if len(e.claims.Capabilities) == 0 {
		return Refuse(CapabilityNotAllowed, "the token carries no capability")
	}
	for _, capability := range e.claims.Capabilities {
		if !slices.Contains(e.issuer.Capabilities, capability) {
			return Refuse(CapabilityNotAllowed, "%s may not grant %s", Word(e.issuer.Name), quote(capability))
		}
	}
	if route == nil {
		return nil
	}
	return route(e.claims)
}

// stamp writes a time for a message; the far ones of hostile tokens too.
func stamp(t time.Time) string {
	if y := t.Year(); y < 0 || y > 9999 {
		return "a time out of the calendar"
	}
	return t.UTC().Format(time.RFC3339)
}
