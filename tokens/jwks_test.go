package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"filippo.io/edwards25519"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens/weakkeys"
)

// outsideRSA is an outside issuer's RSA key: made once, for making takes long.
var outsideRSA = sync.OnceValue(func() *rsa.PrivateKey {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return private
})

// rsaSigner signs with [outsideRSA] by RS256 or PS256.
func rsaSigner(kid string, alg jose.SignatureAlgorithm) signer {
	private := outsideRSA()
	return signer{Key{kid, alg, &private.PublicKey}, func(input []byte) []byte {
		digest := sha256.Sum256(input)
		var options crypto.SignerOpts = crypto.SHA256
		if alg == jose.PS256 {
			options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
		}
		signature, err := private.Sign(rand.Reader, digest[:], options)
		if err != nil {
			panic(err)
		}
		return signature
	}}
}

// jwk writes a key as another tool would: by hand, from its numbers.
func jwk(key Key) document {
	about := document{{"kid", `"` + key.ID + `"`}, {"alg", `"` + string(key.Algorithm) + `"`}, {"use", `"sig"`}}
	text := func(b []byte) string { return `"` + b64(b) + `"` }
	switch public := key.Public.(type) {
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil {
			panic(err)
		}
		x, y := point[1:1+len(point)/2], point[1+len(point)/2:]
		return append(about, document{{"kty", `"EC"`}, {"crv", `"` + public.Params().Name + `"`}, {"x", text(x)}, {"y", text(y)}}...)
	case ed25519.PublicKey:
		return append(about, document{{"kty", `"OKP"`}, {"crv", `"Ed25519"`}, {"x", text(public)}}...)
	case *rsa.PublicKey:
		return append(about, document{{"kty", `"RSA"`}, {"n", text(public.N.Bytes())}, {"e", text(big.NewInt(int64(public.E)).Bytes())}}...)
	}
	panic("no such key")
}

func jwks(keys ...document) string {
	var texts []string
	for _, key := range keys {
		texts = append(texts, key.text())
	}
	return `{"keys":[` + strings.Join(texts, ",") + `]}`
}

// outside gives the control as an outside issuer signs it.
func outside(s signer) forgery {
	f := control().head("alg", `"`+string(s.Algorithm)+`"`).head("kid", `"`+s.ID+`"`).claim("iss", `"outside.example"`).claim("aud", `"order-processing"`)
	f.signer = s
	return f
}

// trusting is the relay with one outside issuer.
func trusting(keys KeySet, profile *Profile) *Verifier {
	v := relayAt(epoch)
	v.Issuers = func(iss string) (Issuer, bool) {
		return Issuer{"outside.example", keys, []string{"coupons:redeem"}, profile}, iss == "outside.example"
	}
	return v
}

func TestKeySetsOfAllFourAlgorithmsVerify(t *testing.T) {
	signers := []signer{es256("ec"), eddsa("ed"), rsaSigner("rs", jose.RS256), rsaSigner("ps", jose.PS256)}
	var keys []document
	for _, s := range signers {
		keys = append(keys, jwk(s.Key))
	}
	set, err := ParseKeySet([]byte(jwks(keys...)))
	if err != nil {
		t.Fatal(err)
	}
	checks := trusting(set, &Profile{}).Checks(Own{})
	for i, s := range signers {
		t.Run(string(s.Algorithm), func(t *testing.T) {
			mustAccept(t, checks, outside(s).raw())
			other := outside(s)
			other.signer = signers[(i+1)%len(signers)]
			mustRefuse(t, checks, other.raw(), SignatureInvalid)
			mustRefuse(t, checks, outside(s).head("kid", `"`+signers[(i+1)%len(signers)].ID+`"`).raw(), AlgorithmNotAllowed)
			mustRefuse(t, checks, outside(s).head("kid", `"never"`).raw(), KeyUnknown)
			single, err := ParseKeySet([]byte(jwks(jwk(s.Key))))
			if err != nil || len(single) != 1 || single[0].ID != s.ID || single[0].Algorithm != s.Algorithm {
				t.Errorf("read %v: %v", single, err)
			}
		})
	}
	for _, ops := range []string{`["verify"]`, `["sign","verify"]`} {
		if _, err := ParseKeySet([]byte(jwks(jwk(couponsKey.Key).without("use").with("key_ops", ops)))); err != nil {
			t.Errorf("key_ops %s: %v", ops, err)
		}
	}
}

