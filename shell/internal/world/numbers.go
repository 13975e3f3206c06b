// Numbers: a world file without those of cards, for others to have.

package world

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"tokenshell/shell/internal/redact"
)

// comment is what stands behind a # in a world file, in which no value has one.
var comment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`#[^\n]*`) })

// WithoutNumbers gives the world file with test numbers in the place of those of
// its cards: as long, and with the same last four digits, which a sealed letter
// holds. The embedded world's are test numbers, and stay; of itself there is no
// file, and nil. The error says that one is written in a way that cannot be
// replaced.
func (p *Plan) WithoutNumbers() ([]byte, error) {
	if p.Source == nil {
		return nil, nil
	}
	embedded, err := p.Embedded()
	if err != nil {
		return nil, err
	}
	test := func(number string) string {
		if slices.Contains(embedded.Numbers, number) { // it is one
			return number
		}
		return testNumber(number)
	}
	text := comment().ReplaceAllStringFunc(string(p.Source), redact.Numbers)
	for _, number := range p.Numbers {
		for _, quote := range []string{`"`, "'"} { // or it could be something else, such as points
			text = strings.ReplaceAll(text, quote+number+quote, quote+test(number)+quote)
		}
	}
	again, err := Parse(p.kinds, "the world file", []byte(text))
	if err != nil {
		return nil, err
	}
	for i, number := range again.Numbers {
		if given := p.Numbers[i]; number != test(given) || len(given) > 8 && test(given) != given && strings.Contains(text, given) {
			return nil, errors.New("the world file would be a part of the scenario, with a card's number: write it in quotes and digits, and nowhere else")
		}
	}
	return []byte(text), nil
}

// testNumber gives a number that is nobody's.
func testNumber(number string) string {
	last := max(0, len(number)-4)
	return strings.Repeat("4", min(1, last)) + strings.Repeat("0", max(0, last-1)) + number[last:]
}
