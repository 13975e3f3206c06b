package tokens

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// segment gives part n of a compact token, re gives it with that part edited.
func segment(raw string, n int) string { return strings.Split(raw, ".")[n] }

func re(raw string, n int, edit func(string) string) string {
	parts := strings.Split(raw, ".")
	parts[n] = edit(parts[n])
	return strings.Join(parts, ".")
}

// looseTail sets a bit that base64 does not use; the decoded bytes stay.
func looseTail(segment string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if segment == "" {
		return ""
	}
	at := strings.IndexByte(alphabet, segment[len(segment)-1])
	if at < 0 {
		return segment
	}
	return segment[:len(segment)-1] + alphabet[at|1:][:1]
}

func insert(text string) func(string) string {
	return func(segment string) string { return segment[:8] + text + segment[8:] }
}

func TestGateRefusesOtherThanThreeCanonicalSegments(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	f := control()
	// Lengths that leave unused bits in all three segments.
	for len(f.payload.text())%3 == 0 {
		f.payload = f.payload.with("sub", `"user_1234"`)
	}
	good := f.raw()
	header, payload, signature := segment(good, 0), segment(good, 1), segment(good, 2)
	mustAccept(t, checks, good)
	for _, tt := range []struct{ name, raw string }{
		{"empty", ""}, {"a dot", "."}, {"two dots", ".."}, {"8192 dots", strings.Repeat(".", MaxSize)},
		{"one segment", header}, {"two segments", header + "." + payload}, {"four segments", good + "."},
		{"five segments, a JWE's", header + "...." + payload},
		{"no header", "." + payload + "." + signature}, {"detached payload", header + ".." + signature},
		{"padding after the header", re(good, 0, func(s string) string { return s + "=" })},
		{"padding after the payload", re(good, 1, func(s string) string { return s + "==" })},
		{"padding after the signature", good + "=="},
		{"loose bits in the payload", re(good, 1, looseTail)}, {"loose bits in the signature", re(good, 2, looseTail)},
		{"LF in the header", re(good, 0, insert("\n"))}, {"CR in the payload", re(good, 1, insert("\r"))},
		{"CR LF in the signature", re(good, 2, insert("\r\n"))},
		{"CR before the header", "\r" + good}, {"CR before the payload", re(good, 1, func(s string) string { return "\r" + s })}, {"LF before the signature", re(good, 2, func(s string) string { return "\n" + s })},
		{"LF at the end", good + "\n"}, {"LF at the beginning", "\n" + good}, {"LF alone as the signature", header + "." + payload + ".\n"},
		{"space before", " " + good}, {"space after", good + " "}, {"tab inside", re(good, 1, insert("\t"))},
		{"no-break space", good + "\u00a0"}, {"zero width space", "\u200b" + good}, {"byte order mark", "\ufeff" + good}, {"NUL", good + "\x00"},
		{"plus of the other alphabet", re(good, 2, insert("++++"))}, {"slash of the other alphabet", re(good, 2, insert("////"))},
		{"one character too many", re(good, 2, func(s string) string { return s + "AAA" })},
		{"flattened JSON serialisation", `{"protected":"` + header + `","payload":"` + payload + `","signature":"` + signature + `"}`},
		{"Bearer before it", "Bearer " + good},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refusal := mustRefuse(t, checks, tt.raw, Malformed)
			if refusal.Token != (Ref{}) {
				t.Errorf("ref %v before anything was verified", refusal.Token)
			}
		})
	}
	mustAccept(t, checks, good)
}

// A header whose length leaves loose bits has to be made for it.
func TestGateRefusesLooseBitsInTheHeader(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	f := control()
	header := f.header.text()
	for len(header)%3 == 0 {
		header += " "
	}
	good := f.signer.compact(header, f.payload.text())
	mustAccept(t, checks, good)
	mustRefuse(t, checks, re(good, 0, looseTail), Malformed)
}

