package strictjson

import (
	"fmt"
	"strings"
	"testing"
)

// Nothing of a text is left where the next one's names are looked for.
func TestNoNameStays(t *testing.T) {
	for _, n := range []int{1, 20, 31, 32, 33, 600, 1100, 5000} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `,"name %d":0`, i)
		}
		members := b.String()[1:]
		if o, err := Parse("{" + members + "}"); err != nil || len(o) != n {
			t.Fatalf("%d members: %d, %v", n, len(o), err)
		}
		for _, text := range []string{"{" + members + `,"name 0":0}`, "{" + members + fmt.Sprintf(`,"name %d":0}`, n-1)} {
			if _, err := Parse(text); err == nil || !strings.HasPrefix(err.Error(), "duplicate member at byte ") {
				t.Errorf("%d members and one twice: %v", n, err)
			}
		}
		if _, err := Parse(`{"a":[{` + members + `},{` + members + `}],` + members + `}`); err != nil {
			t.Errorf("%d members in three objects: %v", n, err)
		}
		for range 4 {
			left := nameRooms.Get().(*names)
			for _, slot := range append(left.few[:], left.many...) {
				if slot != (nameIn{}) {
					t.Errorf("after %d members %q is left", n, slot.name)
					break
				}
			}
			if left.slots != nil || left.used != 0 {
				t.Errorf("after %d members %d are counted", n, left.used)
			}
		}
	}
}
