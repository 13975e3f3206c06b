// Comparing: what the world is against what its model says.

package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Parting is where the world and its model part, and how that is seen: a verb that
// shows it, and what it prints in a sound world.
type Parting struct {
	what      string
	Ask, Want string
	Own       string // what the verb itself is asked for, in the place of ask
	Bare      bool   // ask says it by being answered at all
}

func shown(what, ask, want string) error { return &Parting{what: what, Ask: ask, Want: want} }

// Error says where.
func (p *Parting) Error() string { return p.what }

// Shows gives everything that there is to be asked of the world, each with what a sound
// one prints.
func (s *Stage) Shows() (all []*Parting) {
	add := func(err error) { all = append(all, err.(*Parting)) }
	add(s.sessionsPart(""))
	for _, of := range s.Model.Sessions {
		add(s.sessionParts(of, ""))
		add(s.factsPart(of, ""))
	}
	for _, p := range s.World.Parties {
		add(s.booksPart(p.Name, ""))
		add(s.expiryParts(p.Name, ""))
		add(keyParting(p.Name, s.Model.KeyStates(p.Name), ""))
		if _, counts := p.Domain.(world.Foretold); counts && s.Foretold(p.Name) {
			if value, verb := s.Model.Accounts(p.Name); verb != "" {
				add(shown("", verb, value))
			}
		}
	}
	add(s.lateness(""))
	add(s.timeParts(""))
	add(attemptsPart(""))
	return all
}

func (s *Stage) timeParts(format string, args ...any) error {
	return shown(fmt.Sprintf(format, args...), "clock show --jq .now", spec.Stamp(s.Model.Now))
}

func (s *Stage) timeFits(spec.Answer, spec.Answer) error {
	if now := s.World.Clock.Now(); now.Unix() != int64(s.Model.Now) || now.Nanosecond() != 0 {
		return s.timeParts("it is %s, the model says %s", now.Format("15:04:05.999"), spec.Stamp(s.Model.Now))
	}
	return nil
}

func (s *Stage) sessionsFit(_, foretold spec.Answer) error {
	return s.compareSessions(s.attempts, foretold)
}

func (s *Stage) booksFit(spec.Answer, spec.Answer) error { return s.compareBooks(s.attempts) }

func (s *Stage) lateFits(spec.Answer, spec.Answer) error {
	late := s.World.Wire.Late()
	for i, l := range s.Model.Late {
		if i >= len(late) || late[i].To+"."+late[i].Step != l.Step {
			return s.lateness("%s is not late, the model says that it is", l.Step)
		}
	}
	if len(late) > len(s.Model.Late) {
		last := late[len(late)-1]
		return s.lateness("%s is late, the model says that it is not", last.To+"."+last.Step)
	}
	return nil
}

func (s *Stage) keysFit(spec.Answer, spec.Answer) error {
	for _, p := range s.World.Parties {
		states := s.Model.KeyStates(p.Name)
		are := p.Keys().States()
		for i, state := range are {
			if i >= len(states) || states[i] != string(state) {
				return keyParting(p.Name, states, "key %d of %s is %s, the model says %s", i+1, p.Name, state, strings.Join(states, ", "))
			}
		}
		if len(are) < len(states) {
			return keyParting(p.Name, states, "%s has %d keys, the model says %d", p.Name, len(are), len(states))
		}
	}
	return nil
}

// sameAttempt notes that two names mean the same attempt, and reports whether that
// agrees with what was noted before.
func sameAttempt(known map[string]int, id string, n int) bool {
	if id == "" || n == 0 {
		return id == "" && n == 0
	}
	if was, ok := known[id]; ok {
		return was == n
	}
	for _, other := range known {
		if other == n {
			return false
		}
	}
	known[id] = n
	return true
}

