// Filters: within their bounds, and otherwise as jq has them.

package answer_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/itchyny/gojq"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
)

// What measures values changes no answer.
func TestAFilterAnswersAsJQDoes(t *testing.T) {
	const data = `{"a":[3,1,2,null,"x","é"],"b":{"c":[{"k":"z","v":1},{"k":"y","v":2}]},"n":1.5,"s":"one two","l":["p","q"]}`
	for _, source := range []string{
		`.`, `.a | length`, `.b.c | sort_by(.k)`, `.b.c | map(.v) | add`, `add(.b.c[].v)`, `[.b.c[] | select(.k == "z")]`, `del(.b.c[] | select(.k == "z"))`,
		`.b.c |= sort_by(.v)`, `(.b.c[] | select(.k | contains("y")) | .v) |= . + 40`, `.l |= join("-")`, `.s | split(" ") | join(",")`, `.s | test("two")`,
		`.s | sub("(?<w>o.)"; "<\(.w)>")`, `.s | gsub("o"; "0")`, `"\(.s) and \(.b)"`, `@json "x\(.b)y"`, `@base64 "\(.s)"`, `.b | @json`, `.l | @csv`, `.l | @sh`, `.a | tostring`,
		`.b | tojson | fromjson`, `.a == .a`, `.a - [1]`, `.n * 2`, `.l * 1`, `{"x":1} * {"y":2}`, `"ab" * 3`, `.n /= 2`, `.n *= 3`, `.n -= 1`, `[.a | .. | numbers] | max`, `.a | index(1)`,
		`[paths(type == "number")]`, `.b.c | group_by(.k) | map(length)`, `.b.c | unique_by(.v) | length`, `.a | map(tostring? // "-") | sort`, `[[1,2],[3]] | transpose`, `[1,[2,[3]]] | flatten(1)`,
		`try error({"e":1}) catch .e`, `try (1 - "x") catch .`, `.s | ascii_upcase`, `.s | explode | implode`, `[.s | match("o"; "g").offset]`, `.s | capture("(?<a>t.)")`, `[.s | scan("o")]`,
		`def join(f): [path(f)]; join(.a)`, `.l | IN(["p","q"])`, `INDEX(.b.c[]; .k)`, `reduce .b.c[] as $r (0; . + $r.v)`, `.["a"][0:2]`, `{(.s): 1}`, `. as {$s, l: [$p]} | "\($s)\($p)"`, `.a | min_by(tostring)`, `[limit(3; repeat(1))]`,
		`1 - "x"`, `error("no")`, `.s | fromjson`, `error`, `{} | .a.b.c`, `[.b.c[].v] | @text`, `.a | inside([1,2,3,null,"x","é"])`, `.l | bsearch("q")`, `-(.n)`, `.l as [$x] ?// $x | $x`,
	} {
		filter, err := answer.NewFilter(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got, wrong := filter.Filtered(t.Context(), time.Minute, json.RawMessage(data))
		want, refused := plainly(t, source, data)
		if got != want || (wrong != nil) != refused {
			t.Errorf("%s: %q, %v; want %q, %t", source, got, wrong, want, refused)
		}
	}
}

// plainly gives what jq answers by itself.
func plainly(t *testing.T, source, data string) (text string, refused bool) {
	t.Helper()
	query, err := gojq.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	var input any
	dec := json.NewDecoder(strings.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&input); err != nil {
		t.Fatal(err)
	}
	for results := query.Run(input); ; {
		switch v, ok := results.Next(); v := v.(type) {
		case error:
			return "", true
		case string:
			text += v + "\n"
		default:
			if !ok {
				return text, false
			}
			line, err := gojq.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			text += string(line) + "\n"
		}
	}
}

// An expression that never ends, or wants a world of its own, ends with an error
// that names --jq and the bound.
func TestAFilterHasBounds(t *testing.T) {
	const (
		moment  = 100 * time.Millisecond
		doubled = `reduce range(60) as $i (1; [., .]) | `
		text    = `reduce range(23) as $i ("a"; . + .) | `
	)
	for source, want := range map[string]string{
		`def f: f; f`:                                  "did not end within 100ms",
		`repeat(empty)`:                                "did not end within 100ms",
		`last(range(1e12))`:                            "did not end within 100ms",
		`try (def f: f; f) catch .`:                    "did not end within 100ms",
		`[range(1e9)] | length`:                        "did not end within 100ms|wants more than [0-9]+ bytes of memory",
		`def f: [f]; f`:                                "did not end within 100ms|wants more than [0-9]+ bytes of memory",
		`def f: f, f; f`:                               "did not end within 100ms|wants more than [0-9]+ bytes of memory",
		`add(range(1e6) | "a"*1000)`:                   "did not end within 100ms|wants more than [0-9]+ bytes of memory",
		`reduce range(60) as $i ("a"; . + .)`:          "did not end within 100ms|wants more than [0-9]+ bytes of memory",
		`("a" * 3e8) as $s | last(range(1e12)) | [$s]`: "wants more than [0-9]+ bytes of memory|within 100ms", // alone it may be over before anybody has looked

		doubled + `.`:                       "values in it",
		doubled + `tojson`:                  "values in it",
		doubled + `tostring`:                "values in it",
		doubled + `"\(.)"`:                  "values in it",
		doubled + `@base64`:                 "values in it",
		doubled + `@json "x\(.)"`:           "values in it",
		doubled + `. == (` + doubled + `.)`: "values in it",
		doubled + `. -= [1]`:                "values in it",
		doubled + `flatten`:                 "values in it",
		doubled + `_flatten`:                "function not defined",
		doubled + `sort`:                    "values in it",
		doubled + `sort_by(.)`:              "values in it",
		doubled + `error`:                   "values in it",
		doubled + `[.] - [.]`:               "values in it",
		`reduce range(60) as $i ({}; {a: ., b: .}) | . * .`: "values in it",
		`reduce range(20000) as $i (1; [.])`:                "nests deeper than 10000",
		`reduce range(20000) as $i (1; [.]) | tojson`:       "nests deeper than 10000",
		text + `explode`: "of text in it",
		`("a" * 1e6) as $s | [range(1e3) | $s] | join("")`: "of text in it",
		`("a" * 1e6) as $s | [range(1e3) | $s] | add`:      "of text in it",
		`.a[500000000] = 1`:                                "index is greater than",
		`5e8 as $n | .a[$n] = 1`:                           "index is greater than",
		`setpath(["a", 5e8]; 1)`:                           "index is greater than",
	} {
		filter, err := answer.NewFilter(source)
		limit := time.Minute
		if strings.Contains(want, "within") {
			limit = moment
		}
		if err == nil {
			_, err = filter.Filtered(t.Context(), limit, map[string]any{})
		}
		if exit.Code(err) != exit.BadUsage || !regexp.MustCompile("^--jq .*("+want+")").MatchString(err.Error()) {
			t.Errorf("%s: %v, want %q", source, err, want)
		}
	}
}

// So does one whose answers do not end.
func TestAFilterPrintsNoMoreThanItMay(t *testing.T) {
	filter, err := answer.NewFilter(`repeat("a" * 10000)`)
	if err != nil {
		t.Fatal(err)
	}
	text, err := filter.Filtered(t.Context(), time.Minute, 1)
	if exit.Code(err) != exit.BadUsage || !strings.HasSuffix(err.Error(), "it prints more than 4194304 bytes") || text != "" {
		t.Errorf("%v, %.80s", err, text)
	}
}

// A filter ends with its context, and says so as its context does.
func TestAFilterEndsWithItsContext(t *testing.T) {
	filter, err := answer.NewFilter(`def f: f; f`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, stop)
	if _, err := filter.Filtered(ctx, time.Minute, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
