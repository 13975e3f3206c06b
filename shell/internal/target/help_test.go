// Help: every key has a sentence, and what it shows can be read.

package target_test

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/target"
)

// keysOf gives the keys of a struct and of those below it, as help calls them.
func keysOf(t reflect.Type, at string) []string {
	var all []string
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("yaml")
		if name == "" {
			continue
		}
		path := strings.TrimPrefix(at+"."+name, ".")
		below := t.Field(i).Type
		if below.Kind() == reflect.Pointer {
			below = below.Elem()
		}
		switch below.Name() {
		case "exchange":
			all = append(all, path)
			path = "http.ASK"
		case "servedPart":
			path = "http.domains.CALL"
		case "stateJQ", "pollPart", "answerPart": // a row each
			all = append(all, path)
			continue
		}
		if below.Kind() != reflect.Struct || below.NumField() == 0 {
			all = append(all, path)
			continue
		}
		all = append(all, keysOf(below, path)...)
	}
	return all
}

func TestEveryKeyIsExplained(t *testing.T) {
	want := keysOf(reflect.TypeFor[foreign.File](), "")
	slices.Sort(want)
	var got []string
	for _, row := range target.Keys() {
		got = append(got, row.Name)
		if len(row.What) < 8 || strings.ContainsAny(row.What, "\t\n") {
			t.Errorf("%s: %q", row.Name, row.What)
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Compact(want), got); diff != "" {
		t.Errorf("(-keys of a target file +those that help explains)\n%s", diff)
	}
}

func TestTheExampleIsATarget(t *testing.T) {
	f, err := foreign.Parse("example.yaml", []byte(target.Example))
	if err != nil || f.Name != "gateway" || !f.Claims("audience") || f.Claims("session") {
		t.Errorf("%v: %+v", err, f)
	}
}

// Who writes an adapter has nothing but help: it names every question, every
// ability and every member of reset.
func TestTheProtocolIsExplained(t *testing.T) {
	said := shelltest.Do(t, shelltest.New(t, 1), "help adapter")
	words := strings.Fields("hello reset open relay redeem resume close facts keys clock restart call re id unsupported error now audience typ max_lifetime leeway issuers " +
		"iss service capabilities jwks verdict accepted rejected state completed compensated stuck action attempt status done repeated refused lost")
	for _, need := range attacks.Needs() {
		words = append(words, string(need))
	}
	for _, word := range words {
		if !regexp.MustCompile(`\b` + word + `\b`).MatchString(said) {
			t.Errorf("help adapter does not say %s", word)
		}
	}
}
