package declared_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/issuerstest"
	"tokenshell/tokens"
	"tokenshell/tokens/tokenstest"
)

// text is a [tokens.Canon] in words: what only tells things apart is the same.
type text struct{ tokenstest.Words }

func (w *text) ID(string)      {}
func (w *text) Name(string)    {}
func (w *text) Ref(tokens.Ref) {}

// All that bears on a redemption is written down of a hold; the salt is not, nor what
// follows from it.
func TestWhatIsWrittenOfAHold(t *testing.T) {
	d := func() *declared.Declaration {
		d := quote()
		d.Sealed = []declared.Member{{Name: "who", Value: argument("who")}}
		d.Constraints = append(d.Constraints, declared.Member{Name: "digest", Value: digest(argument("with"))})
		return d
	}
	of := func(order issuers.Order, before int, thing string, arguments ...any) string {
		s := open(t, d())
		for range before { // each has taken a salt
			s.MustDo(s.Service.Revoke(t.Context(), s.must(s.confirm(order, thing, arguments...)).Raw))
		}
		s.must(s.confirm(order, thing, arguments...))
		var w text
		s.Service.Canon(&w)
		_, hold, _ := strings.Cut(w.String(), strconv.Quote(string(issuers.Reserved)))
		hold, _, _ = strings.Cut(hold, `}" `) // with what is sealed, which is last
		return hold
	}
	at := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	here := issuerstest.Order("country", "DE")
	same := of(here, 0, "car", "from", at)
	if again := of(here, 1, "car", "from", at); again != same {
		t.Errorf("with another salt it is written in another way:\n%s\n%s", same, again)
	}
	for name, other := range map[string]string{
		"another thing":    of(here, 0, "house", "from", at),
		"another time":     of(here, 0, "car", "from", at.Add(time.Second)),
		"another duration": of(here, 0, "car", "from", at, "lasts", time.Minute),
		"with another":     of(here, 0, "car", "from", at, "with", "house"),
		"another secret":   of(here, 0, "car", "from", at, "who", "me"),
		"another fact":     of(issuerstest.Order("country", "FR"), 0, "car", "from", at),
		"another customer": of(issuerstest.OrderOf("op_1", "user_456", "country", "DE"), 0, "car", "from", at),
	} {
		if other == same {
			t.Errorf("%s: the same is written: %s", name, other)
		}
	}
}

// So is what a redemption came to, for the next one looks at it.
func TestWhatItIsWorthIsWritten(t *testing.T) {
	after := func(first, second int) string {
		d := shelf(t)
		d.Receipt = []declared.Member{{Name: "sku", Value: expr(thingID)}}
		s := open(t, d)
		both := []tokens.Issued{s.must(s.confirm(issuerstest.Order(), "A")), s.must(s.confirm(issuerstest.Order(), "A"))}
		for _, n := range []int{first, second} {
			_, err := s.Redeem(both[n], issuerstest.Order(), "a")
			s.MustDo(err)
		}
		var w text
		s.Service.Canon(&w)
		return w.String()
	}
	if after(0, 1) == after(1, 0) {
		t.Error("the first and the second redemption are told apart by nothing")
	}
}
