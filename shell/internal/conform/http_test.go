// A service with its own words over HTTP.

package conform_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/foreign"
)

// freePort gives a port of this machine that nobody listens at.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestAnOrderService(t *testing.T) {
	t.Parallel()
	f, err := foreign.Parse("orders.yaml", []byte(ordersFile(freePort(t), "orders", "")))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Jobs, o.Life = 8, 2*time.Second
	report, err := conform.Run(t.Context(), f, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	for _, r := range report.Rows {
		if r.Status != attacks.Refused && r.Status != foreign.Skipped {
			t.Errorf("%s: %s, %q for %q: %s", r.ID, r.Status, r.Reason, r.Expected, r.Detail)
		}
	}
	want := "297 of 305 tried (8 skipped: 4 clock, 3 restart, 1 choose): 297 refused, 0 known, 0 got through"
	if report.Summary != want || len(report.Notes) != 1 || !strings.HasPrefix(report.Notes[0], "keys were fetched ") {
		t.Error(report.Summary, report.Notes)
	}
}

// other is a contract with other names for everything.
const other = `contract:
  audience: shop
  typ: order+jwt
  issuers: {coupons: "{serve}/coupons", points: "{serve}/points", payments: "{serve}/payments"}
  claims: {order_processing_id: cart_id}
`

// With another contract the same rows are tried, in its words. What is not
// refused is what a profile lets pass: claims that nobody knows.
func TestAnotherContract(t *testing.T) {
	t.Parallel()
	f, err := foreign.Parse("orders.yaml", []byte(ordersFile(freePort(t), "other-orders", other)))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Jobs, o.NoWait, o.Reasons = 8, true, "any"
	report, err := conform.Run(t.Context(), f, o)
	if err != nil {
		t.Fatal(err)
	}
	var through []string
	for _, r := range report.Rows {
		switch r.Status {
		case attacks.Refused, foreign.Skipped:
		case attacks.GotThrough:
			through = append(through, r.ID)
		default:
			t.Errorf("%s: %s, %q for %q: %s", r.ID, r.Status, r.Reason, r.Expected, r.Detail)
		}
	}
	want := "292 of 305 tried (13 skipped: 5 time, 4 clock, 3 restart, 1 choose): 289 refused, 0 known, 3 got through"
	if diff := cmp.Diff([]string{"CLM-04", "CLM-05", "CLM-06"}, through); diff != "" || report.Summary != want {
		t.Errorf("%s\n%s", report.Summary, diff)
	}
}
