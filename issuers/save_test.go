package issuers

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
	"tokenshell/tokens/tokenstest"
)

// canon writes the stage's service down.
func (s *stage) canon() string { return tokenstest.Written(s.Canon) }

// putAside gives a way back to how things stand.
func (s *stage) putAside() (back func()) {
	clock, mint, books, keys := s.clock.Save(), s.Mint.Save(), s.Save(), s.kms.Save()
	return func() {
		s.clock.Restore(clock)
		s.Mint.Restore(mint)
		s.Restore(books)
		s.kms.Restore(keys)
	}
}

// Whatever happened since, the books that were put aside come back: what they hold,
// what they answer, and the keys. All that happened is written down.
func TestAnIssuerComesBack(t *testing.T) {
	for name, do := range map[string]func(t *testing.T, s *stage, reserved, redeemed tokens.Issued){
		"confirmed": func(t *testing.T, s *stage, _, _ tokens.Issued) { s.mustTake(t, 1) },
		"redeemed": func(t *testing.T, s *stage, reserved, _ tokens.Issued) {
			_, err := s.redeem(reserved.Raw, "att_2")
			mustDo(t, err)
		},
		"revoked":   func(t *testing.T, s *stage, reserved, _ tokens.Issued) { mustDo(t, s.Revoke(background, reserved.Raw)) },
		"cancelled": func(t *testing.T, s *stage, _, redeemed tokens.Issued) { mustDo(t, s.cancel(redeemed.Raw, "att_1")) },
		"expired":   func(t *testing.T, s *stage, _, _ tokens.Issued) { s.advance(t, time.Hour) },
		"forgotten": func(t *testing.T, s *stage, _, _ tokens.Issued) { s.advance(t, Retention+time.Hour) },
		"rotated":   func(t *testing.T, s *stage, _, _ tokens.Issued) { s.rotate(t) },
		"retired": func(t *testing.T, s *stage, reserved, _ tokens.Issued) {
			mustDo(t, s.Keys().Retire(reserved.KeyID))
		},
		"disabled": func(t *testing.T, s *stage, reserved, _ tokens.Issued) {
			mustDo(t, s.Keys().Disable(reserved.KeyID))
		},
		"aged away": func(t *testing.T, s *stage, _, _ tokens.Issued) {
			s.rotate(t)
			s.advance(t, 3*Retention)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			reserved, redeemed := s.mustTake(t, 3), s.mustTake(t, 4)
			receipt, err := s.redeem(redeemed.Raw, "att_1")
			mustDo(t, err)
			before, back, listed := s.canon(), s.putAside(), s.Keys().List()
			entries := s.Entries(func(c *crate) string { return fmt.Sprint(c.n) })
			var next [2]tokens.Issued
			for n := range next {
				do(t, s, reserved, redeemed)
				if s.canon() == before {
					t.Error("it is not written down")
				}
				back()
				if s.canon() != before {
					t.Error("what is written down is not what it was")
				}
				s.wantBooks(t, 3, 4)
				if diff := cmp.Diff(entries, s.Entries(func(c *crate) string { return fmt.Sprint(c.n) })); diff != "" {
					t.Errorf("(-before +restored):\n%s", diff)
				}
				if diff := cmp.Diff(listed, s.Keys().List()); diff != "" {
					t.Errorf("keys (-before +restored):\n%s", diff)
				}
				again, err := s.redeem(redeemed.Raw, "att_1")
				mustDo(t, err)
				if again.ID != receipt.ID || !again.Repeated {
					t.Errorf("answered %+v, not %s", again, receipt.ID)
				}
				next[n] = s.mustTake(t, 1)
				back()
			}
			if next[0].Raw != next[1].Raw {
				t.Error("the same confirmation is another token after a restore")
			}
			_, err = s.redeem(reserved.Raw, "att_2")
			mustDo(t, err)
			s.advance(t, time.Hour)
			s.wantBooks(t, 0, 7)
		})
	}
}

// Who writes the keys down sees them as whoever looks at them does.
func TestKeysAreWrittenDownAsTheyAre(t *testing.T) {
	s := newStage(t)
	s.mustTake(t, 1)
	s.rotate(t)
	s.advance(t, 2*tokens.DefaultLifetime)
	first := s.canon()
	s.wantStates(t, KeyRetired, KeyActive)
	if again := s.canon(); again != first {
		t.Errorf("when somebody has looked:\n%s\nbefore:\n%s", again, first)
	}
}

// The same letter is the same text for as long as it is remembered, and never for
// another token or another content.
func TestLettersAreRemembered(t *testing.T) {
	s, _ := newSealer(t)
	seal := func(ref tokens.Ref, content any) string {
		t.Helper()
		text, err := s.Seal(ref, content)
		mustDo(t, err)
		return string(text)
	}
	first := seal(letterRef, 1)
	if seal(letterRef, 1) != first {
		t.Error("the same letter is another text")
	}
	other := letterRef
	other.ID = "cpt_2"
	if seal(letterRef, 2) == first || seal(other, 1) == first {
		t.Error("another letter is the same text")
	}
	for n := range mostLetters {
		s.remember([32]byte{byte(n), byte(n >> 8), 1}, nil)
	}
	if len(s.letters) != mostLetters || len(s.oldest) != mostLetters {
		t.Errorf("%d letters, %d in order", len(s.letters), len(s.oldest))
	}
	if seal(letterRef, 1) == first {
		t.Error("it was not forgotten")
	}
}
