// A service with its own words over HTTP.

package conform_test

import (
	"net"
	"testing"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
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
	t.Setenv("ORDERS_API_KEY", "very-secret-key")
	f, err := conform.Parse("orders.yaml", []byte(ordersFile(freePort(t), "orders", "")))
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
		if r.Status != attacks.Refused && r.Status != conform.Skipped {
			t.Errorf("%s: %s, %q for %q: %s", r.ID, r.Status, r.Reason, r.Expected, r.Detail)
		}
	}
	t.Log(report.Summary, report.Notes)
}
