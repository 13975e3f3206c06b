// A relay that looks at no signature, and is careless in one thing.

package conform_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"tokenshell/shell/attacks"
	"tokenshell/shell/attacks/parts"
	"tokenshell/shell/internal/conform"
)

// careless is a relay: how is what it does wrong, empty for nothing.
type careless struct {
	how     string
	mu      sync.Mutex
	out     *json.Encoder
	now     int64
	order   []string // of redemption
	orders  map[string]*basket
	waiting map[int]chan string
	asked   int
}

// basket is a session of it.
type basket struct {
	name, state string
	facts       map[string]string
	taken       []*voucher
	used        []string
}

// voucher is a token that it accepted.
type voucher struct {
	token, service, attempt, state string
}

// play answers until its input ends.
func (c *careless) play() error {
	c.out, c.orders, c.waiting = json.NewEncoder(os.Stdout), map[string]*basket{}, map[int]chan string{}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 8<<20)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		if q.Op == "" {
			c.mu.Lock()
			c.waiting[q.Re] <- q.Status
			c.mu.Unlock()
			continue
		}
		go func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			a := c.answer(q)
			a["re"] = q.ID
			_ = c.out.Encode(a) // who asked may have gone
		}()
	}
	return in.Err()
}

// question is what it is asked, or answered.
type question struct {
	ID, Re                   int
	Op, Status               string
	Session, Customer, Token string
	Now                      int64
	Facts                    map[string]string
	Issuers                  []struct{ Service string }
}

func (c *careless) answer(q question) map[string]any {
	b := c.orders[q.Session]
	no := map[string]any{"verdict": "rejected", "state": "rejected", "detail": "no"}
	switch q.Op {
	case "hello":
		return map[string]any{"v": 1, "can": []string{"sessions", "replay", "close", "redeem", "resume", "keys", "clock", "concurrent", "facts"}}
	case "reset":
		c.now, c.order = q.Now, nil
		for _, i := range q.Issuers {
			c.order = append(c.order, i.Service)
		}
	case "clock":
		c.now = q.Now
	case "facts":
		if c.how != "stale" || len(b.taken) == 0 {
			for name, value := range q.Facts {
				b.facts[name] = value
			}
		}
	case "open":
		if b != nil {
			return map[string]any{"error": "taken"}
		}
		c.orders[q.Session] = &basket{name: q.Session, state: "open", facts: map[string]string{}}
		return map[string]any{"session": q.Session}
	case "relay":
		if b == nil || b.state != "open" && !(c.how == "late" && strings.HasSuffix(b.state, "ing")) || !c.fresh(b, q.Token) {
			return no
		}
		service := serviceOf(q.Token)
		if c.how == "drops" {
			b.taken = slices.DeleteFunc(b.taken, func(v *voucher) bool { return v.service == service })
		}
		b.taken = append(b.taken, &voucher{token: q.Token, service: service, state: "accepted"})
		return map[string]any{"verdict": "accepted"}
	case "redeem":
		if b == nil || b.state != "open" && !(c.how == "unlocked" && b.state == "redeeming") {
			return no
		}
		return map[string]any{"state": c.redeem(b)}
	case "resume":
		if b.state != "stuck" {
			return no
		}
		return map[string]any{"state": c.compensate(b)}
	case "close":
		switch {
		case b.state == "open":
			b.state = "closing"
			c.release(b)
			b.state = "closed"
		case c.how == "returns" && b.state == "completed":
			_ = c.compensate(b)
		case c.how == "writes off" && b.state == "stuck":
			b.state = "closed"
		default:
			return map[string]any{"error": "it is " + b.state}
		}
	}
	return map[string]any{}
}

