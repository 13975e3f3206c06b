package world_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

const numbered = `customers:
  - id: ann
    points: 123456789012345
    cards:
      - {id: visa, number: "4716399218847391", limit: "500.00"} # was 4716 3992 1884 7391
      - {id: old, number: '6011000990139424000', limit: "500.00"}
      - {id: test, number: "4242424242424242", limit: "500.00"}
`

// Whatever is wrong with a world file, what is said of it shows no more of a
// card's number than four digits.
func TestNoNumberInAnError(t *testing.T) {
	const number = "4716399218847391"
	for name, edit := range map[string][2]string{
		"not in quotes":         {`"` + number + `"`, number},
		"not in quotes, float":  {`"` + number + `"`, number + ".0"},
		"not in quotes, signed": {`"` + number + `"`, "+" + number},
		"with spaces":           {`"` + number + `"`, `"4716 3992 1884 7391"`},
		"with dashes":           {`"` + number + `"`, `"4716-3992-1884-7391"`},
		"with a letter":         {`"` + number + `"`, `"` + number + `x"`},
		"too long":              {`"` + number + `"`, `"` + number + number + `"`},
		"in a list":             {`"` + number + `"`, `[` + number + `]`},
		"as the id":             {"id: visa", `id: "` + number + `"`},
		"as the id, bare":       {"id: visa", "id: " + number},
		"as the limit":          {`limit: "500.00"} #`, `limit: "` + number + `x"} #`},
		"as the limit, bare":    {`limit: "500.00"} #`, `limit: ` + number + `} #`},
		"as a key":              {`limit: "500.00"} #`, `"` + number + `": "500.00"} #`},
		"as the customer":       {"id: ann", `id: "` + number + ` x"`},
		"as an alias":           {`"` + number + `"`, "*" + number},
		"behind a tag":          {`"` + number + `"`, "!!int " + number},
		"unclosed":              {`"` + number + `"`, `"` + number},
	} {
		text := strings.Replace(numbered, edit[0], edit[1], 1)
		if text == numbered {
			t.Fatalf("%s: nothing was edited", name)
		}
		_, err := world.Parse(shelltest.Language().Kinds, "world.yaml", []byte(text))
		if err == nil {
			t.Errorf("%s: it is accepted", name)
			continue
		}
		for _, secret := range []string{"47163", "16399218", "4716 3992", "4716-3992"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A world that is passed on has test numbers: as long, with the same last four
// digits. What only looks like one, such as points, stays.
func TestAWorldWithoutNumbers(t *testing.T) {
	plan := shelltest.PlanOf(t, numbered)
	plan.Source = []byte(numbered)
	text, err := plan.WithoutNumbers()
	if err != nil {
		t.Fatal(err)
	}
	const want = `customers:
  - id: ann
    points: 123456789012345
    cards:
      - {id: visa, number: "4000000000007391", limit: "500.00"} # was …7391
      - {id: old, number: '4000000000000004000', limit: "500.00"}
      - {id: test, number: "4242424242424242", limit: "500.00"}
`
	if got := string(text); got != want {
		t.Errorf("%s", got)
	}
	for name, edit := range map[string][2]string{
		"written with escapes": {`"4716399218847391"`, `"\x34716399218847391"`},
		"in a block":           {`{id: visa, number: "4716399218847391", limit: "500.00"}`, "id: visa\n        number: |-\n          4716399218847391\n        limit: '500.00'"},
	} {
		written := strings.Replace(numbered, edit[0], edit[1], 1)
		plan := shelltest.PlanOf(t, written)
		plan.Source = []byte(written)
		if text, err := plan.WithoutNumbers(); err == nil || !strings.Contains(err.Error(), "write it in quotes and digits") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	if text, err := shelltest.Plan(t, "").WithoutNumbers(); text != nil || err != nil {
		t.Errorf("the embedded world: %v\n%s", err, text)
	}
}