// What strictjson refuses is malformed in both places, although it is properly
// signed; what it accepts gets further.
func TestGateWantsStrictJSON(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	f := control()
	for _, tt := range []struct {
		name, text string
		strict     bool
	}{
		{"empty object", `{}`, true},
		{"spaces", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n", true},
		{"escapes", `{"\"\\\/\b\f\n\r\t\u00e9":"\ud83d\ude00"}`, true},
		{"numbers", `{"a":[-0,1e3,123456789012345678901234567890]}`, true},
		{"names in other case", `{"iss":1,"ISS":2}`, true},
		{"32 deep", strings.Repeat(`{"a":`, 32) + "0" + strings.Repeat("}", 32), true},
		{"33 deep", strings.Repeat(`{"a":`, 33) + "0" + strings.Repeat("}", 33), false},
		{"duplicate", `{"a":1,"a":1}`, false},
		{"duplicate by an escape", `{"alg":1,"\u0061lg":1}`, false},
		{"deep duplicate", `{"a":[{"b":{"c":1,"c":2}}]}`, false},
		{"duplicate after many", `{"a":0,"b":0` + numbered(600) + `,"b":0}`, false},
		{"empty text", "", false},
		{"byte order mark", "\xef\xbb\xbf{}", false},
		{"array", `[]`, false},
		{"null", `null`, false},
		{"second object", `{}{}`, false},
		{"trailing NUL", "{}\x00", false},
		{"trailing comma", `{"a":1,}`, false},
		{"comment", `{/**/}`, false},
		{"NaN", `{"a":NaN}`, false},
		{"leading zero", `{"a":01}`, false},
		{"unclosed string", `{"a`, false},
		{"unknown escape", `{"a":"\x41"}`, false},
		{"line break in a string", "{\"a\":\"\n\"}", false},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", false},
		{"overlong UTF-8 in a name", "{\"\xc0\xaf\":1}", false},
		{"lone surrogate", `{"a":"\ud800"}`, false},
		{"lone surrogate deep", `{"a":[{"b":["\udc00"]}]}`, false},
	} {
		header := f.signer.compact(tt.text, f.payload.text())
		payload := f.signer.compact(f.header.text(), tt.text)
		if len(header) > MaxSize || len(payload) > MaxSize {
			t.Fatalf("%s: %d bytes", tt.name, len(header))
		}
		t.Run(tt.name, func(t *testing.T) {
			if !tt.strict {
				mustRefuse(t, checks, header, Malformed)
				mustRefuse(t, checks, payload, Malformed)
				return
			}
			for _, raw := range []string{header, payload} {
				if _, err := Judge(raw, checks); err == nil || errors.Is(err, Malformed) {
					t.Errorf("got %v, want a later refusal", err)
				}
			}
		})
	}
}

func TestGateAcceptsAnEmptySignatureAsStructure(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	mustRefuse(t, checks, re(control().raw(), 2, func(string) string { return "" }), SignatureInvalid)
}

func TestGateSizeIsExact(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	sized := func(size int) string {
		for pad := range 4000 {
			f := control().claim("constraints", `{"a":"`+strings.Repeat("x", 5000+pad)+`"}`)
			if raw := f.raw(); len(raw) == size {
				return raw
			}
			// base64 grows by 1, 1, 2: a space in the header moves what is skipped.
			if raw := f.signer.compact(f.header.text()+" ", f.payload.text()); len(raw) == size {
				return raw
			}
		}
		t.Fatalf("no token of %d bytes", size)
		return ""
	}
	mustAccept(t, checks, sized(MaxSize))
	mustRefuse(t, checks, sized(MaxSize+1), TooLarge)
	mustRefuse(t, checks, strings.Repeat(".", 1<<20), TooLarge)
}

func TestGateLetsOnlyThreeHeaderMembersPass(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	for _, tt := range []struct {
		name   string
		header document
		want   Reason
	}{
		{"jwk", control().header.with("jwk", `{"kty":"EC"}`), HeaderNotAllowed},
		{"jku", control().header.with("jku", `"https://evil.example/jwks"`), HeaderNotAllowed},
		{"x5u", control().header.with("x5u", `"https://evil.example/"`), HeaderNotAllowed},
		{"x5c", control().header.with("x5c", `["AA=="]`), HeaderNotAllowed},
		{"crit", control().header.with("crit", `["exp"]`), HeaderNotAllowed},
		{"crit empty", control().header.with("crit", `[]`), HeaderNotAllowed},
		{"crit null", control().header.with("crit", `null`), HeaderNotAllowed},
		{"b64", control().header.with("b64", `false`), HeaderNotAllowed},
		{"cty", control().header.with("cty", `"JWT"`), HeaderNotAllowed},
		{"zip", control().header.with("zip", `"DEF"`), HeaderNotAllowed},
		{"nonce", control().header.with("nonce", `"n"`), HeaderNotAllowed},
		{"empty name", control().header.with("", `""`), HeaderNotAllowed},
		{"KID in capitals", control().header.with("KID", `"coupons-k1"`), HeaderNotAllowed},
		{"control characters in a name", control().header.with(`\u001b[31m\u202e`+strings.Repeat(`\ud83d\ude00`, 100), `1`), HeaderNotAllowed},
		{"alg a number", control().header.with("alg", `256`), HeaderNotAllowed},
		{"alg null", control().header.with("alg", `null`), HeaderNotAllowed},
		{"kid an array", control().header.with("kid", `["coupons-k1"]`), HeaderNotAllowed},
		{"kid null", control().header.with("kid", `null`), HeaderNotAllowed},
		{"typ an object", control().header.with("typ", `{}`), HeaderNotAllowed},
		{"typ of another kind", control().header.with("typ", `"at+jwt"`), TypeNotAllowed},
		{"typ in capitals", control().header.with("typ", `"CONFIRMATION+JWT"`), TypeNotAllowed},
		{"typ with its tree", control().header.with("typ", `"application/confirmation+jwt"`), TypeNotAllowed},
		{"typ empty", control().header.with("typ", `""`), TypeNotAllowed},
		{"typ missing", control().header.without("typ"), TypeNotAllowed},
		{"no member at all", document{}, TypeNotAllowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := control()
			mustAccept(t, checks, f.raw())
			f.header = tt.header
			mustRefuse(t, checks, f.raw(), tt.want)
			mustAccept(t, checks, control().raw())
		})
	}
}

