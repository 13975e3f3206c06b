package exit_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
)

func TestNearest(t *testing.T) {
	names := []string{"coupon", "points", "payment", "payments", "relay", "redeem", "log", "let", "session_mismatch"}
	for text, want := range map[string]string{
		"coupon":                "coupon",
		"cupon":                 "coupon",   // left out
		"couppon":               "coupon",   // added
		"coupen":                "coupon",   // changed
		"copuon":                "coupon",   // changed places
		"payment":               "payment",  // itself before its neighbour
		"paymentz":              "payment",  // both are near: the first
		"payment_s":             "payments", // the nearer
		"lgo":                   "log",
		"lo":                    "log",
		"session_mismatches":    "session_mismatch",
		"sesion_mismacht":       "session_mismatch",
		"":                      "",
		"zzzzzz":                "",
		"quit":                  "",
		"relayrelay":            "",
		"Relay":                 "relay",
		"RELAY":                 "relay", // however many letters it takes
		"Session-Mismatch":      "session_mismatch",
		strings.Repeat("x", 99): "",
	} {
		if got := exit.Nearest(text, names); got != want {
			t.Errorf("%q is near %q, want %q", text, got, want)
		}
	}
	if got := exit.Nearest("coupon", nil); got != "" {
		t.Errorf("of no names: %q", got)
	}
}

// Rubbish of a megabyte costs nothing: it is not compared.
func TestNoRubbishIsCompared(t *testing.T) {
	names := []string{"coupon", "points"}
	rubbish := strings.Repeat("x", 1<<20)
	if allocations := testing.AllocsPerRun(10, func() { exit.Nearest("abcdefghijklmnopqrst", names) }); allocations > 0 {
		t.Errorf("%v allocations for a word of another length", allocations)
	}
	if got := exit.Nearest(rubbish[:200], append(names, rubbish)); got != "" {
		t.Errorf("%.20q is near", got)
	}
}

func TestMeant(t *testing.T) {
	names := []string{"coupon", "points"}
	if got, want := exit.Meant("cupon", names, "help lists them"), "did you mean coupon?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := exit.Meant("zzz", names, "help lists them"), "help lists them"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
