// Weakness: rules switched off, to prove that somebody would notice.

package tokens

import (
	"fmt"
	"slices"
)

// Weakness is a set of rules that a party leaves out. Its zero value is none,
// and only [UnsafeWithout] makes another.
type Weakness struct{ without []string }

// UnsafeWithout switches rules off. It is for proving that the scenarios, the
// invariants and the attacks notice: a test lists who calls it. The error
// names a rule that is neither in [Weaknesses] nor in [CheckNames].
func UnsafeWithout(rules ...string) (Weakness, error) {
	for _, rule := range rules {
		known := slices.ContainsFunc(Weaknesses(), func(row WeaknessRow) bool { return row.Rule == rule })
		if !known && !slices.Contains(CheckNames(), rule) {
			return Weakness{}, fmt.Errorf("there is no rule %q to leave out", rule)
		}
	}
	return Weakness{slices.Clone(rules)}, nil
}

// Lacks reports whether the rule is left out.
func (w Weakness) Lacks(rule string) bool { return slices.Contains(w.without, rule) }

// The rules that may be left out.
const (
	RedeemerRemembers  = "redeemer-remembers"
	RetryIsAnswered    = "retry-is-answered"
	CancelOnce         = "cancel-once"
	CancelIsFinal      = "cancel-is-final"
	HoldReturns        = "hold-returns"
	RelayRemembers     = "relay-remembers"
	RelayRecordsLast   = "relay-records-last"
	UnknownIsUndone    = "unknown-is-undone"
	RefusalCompensates = "refusal-compensates"
)

// CheckNames gives the checks of an envelope, in their order; each is a rule that
// [UnsafeWithout] knows: without it nobody makes the check.
func CheckNames() []string {
	v := &Verifier{}
	nothing := func(*Claims) error { return nil }
	var names []string
	for _, check := range v.Checks(Own{nothing, nothing, nothing, nothing, nothing}) {
		names = append(names, check.Name)
	}
	return names
}

// WeaknessRow is one rule, and what its absence does.
type WeaknessRow struct {
	Rule    string
	Without string
}

// Unchecked gives the checks of [CheckNames], and what nobody asks of a token without
// each.
func Unchecked() []WeaknessRow {
	return []WeaknessRow{
		{"size", "nobody asks how long a token is"},
		{"structure", "nobody asks whether it is three segments, and strict JSON"},
		{"header", "nobody asks what its header has beside alg, kid and typ, or for its typ"},
		{"issuer", "nobody asks whether its issuer is known"},
		{"key", "nobody asks whether its key is in the issuer's set, and for this alg"},
		{"signature", "nobody asks whether its signature is good"},
		{"claims", "nobody asks whether its claims are complete and well-formed"},
		{"audience", "nobody asks whom it is for"},
		{"session", "nobody asks for which order and customer it is"},
		{"outcome", "no service asks whether it has redeemed it already"},
		{"time", "nobody asks whether it is good yet, and still"},
		{"capability", "nobody asks whether its issuer may grant what it grants"},
		{"replay", "the relay does not ask whether the session has used it"},
		{"books", "no service asks its books whether it issued the token as it stands"},
	}
}

// Weaknesses gives the rules that [UnsafeWithout] knows beside the checks.
func Weaknesses() []WeaknessRow {
	return []WeaknessRow{
		{RedeemerRemembers, "a redeemer forgets which jti it has redeemed"},
		{RetryIsAnswered, "a redeemer takes a retry for a replay"},
		{CancelOnce, "a cancel is not idempotent"},
		{CancelIsFinal, "a redeem that arrives after its cancel succeeds"},
		{HoldReturns, "a hold never returns when its token expires"},
		{RelayRemembers, "the relay forgets which jti a session has used"},
		{RelayRecordsLast, "the relay records a use before it verifies"},
		{UnknownIsUndone, "the relay takes an unknown answer for a refusal"},
		{RefusalCompensates, "the relay takes nothing back when a later service refuses"},
	}
}