// low is a point of order 8 on Ed25519; a signature under it can be valid for
// any message.
const low = "xxdqcD1N2E-6PAt2DRBnDyogU_osOczGTsf9d5KsA3o"

func TestKeySetRefusals(t *testing.T) {
	ec, ed, rs := jwk(couponsKey.Key), jwk(paymentsKey.Key), jwk(rsaSigner("outside-k1", jose.RS256).Key)
	number := func(n *big.Int) string { return `"` + b64(n.Bytes()) + `"` }
	text := func(s string) string { return `"` + s + `"` }
	d := sha256.Sum256([]byte("a private number"))
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n := outsideRSA().N
	var many []document
	for i := range maxKeys + 1 {
		many = append(many, jwk(es256(fmt.Sprint("k", i)).Key))
	}
	for name, tt := range map[string]struct{ set, want string }{
		"empty text":                   {``, "no JWK set"},
		"no JSON":                      {`keys`, "no JWK set"},
		"not an object":                {`[` + ec.text() + `]`, "no JWK set"},
		"null":                         {`null`, "no JWK set"},
		"a key, not a set":             {ec.text(), "1 to 100 keys"},
		"no keys":                      {`{}`, "1 to 100 keys"},
		"empty set":                    {`{"keys":[]}`, "1 to 100 keys"},
		"keys null":                    {`{"keys":null}`, "1 to 100 keys"},
		"keys an object":               {`{"keys":` + ec.text() + `}`, "1 to 100 keys"},
		"KEYS":                         {strings.Replace(jwks(ec), "keys", "KEYS", 1), "1 to 100 keys"},
		"101 keys":                     {jwks(many...), "1 to 100 keys"},
		"too large":                    {`{"keys":[` + ec.text() + strings.Repeat(" ", maxKeySetSize) + `]}`, "at most 1048576 are read"},
		"trailing bytes":               {jwks(ec) + "x", "no JWK set"},
		"byte order mark":              {"\ufeff" + jwks(ec), "no JWK set"},
		"invalid UTF-8":                {jwks(ec.with("x-note", "\"\xff\"")), "no JWK set"},
		"keys twice":                   {`{"keys":[],"keys":[` + ec.text() + `]}`, "duplicate"},
		"kid twice in a key":           {jwks(ec.twice("kid", `"other"`)), "duplicate"},
		"alg twice, escaped":           {jwks(ec.twice(`\u0061lg`, `"RS256"`)), "duplicate"},
		"a key that is null":           {`{"keys":[null]}`, "key 1: it is not a JWK"},
		"a key that is a string":       {`{"keys":["ec"]}`, "key 1: it is not a JWK"},
		"kid a number":                 {jwks(ec.with("kid", "7")), "it is not a JWK"},
		"use a list":                   {jwks(ec.with("use", `["sig"]`)), "it is not a JWK"},
		"key_ops a string":             {jwks(ec.with("key_ops", `"verify"`)), "it is not a JWK"},
		"duplicate kid":                {jwks(ec, ed, ec), `key 3: kid "coupons-k1" stands there twice`},
		"duplicate kid, other kinds":   {jwks(ec, ed.with("kid", ec[0].value)), "stands there twice"},
		"one bad key among good ones":  {jwks(ec, ed, rs.with("alg", `"none"`)), "key 3: "},
		"private EC":                   {jwks(ec.with("d", text(b64(d[:])))), "a private key"},
		"private Ed25519":              {jwks(ed.with("d", text(b64(d[:])))), "a private key"},
		"private RSA":                  {jwks(rs.with("d", number(outsideRSA().D))), "a private key"},
		"private RSA, a factor only":   {jwks(rs.with("p", number(outsideRSA().Primes[0]))), "a private key"},
		"private RSA, an exponent":     {jwks(rs.with("dq", number(outsideRSA().Precomputed.Dq))), "a private key"},
		"private AKP":                  {jwks(document{{"kid", `"k"`}, {"alg", `"ML-DSA-44"`}, {"kty", `"AKP"`}, {"priv", text(b64(d[:]))}}), "a private key"},
		"symmetric":                    {jwks(document{{"kid", `"k"`}, {"alg", `"HS256"`}, {"kty", `"oct"`}, {"k", text(b64(d[:]))}}), "a symmetric key"},
		"symmetric without k":          {jwks(document{{"kid", `"k"`}, {"alg", `"HS256"`}, {"kty", `"oct"`}}), "a symmetric key"},
		"EC with a k":                  {jwks(ec.with("k", `"AA"`)), "a symmetric key"},
		"no kid":                       {jwks(ec.without("kid")), "no kid"},
		"kid empty":                    {jwks(ec.with("kid", `""`)), "no kid"},
		"kid null":                     {jwks(ec.with("kid", `null`)), "no kid"},
		"KID for kid":                  {jwks(ec.without("kid").with("KID", `"coupons-k1"`)), "no kid"},
		"kid with an escape":           {jwks(ec.with("kid", `"k\u001b[31m"`)), "no kid"},
		"kid of 129 bytes":             {jwks(ec.with("kid", text(strings.Repeat("k", 129)))), "no kid"},
		"alg missing":                  {jwks(ec.without("alg")), "says no alg"},
		"alg empty":                    {jwks(ec.with("alg", `""`)), "says no alg"},
		"alg none":                     {jwks(ec.with("alg", `"none"`)), `not a key for "none"`},
		"alg HS256 on an EC key":       {jwks(ec.with("alg", `"HS256"`)), `not a key for "HS256"`},
		"alg ES256K":                   {jwks(ec.with("alg", `"ES256K"`)), "not a key for"},
		"alg es256":                    {jwks(ec.with("alg", `"es256"`)), "not a key for"},
		"alg of an encryption":         {jwks(rs.with("alg", `"RSA-OAEP-256"`)), "not a key for"},
		"alg RS256 on an EC key":       {jwks(ec.with("alg", `"RS256"`)), `"coupons-k1" is not a key for "RS256"`},
		"alg EdDSA on an EC key":       {jwks(ec.with("alg", `"EdDSA"`)), "not a key for"},
		"alg ES256 on an RSA key":      {jwks(rs.with("alg", `"ES256"`)), "not a key for"},
		"alg ES256 on an Ed25519 key":  {jwks(ed.with("alg", `"ES256"`)), "not a key for"},
		"alg RS384":                    {jwks(rs.with("alg", `"RS384"`)), "not a key for"},
		"alg PS512":                    {jwks(rs.with("alg", `"PS512"`)), "not a key for"},
		"use enc":                      {jwks(ec.with("use", `"enc"`)), `for use "enc", not for sig`},
		"use empty":                    {jwks(ec.with("use", `""`)), "not for sig"},
		"use Sig":                      {jwks(ec.with("use", `"Sig"`)), "not for sig"},
		"use enc, Use sig":             {jwks(ec.with("use", `"enc"`).with("Use", `"sig"`)), "not for sig"},
		"key_ops sign":                 {jwks(ec.with("key_ops", `["sign"]`)), "not for verifying (key_ops)"},
		"key_ops encrypt":              {jwks(rs.without("use").with("key_ops", `["encrypt","wrapKey"]`)), "not for verifying"},
		"key_ops empty":                {jwks(ec.with("key_ops", `[]`)), "not for verifying"},
		"kty missing":                  {jwks(ec.without("kty")), "not a valid key"},
		"kty unknown":                  {jwks(ec.with("kty", `"XX"`)), "not a valid key"},
		"kty RSA on an EC key":         {jwks(ec.with("kty", `"RSA"`)), "not a valid key"},
		"crv unknown":                  {jwks(ec.with("crv", `"secp256k1"`)), "not a valid key"},
		"P-384":                        {jwks(jwk(Key{"k", jose.ES384, &p384.PublicKey})), `not a key for "ES384"`},
		"P-384 that says ES256":        {jwks(jwk(Key{"k", jose.ES256, &p384.PublicKey})), `not a key for "ES256"`},
		"P-256 point that says P-384":  {jwks(ec.with("crv", `"P-384"`)), "not a valid key"},
		"point off the curve":          {jwks(ec.with("y", ec[len(ec)-2].value)), "not a valid key: its point is not on its curve, or not written"},
		"point at infinity":            {jwks(ec.with("x", text(b64(make([]byte, 32)))).with("y", text(b64(make([]byte, 32))))), "not a valid key"},
		"x missing":                    {jwks(ec.without("x")), "not a valid key"},
		"x a byte short":               {jwks(ec.with("x", text(b64(d[:31])))), "not a valid key"},
		"x a byte long":                {jwks(ec.with("x", text(b64(append([]byte{0}, d[:]...))))), "not a valid key"},
		"X25519":                       {jwks(ed.with("crv", `"X25519"`)), "not a valid key"},
		"Ed448":                        {jwks(ed.with("crv", `"Ed448"`)), "not a valid key"},
		"Ed25519, a byte short":        {jwks(ed.with("x", text(b64(d[:31])))), "not a valid key"},
		"Ed25519, low order":           {jwks(ed.with("x", text(low))), "not a valid key: its point is of small order"},
		"Ed25519, the neutral element": {jwks(ed.with("x", text(b64(append([]byte{1}, make([]byte, 31)...))))), "not a valid key"},
		"Ed25519, zero":                {jwks(ed.with("x", text(b64(make([]byte, 32))))), "not a valid key"},
		"Ed25519, off the curve":       {jwks(ed.with("x", text(b64(append([]byte{2}, make([]byte, 31)...))))), "not on the curve"},
		"Ed25519, y beyond p":          {jwks(ed.with("x", text(b64(append([]byte{0xf0}, append([]byte(strings.Repeat("\xff", 30)), 0x7f)...))))), "not a valid key"},
		"RSA of 1024 bits":             {jwks(jwk(Key{"k", jose.RS256, &small.PublicKey})), "a weak RSA key"},
		"RSA of 2047 bits":             {jwks(rs.with("n", number(new(big.Int).Rsh(n, 1)))), "a weak RSA key"},
		"RSA of 2048 bits, even":       {jwks(rs.with("n", number(new(big.Int).Sub(n, big.NewInt(1))))), "a weak RSA key"},
		"RSA of 16384 bits":            {jwks(rs.with("n", text(b64([]byte(strings.Repeat("\xff", 2048)))))), "not a valid key"},
		"RSA, e = 0":                   {jwks(rs.with("e", `"AA"`)), "not a valid key: its numbers make none"},
		"RSA, e empty":                 {jwks(rs.with("e", `""`)), "not a valid key"},
		"RSA, e of two bytes, a zero":  {jwks(rs.with("e", `"AAM"`)), "its e begins with a zero"},
		"RSA, e = 1":                   {jwks(rs.with("e", `"AQ"`)), "not a valid key"},
		"RSA, e = 3":                   {jwks(rs.with("e", `"Aw"`)), "a weak RSA key"},
		"RSA, e even":                  {jwks(rs.with("e", `"AQAC"`)), "a weak RSA key"},
		"RSA, e of 9 bytes":            {jwks(rs.with("e", `"AQAAAAAAAAAB"`)), "not a valid key"},
		"RSA, e missing":               {jwks(rs.without("e")), "not a valid key"},
		"RSA, n padded base64":         {jwks(rs.with("n", text(b64(n.Bytes())+"=="))), "not a valid key"},
		"RSA that ROCA factors":        {jwks(rs.with("n", number(roca()))), "CVE-2017-15361"},
		"RSA, e just over 31 bits":     {jwks(rs.with("e", `"gAAAAQ"`)), `"outside-k1" is a weak RSA key: its exponent is even, or over 2147483647`},
		"RSA, e of 33 bits":            {jwks(rs.with("e", `"AQAAAAE"`)), "over 2147483647"},
		"RSA, e = 65535":               {jwks(rs.with("e", `"__8"`)), "an exponent of 65537 are the least"},
		"RSA, e with a zero before it": {jwks(rs.with("e", `"AAEAAQ"`)), "its e begins with a zero"},
		"RSA, n with a zero before it": {jwks(rs.with("n", text(b64(append([]byte{0}, n.Bytes()...))))), "its n begins with a zero"},
		"RSA, n with spare bits":       {jwks(rs.with("n", text(spare(b64(n.Bytes()))))), `"outside-k1" is not a valid key: its n is not canonical base64url`},
		"RSA, n in base64":             {jwks(rs.with("n", text(base64.StdEncoding.EncodeToString(n.Bytes())))), "its n is not canonical base64url"},
		"RSA, n over two lines":        {jwks(rs.with("n", `"`+b64(n.Bytes())[:100]+`\r\n`+b64(n.Bytes())[100:]+`"`)), "its n is not canonical base64url"},
		"RSA, n a number":              {jwks(rs.with("n", "65537")), "its n is not a string"},
		"EC, x with a spare bit":       {jwks(ec.with("x", `"`+spare(strings.Trim(string(ec[len(ec)-2].value), `"`))+`"`)), `"coupons-k1" is not a valid key: its x is not canonical base64url`},
		"EC, y with a line break":      {jwks(ec.with("y", strings.TrimSuffix(string(ec[len(ec)-1].value), `"`)+`\n"`)), "its y is not canonical base64url"},
		"Ed25519, x with a spare bit":  {jwks(ed.with("x", `"`+spare(strings.Trim(string(ed[len(ed)-1].value), `"`))+`"`)), "its x is not canonical base64url"},
		"Ed25519, padded":              {jwks(ed.with("x", strings.TrimSuffix(string(ed[len(ed)-1].value), `"`)+`="`)), "its x is not canonical base64url"},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := ParseKeySet([]byte(tt.set))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if keys != nil {
				t.Error("keys of a refused set")
			}
			if message := err.Error(); len(message) > 300 || strings.ContainsFunc(message, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
				t.Errorf("not fit to print: %q", message)
			}
			if strings.Contains(err.Error(), b64(d[:])) {
				t.Errorf("%v tells the secret", err)
			}
		})
	}
	if _, err := ParseKeySet([]byte(jwks(ec, ed, rs))); err != nil {
		t.Errorf("the control: %v", err)
	}
	largest := jwks(ec)
	if _, err := ParseKeySet([]byte(largest + strings.Repeat(" ", maxKeySetSize-len(largest)))); err != nil {
		t.Errorf("as large as it may be: %v", err)
	}
	if _, err := ParseKeySet([]byte(jwks(many[:maxKeys]...))); err != nil {
		t.Errorf("100 keys: %v", err)
	}
}

