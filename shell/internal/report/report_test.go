// Reports: read again, as those read them for whom they are written.

package report_test

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/report"
)

func run() report.Run {
	return report.Run{
		Tool: "tokenshell v1", At: time.Date(2026, 11, 27, 1, 2, 3, 0, time.UTC), Name: "orders", File: "a target.yaml", Summary: "3 of 4 tried",
		Facts: []report.Fact{{Name: "seed", Value: "1"}}, Parties: []string{"client", "relay", "services"},
		Cases: []report.Case{
			{ID: "A-1", Class: "key", What: "good & <well>", Verdict: report.Passed, Status: "refused", By: "anyone", About: "key", Milliseconds: 1500, Source: "design"},
			{ID: "A-2", Class: "key", What: "bad", Verdict: report.Failed, Status: "got_through", Message: "it was done\x1b\x00]]>\nand more", By: "issuer", About: "key", Warning: true, Steps: []report.Step{{From: "client", To: "relay", Text: "relay x: <no>"}, {From: "relay", To: "client", Text: "no"}, {Text: "time goes on"}}},
			{ID: "A-3", Class: "key", What: "known", Verdict: report.Passed, Status: "known", Excuse: "a gateway", By: "anyone", About: "time"},
			{ID: "A-4", Class: "key", What: "broken", Verdict: report.Errored, Status: "crashed", Message: "it ended", By: "anyone", About: "time"},
			{ID: "A-5", Class: "key", What: "left", Verdict: report.Left, Status: "skipped", Message: "redeem", By: "anyone", About: "time"},
		},
	}
}

func TestJUnit(t *testing.T) {
	text, err := report.JUnit(run())
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Suite struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Skipped  int `xml:"skipped,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Time    string `xml:"time,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &read); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	s := read.Suite
	if s.Tests != 5 || s.Failures != 1 || s.Errors != 1 || s.Skipped != 1 || len(s.Cases) != 5 {
		t.Errorf("%+v", s)
	}
	if s.Cases[0].Time != "1.500" || s.Cases[0].Name != "A-1 good & <well>" || s.Cases[1].Failure == nil || s.Cases[3].Error == nil || s.Cases[4].Skipped == nil || s.Cases[2].Failure != nil {
		t.Errorf("%s", text)
	}
	if s.Cases[1].Failure.Message != "it was done\ufffd\ufffd]]>" {
		t.Errorf("%q", s.Cases[1].Failure.Message)
	}
}

func TestSARIF(t *testing.T) {
	text, err := report.SARIF(run())
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct{ ID string }
				}
			}
			Results []struct {
				RuleID       string
				RuleIndex    int
				Level        string
				Suppressions []struct{ Kind, Justification string }
				Locations    []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &read); err != nil || read.Version != "2.1.0" || len(read.Runs) != 1 {
		t.Fatalf("%v\n%s", err, text)
	}
	r := read.Runs[0]
	if r.Tool.Driver.Name != "tokenshell" || r.Tool.Driver.Version != "v1" || len(r.Tool.Driver.Rules) != 5 || len(r.Results) != 3 {
		t.Fatalf("%s", text)
	}
	for _, one := range r.Results {
		if r.Tool.Driver.Rules[one.RuleIndex].ID != one.RuleID || one.Locations[0].PhysicalLocation.ArtifactLocation.URI != "a%20target.yaml" {
			t.Errorf("%+v", one)
		}
	}
	if r.Results[0].Level != "warning" || r.Results[1].Suppressions[0].Justification != "a gateway" || r.Results[2].Level != "error" {
		t.Errorf("%s", text)
	}
}

func TestHTML(t *testing.T) {
	text, err := report.HTML(run())
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, want := range []string{"good &amp; &lt;well&gt;", "relay x: &lt;no&gt;", ">got_through<", "<dd>a gateway</dd>", `<span class="bad">1 failed</span>`, `<span class="known">1 known</span>`,
		"Did not go as it has to: 2<", "Known: 1<", "Not tried: 1<", `<div class="step" style="grid-area: 2 / 2 / auto / 4">relay x`, `<div class="step back" style="grid-area: 3 / 2 / auto / 4">no<`, `<div class="note" style="grid-area: 4 / 1 / auto / 7">time goes on<`} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
	}
	for _, not := range []string{"<script", "http://", "https://", "<no>"} {
		if strings.Contains(page, not) {
			t.Errorf("there is %s", not)
		}
	}
}

func TestCoverage(t *testing.T) {
	c := report.Coverage{
		Title: "all", Summary: "<well>", Tool: "tokenshell", Verdict: "held", Met: 1, Wanted: 2, Never: []string{"state <b>"},
		Bounds: []report.BoundRow{{Name: "A", Bound: "tokens=1", End: "exhausted", Exhausted: true, Verbs: 1234567}},
		Diagrams: []report.Diagram{{Title: "states", States: []report.State{{Count: report.Count{Name: "a", N: 1}}, {Count: report.Count{Name: "b", Has: true}, X: 1, Y: 1}},
			Turns: []report.Turn{{Count: report.Count{N: 12345}, From: "a", To: "b"}, {Count: report.Count{N: 1}, From: "b", To: "a"}, {Count: report.Count{Has: true}, From: "b", To: "a"}, {From: "a", To: "a"}}}},
		Tables: []report.CrossTable{{Columns: []string{"x", "y", "z"}, Rows: []report.CrossRow{{Name: "r", Counts: []report.Count{{N: 7}, {Has: true}, {}}}}}},
		Groups: []report.Group{{Title: "reasons", Counts: []report.Count{{Name: "late", Has: true, Excuse: "no time"}}}},
		Found:  &report.Counterexample{What: "x < y", Scenario: "a <b>"},
	}
	text, err := c.HTML()
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, want := range []string{"&lt;well&gt;", "state &lt;b&gt;", "1,234,567", "a to b: 12,345 times", "b to a: 1 time<", "b to a: never", `<td class="met">7</td><td class="never">never</td><td class="none">`, `<li class="known" title="no time">`, "x &lt; y", "a &lt;b&gt;", "<details open>"} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %s", want)
		}
	}
	if n := strings.Count(page, "<path d="); n != 5 { // two heads, and three turns: one leads nowhere
		t.Errorf("there are %d paths", n)
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := report.Grouped(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}