// fresh reports whether a session has not had a token, and remembers it.
func (c *careless) fresh(b *basket, token string) bool {
	header, payload, _, _ := parts.Decode(token)
	var claims struct {
		ID  string `json:"jti"`
		At  int64  `json:"iat"`
		Iss string
	}
	_ = json.Unmarshal(payload, &claims)
	id := claims.Iss + claims.ID
	switch c.how {
	case "iat":
		id += fmt.Sprint(claims.At)
	case "kid":
		id += string(header)
	case "minute":
		id += fmt.Sprint(c.now / 60)
	}
	if slices.Contains(b.used, id) {
		return false
	}
	if b.used = append(b.used, id); c.how == "short" && len(b.used) > 3 {
		b.used = b.used[1:]
	}
	return true
}

// redeem redeems what was accepted, and gives where it ended.
func (c *careless) redeem(b *basket) string {
	b.state = "redeeming"
	todo := slices.Clone(b.taken)
	if c.how != "disorders" {
		slices.SortStableFunc(todo, func(v, w *voucher) int { return slices.Index(c.order, v.service) - slices.Index(c.order, w.service) })
	}
	for _, v := range todo {
		v.attempt = b.name + v.token[len(v.token)-20:]
		if c.how == "unlocked" {
			v.attempt += fmt.Sprint(c.asked)
		}
		status := c.ask(b, v, "redeem")
		if v.state = "redeemed"; status != "done" && status != "repeated" {
			v.state = "refused"
			return c.compensate(b)
		}
	}
	b.state = "completed"
	return b.state
}

// compensate takes back what was redeemed, and gives where it ended.
func (c *careless) compensate(b *basket) string {
	for _, v := range slices.Backward(b.taken) {
		if v.state == "redeemed" {
			if c.ask(b, v, "cancel") == "lost" {
				b.state = "stuck"
				return b.state
			}
			v.state = "cancelled"
		}
	}
	c.release(b)
	b.state = "compensated"
	return b.state
}

func (c *careless) release(b *basket) {
	for _, v := range slices.Clone(b.taken) {
		if v.state == "accepted" || v.state == "refused" {
			v.state = "released"
			c.ask(b, v, "cancel")
		}
	}
}

// ask asks a service, three times at most; others are served meanwhile.
func (c *careless) ask(b *basket, v *voucher, action string) (status string) {
	for range 3 {
		c.asked++
		answer := make(chan string, 1)
		c.waiting[c.asked] = answer
		_ = c.out.Encode(map[string]any{"op": "call", "id": c.asked, "action": action, "service": v.service, "session": b.name, "token": v.token, "attempt": v.attempt, "facts": b.facts})
		c.mu.Unlock()
		status = <-answer
		c.mu.Lock()
		if status != "lost" {
			break
		}
	}
	return status
}

// What is careless in one thing is found out by the rows that are about it, and one
// that is not by none.
func TestCarelessRelays(t *testing.T) {
	rows := []string{
		"FLW-34", "FLW-35", "FLW-36", "ROT-09", "RED-20", "RED-21", "RED-22", "RED-23", "RED-24", "RED-25", "RED-26", "RED-27", "RED-28", "FLT-11",
	}
	for how, want := range map[string]string{
		"":           "",
		"short":      "FLW-34",
		"iat":        "FLW-35",
		"minute":     "FLW-36",
		"kid":        "ROT-09",
		"unlocked":   "RED-21",
		"late":       "RED-22 RED-28",
		"returns":    "RED-24",
		"drops":      "RED-25",
		"disorders":  "RED-26",
		"stale":      "RED-27",
		"writes off": "FLT-11",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			report, err := conform.Run(t.Context(), quick(t, "careless", how), options(t, rows...))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range report.Rows {
				// What no contract of relays speaks of, and what only an issuer can make.
				mild := []string{"FLW-35", "RED-21", "RED-22", "RED-23", "RED-26", "RED-28", "ROT-09"}
				if (r.Severity == "warning") != slices.Contains(mild, r.ID) {
					t.Errorf("%s is of severity %s", r.ID, r.Severity)
				}
				if r.Status != attacks.Refused {
					got = append(got, r.ID)
					t.Logf("%s: %s: %s", r.ID, r.Status, r.Detail)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q is red in %q, want %q", how, got, want)
			}
		})
	}
}
