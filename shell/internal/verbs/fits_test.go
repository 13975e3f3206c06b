// What was redeemed of an order fits what the order says.

package verbs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

func TestWhatIsPayableIsCaptured(t *testing.T) {
	w := shelltest.World(t, shelltest.Plan(t, ""), 1)
	payments, err := w.Service("payments")
	if err != nil {
		t.Fatal(err)
	}
	fitting, ok := payments.Domain.(world.Fitting)
	if !ok {
		t.Fatal("payments does not look at its receipts")
	}
	receipts := func(captured ...string) (all []tokens.Receipt) {
		for _, c := range captured {
			all = append(all, tokens.Receipt{ID: "r", Body: json.RawMessage(`{"captured":"` + c + `"}`)})
		}
		return all
	}
	for _, row := range []struct {
		facts    tokens.Facts
		captured []string
		all      bool
		want     string
	}{
		{nil, []string{"80.00"}, false, ""},
		{tokens.Facts{"payable": "60.00"}, []string{"60.00"}, false, ""},
		{tokens.Facts{"payable": "60.00"}, []string{"40.00", "20.00"}, false, ""},
		{tokens.Facts{"payable": "60.00"}, []string{"40.00", "0.00"}, false, ""}, // the rest past the relay
		{tokens.Facts{"payable": "60.00"}, []string{"60.00", "0.00"}, true, ""},
		{tokens.Facts{"payable": "60.00"}, []string{"40.00", "0.00"}, true, "40.00 was captured, and 60.00 is payable"},
		{tokens.Facts{"payable": "60.00"}, []string{"60.01"}, false, "60.01 was captured, and 60.00 is payable"},
		{tokens.Facts{"payable": "60.00"}, []string{"60.00", "0.01"}, false, "60.01 was captured, and 60.00 is payable"},
		{tokens.Facts{"payable": "soon"}, []string{"1.00"}, false, `whose payable is "soon"`},
		{tokens.Facts{"payable": "60.00"}, []string{"all"}, false, `says what it captured as "all"`},
	} {
		err := fitting.Fits(row.facts, receipts(row.captured...), row.all)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v, %v: %v", row.facts, row.captured, err)
		}
	}
}

func TestNoMoreIsTakenOffThanAnOrderComesTo(t *testing.T) {
	w := shelltest.World(t, shelltest.Plan(t, ""), 1)
	party, err := w.Service("coupons")
	if err != nil {
		t.Fatal(err)
	}
	fitting, ok := party.Domain.(world.Fitting)
	if !ok {
		t.Fatal("coupons does not look at its receipts")
	}
	for _, row := range []struct {
		facts  tokens.Facts
		bodies []string
		want   string
	}{
		{nil, []string{`{"code":"TEN","terms":"10%"}`}, ""},
		{tokens.Facts{"subtotal": "20.00"}, []string{`{"discount":"15.00"}`, `{"discount":"5.00"}`}, ""},
		{tokens.Facts{"subtotal": "20.00"}, []string{`{"discount":"15.00"}`, `{"discount":"5.01"}`}, "more is taken off than the 20.00 that the order comes to"},
		{tokens.Facts{"subtotal": "20.00"}, []string{`{"discount":"1.9999"}`}, `says what it takes off as "1.9999"`},
		{tokens.Facts{"subtotal": "20.00"}, []string{`{}`}, `says what it takes off as ""`},
		{tokens.Facts{"subtotal": "some"}, []string{`{"discount":"1.00"}`}, `whose subtotal is "some"`},
	} {
		var receipts []tokens.Receipt
		for _, body := range row.bodies {
			receipts = append(receipts, tokens.Receipt{ID: "r", Body: json.RawMessage(body)})
		}
		err := fitting.Fits(row.facts, receipts, false)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v, %v: %v", row.facts, row.bodies, err)
		}
	}
}

// strict is a domain of whose receipts none fits.
type strict struct{ world.Domain }

// Fits is no.
func (strict) Fits(facts tokens.Facts, receipts []tokens.Receipt, all bool) error {
	return fmt.Errorf("%d receipts do not fit payable=%s, all: %t", len(receipts), facts["payable"], all)
}

// The audit asks a domain of the receipts of each order that it has redeemed something
// of, and of no other.
func TestTheAuditAsksOfReceipts(t *testing.T) {
	s := shelltest.New(t, 1)
	at := slices.IndexFunc(s.World.Parties, func(p world.Party) bool { return p.Name == "payments" })
	audit := func(s *interp.Shell) error {
		own := s.World.Parties[at].Domain
		s.World.Parties[at].Domain = strict{own}
		defer func() { s.World.Parties[at].Domain = own }()
		return s.World.Audit()
	}
	shelltest.Do(t, s, "session new op_1 --fact payable=60.00", "payment confirm 80.00 --method visa", "points confirm 5", "relay payment-1 points-1")
	if err := audit(s); err != nil {
		t.Error(err)
	}
	shelltest.Do(t, s, "redeem")
	if err := audit(s); err == nil || err.Error() != `session "op_1": 1 receipts do not fit payable=60.00, all: true` {
		t.Error(err)
	}

	s = shelltest.New(t, 1) // and what was redeemed past the relay is no receipt of its
	shelltest.Do(t, s, "session new op_1 --fact payable=60.00", "payment confirm 60.00 --method visa --name past", "payment confirm 80.00 --method visa --name through",
		"session set payable=20.00", "redeem --direct past", "session set payable=60.00", "relay through", "redeem")
	if err := audit(s); err == nil || err.Error() != `session "op_1": 1 receipts do not fit payable=60.00, all: false` {
		t.Error(err)
	}
	if err := s.World.Audit(); err != nil {
		t.Error(err)
	}
}
