// What the log and the books tell of a confirmation.

package issuers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/google/go-cmp/cmp"

	"tokenshell/tokens"
)

// The log names the token once it is known, and before that the order.
func TestTheLogNamesWhatIsKnown(t *testing.T) {
	s := newStage(t)
	line := func(do func()) string {
		t.Helper()
		before := len(s.log.String())
		do()
		return s.log.String()[before:]
	}
	var issued tokens.Issued
	confirm := line(func() { issued = s.mustTake(t, 1) })
	if want := "step=confirm outcome=ok jti=" + issued.Ref.ID + " order_processing_id=op_1"; !strings.Contains(confirm, want) {
		t.Errorf("want %q:\n%s", want, confirm)
	}
	named := " jti=" + issued.Ref.ID + " order_processing_id=op_1"
	for _, tt := range []struct {
		do         func()
		has, hasNo string
	}{
		{func() { _, _ = s.take(1000) }, "step=confirm outcome=crates_insufficient order_processing_id=op_1", "jti="},
		{func() { _, _ = s.redeem("nothing", "a") }, "step=redeem outcome=malformed", "jti="},
		{func() { _, _ = s.redeem(issued.Raw, "a") }, "step=redeem outcome=ok" + named + " attempt=a repeated=false", "refused"},
		{func() { _, _ = s.redeem(issued.Raw, "a") }, "step=redeem outcome=ok" + named + " attempt=a repeated=true", "refused"},
		{func() { _, _ = s.redeem(issued.Raw, "b") }, "step=redeem outcome=already_redeemed" + named + " attempt=b", "repeated=true"},
		{func() { _ = s.cancel("nothing", "a") }, "step=cancel outcome=malformed", "jti="},
		{func() { _ = s.cancel(issued.Raw, "a") }, "step=cancel outcome=ok" + named + " attempt=a", "refused"},
		{func() { _ = s.Revoke(background, "nothing") }, "step=revoke outcome=malformed", "jti="},
		{func() { _ = s.Revoke(background, issued.Raw) }, "step=revoke outcome=ok" + named, "refused"},
	} {
		if got := line(tt.do); !strings.Contains(got, tt.has) || strings.Contains(got, tt.hasNo) {
			t.Errorf("want %q without %q:\n%s", tt.has, tt.hasNo, got)
		}
	}
}

// Entries come by the second in which they were issued, and of one second by
// their ids; whoever reads them late sees them expired.
func TestEntriesAreInOrder(t *testing.T) {
	s := newStage(t)
	var want []string
	for range 3 {
		var ids []string
		for range 12 {
			issued, err := s.take(1)
			mustDo(t, err)
			ids = append(ids, issued.Ref.ID)
		}
		slices.Sort(ids)
		want = append(want, ids...)
		s.advance(t, time.Second)
	}
	ids := func(state State) (ids []string) {
		t.Helper()
		for _, e := range s.Entries(func(c *crate) string { return fmt.Sprint(c.n) }) {
			if ids = append(ids, e.Ref.ID); e.State != state || e.Customer != "user_123" || e.Holds != "1" {
				t.Errorf("got %+v, want it %s", e, state)
			}
		}
		return ids
	}
	if diff := cmp.Diff(want, ids(Reserved)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.advance(t, tokens.DefaultLifetime)
	if diff := cmp.Diff(want, ids(Released)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A hold stands for its own customer and order, as long as it is held or gone.
func TestWhoseHoldsStand(t *testing.T) {
	s := newStage(t)
	standing := func(order, customer string) (n int) {
		s.Read(func() { n = len(s.Standing(order, customer)) })
		return n
	}
	mine := s.mustTake(t, 1)
	_, err := s.takeFor(Order{ID: "op_1", Customer: "user_456"}, 1, "")
	mustDo(t, err)
	_, err = s.takeFor(Order{ID: "op_2", Customer: "user_123"}, 1, "")
	mustDo(t, err)
	want := func(n int) {
		t.Helper()
		if got := standing("op_1", "user_123"); got != n {
			t.Errorf("%d stand, want %d", got, n)
		}
		if standing("op_1", "user_456") != 1 || standing("op_2", "user_123") != 1 || standing("op_2", "user_456") != 0 {
			t.Error("others' holds changed")
		}
	}
	want(1)
	_, err = s.redeem(mine.Raw, "a")
	mustDo(t, err)
	want(1)
	mustDo(t, s.cancel(mine.Raw, "a"))
	want(0)
}

// A kid has the service, the number of the version, and eight hexadecimal
// digits of the key's thumbprint.
func TestKidsAreNumbered(t *testing.T) {
	s := newStage(t)
	for range 2 {
		s.rotate(t)
	}
	for i, key := range s.Keys().List() {
		var n int
		var thumb string
		if _, err := fmt.Sscanf(key.ID, "shelf-k%d-%s", &n, &thumb); err != nil || n != i+1 || len(thumb) != 8 || strings.Trim(thumb, "0123456789abcdef") != "" {
			t.Errorf("version %d is %s", i+1, key.ID)
		}
		if key.Service != "shelf" || key.Algorithm != "ES256" || !strings.HasPrefix(key.KMSKey, "arn:") {
			t.Errorf("got %+v", key)
		}
	}
}

// When a key left the set is said once, whatever happens to it later.
func TestWhenAKeyLeft(t *testing.T) {
	s := newStage(t)
	first := s.Keys().List()[0].ID
	s.advance(t, time.Minute)
	left := func() time.Duration {
		t.Helper()
		return s.Keys().List()[0].Left.Sub(epoch)
	}
	if !s.Keys().List()[0].Left.IsZero() {
		t.Errorf("it left at %s, and is in", left())
	}
	mustDo(t, s.Keys().Retire(first))
	s.advance(t, time.Minute)
	mustDo(t, s.Keys().Disable(first))
	if left() != time.Minute {
		t.Errorf("it left after %s", left())
	}
}

// A key that never signed leaves when it is rotated out; one that did, when
// its last token expires.
func TestWhenARotatedKeyLeaves(t *testing.T) {
	for name, tt := range map[string]struct {
		sign bool
		left time.Duration
	}{"never signed": {false, time.Minute}, "signed": {true, tokens.DefaultLifetime}} {
		s := newStage(t)
		if tt.sign {
			s.mustTake(t, 1)
		}
		s.advance(t, time.Minute)
		s.rotate(t)
		s.advance(t, time.Hour)
		if got := s.Keys().List()[0].Left.Sub(epoch); got != tt.left {
			t.Errorf("%s: it left after %s, want %s", name, got, tt.left)
		}
	}
}

// A KMS that answers with something else than a key makes no version, and
// takes no number.
func TestAKeyThatIsNone(t *testing.T) {
	s := newStage(t)
	s.kms.public = func(_ *kms.GetPublicKeyInput, answer func() (*kms.GetPublicKeyOutput, error)) (*kms.GetPublicKeyOutput, error) {
		out, err := answer()
		if err == nil {
			out.PublicKey = []byte("no key")
		}
		return out, err
	}
	s.kms.newKey(t, shelfAlias, "ECC_NIST_P256", "SIGN_VERIFY")
	if _, err := s.Keys().Rotate(background); err == nil || !strings.Contains(err.Error(), "the KMS answered with no public key") {
		t.Errorf("got %v", err)
	}
	s.kms.public = nil
	kid := s.rotate(t)
	if !strings.HasPrefix(kid, "shelf-k2-") || len(s.Keys().List()) != 2 {
		t.Errorf("the next one is %s of %d", kid, len(s.Keys().List()))
	}
}
