package keysets_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
	"tokenshell/tokens/keysets"
)

// keys are made once: RSA takes long.
var made = sync.OnceValue(func() (k struct {
	rsa, other *rsa.PrivateKey
	ec         *ecdsa.PrivateKey
	ed         ed25519.PrivateKey
}) {
	var errs [4]error
	k.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	k.other, errs[1] = rsa.GenerateKey(rand.Reader, 2048)
	k.ec, errs[2] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, k.ed, errs[3] = ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(errs[:]...); err != nil {
		panic(err)
	}
	return k
})

// jwk writes a public key as a JWK, with more members.
func jwk(t testing.TB, public crypto.PublicKey, more ...string) map[string]any {
	t.Helper()
	text, err := (&jose.JSONWebKey{Key: public}).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "kid")
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

func setOf(t testing.TB, keys ...any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"keys": keys})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// certificate certifies a key with itself.
func certificate(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "issuer.example"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// certified adds to a JWK what issuers publish of its certificate.
func certified(t testing.TB, key crypto.Signer, m map[string]any) map[string]any {
	t.Helper()
	der := certificate(t, key)
	one, two := sha1.Sum(der), sha256.Sum256(der)
	m["x5c"] = []string{base64.StdEncoding.EncodeToString(der)}
	m["x5t"] = base64.RawURLEncoding.EncodeToString(one[:])
	m["x5t#S256"] = base64.RawURLEncoding.EncodeToString(two[:])
	return m
}

func block(t testing.TB, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// object writes an object of texts: names and values in turn.
func object(t testing.TB, members ...string) []byte {
	t.Helper()
	m := map[string]string{}
	for i := 0; i < len(members); i += 2 {
		m[members[i]] = members[i+1]
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// numbered gives a value n names.
func numbered(n int, value string) []string {
	var members []string
	for i := range n {
		members = append(members, strconv.Itoa(i), value)
	}
	return members
}

// found writes a set down: kid/alg of each key.
func found(s keysets.Set) string {
	var all []string
	for _, key := range s.Keys {
		all = append(all, key.ID+"/"+string(key.Algorithm))
	}
	return strings.Join(all, " ")
}

// The shapes in which large issuers publish their keys.
func TestKeySetsOfRealIssuers(t *testing.T) {
	k := made()
	r, other := &k.rsa.PublicKey, &k.other.PublicKey
	entra := func(kid string, key *rsa.PrivateKey) map[string]any {
		m := certified(t, key, jwk(t, &key.PublicKey, "kid", kid, "use", "sig", "cloud_instance_name", "login.example"))
		delete(m, "x5t#S256")
		return m
	}
	for name, c := range map[string]struct {
		text         []byte
		alg          jose.SignatureAlgorithm
		want, notice string
	}{
		"Keycloak": {setOf(t, certified(t, k.rsa, jwk(t, r, "kid", "sig-1", "alg", "RS256", "use", "sig")), certified(t, k.other, jwk(t, other, "kid", "enc-1", "alg", "RSA-OAEP", "use", "enc"))),
			"", "sig-1/RS256", `1 key used; left out: 1 of 2: enc-1 is for use "enc", not for sig`},
		"Entra ID":    {setOf(t, entra("a1", k.rsa), entra("b2", k.other)), jose.RS256, "a1/RS256 b2/RS256", ""},
		"Auth0":       {setOf(t, certified(t, k.rsa, jwk(t, r, "kid", "n0", "alg", "RS256", "use", "sig")), certified(t, k.other, jwk(t, other, "kid", "n1", "alg", "RS256", "use", "sig"))), "", "n0/RS256 n1/RS256", ""},
		"Google":      {setOf(t, jwk(t, r, "kid", "89ce", "alg", "RS256", "use", "sig"), jwk(t, other, "kid", "c37d", "alg", "RS256", "use", "sig")), "", "89ce/RS256 c37d/RS256", ""},
		"AWS Cognito": {setOf(t, jwk(t, r, "kid", "id+token=", "alg", "RS256", "use", "sig"), jwk(t, other, "kid", "access/token=", "alg", "RS256", "use", "sig")), "", "id+token=/RS256 access/token=/RS256", ""},
		"many kinds": {setOf(t, jwk(t, r, "kid", "one", "alg", "RS256"), jwk(t, r, "kid", "one", "alg", "PS256"), jwk(t, &k.ec.PublicKey, "kid", "two"), jwk(t, k.ed.Public(), "kid", "three"), jwk(t, k.ed.Public(), "kid", "four", "alg", "Ed25519")),
			"", "one/RS256 one/PS256 two/ES256 three/EdDSA four/EdDSA", ""},
	} {
		set, err := keysets.Read(c.text, c.alg)
		if err != nil || found(set) != c.want || set.Notice() != c.notice {
			t.Errorf("%s: %q, %q, %v", name, found(set), set.Notice(), err)
		}
	}
	if _, err := keysets.Read(setOf(t, entra("a1", k.rsa)), ""); err == nil || !strings.Contains(err.Error(), "a1 says no alg, and an RSA key may be for RS256 or for PS256: alg in a profile says which") {
		t.Error(err)
	}
}

// The forms of one key.
func TestForms(t *testing.T) {
	k := made()
	spki, err := x509.MarshalPKIXPublicKey(&k.ec.PublicKey)
	public := block(t, "PUBLIC KEY", spki, err)
	pkcs1 := block(t, "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&k.rsa.PublicKey), nil)
	leaf, above := block(t, "CERTIFICATE", certificate(t, k.ec), nil), block(t, "CERTIFICATE", certificate(t, k.rsa), nil)
	single, err := json.Marshal(jwk(t, &k.ec.PublicKey, "kid", "a"))
	nameless := jwk(t, &k.ec.PublicKey)
	certs, certsErr := json.Marshal(map[string]string{"b": leaf, "a": block(t, "CERTIFICATE", certificate(t, k.ed), nil)})
	if err = errors.Join(err, certsErr); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"a set that says where it is": {string(single[:len(single)-1]) + `,"jwks_uri":"x","keys":[` + strings.Replace(string(single), `"a"`, `"b"`, 1) + "]}", "b/ES256"},
		"as large as may be":          {string(single) + strings.Repeat(" ", 1<<20-len(single)), "a/ES256"},
		"as many as may be":           {string(setOf(t, slices.Repeat([]any{jwk(t, &k.ec.PublicKey, "kid", "a")}, 100)...)), "a/ES256"},
		"as many blocks as may be":    {strings.Repeat(leaf, 100), "/ES256"},
		"a chain of three":            {leaf + above + above, "/ES256"},
		"SPKI":                        {public, "/ES256"},
		"SPKI with a text before":     {"the key of our issuer:\n" + public, "/ES256"},
		"PKCS#1":                      {pkcs1, "/RS256"},
		"a certificate":               {leaf, "/ES256"},
		"a chain":                     {leaf + above, "/ES256"},
		"certificates by kid":         {string(certs), "a/EdDSA b/ES256"},
		"a certificate by kid":        {string(object(t, "a", leaf)), "a/ES256"},
		"a JWK":                       {string(single), "a/ES256"},
		"a JWK without a kid":         {string(setOf(t, nameless)), "/ES256"},
		"a byte order mark":           {"\ufeff" + string(single), "a/ES256"},
		"nameless beside unusable":    {string(setOf(t, nameless, jwk(t, &k.rsa.PublicKey, "kid", "e", "use", "enc", "alg", "RSA-OAEP"))), "/ES256"},
		"nameless beside a named":     {string(setOf(t, nameless, jwk(t, k.ed.Public(), "kid", "e"))), "e/EdDSA"},
	} {
		set, err := keysets.Read([]byte(c.text), jose.RS256)
		if err != nil || found(set) != c.want {
			t.Errorf("%s: %q, %q, %v", name, found(set), set.Notice(), err)
		}
	}
}

// What is refused whole, and why.
func TestRefusedKeySets(t *testing.T) {
	k := made()
	good := jwk(t, &k.ec.PublicKey, "kid", "good")
	private := func(member string) map[string]any { return jwk(t, &k.rsa.PublicKey, "kid", "bad", member, "AQAB") }
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k.ed)
	secretPEM := block(t, "PRIVATE KEY", pkcs8, err)
	sec1, err := x509.MarshalECPrivateKey(k.ec)
	spki, spkiErr := x509.MarshalPKIXPublicKey(&k.ec.PublicKey)
	agreeing, agreeingErr := ecdh.X25519().GenerateKey(rand.Reader)
	x25519SPKI, x25519Err := x509.MarshalPKIXPublicKey(agreeing.PublicKey())
	single, singleErr := json.Marshal(jwk(t, &k.ec.PublicKey, "kid", "a"))
	if err := errors.Join(spkiErr, agreeingErr, x25519Err, singleErr); err != nil {
		t.Fatal(err)
	}
	leaf := block(t, "CERTIFICATE", certificate(t, k.ec), nil)
	cases := map[string]struct{ text, want string }{
		"PKCS#8":                        {secretPEM, "private key"},
		"PKCS#1 private":                {block(t, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k.rsa), nil), "private key"},
		"SEC 1":                         {block(t, "EC PRIVATE KEY", sec1, err), "private key"},
		"an encrypted one":              {block(t, "ENCRYPTED PRIVATE KEY", []byte("x"), nil), "private key"},
		"private behind a public one":   {block(t, "RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&k.rsa.PublicKey), nil) + secretPEM, "block 2: it is a private key"},
		"oct beside a good one":         {string(setOf(t, good, map[string]any{"kty": "oct", "kid": "s"})), "key 2: it is a symmetric key"},
		"k in an EC key":                {string(setOf(t, good, jwk(t, &k.ec.PublicKey, "kid", "s", "k", "AA"))), "key 2: it is a symmetric key"},
		"discovery":                     {`{"issuer":"https://a.example","jwks_uri":"https://a.example/keys"}`, `an OpenID discovery document, and no key set: fetch "https://a.example/keys"`},
		"a web page":                    {"<!DOCTYPE html>", "this is a web page"},
		"a token":                       {"eyJhbGciOiJub25lIn0.e30.", "this is a token"},
		"UTF-16":                        {"\xff\xfe{\x00", "UTF-16"},
		"DER":                           {"0\x82\x01\x00", "this is DER"},
		"no PEM":                        {"-----BEGIN PUBLIC KEY-----\n!!\n", "no block of PEM"},
		"another block":                 {block(t, "DH PARAMETERS", []byte("x"), nil), "key 1 is a block \"DH PARAMETERS\""},
		"all left out":                  {string(setOf(t, jwk(t, &k.rsa.PublicKey, "kid", "x", "use", "enc", "alg", "RS256"), 7)), `no key of it can be used for verifying: x is for use "enc", not for sig; key 2 is not a JWK`},
		"two without a kid":             {string(setOf(t, jwk(t, &k.ec.PublicKey), jwk(t, k.ed.Public()))), "one has no kid, and there are several"},
		"one kid, two keys":             {string(setOf(t, jwk(t, &k.rsa.PublicKey, "kid", "x"), jwk(t, &k.other.PublicKey, "kid", "x"))), "x stands there twice for RS256, and the keys differ"},
		"too many":                      {string(setOf(t, slices.Repeat([]any{good}, 101)...)), "1 to 100 keys"},
		"a duplicate member":            {`{"keys":[{"kty":"EC","kty":"RSA"}]}`, "no JWK set"},
		"empty":                         {"", "no JWK set"},
		"UTF-16, big end first":         {"\xfe\xff\x00{", "UTF-16"},
		"discovery with no address":     {`{"jwks_uri":7}`, `an OpenID discovery document, and no key set: fetch "its jwks_uri"`},
		"discovery, a long address":     {`{"jwks_uri":"` + strings.Repeat("x", 513) + `"}`, `fetch "its jwks_uri"`},
		"discovery, as long as may be":  {`{"jwks_uri":"` + strings.Repeat("x", 512) + `"}`, `fetch "` + strings.Repeat("x", 512) + `"`},
		"no keys":                       {`{"keys":[]}`, `"keys" holds 1 to 100 keys`},
		"keys that are no list":         {`{"keys":7}`, `"keys" holds 1 to 100 keys`},
		"no members":                    {"{}", `"keys" holds 1 to 100 keys`},
		"texts that are no certificate": {string(object(t, "a", block(t, "PUBLIC KEY", spki, err))), "no JWK set"},
		"a certificate cut off":         {string(object(t, "a", "-----BEGIN CERTIFICATE-----\n!!")), "no JWK set"},
		"a certificate of nothing":      {string(object(t, "a", block(t, "CERTIFICATE", []byte("x"), nil))), "no JWK set"},
		"too many certificates":         {string(object(t, numbered(101, leaf)...)), "no JWK set"},
		"too many blocks":               {strings.Repeat(leaf, 101), "101 blocks of PEM, at most 100 are read"},
		"private behind too many":       {strings.Repeat(leaf, 101) + secretPEM, "block 102: it is a private key"},
		"a block of nothing":            {block(t, "CERTIFICATE", []byte("x"), nil), "key 1 is a block that cannot be read"},
		"a public block of nothing":     {block(t, "PUBLIC KEY", []byte("x"), nil), "key 1 is a block that cannot be read"},
		"a key of another kind":         {block(t, "PUBLIC KEY", x25519SPKI, err), `key 1 is of kty "unknown" and crv "" are not used`},
		"too large":                     {string(single) + strings.Repeat(" ", 1<<20-len(single)+1), "the key set has 1048577 bytes, at most 1048576 are read"},
		"of a kind nobody uses":         {`{"kty":"AKP","kid":"k"}`, `k is of kty "AKP" and crv "" are not used`},
		"EC on another's curve":         {`{"kty":"EC","crv":"Ed25519","kid":"k"}`, `k is of kty "EC" and crv "Ed25519" are not used`},
		"OKP on another's curve":        {`{"kty":"OKP","crv":"P-256","kid":"k"}`, `k is of kty "OKP" and crv "P-256" are not used`},
		"OKP for agreeing":              {`{"kty":"OKP","crv":"X25519","kid":"k"}`, `k is of kty "OKP" and crv "X25519" are not used`},
		"a name that is long":           {`{"kty":"AKP","kid":"` + strings.Repeat("k", 65) + `"}`, `: key 1 is of kty "AKP"`},
		"a name of 64 bytes":            {`{"kty":"AKP","kid":"` + strings.Repeat("k", 64) + `"}`, `: ` + strings.Repeat("k", 64) + ` is of kty "AKP"`},
	}
	for _, member := range tokens.PrivateMembers() {
		cases["private "+member] = struct{ text, want string }{string(setOf(t, good, private(member))), "key 2: it is a private key"}
	}
	for name, c := range cases {
		set, err := keysets.Read([]byte(c.text), jose.RS256)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(set.Keys) > 0 {
			t.Errorf("%s: %q, %v, want %q", name, found(set), err, c.want)
		}
	}
}

// Keys that cannot be used are left out one by one, and named.
func TestLeftOut(t *testing.T) {
	k := made()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := jwk(t, &k.ec.PublicKey, "kid", "good")
	ops := jwk(t, &k.ec.PublicKey, "kid", "k")
	ops["key_ops"] = []string{"sign"}
	for want, key := range map[string]any{
		`k is for use "enc"`:               jwk(t, &k.ec.PublicKey, "kid", "k", "use", "enc"),
		"k is not for verifying":           ops,
		`k is of kty "AKP"`:                map[string]any{"kty": "AKP", "kid": "k"},
		`k is of kty "EC" and crv "P-384"`: jwk(t, &p384.PublicKey, "kid", "k"),
		`k is not a key for "ES384"`:       jwk(t, &p384.PublicKey, "kid", "k", "alg", "ES384"),
		`k is not a key for "ES256"`:       jwk(t, &p384.PublicKey, "kid", "k", "alg", "ES256"),
		`k is not a key for "HS256"`:       jwk(t, &k.rsa.PublicKey, "kid", "k", "alg", "HS256"),
		`k is not a key for "none"`:        jwk(t, &k.rsa.PublicKey, "kid", "k", "alg", "none"),
		`k is not a key for "RS512"`:       jwk(t, &k.rsa.PublicKey, "kid", "k", "alg", "RS512"),
		`k is not a key for "EdDSA"`:       jwk(t, &k.ec.PublicKey, "kid", "k", "alg", "EdDSA"),
		`k is not a key for "Ed25519"`:     jwk(t, &k.ec.PublicKey, "kid", "k", "alg", "Ed25519"),
		"k is a weak RSA key":              jwk(t, &rsa.PublicKey{N: new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 1023), big.NewInt(1)), E: 65537}, "kid", "k", "alg", "RS256"),
		"k says no alg":                    jwk(t, &k.ec.PublicKey, "kid", "k", "alg", ""),
		"good stands there twice":          good,
		"key 2 is not a JWK":               "x",
		`"a\x1b" has no kid`:               jwk(t, &k.ec.PublicKey, "kid", "a\x1b"),
		"one has no kid":                   jwk(t, k.ed.Public()),
		`key 2 is for use "enc"`:           jwk(t, k.ed.Public(), "use", "enc"),
		"k is not a valid key":             map[string]any{"kty": "OKP", "crv": "X25519", "alg": "Ed25519", "kid": "k", "x": "AAAA"},
	} {
		set, err := keysets.Read(setOf(t, good, key), "")
		if err != nil || found(set) != "good/ES256" || !strings.Contains(set.Notice(), "1 key used; left out: 1 of 2: "+want) || strings.Contains(set.Notice(), "\x1b") {
			t.Errorf("%q: %q, %v, want %q", found(set), set.Notice(), err, want)
		}
	}
}

// A certificate behind another belongs to its chain; a bare key is one of the issuer's,
// and without a name there is no telling which of two is meant.
func TestChains(t *testing.T) {
	k := made()
	spki, err := x509.MarshalPKIXPublicKey(k.ed.Public())
	key := block(t, "PUBLIC KEY", spki, err)
	leaf, above := block(t, "CERTIFICATE", certificate(t, k.ec), nil), block(t, "CERTIFICATE", certificate(t, k.rsa), nil)
	const chained, nameless = "is a certificate behind the first: of a chain, the first is the issuer's", "one has no kid, and there are several"
	for text, want := range map[string]string{
		leaf + key:         nameless + "; " + nameless,
		key + leaf:         nameless + "; " + nameless,
		leaf + key + above: "key 3 " + chained + "; " + nameless + "; " + nameless,
	} {
		if set, err := keysets.Read([]byte(text), jose.RS256); err == nil || err.Error() != "no key of it can be used for verifying: "+want {
			t.Errorf("%q, %v, want %q", found(set), err, want)
		}
	}
	set, err := keysets.Read(object(t, numbered(100, leaf)...), "")
	if err != nil || len(set.Keys) != 100 {
		t.Errorf("of 100 certificates by kid %d are read, %v", len(set.Keys), err)
	}
	set, err = keysets.Read([]byte(leaf+above+above), jose.RS256)
	if want := "1 key used; left out: 2 of 3: key 2 " + chained + "; key 3 " + chained; err != nil || set.Notice() != want {
		t.Errorf("%q, %v, want %q", set.Notice(), err, want)
	}
}

// What a text is that is no key set is said of that text only.
func TestWhatATextLooksLike(t *testing.T) {
	for text, want := range map[string]string{
		"07": "no JWK set: no JSON object at byte 0", "e30": "no JWK set: no JSON object at byte 0", "\x30\x81": "no JWK set: no JSON object at byte 0",
		"0\x82": "no JWK set: no JSON object at byte 0; this is DER: openssl x509 -inform der, or openssl pkey -pubin -inform der, writes it in PEM",
		"\x82":  "no JWK set: no JSON object at byte 0",
	} {
		if _, err := keysets.Read([]byte(text), ""); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// Keys are equal that verify the same.
func TestEqualKeys(t *testing.T) {
	k := made()
	rs, ps := tokens.Key{ID: "a", Algorithm: jose.RS256, Public: &k.rsa.PublicKey}, tokens.Key{ID: "a", Algorithm: jose.PS256, Public: &k.rsa.PublicKey}
	named, other := rs, rs
	named.ID, other.Public = "b", &k.other.PublicKey
	for i, c := range []struct {
		a, b tokens.Key
		want bool
	}{{rs, rs, true}, {rs, named, true}, {rs, ps, false}, {rs, other, false}, {tokens.Key{}, tokens.Key{}, false}, {rs, tokens.Key{Algorithm: jose.RS256}, false}} {
		if got := keysets.Equal(c.a, c.b); got != c.want {
			t.Errorf("pair %d: %v", i, got)
		}
	}
}

// Any text as a key set: no panic, and each key that comes of it keeps to what a
// strict set keeps to.
func FuzzRead(f *testing.F) {
	k := made()
	for _, text := range [][]byte{
		setOf(f, jwk(f, &k.ec.PublicKey, "kid", "a"), jwk(f, k.ed.Public())), []byte(`{"keys":[{}]}`), []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"), []byte(`{"a":"-----BEGIN CERTIFICATE-----"}`),
		[]byte(`{"kty":"RSA","n":"AQ","e":"AQAB"}`), []byte(`{"jwks_uri":1}`), []byte(`{"kty":"EC","crv":"P-256","kid":null}`), []byte(`{"keys":[{"kty":7,"alg":{},"kid":[]}]}`),
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := keysets.Read(text, jose.RS256)
		if err != nil {
			if len(set.Keys) > 0 || strings.ContainsAny(err.Error(), "\x1b\x00") {
				t.Fatalf("%v: %q", err, set.Keys)
			}
			return
		}
		for _, key := range set.Keys {
			named := key.ID
			if named == "" {
				if len(set.Keys) > 1 {
					t.Fatal("a key without a name, and others")
				}
				named = "k"
			}
			written, err := (&jose.JSONWebKey{Key: key.Public, KeyID: named, Algorithm: string(key.Algorithm)}).MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tokens.ParseKeySet([]byte(`{"keys":[` + string(written) + `]}`)); err != nil {
				t.Fatalf("a strict set has not %s: %v", written, err)
			}
		}
	})
}
