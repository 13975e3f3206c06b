package weakkeys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"slices"
	"strings"
	"testing"

	"filippo.io/edwards25519"
)

func prime(t *testing.T, bits int) *big.Int {
	t.Helper()
	p, err := rand.Prime(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func product(factors ...*big.Int) *big.Int {
	n := big.NewInt(1)
	for _, f := range factors {
		n.Mul(n, f)
	}
	return n
}

// withFactor is a number of 2048 bits that f divides, and no other prime under 2^16.
func withFactor(t *testing.T, f int64) *big.Int {
	t.Helper()
	for n := big.NewInt(f); ; n = big.NewInt(f) {
		for n.BitLen() < 2000 {
			n.Mul(n, prime(t, 400))
		}
		n.Mul(n, prime(t, 2049-n.BitLen()))
		by32 := new(big.Int).Mod(n, big.NewInt(32)).Int64() // of 1, 65537 divides 2^n - 2: 2 has the order 32
		if n.BitLen() == 2048 && !isROCA(n) && (f != 65537 || by32 != 1) {
			return n
		}
	}
}

func TestRSA(t *testing.T) {
	p, q := prime(t, 1024), prime(t, 1024)
	sound := product(p, q)
	if sound.BitLen() != 2048 { // crypto/rand sets the two highest bits of each
		t.Fatalf("%d bits", sound.BitLen())
	}
	const short, exponent = "2048 bits and an exponent of 65537 are the least", "its exponent is even, or over 2147483647"
	for name, tt := range map[string]struct {
		n    *big.Int
		e    int
		want string
	}{
		"sound":                      {sound, 65537, ""},
		"the largest exponent":       {sound, 1<<31 - 1, ""},
		"an exponent of 3":           {sound, 3, short},
		"an exponent of 65535":       {sound, 65535, short},
		"an even exponent":           {sound, 65538, exponent},
		"an exponent of 2^31 + 1":    {sound, 1<<31 + 1, exponent},
		"2047 bits":                  {new(big.Int).Rsh(sound, 1), 65537, short},
		"divisible by 2":             {withFactor(t, 2), 65537, "small factor"},
		"divisible by 65521":         {withFactor(t, 65521), 65537, "small factor"},
		"divisible by 65537":         {withFactor(t, 65537), 65537, ""}, // nothing is known against it
		"a prime":                    {new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 2203), big.NewInt(1)), 65537, "a prime, or a power of one"},
		"the square of a prime":      {product(p, p), 65537, "a prime, or a power of one"},
		"the third power of a prime": {func() *big.Int { c := prime(t, 700); return product(c, c, c) }(), 65537, "a prime, or a power of one"},
		"primes that lie close":      {product(p, next(p)), 65537, "lie close together (CVE-2022-26320)"},
		"of the form of Infineon's":  {formed(), 65537, "CVE-2017-15361"},
		"short, and of Infineon's":   {big.NewInt(1), 65537, "CVE-2017-15361"},
	} {
		if got := RSA(&rsa.PublicKey{N: tt.n, E: tt.e}); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// A key is looked at once, and found what it was found before; with another exponent
// it is another key. What is remembered is bounded.
func TestRSARemembers(t *testing.T) {
	n := withFactor(t, 65537)
	for range 2 {
		for e, want := range map[int]string{65537: "", 3: "the least", 65538: "is even"} {
			if got := RSA(&rsa.PublicKey{N: n, E: e}); (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("exponent %d: %q, want %q", e, got, want)
			}
		}
	}
	judged.keys[judgedKey{sha256.Sum256(n.Bytes()), 65537}] = "it was looked at before"
	if got := RSA(&rsa.PublicKey{N: n, E: 65537}); got != "it was looked at before" {
		t.Errorf("it is looked at again: %q", got)
	}
	for e := range 3 * mostJudged {
		RSA(&rsa.PublicKey{N: n, E: e})
	}
	if len(judged.keys) > mostJudged {
		t.Errorf("%d keys are remembered, at most %d", len(judged.keys), mostJudged)
	}
	if got := RSA(&rsa.PublicKey{N: n, E: 65537}); got != "" {
		t.Errorf("what was forgotten is not looked at again: %q", got)
	}
}

// next is the prime behind a number.
func next(n *big.Int) *big.Int {
	for p := new(big.Int).Add(n, big.NewInt(2)); ; p.Add(p, big.NewInt(2)) {
		if p.ProbablyPrime(0) {
			return p
		}
	}
}

// rocaPrimes are those modulo which the numbers of Infineon's are powers of 65537 and
// others need not be.
var rocaPrimes = []int64{11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157}

// formed is a number of 2048 bits that is 65537 to the power of seven modulo each.
func formed() *big.Int {
	m := big.NewInt(1)
	for _, p := range rocaPrimes {
		m.Mul(m, big.NewInt(p))
	}
	n := new(big.Int).Exp(big.NewInt(65537), big.NewInt(7), m)
	return n.Add(n, m.Mul(m, new(big.Int).Lsh(big.NewInt(1), uint(2048-m.BitLen()))))
}

// Each of the primes counts: a number that is no power modulo one of them is not of
// that form, whatever it is modulo the others.
func TestFormOfROCA(t *testing.T) {
	if !isROCA(formed()) {
		t.Error("a number of that form is not known")
	}
	for _, p := range rocaPrimes {
		powers := map[int64]bool{}
		for power := int64(1); !powers[power]; power = power * 65537 % p {
			powers[power] = true
		}
		for residue := range p {
			m := big.NewInt(1) // of the others
			for _, other := range rocaPrimes {
				if other != p {
					m.Mul(m, big.NewInt(other))
				}
			}
			n := big.NewInt(1) // is 1 modulo the others, and is to be residue modulo p
			for new(big.Int).Mod(n, big.NewInt(p)).Int64() != residue {
				n.Add(n, m)
			}
			if got := isROCA(n); got != powers[residue] {
				t.Errorf("%d modulo %d: %v", residue, p, got)
			}
		}
	}
	// Modulo other primes under 167 every number but a multiple is a power.
	for p := int64(3); p < 167; p += 2 {
		if !big.NewInt(p).ProbablyPrime(5) || slices.Contains(rocaPrimes, p) {
			continue
		}
		powers := map[int64]bool{}
		for power := int64(1); !powers[power]; power = power * 65537 % p {
			powers[power] = true
		}
		if len(powers) != int(p)-1 {
			t.Errorf("modulo %d there are %d powers, and nothing asks it", p, len(powers))
		}
	}
}

// Fermat's method is followed for a hundred steps.
func TestCloseFactors(t *testing.T) {
	for halves, want := range map[int64]bool{1: true, 3: true, 197: true, 199: true, 201: false, 203: false} {
		// Of n = a^2 - b^2 the method finds a, and the root of n lies b^2/2a below it.
		a := new(big.Int).Lsh(big.NewInt(1), 1030)
		b := new(big.Int).Sqrt(new(big.Int).Mul(a, big.NewInt(halves)))
		n := new(big.Int).Sub(product(a, a), product(b, b))
		if got := hasCloseFactors(n); got != want {
			t.Errorf("%d halves of a step: %v", halves, got)
		}
	}
}

func TestGuessableP256(t *testing.T) {
	order := elliptic.P256().Params().N
	for k, want := range map[int64]bool{1: true, 2: true, 1023: true, 1024: true, 1025: false, 5000: false} {
		for _, number := range []*big.Int{big.NewInt(k), new(big.Int).Sub(order, big.NewInt(k))} {
			private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), number.FillBytes(make([]byte, 32)))
			if err != nil {
				t.Fatal(err)
			}
			if got := GuessableP256(&private.PublicKey); got != want {
				t.Errorf("the private number %s: %v", number, got)
			}
		}
	}
	//lint:ignore SA1019 what is no point can be made in no other way
	if GuessableP256(&ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}) {
		t.Error("what is no point is guessed")
	}
}

