package kmsmock

import (
	"bytes"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A KMS that remembers what keys did is asked all the same: a key that is disabled
// does nothing, and what is done with an answer does not change it.
func TestAMemoryIsNoKey(t *testing.T) {
	c := &clock{now: start}
	w := newWorld(t, New(Config{Seed: []byte("a seed"), Now: c.Now, Memory: true}), c)
	fresh := newWorld(t, New(Config{Seed: []byte("a seed"), Now: c.Now}), c)
	sign := func(w *world, message string) ([]byte, error) {
		out, err := w.Sign(t.Context(), &kms.SignInput{KeyId: &w.ed25, Message: []byte(message), MessageType: types.MessageTypeRaw, SigningAlgorithm: eddsa})
		if err != nil {
			return nil, err
		}
		return out.Signature, nil
	}
	want, err := sign(fresh, "a message")
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		got, err := sign(w, "a message")
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("time %d: %x, %v", n, got, err)
		}
		got[0] ^= 1
	}
	if other, err := sign(w, "another"); err != nil || bytes.Equal(other, want) {
		t.Errorf("another message is signed alike, %v", err)
	}
	first := w.ed25
	w.ed25 = w.create(types.KeySpecEccNistEdwards25519, types.KeyUsageTypeSignVerify)
	if other, err := sign(w, "a message"); err != nil || bytes.Equal(other, want) {
		t.Errorf("another key signs alike, %v", err)
	}
	w.ed25 = first
	if _, err := w.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: aws.String(w.ed25)}); err != nil {
		t.Fatal(err)
	}
	if _, err := sign(w, "a message"); !errors.As(err, new(*types.DisabledException)) {
		t.Errorf("a disabled key signs what it signed before: %v", err)
	}
}

func TestAnErrorIsNotRemembered(t *testing.T) {
	a := newAnswers()
	asked := answered{"k", "alg", "m"}
	bad := errors.New("not now")
	if _, err := a.of(asked, func() ([]byte, error) { return nil, bad }); !errors.Is(err, bad) {
		t.Errorf("%v", err)
	}
	if got, err := a.of(asked, func() ([]byte, error) { return []byte("x"), nil }); string(got) != "x" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := a.of(asked, func() ([]byte, error) { return nil, bad }); string(got) != "x" || err != nil {
		t.Errorf("it is not remembered: %q, %v", got, err)
	}
}

// A KMS that remembers is taken back, and makes the same keys again as one that does
// not; what is done with a public key does not change it.
func TestAKeyIsMadeAgain(t *testing.T) {
	c := &clock{now: start}
	fresh := newWorld(t, New(Config{Seed: []byte("a seed"), Now: c.Now}), c)
	k := New(Config{Seed: []byte("a seed"), Now: c.Now, Memory: true})
	w := newWorld(t, k, c)
	public := func(w *world, id string) []byte {
		out, err := w.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: aws.String(id)})
		if err != nil {
			t.Fatal(err)
		}
		return out.PublicKey
	}
	saved := k.Save()
	for _, spec := range []types.KeySpec{types.KeySpecEccNistP256, types.KeySpecEccNistEdwards25519} {
		want := fresh.create(spec, types.KeyUsageTypeSignVerify)
		for n := range 3 {
			id := w.create(spec, types.KeyUsageTypeSignVerify)
			if id != want {
				t.Fatalf("%s, time %d: %s, not %s", spec, n, id, want)
			}
			got := public(w, id)
			if !bytes.Equal(got, public(fresh, want)) {
				t.Errorf("%s, time %d: %x", spec, n, got)
			}
			got[len(got)-1] ^= 1
			other := w.create(spec, types.KeyUsageTypeSignVerify)
			if bytes.Equal(public(w, other), public(w, id)) {
				t.Errorf("%s, time %d: two keys are one", spec, n)
			}
			k.Restore(saved)
		}
	}
}
