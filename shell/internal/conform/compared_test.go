// Relays that compare names loosely.

package conform_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
)

var customer string // of the session that was opened last

// comparing gives how an adapter compares names that has nothing else to say; nil
// of the others.
func comparing(which string) func(string, string) bool {
	same := func(a, b string) bool { return a == b }
	return map[string]func(string, string) bool{"compares": same, "numbers": same, "folds": strings.EqualFold, "begins": strings.HasPrefix}[which]
}

// isFor reports whether a token is for a session and its customer.
func isFor(token, session string, same func(string, string) bool) bool {
	var claims struct {
		Order   string `json:"order_processing_id"`
		Subject string `json:"sub"`
	}
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[min(1, len(parts)-1)])
	return err == nil && json.Unmarshal(payload, &claims) == nil && same(claims.Order, session) && same(claims.Subject, customer)
}

// A relay that compares names loosely takes a token of somebody else. An order that
// is a number has no other case.
func TestLooseComparing(t *testing.T) {
	for which, through := range map[string]string{"compares": "", "numbers": "CLM-75 skipped", "folds": "CLM-72 got_through CLM-75 got_through", "begins": "CLM-76 got_through CLM-77 got_through"} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			report, err := conform.Run(t.Context(), quick(t, which), options(t, "CLM-72", "CLM-75", "CLM-76", "CLM-77"))
			if report == nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range report.Rows {
				if r.Status != attacks.Refused {
					got = append(got, r.ID+" "+string(r.Status))
				}
			}
			if strings.Join(got, " ") != through {
				t.Errorf("%q, want %q: %+v", got, through, report.Rows)
			}
		})
	}
}
