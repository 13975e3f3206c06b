// What was redeemed of an order fits what the order says.

package verbs_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

func TestNoMoreIsCapturedThanIsPayable(t *testing.T) {
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
		want     string
	}{
		{nil, []string{"80.00"}, ""},
		{tokens.Facts{"payable": "60.00"}, []string{"60.00"}, ""},
		{tokens.Facts{"payable": "60.00"}, []string{"40.00", "20.00"}, ""},
		{tokens.Facts{"payable": "60.00"}, []string{"60.01"}, "60.01 was captured, and 60.00 is payable"},
		{tokens.Facts{"payable": "60.00"}, []string{"60.00", "0.01"}, "60.01 was captured, and 60.00 is payable"},
		{tokens.Facts{"payable": "soon"}, []string{"1.00"}, `whose payable is "soon"`},
		{tokens.Facts{"payable": "60.00"}, []string{"all"}, `says what it captured as "all"`},
	} {
		err := fitting.Fits(row.facts, receipts(row.captured...))
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v, %v: %v", row.facts, row.captured, err)
		}
	}
}

// strict is a domain of whose receipts none fits.
type strict struct{ world.Domain }

// Fits is no.
func (strict) Fits(facts tokens.Facts, receipts []tokens.Receipt) error {
	return fmt.Errorf("%d receipts do not fit payable=%s", len(receipts), facts["payable"])
}

// The audit asks a domain of the receipts of each order that it has redeemed something
// of, and of no other.
func TestTheAuditAsksOfReceipts(t *testing.T) {
	s := shelltest.New(t, 1)
	at := slices.IndexFunc(s.World.Parties, func(p world.Party) bool { return p.Name == "payments" })
	audit := func() error {
		own := s.World.Parties[at].Domain
		s.World.Parties[at].Domain = strict{own}
		defer func() { s.World.Parties[at].Domain = own }()
		return s.World.Audit()
	}
	shelltest.Do(t, s, "session new op_1 --fact payable=60.00", "payment confirm 80.00 --method visa", "points confirm 5", "relay payment-1 points-1")
	if err := audit(); err != nil {
		t.Error(err)
	}
	shelltest.Do(t, s, "redeem")
	if err := audit(); err == nil || err.Error() != `session "op_1": 1 receipts do not fit payable=60.00` {
		t.Error(err)
	}
}
