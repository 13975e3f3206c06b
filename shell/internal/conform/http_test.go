// A service with its own words over HTTP.

package conform_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
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
	o.Jobs, o.Life, o.NoWait = 8, 2*time.Second, !*long
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
	want := "328 of 346 tried (18 skipped: 6 time, 5 clock, 4 restart, 2 choose, 1 facts): 328 refused, 0 known, 0 got through"
	if *long {
		want = "334 of 346 tried (12 skipped: 5 clock, 4 restart, 2 choose, 1 facts): 334 refused, 0 known, 0 got through"
	}
	if report.Summary != want || len(report.Notes) != 1 || !strings.HasPrefix(report.Notes[0], "keys were fetched ") {
		t.Error(report.Summary, report.Notes)
	}
}

// A relay may ask a service again that answered 503: it is refused again, as often as
// it asks, or the redemption would succeed that has to fail.
func TestAPatientService(t *testing.T) {
	t.Parallel()
	f, err := foreign.Parse("orders.yaml", []byte(ordersFile(freePort(t), "patient-orders", "")))
	if err != nil {
		t.Fatal(err)
	}
	report, err := conform.Run(t.Context(), f, options(t, "FLT-01", "FLT-02", "FLT-03", "FLT-06", "FLT-07", "FLT-08", "FLT-09"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Rows {
		if r.Status != attacks.Refused {
			t.Errorf("%s: %s: %s", r.ID, r.Status, r.Detail)
		}
	}
}

// A service that asks for what a token's header points at is found out, though it
// refuses the token; and so is one that fetches keys for every unknown one.
func TestKeysAreFetchedFromNobodyElse(t *testing.T) {
	t.Parallel()
	for which, want := range map[string]string{
		"orders":         "refused refused refused refused",
		"curious-orders": "got_through got_through got_through refused",
		"eager-orders":   "refused refused refused got_through",
	} {
		f, err := foreign.Parse("orders.yaml", []byte(ordersFile(freePort(t), which, "")))
		if err != nil {
			t.Fatal(err)
		}
		o := options(t, "KEY-03", "KEY-05", "KEY-18", "DOS-16")
		o.Jobs = 2
		report, err := conform.Run(t.Context(), f, o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range report.Rows {
			got = append(got, string(r.Status))
			t.Logf("%s: %s is %s: %s", which, r.ID, r.Status, r.Detail)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s: %s, want %s", which, text, want)
		}
	}
}

// The domains are served over https, too: with the authority of the run they are
// reached, and without it nothing comes through.
func TestDomainsOverHTTPS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, trusted := range []bool{true, false} {
		text := strings.Replace(ordersFile(freePort(t), "orders", ""), "  serve: 127.0.0.1:0\n", "  serve: 127.0.0.1:0\n  serve_tls: true\n", 1)
		if trusted {
			text = strings.Replace(text, `SERVICES: "{serve}"`, `SERVICES: "{serve}", CA: "{keys}/ca.pem"`, 1)
		}
		f, err := foreign.Parse("orders.yaml", []byte("keys: {dir: "+dir+"}\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		report, err := conform.Run(t.Context(), f, options(t, "FLW-13", "KEY-03"))
		switch {
		case trusted && (err != nil || report.Summary != "2 of 2 tried: 2 refused, 0 known, 0 got through"):
			t.Error(err, report.Summary)
		case !trusted && !strings.Contains(fmt.Sprint(err), "certificate signed by unknown authority"):
			t.Errorf("without the authority: %v", err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "ca.pem")); err != nil || !strings.HasPrefix(string(text), "-----BEGIN CERTIFICATE") {
		t.Errorf("%.40s %v", text, err)
	}
}

// What a service asked that reached no domain, or asked with another token, is said
// where it says no more than that it went back.
func TestWhyNoGoodTokenComesThrough(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, is, says string }{
		{"POST /{service}/redemptions", "POST /{service}/redeem", "after a call that reached no service: POST /points/redemptions: no request of http.domains in the target file is like that"},
		{"token: .body.token, session: .body.orderId", "token: .body.jws, session: .body.orderId", "there is no token where the target file says it is"},
		{"token: .body.token, session: .body.orderId", `token: '.body.token + "="', session: .body.orderId`, "a token that it had not accepted in session"},
		{"session: .body.orderId, attempt", "session: .body.token, attempt", "which nobody opened"},
	} {
		f, err := foreign.Parse("orders.yaml", []byte(strings.Replace(ordersFile(freePort(t), "orders", ""), c.was, c.is, 1)))
		if err != nil {
			t.Fatal(err)
		}
		report, _ := conform.Run(t.Context(), f, options(t, "FLW-13"))
		if len(report.Rows) != 1 || report.Rows[0].Green() || !strings.Contains(report.Rows[0].Detail, c.says) {
			t.Errorf("%s: %+v, want %s", c.is, report.Rows, c.says)
		}
	}
}

// An issuer of no service is a typing mistake.
func TestIssuersOfServices(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"coupon": `contract.issuers: there is no service "coupon": did you mean coupons?`, "stock": `there is no service "stock": this world has coupons, points, payments`,
	} {
		f, err := foreign.Parse("x.yaml", []byte("contract: {issuers: {"+name+": other.svc}}\n"+ordersFile(freePort(t), "orders", "")))
		if err != nil {
			t.Fatal(err)
		}
		if _, err = conform.Run(t.Context(), f, options(t, "FLW-13")); exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %s", name, err, says)
		}
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
	want := "328 of 346 tried (18 skipped: 6 time, 5 clock, 4 restart, 2 choose, 1 facts): 325 refused, 0 known, 3 got through"
	if diff := cmp.Diff([]string{"CLM-04", "CLM-05", "CLM-06"}, through); diff != "" || report.Summary != want {
		t.Errorf("%s\n%s", report.Summary, diff)
	}
}
