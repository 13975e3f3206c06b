// The report of a run, for other programs and for people.

package conform

import (
	"fmt"
	"strings"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/report"
)

// verdictOf says how a row counts in other programs' reports.
func (p *Report) verdictOf(r *Row) report.Verdict {
	switch r.Status {
	case attacks.Refused, foreign.Known:
		return report.Passed
	case attacks.GotThrough, attacks.WrongReason, foreign.Fixed, foreign.Leaked:
		return report.Failed
	case foreign.Skipped:
		return report.Left
	}
	return report.Errored
}

// parties says who does what a step's first word is, and to whom; what is not
// here happens to everybody.
var parties = map[string][2]string{
	"open": {"client", "relay"}, "close": {"client", "relay"}, "relay": {"client", "relay"}, "redeem": {"client", "relay"}, "resume": {"client", "relay"},
	"confirm": {"services", "client"}, "direct": {"client", "services"}, "cancel": {"client", "services"}, "revoke": {"client", "services"},
	"forge": {"client", "client"}, "restart": {"relay", "relay"}, "fault": {"services", "services"}, "rotate": {"services", "services"},
	"retire": {"services", "services"}, "disable": {"services", "services"}, "mark": {"services", "services"}, "unmoved": {"services", "services"},
}

// stepsOf gives the steps of a row with their parties.
func stepsOf(said []string) []report.Step {
	var all []report.Step
	for _, text := range said {
		verb, _, _ := strings.Cut(text, " ")
		who := parties[strings.TrimRight(verb, ",:")]
		all = append(all, report.Step{From: who[0], To: who[1], Text: text})
	}
	return all
}

// As gives the report as a run that can be written down.
func (p *Report) As() report.Run {
	run := report.Run{Tool: p.tool, At: p.at, Parties: []string{"client", "relay", "services"}, Name: p.Target, File: p.file, Summary: p.Summary, Facts: []report.Fact{
		{Name: "relay", Value: p.Relay}, {Name: "can", Value: strings.Join(p.Can, " ")}, {Name: "enforces", Value: strings.Join(p.Enforces, " ")},
		{Name: "keys", Value: p.Keys}, {Name: "seed", Value: fmt.Sprint(p.Seed)}, {Name: "notes", Value: strings.Join(p.Notes, "\n")},
	}}
	for i := range p.Rows {
		r := &p.Rows[i]
		c := report.Case{
			ID: r.ID, Class: string(r.Group), What: r.What, Verdict: p.verdictOf(r), Status: string(r.Status), Message: r.Detail,
			Warning: r.Severity != "error", Milliseconds: r.Milliseconds, Source: r.Source, By: string(r.Who), About: r.Check, Steps: stepsOf(r.Steps),
			Facts: []report.Fact{
				{Name: "refused with", Value: string(r.Expected)}, {Name: "came", Value: r.Said}, {Name: "judged by", Value: r.JudgedBy},
				{Name: "until", Value: r.Until}, {Name: "see", Value: r.See},
			},
		}
		if r.Status == foreign.Known {
			c.Excuse = r.Why
		}
		run.Cases = append(run.Cases, c)
	}
	return run
}

// Kinds gives the kinds of reports.
func Kinds() []string { return []string{"json", "junit", "sarif", "html"} }

// Written writes the report as one of [Kinds].
func (p *Report) Written(kind string) ([]byte, error) {
	switch kind {
	case "json":
		return p.JSON()
	case "junit":
		return report.JUnit(p.As())
	case "sarif":
		return report.SARIF(p.As())
	case "html":
		return report.HTML(p.As())
	}
	return nil, fmt.Errorf("there is no report %q", kind)
}

// hideSecrets takes values of the environment out of what a relay said.
func (p *Report) hideSecrets(secrets []string) {
	for _, secret := range secrets {
		for i := range p.Rows {
			for _, text := range []*string{&p.Rows[i].Detail, &p.Rows[i].Said, (*string)(&p.Rows[i].Reason)} {
				*text = strings.ReplaceAll(*text, secret, "(secret)")
			}
		}
		p.Relay = strings.ReplaceAll(p.Relay, secret, "(secret)")
	}
}
