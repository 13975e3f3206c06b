// Weak keys: public keys with which anybody could sign, because the private half
// can be found.

package tokens

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"slices"
	"sync"
)

// maxExponent is the largest exponent that crypto/rsa verifies with.
const maxExponent = 1<<31 - 1

// weakRSA says why an RSA key is weak; empty when nothing is known against it.
func weakRSA(public *rsa.PublicKey) string {
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

// onEd25519 reports whether the key decodes to a point (RFC 8032 5.1.3):
// y < p, and (y^2 - 1) / (dy^2 + 1) has a square root x. Ed25519 itself finds
// that out with the first signature.
func onEd25519(public ed25519.PublicKey) bool {
	if len(public) != ed25519.PublicKeySize {
		return false
	}
	p, d := edwards()
	y, negative := yOf(public)
	y2 := new(big.Int).Mul(y, y)
	above := new(big.Int).Sub(y2, big.NewInt(1))
	below := new(big.Int).Mul(d, y2)
	below.Add(below, big.NewInt(1))
	switch root := big.Jacobi(above.Mul(above, below).Mod(above, p), p); root {
	case 0: // x is 0, which has no sign
		return y.Cmp(p) < 0 && !negative
	default:
		return y.Cmp(p) < 0 && root == 1
	}
}

// edwards gives the prime and the constant of the curve (RFC 8032 5.1).
var edwards = sync.OnceValues(func() (p, d *big.Int) {
	p = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	d = new(big.Int).ModInverse(big.NewInt(121666), p)
	return p, d.Mul(d, big.NewInt(-121665)).Mod(d, p)
})

// yOf gives the y of an encoded point, and whether its x is the negative one.
func yOf(public ed25519.PublicKey) (y *big.Int, negative bool) {
	bytes := slices.Clone(public)
	negative = bytes[31]>>7 == 1
	bytes[31] &= 0x7f
	slices.Reverse(bytes)
	return new(big.Int).SetBytes(bytes), negative
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

// guessableP256 reports whether a key has one of them.
func guessableP256(public *ecdsa.PublicKey) bool { return guessedP256()[string(xOf(public))] }

// xOf gives the x of a point of P-256.
func xOf(public *ecdsa.PublicKey) []byte {
	point, err := public.Bytes()
	if err != nil {
		return nil
	}
	return point[1:33]
}

// guessedEd25519 are the y of eight times the points that have such private
// numbers, and of the neutral element.
var guessedEd25519 = sync.OnceValue(func() map[string]bool {
	base := onlyMultiple(pointOf(big.NewInt(4), big.NewInt(5)))
	known := map[string]bool{"1": true}
	for k, at := 0, base; k < guesses; k, at = k+1, at.plus(base) {
		known[at.affineY()] = true
	}
	return known
})

// guessableEd25519 reports whether a key has one of them, or none at all: with a
// point of small order any signature may be good. Eight times a point is free of
// what could be added to one to hide it. The key must be on the curve.
func guessableEd25519(public ed25519.PublicKey) bool {
	y, _ := yOf(public)
	return guessedEd25519()[onlyMultiple(pointOf(y, big.NewInt(1))).affineY()]
}

// edPoint is a point of Ed25519, in projective coordinates.
type edPoint struct{ x, y, z *big.Int }

// pointOf gives a point with y = above/below; of the two it does not matter which.
func pointOf(above, below *big.Int) edPoint {
	p, d := edwards()
	y := new(big.Int).ModInverse(below, p)
	y.Mul(y, above).Mod(y, p)
	y2 := new(big.Int).Mul(y, y)
	x2 := new(big.Int).Mul(d, y2)
	x2.Add(x2, big.NewInt(1))
	x2.ModInverse(x2.Mod(x2, p), p).Mul(x2, y2.Sub(y2, big.NewInt(1))).Mod(x2, p)
	return edPoint{new(big.Int).ModSqrt(x2, p), y, big.NewInt(1)}
}

// onlyMultiple gives eight times a point.
func onlyMultiple(a edPoint) edPoint {
	for range 3 {
		a = a.plus(a)
	}
	return a
}

// plus adds points, equal ones too (RFC 8032 5.1.4; the law is complete).
func (a edPoint) plus(b edPoint) edPoint {
	p, d := edwards()
	times := func(u, v *big.Int) *big.Int { u = new(big.Int).Mul(u, v); return u.Mod(u, p) }
	z := times(a.z, b.z)
	z2 := times(z, z)
	xx, yy := times(a.x, b.x), times(a.y, b.y)
	e := times(d, times(xx, yy))
	f, g := new(big.Int).Sub(z2, e), new(big.Int).Add(z2, e)
	cross := times(new(big.Int).Add(a.x, a.y), new(big.Int).Add(b.x, b.y))
	cross.Sub(cross, xx).Sub(cross, yy)
	return edPoint{times(times(z, f), cross), times(times(z, g), yy.Add(yy, xx)), times(f, g)}
}

// affineY gives the point's y as text.
func (a edPoint) affineY() string {
	p, _ := edwards()
	y := new(big.Int).ModInverse(new(big.Int).Mod(a.z, p), p)
	return y.Mul(y, a.y).Mod(y, p).String()
}
