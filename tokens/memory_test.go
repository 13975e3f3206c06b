package tokens

import (
	"testing"
	"time"
)

// A memory answers what would be answered without it, the second time too: of a text
// that it knows only what depends on nothing else.
func TestAMemoryChangesNoVerdict(t *testing.T) {
	memory := NewMemory()
	for _, tt := range refusals {
		for range 2 {
			v := relayAt(epoch)
			v.Memory = memory
			mustRefuse(t, v.Checks(tt.own), tt.edit(control()).raw(), tt.reason)
			mustAccept(t, v.Checks(Own{}), control().raw())
		}
	}
	late := relayAt(epoch.Add(2 * time.Minute))
	late.Memory = memory
	mustRefuse(t, late.Checks(Own{}), control().raw(), Expired)
}

// A key that has another half by now has signed nothing, whatever is remembered of
// its name.
func TestAMemoryKnowsAKeyByItsHalf(t *testing.T) {
	memory := NewMemory()
	before, after := relayAt(epoch), relayAt(epoch)
	before.Memory, after.Memory = memory, memory
	mustAccept(t, before.Checks(Own{}), control().raw())
	issuers, other := after.Issuers, couponsKey.Key
	other.Public = es256("another").Key.Public
	after.Issuers = func(name string) (Issuer, bool) {
		issuer, ok := issuers(name)
		issuer.Keys = ring{other.ID: other}
		return issuer, ok
	}
	mustRefuse(t, after.Checks(Own{}), control().raw(), SignatureInvalid)
	mustAccept(t, before.Checks(Own{}), control().raw())
}

// What was found not to be good is looked at again; what was, is not.
func TestAMemoryKeepsWhatIsGood(t *testing.T) {
	memory, asked := NewMemory(), 0
	good := func(kid, message string, is bool) bool {
		return memory.Good(kid, []byte(message), []byte("s"), func() bool { asked++; return is })
	}
	for _, step := range []struct {
		kid, message string
		is, want     bool
		asked        int
	}{
		{"k1", "m", false, false, 1}, {"k1", "m", true, true, 2}, {"k1", "m", false, true, 2}, {"k2", "m", false, false, 3}, {"k1", "n", false, false, 4},
	} {
		if got := good(step.kid, step.message, step.is); got != step.want || asked != step.asked {
			t.Errorf("%+v: %t, asked %d times", step, got, asked)
		}
	}
	if (*Memory)(nil).Good("k1", []byte("m"), []byte("s"), func() bool { return false }) {
		t.Error("nobody remembers, and it is good")
	}
}
