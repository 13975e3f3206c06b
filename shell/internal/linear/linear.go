// Package linear asks of what was done to a token at the same time whether it could
// have been done one after the other: for each (iss, jti) by itself.
package linear

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// What is done to a token.
const (
	Redeem = "redeem" // by an attempt
	Cancel = "cancel" // of an attempt
	Revoke = "revoke"
	Use    = "use" // of a ledger: by an attempt, which may ask again
)

// What came of it beside a reason to refuse it.
const (
	Done     = "done"
	Repeated = "repeated"
	Answered = "answered" // done, or repeated
	Again    = "again"    // of a ledger: it was used before
	Unknown  = "unknown"  // nobody was answered: it was done, or it was not, or will be
)

// Operation is one thing that was done to a token.
type Operation struct {
	Token, What, Attempt, Outcome string
	Call, Return                  int64 // moments, in the order in which things happened
}

// Register is where a token stands: reserved, committed by an attempt, cancelled,
// revoked, expired.
type Register struct{ State, Attempt string }

// after gives where a register may stand once something was done to it that came to
// an outcome; nothing when it cannot have come to that.
func (r Register) after(op Operation) []Register {
	switch op.What {
	case Redeem:
		return r.redeemed(op)
	case Cancel:
		return r.cancelled(op)
	case Revoke:
		return r.revoked(op)
	default:
		return r.used(op)
	}
}

func (r Register) redeemed(op Operation) []Register {
	same := r.State == "committed" && r.Attempt == op.Attempt
	switch op.Outcome {
	case Done:
		return only(r.State == "reserved", Register{"committed", op.Attempt})
	case Repeated:
		return only(same, r)
	case Answered:
		return only(same || r.State == "reserved", Register{"committed", op.Attempt})
	case "already_redeemed":
		return only(r.State == "committed" && !same, r)
	case "revoked":
		return only(r.State == "cancelled" || r.State == "revoked", r)
	case "expired": // which is looked at before the books are, but for what was answered
		if r.State == "reserved" {
			r = Register{State: "expired"}
		}
		return only(r.State != "committed", r)
	case Unknown:
		if r.State == "reserved" {
			return []Register{r, {"committed", op.Attempt}}
		}
	}
	return []Register{r} // refused for what it is, or not answered: nothing changes
}

func (r Register) cancelled(op Operation) []Register {
	done := r
	if r.State == "reserved" || r.State == "committed" && r.Attempt == op.Attempt {
		done = Register{State: "cancelled"}
	}
	switch op.Outcome {
	case Done:
		return []Register{done}
	case Unknown:
		return []Register{r, done}
	}
	return []Register{r}
}

func (r Register) revoked(op Operation) []Register {
	done := r
	if r.State == "reserved" {
		done = Register{State: "revoked"}
	}
	switch op.Outcome {
	case Done:
		return only(r.State != "committed" && r.State != "expired", done)
	case "already_redeemed":
		return only(r.State == "committed", r)
	case "expired": // a cancellation that came after that found nothing to do
		return only(r.State != "committed" && r.State != "revoked", Register{State: "expired"})
	case Unknown:
		return []Register{r, done}
	}
	return []Register{r}
}

func (r Register) used(op Operation) []Register {
	used := Register{"used", op.Attempt}
	switch op.Outcome {
	case Done:
		return only(r.State == "" || op.Attempt != "" && r == used, used)
	case Again:
		return only(r.State == "used" && (r.Attempt != op.Attempt || op.Attempt == ""), r)
	case Unknown:
		if r.State == "" {
			return []Register{r, used}
		}
	}
	return []Register{r}
}

func only(may bool, r Register) []Register {
	if may {
		return []Register{r}
	}
	return nil
}

// Check is nil when what was done to each token could have been done one after the
// other, from where they stood; else it says of which it could not.
func Check(stood map[string]Register, done []Operation) error {
	byToken := map[string][]Operation{}
	var names []string
	for _, op := range done {
		if byToken[op.Token] == nil {
			names = append(names, op.Token)
		}
		byToken[op.Token] = append(byToken[op.Token], op)
	}
	for _, name := range names {
		if all := byToken[name]; !inARow(stood[name], all) && !linearizable(stood[name], all) {
			return fmt.Errorf("what was done to %s at the same time cannot have been done one after the other: %s", name, written(all))
		}
	}
	return nil
}

// inARow reports whether nothing was done at the same time, and all came to what it
// had to: there is nothing to search then.
func inARow(r Register, all []Operation) bool {
	last := int64(-1)
	for _, op := range all {
		next := r.after(op)
		if op.Call <= last || len(next) != 1 {
			return false
		}
		r, last = next[0], op.Return
	}
	return true
}

func linearizable(stood Register, all []Operation) bool {
	m := porcupine.NondeterministicModel{
		Init: func() []interface{} { return []interface{}{stood} },
		Step: func(state, input, _ interface{}) []interface{} {
			var next []interface{}
			for _, r := range state.(Register).after(input.(Operation)) {
				next = append(next, r)
			}
			return next
		},
	}
	end := int64(0)
	for _, op := range all {
		end = max(end, op.Return)
	}
	history := make([]porcupine.Operation, len(all))
	for i, op := range all {
		history[i] = porcupine.Operation{ClientId: i, Input: op, Call: op.Call, Output: op.Outcome, Return: op.Return}
		if op.Outcome == Unknown {
			history[i].Return = end + 1
		}
	}
	return porcupine.CheckOperations(m.ToModel(), history)
}

func written(all []Operation) string {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Operation) int { return cmp.Compare(a.Call, b.Call) })
	var texts []string
	for _, op := range all[:min(len(all), mostWritten)] {
		texts = append(texts, strings.TrimSpace(op.What+" "+op.Attempt)+" "+op.Outcome)
	}
	if more := len(all) - mostWritten; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(texts, ", ")
}

// mostWritten is how many operations an error names.
const mostWritten = 12
