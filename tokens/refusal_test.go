package tokens

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestRefusalIsItsReasonHoweverWrapped(t *testing.T) {
	refusal := Refuse(Expired, "expired at %s", "noon")
	for _, err := range []error{refusal, fmt.Errorf("relay: %w", refusal), errors.Join(io.EOF, refusal)} {
		var found *Refusal
		if !errors.Is(err, Expired) || errors.Is(err, Replayed) || !errors.As(err, &found) || found != refusal {
			t.Errorf("%v", err)
		}
	}
	if refusal.Error() != "expired: expired at noon" {
		t.Errorf("got %s", refusal)
	}
}

func TestFailureIsNoRefusal(t *testing.T) {
	cause := io.ErrUnexpectedEOF
	failure := &Failure{"coupons.svc", cause}
	err := fmt.Errorf("redeem: %w", failure)
	var refusal *Refusal
	if !errors.Is(err, ServiceUnavailable) || !errors.Is(err, cause) || errors.As(err, &refusal) {
		t.Errorf("%v", err)
	}
	if got := failure.Error(); got != "service_unavailable: coupons.svc: unexpected EOF" {
		t.Errorf("got %s", got)
	}
}

// Whatever stands in a token, a message shows it quoted, in ASCII and short.
func TestQuote(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"plain", `"plain"`}, {"", `""`}, {`"`, `"\""`}, {"\x1b[31m", `"\x1b[31m"`}, {"\r\n", `"\r\n"`}, {"\x7f", `"\x7f"`},
		{"\u009b", `"\u009b"`}, {"\u202e", `"\u202e"`}, {"é", `"\u00e9"`}, {"\xff", `"\xff"`}, {"%s%n", `"%s%n"`},
		{strings.Repeat("x", 64), `"` + strings.Repeat("x", 64) + `"`},
		{strings.Repeat("x", 65), `"` + strings.Repeat("x", 64) + `"...`},
		{strings.Repeat("x", 63) + "é", `"` + strings.Repeat("x", 63) + `\xc3"...`},
	} {
		if got := quote(tt.text); got != tt.want {
			t.Errorf("quote(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
	if longest := quote(strings.Repeat("\x00", 8192)); len(longest) > 300 {
		t.Errorf("%d bytes", len(longest))
	}
}