func (s *Stage) compareSessions(attempts map[string]int, foretold spec.Answer) error {
	all := s.World.Sessions()
	if len(all) != len(s.Model.Sessions) {
		what := fmt.Sprintf("the relay knows %s, the model says %d", tokens.Count(len(all), "session"), len(s.Model.Sessions))
		for _, of := range s.Model.Sessions {
			if !slices.ContainsFunc(all, func(snap orchestrator.Snapshot) bool { return snap.ID == of.ID }) {
				return &Parting{what: what, Ask: "session use " + of.ID, Bare: true}
			}
		}
		return s.sessionsPart("%s", what)
	}
	for _, snap := range all {
		of := s.Model.Session(snap.ID)
		if of == nil {
			return &Parting{what: "the relay knows session " + snap.ID + ", the model says that it has forgotten it", Ask: "expect session_unknown session use " + snap.ID, Bare: true}
		}
		if want := s.Model.Stood(of); string(snap.State) != want {
			return s.sessionParts(of, "session %s is %s, the model says %s", snap.ID, snap.State, want)
		}
		if snap.Customer != of.Customer || !equalFacts(of.Facts(), snap.Facts) {
			return s.factsPart(of, "session %s says %v, the model says %v", snap.ID, snap.Facts, of.Facts())
		}
		stands := of.Stands()
		if len(stands) != len(snap.Steps) {
			return s.sessionParts(of, "session %s has accepted %s, the model says %d", snap.ID, tokens.Count(len(snap.Steps), "token"), len(stands))
		}
		for i, step := range snap.Steps {
			st, name := stands[i], s.Handle(step.Ref)
			switch {
			case name != st.Hold.Handle:
				return s.sessionParts(of, "session %s has accepted %s, the model says %s", snap.ID, name, st.Hold.Handle)
			case step.Turn != st.Turn:
				return s.sessionParts(of, "%s has place %d in the redemption, the model says %d", name, step.Turn, st.Turn)
			case string(step.Status) != st.Status:
				return s.sessionParts(of, "%s is %s, the model says %s", name, step.Status, st.Status)
			case string(step.Result) != st.Result || string(step.Reason) != st.Reason:
				return s.resultParts(of, foretold, st, "%s came to %q %q, the model says %q %q", name, step.Result, step.Reason, st.Result, st.Reason)
			case !sameAttempt(attempts, step.Attempt, st.Attempt):
				return attemptsPart("the attempt of %s is another than it was", name)
			case step.Status == orchestrator.Redeemed && step.Receipt == nil:
				return s.sessionParts(of, "%s is redeemed and has no receipt", name)
			case step.Status == orchestrator.Redeemed && !about(step):
				r := step.Receipt
				ask := fmt.Sprintf(` --jq '.results[] | select(.token == "%s") | .receipt | .service + " " + .order_processing_id + " " + .attempt[0:4] + " " + .jti[0:4]'`, name)
				if !slices.Contains(foretold.Results, name+" "+st.Result) {
					return s.sessionParts(of, "the receipt of %s is of another redemption", name)
				}
				return &Parting{what: fmt.Sprintf("the receipt of %s is of %s %s %s %s", name, r.Service, r.Order, r.Attempt, r.JTI), Own: ask, Want: step.Service + " " + of.ID + " att_ " + step.Ref.ID[:min(4, len(step.Ref.ID))]}
			case step.Status == orchestrator.Redeemed && len(step.Receipt.Body) == 0 && s.says(step.Service):
				return s.sessionParts(of, "the receipt of %s says nothing", name)
			case step.Status == orchestrator.Redeemed && st.Hold.Receipt != "" && s.saidBy(step.Receipt) != st.Hold.Receipt:
				return s.receiptParts(of, foretold, st, "the receipt of %s says %s, the model says %s", name, s.saidBy(step.Receipt), st.Hold.Receipt)
			}
		}
	}
	return nil
}

// about reports whether a receipt is of the redemption that it came from.
func about(step orchestrator.Step) bool {
	r := step.Receipt
	return r.Service == step.Service && r.Order == step.Ref.Order && r.JTI == step.Ref.ID && r.Attempt == step.Attempt
}

// says reports whether a service says in its receipts what it redeemed.
func (s *Stage) says(service string) bool {
	p, err := s.World.Service(service)
	return err == nil && p.Declaration == nil
}

