// The worlds of examples and those that world init writes run their stories; a world
// of one domain and a world of eight do what one of three does.

package shell_test

import (
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell"
	"tokenshell/shell/internal/shelltest"
)

func TestWorldsRunTheirStories(t *testing.T) {
	var found []string
	for _, in := range []string{"examples/worlds/*/world.yaml", "shell/internal/worlds/init/*/world.yaml"} {
		all, err := filepath.Glob(filepath.Join(shelltest.Root(t), in))
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, all...)
	}
	if len(found) < 7 {
		t.Fatalf("there are %q", found)
	}
	for _, file := range found {
		stories, err := shell.ScenarioFiles([]string{filepath.Dir(file)})
		if err != nil {
			t.Fatal(err)
		}
		c := shell.ScenarioConfig{World: file, Seed: shell.DefaultSeed, Check: true, Strict: true}
		if err := shell.RunScenarios(t.Context(), c, stories, func(o shell.Outcome) {
			if o.Verdict != shell.Passed {
				t.Errorf("%s:%d: %v: %s\n%s", o.File, o.Line, o.Verdict, o.Why, o.Output)
			}
		}); err != nil {
			t.Error(err)
		}
	}
}

// many is a world with so many domains, of every kind in turn.
func many(n int) string {
	kinds := []string{
		"holds: quota, things: [{id: A, units: 2}]",
		"holds: balance, accounts: {ann: \"50.00\"}, arguments: [{name: amount, type: money, default: \"1.00\"}]",
		"holds: authorisation, things: [{id: A, customer: ann, limit: 60}], arguments: [{name: amount, type: integer, default: 5}]",
		"holds: none, things: [{id: A}]",
	}
	var b strings.Builder
	b.WriteString("customers: [{id: ann}]\ndomains:\n")
	for i := range n {
		name := string(rune('a'+i)) + "-domain"
		b.WriteString("  " + name + ": {capability: \"" + name + ":use\", " + kinds[i%len(kinds)] + "}\n")
	}
	return b.String()
}

func TestAWorldOfOneDomainAndOneOfEight(t *testing.T) {
	for _, n := range []int{1, 8} {
		s := shelltest.In(t, many(n), 1)
		shelltest.Do(t, s, "set check on", "session new op_1")
		for i := range n {
			name := string(rune('a'+i)) + "-domain"
			thing := " A"
			if i%4 == 1 {
				thing = " --amount 1.00"
			}
			shelltest.Do(t, s, name+" confirm"+thing)
		}
		got := shelltest.Do(t, s, "checkout --jq '[.state, (.results | length), ([.results[].status] | unique)]'")
		if want := map[int]string{1: `["completed",1,["redeemed"]]`, 8: `["completed",8,["redeemed"]]`}[n]; got != want+"\n" {
			t.Errorf("%d domains: %s", n, got)
		}
		shelltest.Do(t, s, "view a-domain", "trace", "log", "keys list", "world show")
	}
}