// spare sets a bit of the last character that belongs to no byte.
func spare(text string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, text[len(text)-1])
	return text[:len(text)-1] + string(alphabet[last|1])
}

// Every member that only a private key has: whoever drops one from the list
// prints it one day.
func TestPrivateMembersAreRefused(t *testing.T) {
	rs := jwk(rsaSigner("outside-k1", jose.RS256).Key)
	for member, value := range map[string]string{
		"d": `"AQAB"`, "p": `"AQAB"`, "q": `"AQAB"`, "dp": `"AQAB"`, "dq": `"AQAB"`, "qi": `"AQAB"`, "oth": `[{"r":"AQAB","d":"AQAB","t":"AQAB"}]`, "priv": `"AQAB"`,
	} {
		if _, err := ParseKeySet([]byte(jwks(rs.with(member, value)))); err == nil || !strings.Contains(err.Error(), "key 1: it is a private key") {
			t.Errorf("a key with %s: %v", member, err)
		}
	}
}

// Anybody can sign for a modulus that anybody can factor.
func TestModuliThatCanBeFactored(t *testing.T) {
	rs := jwk(rsaSigner("outside-k1", jose.RS256).Key)
	prime, err := rand.Prime(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := outsideRSA().Primes[0]
	next := new(big.Int).Add(p, big.NewInt(2))
	for !next.ProbablyPrime(1) {
		next.Add(next, big.NewInt(2))
	}
	third, err := rand.Prime(rand.Reader, 684)
	if err != nil {
		t.Fatal(err)
	}
	times := func(factors ...*big.Int) *big.Int {
		n := big.NewInt(1)
		for _, f := range factors {
			n.Mul(n, f)
		}
		return n
	}
	for name, tt := range map[string]struct {
		n    *big.Int
		want string
	}{
		"a prime":             {prime, "its modulus is a prime, or a power of one"},
		"a square":            {times(p, p), "its modulus is a prime, or a power of one"},
		"a cube":              {times(third, third, third), "its modulus is a prime, or a power of one"},
		"even":                {times(prime, big.NewInt(2)), "its modulus has a small factor"},
		"three times a prime": {times(prime, big.NewInt(3)), "its modulus has a small factor"},
		"65521 times a prime": {times(prime, big.NewInt(65521)), "its modulus has a small factor"},
		"primes side by side": {times(p, next), "its primes lie close together"},
	} {
		set := jwks(rs.with("n", `"`+b64(tt.n.Bytes())+`"`))
		if _, err := ParseKeySet([]byte(set)); err == nil || !strings.Contains(err.Error(), `key 1: "outside-k1" is a weak RSA key: `) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Anybody can sign for a key whose private number anybody would try first, or
// for a point of small order.
func TestPrivateNumbersThatCanBeGuessed(t *testing.T) {
	order := elliptic.P256().Params().N
	for _, d := range []*big.Int{
		big.NewInt(1), big.NewInt(2), big.NewInt(7), big.NewInt(1024), new(big.Int).Sub(order, big.NewInt(1)), new(big.Int).Sub(order, big.NewInt(1000)),
	} {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32)))
		if err != nil {
			t.Fatal(err)
		}
		set := jwks(jwk(Key{"k", jose.ES256, &private.PublicKey}))
		if _, err := ParseKeySet([]byte(set)); err == nil || !strings.Contains(err.Error(), `key 1: "k" is a weak EC key: anybody can guess its private number`) {
			t.Errorf("d = %s: %v", d, err)
		}
	}
	base := edwards25519.NewGeneratorPoint()
	plus := func(a, b *edwards25519.Point) *edwards25519.Point { return new(edwards25519.Point).Add(a, b) }
	eight := new(edwards25519.Point).MultByCofactor(base)
	torsion, err := new(edwards25519.Point).SetBytes(must(base64.RawURLEncoding.DecodeString(low)))
	if err != nil {
		t.Fatal(err)
	}
	for name, point := range map[string]*edwards25519.Point{
		"the base point": base, "twice": plus(base, base), "eight times": eight, "with a point of order 8": plus(base, torsion),
		"with one of order 4": plus(plus(base, torsion), torsion), "nine times": plus(eight, base),
	} {
		for _, signed := range []*edwards25519.Point{point, new(edwards25519.Point).Negate(point)} {
			set := jwks(jwk(Key{"k", jose.EdDSA, ed25519.PublicKey(signed.Bytes())}))
			if _, err := ParseKeySet([]byte(set)); err == nil || !strings.Contains(err.Error(), `key 1: "k" is a weak Ed25519 key: anybody can guess its private number`) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for point, n := torsion, 1; n <= 8; point, n = plus(point, torsion), n+1 {
		for _, sign := range []byte{0, 0x80} {
			written := point.Bytes()
			written[31] ^= sign
			set := jwks(jwk(Key{"k", jose.EdDSA, ed25519.PublicKey(written)}))
			if _, err := ParseKeySet([]byte(set)); err == nil || !strings.Contains(err.Error(), `"k" is`) {
				t.Errorf("%d times a point of order 8: %v", n, err)
			}
		}
	}
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// roca gives a number with the fingerprint: a power of 65537 modulo the
// product of the small primes.
func roca() *big.Int {
	m := big.NewInt(1)
	for p := int64(2); p <= 701; p++ {
		if big.NewInt(p).ProbablyPrime(20) {
			m.Mul(m, big.NewInt(p))
		}
	}
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(123456789), m)
	return n.Add(n, m.Mul(m, new(big.Int).Lsh(big.NewInt(1), uint(2047-m.BitLen()))))
}

// A sound key must not be taken for a weak one, nor for off its curve.
func TestSoundKeysAreNotRefused(t *testing.T) {
	for i := range 200 {
		if key := eddsa(fmt.Sprint("ed", i)); !weakkeys.ValidEd25519(key.Public.(ed25519.PublicKey)) {
			t.Errorf("Ed25519 key %d is taken for off its curve", i)
		}
	}
	for i := range 50 {
		if weakkeys.GuessableEd25519(eddsa(fmt.Sprint("ed", i)).Key.Public.(ed25519.PublicKey)) || weakkeys.GuessableP256(es256(fmt.Sprint("ec", i)).Key.Public.(*ecdsa.PublicKey)) {
			t.Errorf("the private number of key %d is taken for one that can be guessed", i)
		}
	}
	if why := weakkeys.RSA(&outsideRSA().PublicKey); why != "" {
		t.Errorf("a sound modulus: %s", why)
	}
}