// BookState gives the model's word for the state of a reservation.
func BookState(e issuers.Entry) string {
	if e.State == issuers.Released {
		return e.Why
	}
	return string(e.State)
}

func (s *Stage) compareBooks(attempts map[string]int) error {
	for _, p := range s.World.Parties {
		entries := p.Reservations()
		n := 0
		var strays []string
		for _, h := range s.Model.Holds {
			if h.Service != p.Name || !s.Model.Kept(h) {
				continue
			}
			n++
			if h.Handle == "" {
				strays = append(strays, h.Order+" "+h.State)
				continue
			}
			ref := s.tokens[tokenNumber(h.Handle)-1]
			at := slices.IndexFunc(entries, func(e issuers.Entry) bool { return e.Ref == ref })
			if at < 0 {
				return s.booksPart(p.Name, "%s has forgotten %s, the model says that it is %s", p.Name, h.Handle, h.State)
			}
			e := entries[at]
			if BookState(e) != h.State {
				return s.booksPart(p.Name, "the books of %s say that %s is %s, the model says %s", p.Name, h.Handle, BookState(e), h.State)
			}
			if e.Expires.Unix() != int64(h.Expires) {
				return s.expiryParts(p.Name, "%s is held until %s, the model says until %s", h.Handle, spec.Stamp(int(e.Expires.Unix())), spec.Stamp(h.Expires))
			}
			if !sameAttempt(attempts, e.Attempt, h.Attempt()) {
				return attemptsPart("another attempt has redeemed %s than the model says", h.Handle)
			}
		}
		if len(entries) != n {
			return s.booksPart(p.Name, "the books of %s have %s, the model says %d", p.Name, tokens.Count(len(entries), "reservation"), n)
		}
		if of, ok := p.Domain.(world.Foretold); ok && s.Foretold(p.Name) {
			held, taken := of.Sums()
			if wantHeld, wantTaken := s.Model.Sums(p.Name); held != int64(wantHeld) || taken != int64(wantTaken) {
				value, verb := s.Model.Accounts(p.Name)
				return shown(fmt.Sprintf("%s has %d held and %d taken, the model says %d and %d", p.Name, held, taken, wantHeld, wantTaken), verb, value)
			}
		}
		if len(strays) == 0 {
			continue
		}
		var found []string
		for _, e := range entries {
			if !slices.Contains(s.tokens, e.Ref) {
				found = append(found, e.Ref.Order+" "+BookState(e))
			}
		}
		slices.Sort(strays)
		slices.Sort(found)
		if !slices.Equal(strays, found) {
			return s.booksPart(p.Name, "the books of %s say that what nobody holds is %v, the model says %v", p.Name, found, strays)
		}
	}
	return nil
}

// expiryParts shows when a service's reservations expire, sorted.
func (s *Stage) expiryParts(service, format string, args ...any) error {
	var want []string
	for _, h := range s.Model.Holds {
		if h.Service == service && s.Model.Kept(h) {
			want = append(want, fmt.Sprintf("%s %d", h.Order, h.Expires))
		}
	}
	slices.Sort(want)
	return shown(fmt.Sprintf(format, args...), "view "+service+` --jq '[.reservations[] | .order_processing_id + " " + (.exp | tostring)] | sort | join(", ")'`, strings.Join(want, ", "))
}

func (s *Stage) lateness(format string, args ...any) error {
	var late []string
	for _, l := range s.Model.Late {
		late = append(late, l.Step)
	}
	return shown(fmt.Sprintf(format, args...), `fault list --jq '[.late[]? | .party + "." + .step] | join(", ")'`, strings.Join(late, ", "))
}

func keyParting(service string, states []string, format string, args ...any) error {
	return shown(fmt.Sprintf(format, args...), "keys list "+service+` --jq '[.keys[].state] | join(" ")'`, strings.Join(states, " "))
}

// attemptsPart shows whether each token is asked for by attempts that are its own, and
// always by the same.
func attemptsPart(format string, args ...any) error {
	const ask = `log --party relay --jq '[.entries[] | select(.step == "forward") | {jti, attempt: .more.attempt}] | unique | [length, (map(.attempt) | unique | length), (map(.jti) | unique | length)] | unique | length'`
	return shown(fmt.Sprintf(format, args...), ask, "1")
}

