// Choosing a deed: the swarm of a walk, and what makes sense now.

package spec_test

import (
	"strings"

	"pgregory.net/rapid"
)

// drawSwarm chooses the kinds of deed that a walk leaves alone: walks that do
// everything seldom get far with anything.
func drawSwarm(t *rapid.T) map[string]bool {
	leave := map[string]bool{}
	for _, name := range []string{"session close", "session set", "fault", "clock advance", "clock set", "keys rotate", "keys retire", "keys disable", "revoke", "redeem direct", "relay", "relay twin", "relay bent", "restart", "crash", "late", "duplicate", "meanwhile"} {
		leave[name] = !rapid.Bool().Draw(t, name)
	}
	for _, name := range []string{"keys retire", "keys disable"} { // or nothing is signed any more
		leave[name] = leave[name] || leave["keys rotate"]
	}
	return leave
}

// drawOp chooses an op by the weights of the deeds that may be done now.
func drawOp(d draws) op {
	var rows []int
	for i, row := range deeds {
		if d.leave[row.name] {
			continue
		}
		for range d.weight(row) {
			rows = append(rows, i)
		}
	}
	row := deeds[drawn(d, "deed", rows)]
	o := row.draw(d)
	o.deed = row.name
	return o
}

// weight gives how likely a deed is now: with an order that has ended there is
// little to do but to see that it has.
func (d draws) weight(row deed) int {
	s := d.w.model.Session(d.w.model.Current)
	verb, _, _ := strings.Cut(row.name, " ")
	switch {
	case !d.may(row.name):
		return 0
	case row.name == "clock advance" && s != nil && s.State == "stuck":
		return 10
	case s != nil && d.w.model.Stood(s) == "open", verb == "fault", verb == "keys", verb == "clock", verb == "deliver", verb == "restart":
		return row.weight
	case row.name == "session new", row.name == "redeem resume" && s != nil && (s.State == "stuck" || s.State == "redeeming"):
		return 10
	case row.name == "session use" && d.open() > 0:
		return 10
	}
	return 1
}

// may reports whether there is what a deed is done with.
func (d draws) may(name string) bool {
	m := d.w.model
	switch name {
	case "session new":
		return d.open() < 2
	case "fault":
		return len(m.Faults) < 6
	case "fault clear":
		return len(m.Faults) > 0
	case "deliver":
		return len(m.Late) > 0
	case "coupon confirm", "points confirm", "payment confirm":
		return m.Current != "" && d.w.twin.drawn == nil
	case "declared confirm":
		return m.Current != "" && d.w.twin.drawn != nil
	case "club confirm":
		return d.w.twin.club && m.Session(m.Current) != nil
	case "session use":
		return len(m.Sessions) > 0
	case "clock set":
		return len(d.soon(d.moments())) > 0
	case "clock advance", "keys rotate", "restart":
		return true
	case "keys retire", "keys disable":
		return len(d.keyed()) > 0
	case "relay", "redeem direct", "revoke":
		return m.Current != "" && len(d.held()) > 0
	case "relay bent":
		return m.Current != "" && len(d.bendable()) > 0
	case "relay forged", "relay twin":
		return m.Current != "" && len(d.unsealed()) > 0
	}
	return m.Current != ""
}
