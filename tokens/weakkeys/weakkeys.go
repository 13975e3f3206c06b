// Package weakkeys knows public keys with which anybody could sign, because the
// private half can be found.
package weakkeys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"math/big"
	"slices"
	"sync"

	"filippo.io/edwards25519"
)

// maxExponent is the largest exponent that crypto/rsa verifies with.
const maxExponent = 1<<31 - 1

// mostJudged is how many RSA keys are remembered; it starts again then.
const mostJudged = 64

// judged is what was found of RSA keys before, by modulus and exponent. A look at
// one takes milliseconds, and issuers publish the same keys again and again, often
// one for RS256 and for PS256.
var judged struct {
	mu   sync.Mutex
	keys map[judgedKey]string
}

type judgedKey struct {
	modulus  [sha256.Size]byte // which may be long: its digest
	exponent int
}

// RSA says why an RSA key is weak; empty when nothing is known against it.
func RSA(public *rsa.PublicKey) string {
	key := judgedKey{sha256.Sum256(public.N.Bytes()), public.E}
	judged.mu.Lock()
	why, known := judged.keys[key]
	judged.mu.Unlock()
	if known {
		return why
	}
	why = weakness(public)
	judged.mu.Lock()
	defer judged.mu.Unlock()
	if judged.keys == nil || len(judged.keys) >= mostJudged {
		judged.keys = map[judgedKey]string{}
	}
	judged.keys[key] = why
	return why
}

func weakness(public *rsa.PublicKey) string {
	n := public.N
	switch {
	case isROCA(n):
		return "it can be factored (CVE-2017-15361)"
	case n.BitLen() < 2048 || public.E < 65537:
		return "2048 bits and an exponent of 65537 are the least"
	case public.E%2 == 0 || public.E > maxExponent:
		return "its exponent is even, or over 2147483647"
	case hasSmallFactor(n):
		return "its modulus has a small factor"
	case isPrimePower(n):
		return "its modulus is a prime, or a power of one"
	case hasCloseFactors(n):
		return "it can be factored: its primes lie close together (CVE-2022-26320)"
	}
	return ""
}

// smallFactor bounds the factors that are looked for one by one.
const smallFactor = 1 << 16

// hasSmallFactor reports whether a number under smallFactor divides n.
func hasSmallFactor(n *big.Int) bool {
	rest, divisor := new(big.Int), new(big.Int)
	for primes := range slices.Chunk(smallPrimes(), 4) {
		product := uint64(1) // of numbers of 16 bits: one division of n does for all
		for _, p := range primes {
			product *= p
		}
		left := rest.Rem(n, divisor.SetUint64(product)).Uint64()
		for _, p := range primes {
			if left%p == 0 {
				return true
			}
		}
	}
	return false
}

// smallPrimes are the primes under smallFactor.
var smallPrimes = sync.OnceValue(func() (primes []uint64) {
	composite := make([]bool, smallFactor)
	for p := 2; p < smallFactor; p++ {
		if composite[p] {
			continue
		}
		primes = append(primes, uint64(p))
		for m := p * p; m < smallFactor; m += p {
			composite[m] = true
		}
	}
	return primes
})

// isPrimePower reports whether n is p^k: by Fermat's little theorem p then
// divides 2^n - 2. Of a sound n no factor does.
func isPrimePower(n *big.Int) bool {
	two := big.NewInt(2)
	rest := new(big.Int).Exp(two, n, n)
	return new(big.Int).GCD(nil, nil, rest.Sub(rest, two).Mod(rest, n), n).Cmp(big.NewInt(1)) != 0
}

// closeSteps is how far Fermat's method is followed. It finds primes that share
// their upper half at once.
const closeSteps = 100

// hasCloseFactors reports whether Fermat's method factors n: a^2 - n is a square.
func hasCloseFactors(n *big.Int) bool {
	a := new(big.Int).Sqrt(n)
	a.Add(a, big.NewInt(1))
	square, root := new(big.Int), new(big.Int)
	for range closeSteps {
		square.Mul(a, a).Sub(square, n)
		root.Sqrt(square)
		if root.Mul(root, root).Cmp(square) == 0 {
			return true
		}
		a.Add(a, big.NewInt(1))
	}
	return false
}

// isROCA reports whether n has the form of the primes of Infineon's RSALib,
// which makes it cheap to factor (CVE-2017-15361): modulo each small prime it
// is a power of 65537. A sound n has that form four times in 10^9.
func isROCA(n *big.Int) bool {
	for _, p := range []int64{
		11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157, // modulo other primes under 167 all are
	} {
		rest := new(big.Int).Mod(n, big.NewInt(p)).Int64()
		power := int64(1)
		for i := int64(1); power != rest; i++ {
			if i == p {
				return false
			}
			power = power * 65537 % p
		}
	}
	return true
}

// pointOf decodes a key (RFC 8032 5.1.3); nil when it is no point, or one that is
// not written as it has to be. Ed25519 itself finds that out with the first
// signature.
func pointOf(public ed25519.PublicKey) *edwards25519.Point {
	point, err := new(edwards25519.Point).SetBytes(public)
	if err != nil || !bytes.Equal(point.Bytes(), public) {
		return nil
	}
	return point
}

// guesses is how many private numbers anybody would try first: 1 to guesses, and
// their negatives.
const guesses = 1024

// guessedP256 are the x of the points that have such private numbers.
var guessedP256 = sync.OnceValue(func() map[string]bool {
	known := map[string]bool{}
	for k := range guesses {
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), big.NewInt(int64(k)+1).FillBytes(make([]byte, 32)))
		if err == nil {
			known[string(xOf(&private.PublicKey))] = true
		}
	}
	return known
})

// GuessableP256 reports whether a key has one of them.
func GuessableP256(public *ecdsa.PublicKey) bool { return guessedP256()[string(xOf(public))] }

// xOf gives the x of a point of P-256.
func xOf(public *ecdsa.PublicKey) []byte {
	point, err := public.Bytes()
	if err != nil {
		return nil
	}
	return point[1:33]
}

// guessedEd25519 are eight times the points that have such private numbers, and
// the neutral element.
var guessedEd25519 = sync.OnceValue(func() map[string]bool {
	base := new(edwards25519.Point).MultByCofactor(edwards25519.NewGeneratorPoint())
	known := map[string]bool{string(edwards25519.NewIdentityPoint().Bytes()): true}
	at := edwards25519.NewIdentityPoint()
	for range guesses {
		at.Add(at, base)
		known[string(at.Bytes())] = true
		known[string(new(edwards25519.Point).Negate(at).Bytes())] = true
	}
	return known
})

// ValidEd25519 reports whether a key is a point, written as it has to be.
func ValidEd25519(public ed25519.PublicKey) bool { return pointOf(public) != nil }

// GuessableEd25519 reports whether a valid key has one of them, or none at all: with
// a point of small order any signature may be good. Eight times a point is free of
// what could be added to one to hide it.
func GuessableEd25519(public ed25519.PublicKey) bool {
	point := pointOf(public)
	return point != nil && guessedEd25519()[string(new(edwards25519.Point).MultByCofactor(point).Bytes())]
}
