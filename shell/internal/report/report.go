// Package report writes down for other programs and for people what came of
// many tries: as JUnit XML, as SARIF, as a page.
package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verdict is how a try counts.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"  // it was tried, and did not go as it has to
	Errored Verdict = "errored" // nobody can say
	Left    Verdict = "skipped"
)

// Run is what is reported.
type Run struct {
	Tool    string // with its version
	At      time.Time
	Name    string // of what was tried
	File    string // that is about it; may be empty
	Summary string
	Facts   []Fact   // about the whole run, in order
	Parties []string // of steps, in the order of their columns
	Cases   []Case
}

// Fact is a name and a value.
type Fact struct{ Name, Value string }

// Case is one try.
type Case struct {
	ID, Class, What string
	Verdict         Verdict
	Status          string // in the words of what was tried
	Message         string // what came, in a sentence
	Detail          string // what more there is to say, behind it
	Warning         bool   // of less weight than an error
	Excuse          string // why it is known; empty when it is not
	Milliseconds    int64
	Source          string
	By, About       string // two names to group by
	Facts           []Fact
	Steps           []Step
}

// Step is a part of a try: who did what to whom. Without parties it is a note.
type Step struct{ From, To, Text string }

// count gives how many cases have a verdict.
func (r *Run) count(v Verdict) int {
	n := 0
	for _, c := range r.Cases {
		if c.Verdict == v {
			n++
		}
	}
	return n
}

// seconds writes milliseconds as XML has them.
func seconds(ms int64) string { return fmt.Sprintf("%d.%03d", ms/1000, ms%1000) }

type junitSuites struct {
	XMLName xml.Name   `xml:"testsuites"`
	Suite   junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	ID       int         `xml:"id,attr"` // the only one
	Name     string      `xml:"name,attr"`
	Package  string      `xml:"package,attr"`
	At       string      `xml:"timestamp,attr"`
	Host     string      `xml:"hostname,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Facts    junitFacts  `xml:"properties"`
	Cases    []junitCase `xml:"testcase"`
	Out      string      `xml:"system-out"`
	Err      string      `xml:"system-err"`
}

type junitFacts struct {
	All []junitFact `xml:"property"`
}

type junitFact struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitSkipped `xml:"skipped"`
	Error   *junitSaid    `xml:"error"`
	Failure *junitSaid    `xml:"failure"`
}

type junitSkipped struct {
	Message string `xml:"message,attr,omitempty"`
}

type junitSaid struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// JUnit writes a run as JUnit XML: what Ant's schema asks for, and Jenkins's takes.
func JUnit(r Run) ([]byte, error) {
	suite := junitSuite{
		Name: clean(r.Name), Package: clean(r.Name), At: r.At.UTC().Format("2006-01-02T15:04:05"), Host: "localhost", Out: clean(r.Summary),
		Tests: len(r.Cases), Failures: r.count(Failed), Errors: r.count(Errored), Skipped: r.count(Left),
	}
	var total int64
	for _, f := range r.Facts {
		suite.Facts.All = append(suite.Facts.All, junitFact{clean(f.Name), clean(f.Value)})
	}
	for _, c := range r.Cases {
		total += c.Milliseconds
		one := junitCase{Name: clean(strings.TrimSpace(c.ID + " " + c.What)), Class: clean(strings.TrimSuffix(r.Name+"."+c.Class, ".")), Time: seconds(c.Milliseconds)}
		said := &junitSaid{Message: clean(firstLine(c.Message)), Type: c.Status, Text: clean(c.Message + c.Detail)}
		switch c.Verdict {
		case Failed:
			one.Failure = said
		case Errored:
			one.Error = said
		case Left:
			one.Skipped = &junitSkipped{Message: clean(c.Message)}
		}
		suite.Cases = append(suite.Cases, one)
	}
	suite.Time = seconds(total)
	text, err := xml.MarshalIndent(junitSuites{Suite: suite}, "", "  ")
	return append([]byte(xml.Header), append(text, '\n')...), err
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// clean leaves out what XML 1.0 has no way to write.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

type said struct {
	Text string `json:"text"`
}

type sarifRule struct {
	ID         string            `json:"id"`
	Short      said              `json:"shortDescription"`
	Full       said              `json:"fullDescription"`
	Default    map[string]string `json:"defaultConfiguration"`
	Properties map[string]any    `json:"properties"`
}

type sarifResult struct {
	RuleID       string              `json:"ruleId"`
	RuleIndex    int                 `json:"ruleIndex"`
	Kind         string              `json:"kind"`
	Level        string              `json:"level"`
	Message      said                `json:"message"`
	Locations    []map[string]any    `json:"locations"`
	Fingerprints map[string]string   `json:"partialFingerprints"`
	Suppressions []map[string]string `json:"suppressions,omitempty"`
}

// SARIF writes a run as SARIF 2.1.0: a rule for each case, and a result for each
// that did not pass and was tried.
func SARIF(r Run) ([]byte, error) {
	name, version, _ := strings.Cut(r.Tool, " ")
	rules, results := []sarifRule{}, []sarifResult{}
	for i, c := range r.Cases {
		level := "error"
		if c.Warning {
			level = "warning"
		}
		rules = append(rules, sarifRule{
			ID: c.ID, Short: said{c.What}, Full: said{fmt.Sprintf("%s (%s)", c.What, c.Source)}, Default: map[string]string{"level": level},
			Properties: map[string]any{"tags": different("security", c.Class, c.By, c.About)},
		})
		if c.Verdict == Left || c.Verdict == Passed && c.Excuse == "" {
			continue
		}
		result := sarifResult{
			RuleID: c.ID, RuleIndex: i, Kind: "fail", Level: level, Message: said{fmt.Sprintf("%s: %s. %s", c.What, c.Status, c.Message)},
			Locations: []map[string]any{location(r)}, Fingerprints: map[string]string{"row/v1": r.Name + "/" + c.ID},
		}
		if c.Excuse != "" {
			result.Suppressions = []map[string]string{{"kind": "external", "justification": c.Excuse}}
		}
		results = append(results, result)
	}
	driver := map[string]any{"name": name, "rules": rules}
	if version != "" {
		driver["version"] = version
	}
	return json.MarshalIndent(map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []any{map[string]any{"tool": map[string]any{"driver": driver}, "results": results}},
	}, "", "  ")
}

// different gives names, each once.
func different(names ...string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// location says where a result is: in the file that is about it, or by its name.
func location(r Run) map[string]any {
	if r.File != "" {
		return map[string]any{"physicalLocation": map[string]any{"artifactLocation": map[string]string{"uri": strings.ReplaceAll(r.File, " ", "%20")}, "region": map[string]int{"startLine": 1}}}
	}
	return map[string]any{"logicalLocations": []map[string]string{{"name": r.Name, "kind": "module"}}}
}
