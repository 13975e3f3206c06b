package tokens

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// With a memory every verdict is what it is without one, the first time and when
// the text comes again.
func TestAMemoryChangesNoVerdict(t *testing.T) {
	memory := NewMemory()
	remembering := func(v *Verifier) *Verifier {
		v.Memory = memory
		return v
	}
	want := mustAccept(t, relayAt(epoch).Checks(Own{}), control().raw())
	for range 3 {
		for _, tt := range refusals {
			mustRefuse(t, remembering(relayAt(epoch)).Checks(tt.own), tt.edit(control()).raw(), tt.reason)
		}
		if diff := cmp.Diff(want, mustAccept(t, remembering(relayAt(epoch)).Checks(Own{}), control().raw())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if known, _ := memory.text(control().raw()); known.claims == nil {
		t.Error("nothing was remembered, so that nothing was tried")
	}
	mustRefuse(t, remembering(relayAt(epoch.Add(DefaultLifetime))).Checks(Own{}), control().raw(), Expired)
}

// A signature is good by a key, not by its name: another key under the kid, and
// another issuer with the kid, are asked again.
func TestAMemoryKnowsKeysByThemselves(t *testing.T) {
	v := relayAt(epoch)
	v.Memory = NewMemory()
	mustAccept(t, v.Checks(Own{}), control().raw())
	if good, known := v.Memory.proven(envelopeOf(t, v, control().raw())); !good || !known {
		t.Fatal("nothing was remembered, so that nothing is tried")
	}
	other := pointsKey.Key
	other.ID = couponsKey.ID
	ours := v.Issuers
	v.Issuers = func(iss string) (Issuer, bool) {
		return Issuer{"coupons.svc", StaticKeys{other}, []string{"coupons:redeem"}, nil}, true
	}
	mustRefuse(t, v.Checks(Own{}), control().raw(), SignatureInvalid)
	v.Issuers = ours
	mustAccept(t, v.Checks(Own{}), control().raw())
	bent := resigned(control().raw(), twin(signatureOf(control().raw())))
	bent = bent[:len(bent)-4] + "AAAA"
	mustRefuse(t, v.Checks(Own{}), bent, SignatureInvalid)
}

// envelopeOf is an envelope as it stands before its signature is looked at.
func envelopeOf(t *testing.T, v *Verifier, raw string) *Envelope {
	t.Helper()
	e := begin(raw)
	for _, c := range v.Checks(Own{}) {
		if c.Name == "signature" {
			return e
		}
		if err := c.Judge(e); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no check is called signature")
	return nil
}

// What a text says depends on whose contract it is read by: the claims of an
// outside issuer's are not remembered as ours, nor ours as theirs.
func TestAMemoryKeepsContractsApart(t *testing.T) {
	raw := outside(outsideKey).claim("aud", `["order-processing","outside.example"]`).raw()
	profile := &Profile{Claims: map[string]string{"sub": "jti", "jti": "sub"}}
	theirs, ours := trusting(StaticKeys{outsideKey.Key}, profile), trusting(StaticKeys{outsideKey.Key}, nil)
	want := [2]*Claims{mustAccept(t, theirs.Checks(Own{}), raw), mustAccept(t, ours.Checks(Own{}), raw)}
	if want[0].ID == want[1].ID {
		t.Fatalf("both read %s, so that nothing is tried", want[0].ID)
	}
	for _, order := range [][]int{{0, 1, 0}, {1, 0, 1}} {
		theirs.Memory = NewMemory()
		ours.Memory = theirs.Memory
		for _, who := range order {
			if diff := cmp.Diff(want[who], mustAccept(t, []*Verifier{theirs, ours}[who].Checks(Own{}), raw)); diff != "" {
				t.Errorf("%v, %d: (-want +got):\n%s", order, who, diff)
			}
		}
	}
}

// What has no jti has the same name each time, and another text another.
func TestAMemoryNamesWhatHasNoJTI(t *testing.T) {
	v := trusting(StaticKeys{outsideKey.Key}, &Profile{Optional: []string{"jti"}})
	f := outside(outsideKey)
	f.payload = f.payload.without("jti")
	first := mustAccept(t, v.Checks(Own{}), f.raw()).ID
	v.Memory = NewMemory()
	for range 3 {
		if again := mustAccept(t, v.Checks(Own{}), f.raw()).ID; again != first {
			t.Errorf("it is %s, and then %s", first, again)
		}
	}
	if other := mustAccept(t, v.Checks(Own{}), f.claim("nonce", `"x"`).raw()).ID; other == first {
		t.Error("two payloads have one name")
	}
}

// A memory is bounded, and a full one begins again.
func TestAMemoryIsBounded(t *testing.T) {
	m := NewMemory()
	for i := range memoryLimit {
		m.know(fmt.Sprint(i), text{})
		m.prove(&Envelope{raw: fmt.Sprint(i)})
		m.Good(fmt.Sprint(i), nil, nil, func() bool { return true })
	}
	if len(m.texts) != memoryLimit || len(m.proof) != memoryLimit || len(m.good) != memoryLimit {
		t.Fatalf("%d texts, %d proofs, %d signatures of %d", len(m.texts), len(m.proof), len(m.good), memoryLimit)
	}
	m.know("one more", text{})
	m.prove(&Envelope{raw: "one more"})
	m.Good("one more", nil, nil, func() bool { return true })
	if len(m.texts) != 1 || len(m.proof) != 1 || len(m.good) != 1 {
		t.Errorf("%d texts, %d proofs, %d signatures after one more", len(m.texts), len(m.proof), len(m.good))
	}
}

// A memory that began again while a token was looked at keeps nothing half known of it.
func TestAMemoryBeginsAgainMeanwhile(t *testing.T) {
	v := relayAt(epoch)
	v.Memory = NewMemory()
	ours := v.Issuers
	v.Issuers = func(iss string) (Issuer, bool) {
		clear(v.Memory.texts)
		return ours(iss)
	}
	mustAccept(t, v.Checks(Own{}), control().raw())
	v.Issuers = ours
	mustAccept(t, v.Checks(Own{}), control().raw())
}

// A good signature is verified once for each key, message and signature; a bad one
// each time.
func TestAMemoryOfSignatures(t *testing.T) {
	asked := 0
	says := func(answer bool) func() bool {
		return func() bool { asked++; return answer }
	}
	m := NewMemory()
	for i, step := range []struct {
		memory          *Memory
		kid, text, sig  string
		verify, want    bool
		askedAfterwards int
	}{
		{m, "k1", "text", "sig", false, false, 1},
		{m, "k1", "text", "sig", true, true, 2},
		{m, "k1", "text", "sig", false, true, 2},
		{m, "k2", "text", "sig", false, false, 3},
		{m, "k1", "other", "sig", false, false, 4},
		{m, "k1", "text", "other", false, false, 5},
		{m, "k1", "texts", "ig", false, false, 6},
		{m, "k1", "tex", "tsig", false, false, 7},
		{nil, "k1", "text", "sig", false, false, 8},
		{nil, "k1", "text", "sig", true, true, 9},
	} {
		if got := step.memory.Good(step.kid, []byte(step.text), []byte(step.sig), says(step.verify)); got != step.want || asked != step.askedAfterwards {
			t.Errorf("step %d: %v after %d questions, want %v after %d", i, got, asked, step.want, step.askedAfterwards)
		}
	}
}

// While one signature is looked at, others are, too.
func TestAMemoryKeepsNobodyWaiting(t *testing.T) {
	m := NewMemory()
	good := func() bool { return true }
	if !m.Good("k1", nil, nil, func() bool { return m.Good("k2", nil, nil, good) }) || len(m.good) != 2 {
		t.Errorf("%d signatures are remembered", len(m.good))
	}
}