func (s *Stage) sessionsPart(format string, args ...any) error {
	var states []string
	for _, of := range s.Model.Sessions {
		states = append(states, of.ID+" "+s.Model.Stood(of))
	}
	return shown(fmt.Sprintf(format, args...), `session list --jq '[.sessions[] | .order_processing_id + " " + .state] | join(", ")'`, strings.Join(states, ", "))
}

func (s *Stage) sessionParts(of *spec.Session, format string, args ...any) error {
	want := []string{s.Model.Stood(of)}
	for _, h := range s.Model.Holds {
		if h.Handle != "" && h.Order == of.ID && !h.Gone {
			want = append(want, h.Handle+" "+s.Model.Status(h))
		}
	}
	return shown(fmt.Sprintf(format, args...), "session show "+of.ID+` --jq '[.state, (.tokens[] | .token + " " + .status)] | join(", ")'`, strings.Join(want, ", "))
}

// resultParts shows what a token came to where the verb itself tells it, for a session
// does not say for which reason.
func (s *Stage) resultParts(of *spec.Session, foretold spec.Answer, st spec.Stand, format string, args ...any) error {
	if told := st.Hold.Handle + " " + st.Result; slices.Contains(foretold.Results, told) {
		ask := fmt.Sprintf(` --jq '.results[] | select(.token == "%s") | .status + " " + (.reason // "")'`, st.Hold.Handle)
		return &Parting{what: fmt.Sprintf(format, args...), Own: ask, Want: st.Result + " " + st.Reason}
	}
	return s.sessionParts(of, format, args...)
}

// said writes what a receipt says, by the names: of few, again and again.
func (s *Stage) saidBy(r *tokens.Receipt) string {
	text, known := s.receipts[string(r.Body)]
	if !known {
		text = said(r)
		s.receipts[string(r.Body)] = text
	}
	return text
}

func said(r *tokens.Receipt) string {
	body := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	if err := d.Decode(&body); err != nil {
		return string(r.Body)
	}
	var all []string
	for name, value := range body {
		all = append(all, fmt.Sprintf("%s=%v", name, value))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// receiptParts shows what a receipt says where the verb itself has it.
func (s *Stage) receiptParts(of *spec.Session, foretold spec.Answer, st spec.Stand, format string, args ...any) error {
	if !slices.Contains(foretold.Results, st.Hold.Handle+" "+st.Result) {
		return s.sessionParts(of, format, args...)
	}
	ask := fmt.Sprintf(` --jq '.results[] | select(.token == "%s") | .receipt.body | [to_entries[] | .key + "=" + (.value | tostring)] | sort | join(", ")'`, st.Hold.Handle)
	return &Parting{what: fmt.Sprintf(format, args...), Own: ask, Want: st.Hold.Receipt}
}

func (s *Stage) factsPart(of *spec.Session, format string, args ...any) error {
	var want []string
	for _, name := range slices.Sorted(maps.Keys(of.Facts())) {
		want = append(want, name+"="+of.Facts()[name])
	}
	return shown(fmt.Sprintf(format, args...), "session show "+of.ID+` --jq '[.facts | to_entries[] | .key + "=" + .value] | join(", ")'`, strings.Join(want, ", "))
}

// booksPart shows the states of a service's reservations, sorted: their order is by
// chance.
func (s *Stage) booksPart(service, format string, args ...any) error {
	var want []string
	for _, h := range s.Model.Holds {
		if h.Service == service && s.Model.Kept(h) {
			state := h.State
			if state == "revoked" || state == "expired" {
				state = "released"
			}
			want = append(want, h.Order+" "+state)
		}
	}
	slices.Sort(want)
	return shown(fmt.Sprintf(format, args...), "view "+service+` --jq '[.reservations[] | .order_processing_id + " " + .state] | sort | join(", ")'`, strings.Join(want, ", "))
}