func TestEd25519(t *testing.T) {
	times := func(k int) *edwards25519.Point {
		var bytes [32]byte
		bytes[0], bytes[1] = byte(k), byte(k>>8)
		scalar, err := edwards25519.NewScalar().SetCanonicalBytes(bytes[:])
		if err != nil {
			t.Fatal(err)
		}
		return new(edwards25519.Point).ScalarBaseMult(scalar)
	}
	// A point of order 8 (RFC 8032 5.1.3 can write it).
	torsion, err := new(edwards25519.Point).SetBytes([]byte{
		0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
	})
	if err != nil {
		t.Fatal(err)
	}
	small := edwards25519.NewIdentityPoint()
	for eighth := range 8 {
		if public := ed25519.PublicKey(small.Bytes()); !ValidEd25519(public) || !GuessableEd25519(public) {
			t.Errorf("the point of small order %d: valid %v, guessable %v", eighth, ValidEd25519(public), GuessableEd25519(public))
		}
		for k, want := range map[int]bool{1: true, 2: true, 1023: true, 1024: true, 1025: false, 5000: false} {
			for name, point := range map[string]*edwards25519.Point{"": times(k), "minus ": new(edwards25519.Point).Negate(times(k))} {
				public := ed25519.PublicKey(point.Add(point, small).Bytes())
				if got := GuessableEd25519(public); got != want || !ValidEd25519(public) {
					t.Errorf("the private number %s%d, and %d eighths: %v", name, k, eighth, got)
				}
			}
		}
		small = new(edwards25519.Point).Add(small, torsion)
	}
	for name, bytes := range map[string]string{"too short": "\x01", "none": "", "a y of 2": "\x02" + strings.Repeat("\x00", 31), "one written with p added": "\xee" + strings.Repeat("\xff", 30) + "\x7f"} {
		if public := ed25519.PublicKey(bytes); ValidEd25519(public) || GuessableEd25519(public) {
			t.Errorf("%s: %x is a key", name, bytes)
		}
	}
}