// Members in another order, spaces and escapes are the same header.
func TestGateReadsTheHeaderByMeaning(t *testing.T) {
	f := control()
	raw := f.signer.compact(" {\n\"typ\" : \"confirmation\\u002bjwt\", \"\\u006bid\":\"coupons\\u002dk1\" ,\"alg\":\"\\u0045S256\"}\t", f.payload.text())
	mustAccept(t, relayAt(epoch).Checks(Own{}), raw)
}

func TestSplitCompact(t *testing.T) {
	got, err := SplitCompact("YQ..Yg", 3)
	if diff := cmp.Diff([][]byte{[]byte("a"), {}, []byte("b")}, got); err != nil || diff != "" {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	for _, tt := range []struct {
		text, want string
		n          int
	}{
		{"a.b", "malformed: 2 segments where 3 belong", 3},
		{"a.b.c", "malformed: 3 segments where 5 belong", 5},
		{"YQ.YR.YQ", "malformed: segment 2 is not canonical base64url", 3},
	} {
		if _, err := SplitCompact(tt.text, tt.n); err == nil || err.Error() != tt.want || !errors.Is(err, Malformed) {
			t.Errorf("SplitCompact(%q, %d): %v, want %s", tt.text, tt.n, err, tt.want)
		}
	}
}

func TestPeekTakesApartAndBelievesNothing(t *testing.T) {
	f := control()
	f.signer = pointsKey // a bad signature is no matter here
	got, err := Peek(f.raw())
	if err != nil {
		t.Fatal(err)
	}
	want := Unverified{Header: []byte(f.header.text()), Payload: []byte(f.payload.text()), KeyID: "coupons-k1", Ref: Ref{"coupons.svc", "cpt_1", "op_1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bare, err := Peek(f.signer.compact(`{"kid":7}`, `{"iss":null,"jti":[]}`))
	if err != nil || bare.KeyID != "" || bare.Ref != (Ref{}) {
		t.Errorf("values of other types: %v, %v", bare, err)
	}
	for raw, want := range map[string]Reason{strings.Repeat("a", MaxSize+1): TooLarge, "a.b": Malformed, "": Malformed} {
		if got, err := Peek(raw); !errors.Is(err, want) || got.Header != nil {
			t.Errorf("Peek(%.10q): %v, want %s", raw, err, want)
		}
	}
}

// Of an issuer whose tokens have no jti, a text has the name that its verification
// would give it; of every other it has none.
func TestPeekNamesWhatHasNoJTI(t *testing.T) {
	f := outside(outsideKey)
	named := f.raw()
	f.payload = f.payload.without("jti")
	nameless := f.raw()
	waiving := Issuer{Name: "outside.example", Keys: StaticKeys{outsideKey.Key}, Capabilities: []string{"coupons:redeem"}, Profile: &Profile{Optional: []string{"jti"}}}
	asking := waiving
	asking.Profile = &Profile{}
	for _, tt := range []struct {
		issuer    Issuer
		raw, want string
	}{
		{waiving, named, "cpt_1"}, {asking, named, "cpt_1"}, {asking, nameless, ""},
		{waiving, nameless, mustAccept(t, trusting(waiving.Keys, waiving.Profile).Checks(Own{}), nameless).ID},
	} {
		got, err := NewMemory().PeekAs(tt.raw, func(string) (Issuer, bool) { return tt.issuer, true })
		if err != nil || got.Ref != (Ref{"outside.example", tt.want, "op_1"}) {
			t.Errorf("%+v, %v, want %q", got.Ref, err, tt.want)
		}
	}
}

// The contract says 8 KiB.
func TestTheLargestTokenIsOf8KiB(t *testing.T) {
	if MaxSize != 8<<10 {
		t.Errorf("it is of %d bytes", MaxSize)
	}
}

// numbered gives members of an object, each behind a comma.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"%d":0`, i)
	}
	return b.String()
}

// Whichever of the checks before the claims are left out, no text makes a panic of
// what the others find.
func TestWhateverIsLeftOutNothingPanics(t *testing.T) {
	names := CheckNames()
	names = names[:slices.Index(names, "audience")]
	for left := range 1 << len(names) {
		var rules []string
		for i, name := range names {
			if left>>i&1 == 1 {
				rules = append(rules, name)
			}
		}
		v := relayAt(epoch)
		var err error
		if v.Weakness, err = UnsafeWithout(rules...); err != nil {
			t.Fatal(err)
		}
		for _, raw := range []string{"", "abc", "a.b", "...", "a.b.c", "e30.e30.", control().raw()[:100]} {
			func() {
				defer func() {
					if found := recover(); found != nil {
						t.Fatalf("without %v, %q: %v", rules, raw, found)
					}
				}()
				_, _ = v.Judge(raw, Own{})
			}()
		}
	}
}
