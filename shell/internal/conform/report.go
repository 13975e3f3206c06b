// What came of a run: its rows, and whether it is green.

package conform

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
	"tokenshell/tokens"
)

// Row is what came of a row, as it is reported.
type Row struct {
	ID           string         `json:"id"`
	Group        attacks.Group  `json:"group"`
	Check        string         `json:"check"`
	Who          attacks.Who    `json:"who"`
	Severity     string         `json:"severity"`
	What         string         `json:"what"`
	Expected     tokens.Reason  `json:"expected"`
	Status       attacks.Status `json:"status"`
	Reason       tokens.Reason  `json:"reason"`
	Said         string         `json:"said"`
	JudgedBy     string         `json:"judged_by"`
	Detail       string         `json:"detail"`
	Milliseconds int64          `json:"ms"`
	Source       string         `json:"source"`

	Why   string   `json:"why,omitempty"` // it is known
	Until string   `json:"until,omitempty"`
	See   string   `json:"see,omitempty"`
	Steps []string `json:"steps,omitempty"`

	fatal   error
	control bool           // it is a control token that did not come through
	listed  attacks.Status // what a known row is known for
}

func rowOf(r attacks.Row) Row {
	severity := "warning"
	if r.Error() {
		severity = "error"
	}
	return Row{ID: r.ID, Group: r.Group, Check: r.Check(), Who: r.Who(), Severity: severity, What: r.What, Expected: r.Expect, Source: r.Source, Steps: r.Said()}
}

// Green reports whether a row is as it should be.
func (r *Row) Green() bool { return r.Status == attacks.Refused || r.Status == foreign.Known }

// Report is what came of a run.
type Report struct {
	V        int      `json:"v"`
	Target   string   `json:"target"`
	Relay    string   `json:"relay,omitempty"` // what it calls itself
	Can      []string `json:"can"`
	Enforces []string `json:"enforces"`
	Keys     string   `json:"keys"`
	Seed     uint64   `json:"seed"`
	Rows     []Row    `json:"rows"`
	Notes    []string `json:"notes,omitempty"`
	Summary  string   `json:"summary"`

	failOn     string
	requireAll bool
	left       int // rows about a relay that the run did not come to
	tool       string
	at         time.Time // when it began
	file       string    // the target file; empty when there is none
}

// Red reports whether a row makes the run fail.
func (p *Report) Red(r *Row) bool {
	switch r.Status {
	case attacks.Refused, foreign.Known:
		return false
	case foreign.Skipped:
		return r.Why != "" || p.requireAll && r.Detail != ownDomains
	case attacks.GotThrough, attacks.WrongReason, foreign.Leaked, foreign.Errored, foreign.Crashed, foreign.TimedOut:
		return r.Why != "" || r.Severity == "error" || p.failOn == "warning"
	}
	return true // fixed, baseline_failed
}

// Forgiven gives how many rows are not as they should be and yet do not make the run
// fail: warnings, where only errors do.
func (p *Report) Forgiven() (n int) {
	for i := range p.Rows {
		if row := &p.Rows[i]; !row.Green() && row.Status != foreign.Skipped && !p.Red(row) {
			n++
		}
	}
	return n
}

// summary is the last line: how many rows were tried, and what came of them.
func (p *Report) summary() string {
	about, tried := p.left, 0
	why, came := map[string]int{}, map[attacks.Status]int{}
	if p.left > 0 {
		why["not reached"] = p.left
	}
	for _, row := range p.Rows {
		switch {
		case row.Status == foreign.Skipped && row.Detail == ownDomains:
			continue
		case row.Status == foreign.Skipped:
			word, _, _ := strings.Cut(row.Detail, ":")
			why[word]++
		default:
			tried++
			came[row.Status]++
		}
		about++
	}
	text := fmt.Sprintf("%d of %d tried", tried, about)
	if about > tried {
		var parts []string
		for word := range why {
			parts = append(parts, word)
		}
		slices.SortFunc(parts, func(a, b string) int {
			if why[a] != why[b] {
				return why[b] - why[a]
			}
			return strings.Compare(a, b)
		})
		for i, word := range parts {
			parts[i] = fmt.Sprintf("%d %s", why[word], word)
		}
		text += fmt.Sprintf(" (%d skipped: %s)", about-tried, strings.Join(parts, ", "))
	}
	text += fmt.Sprintf(": %d refused, %d known, %d got through", came[attacks.Refused], came[foreign.Known], came[attacks.GotThrough])
	for _, other := range []attacks.Status{attacks.WrongReason, foreign.Leaked, foreign.Errored, foreign.Crashed, foreign.TimedOut, foreign.Fixed, foreign.BaselineFailed} {
		if came[other] > 0 {
			text += fmt.Sprintf(", %d %s", came[other], strings.ReplaceAll(string(other), "_", " "))
		}
	}
	return text
}

// Err is what the run ends with: nil, a failure, or one of exit code 3.
func (p *Report) Err() error {
	red, tried := []string{}, false
	for i := range p.Rows {
		tried = tried || p.Rows[i].Status != foreign.Skipped
		switch row := &p.Rows[i]; {
		case row.Status == foreign.BaselineFailed:
			return exit.Input(p.Target, 0, fmt.Sprintf("a good token did not come through in %s: %s", row.ID, row.Detail))
		case p.Red(row):
			red = append(red, row.ID)
		}
	}
	switch {
	case len(red) == 0 && tried:
		return nil
	case len(red) == 0:
		return errors.New("no attack was tried, so nothing was shown; attack list --target FILE says why not")
	}
	return fmt.Errorf("it did not go as it has to in %s", some(red))
}

// some names the first of many.
func some(ids []string) string {
	const most = 12
	if len(ids) <= most {
		return strings.Join(ids, " ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], " "), len(ids)-most)
}

// JSON gives the report as JSON.
func (p *Report) JSON() ([]byte, error) { return json.Marshal(p) }
