// Numbers: of a card's number nothing is shown but its last four digits.

package redact

import "strings"

// Sizes of card numbers (ISO/IEC 7812-1), and how many of their digits may be
// shown.
const (
	leastDigits = 12
	mostDigits  = 19
	shownDigits = 4
)

// LastFour gives what may be shown of a card's number.
func LastFour(number string) string { return "…" + number[max(0, len(number)-shownDigits):] }

// Numbers replaces whatever is as long as a card's number: for texts in which one
// is likely, such as what is wrong with a file that holds them.
func Numbers(text string) string {
	return replace(text, numbers(view{plain: text}, false, func(digits string) bool { return len(digits) >= leastDigits }))
}

// isCard reports whether digits are a card's number, as far as one can see: as
// long as one, of an issuer of cards, and with the right check digit.
func isCard(digits string) bool {
	if len(digits) <= leastDigits || len(digits) > mostDigits || digits[0] < '2' || digits[0] > '6' {
		return false
	}
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			d = d*2 - d/5*9
		}
		sum += d
	}
	return sum%10 == 0
}

// numbers gives the digits in a text that are one, also in groups of four and
// more; alone says that they must not be a part of a word.
func numbers(v view, alone bool, is func(digits string) bool) []span {
	var all []span
	text := v.plain
	for i := 0; i < len(text); i++ {
		if !isDigit(text[i]) {
			continue
		}
		from, count := i, 0
		for group := 0; i < len(text); i++ {
			if isDigit(text[i]) {
				group++
				count++
			} else if (text[i] == ' ' || text[i] == '-') && group >= shownDigits && begins(text[i+1:]) {
				group = 0
			} else {
				break
			}
		}
		apart := (from == 0 || !isWord(text[from-1])) && (i == len(text) || !isWord(text[i]))
		if count < leastDigits || alone && !apart {
			continue
		}
		if digits := bare.Replace(text[from:i]); is(digits) {
			all = append(all, v.span(from, i, LastFour(digits)))
		}
	}
	return all
}

// bare takes out what stands between groups of digits.
var bare = strings.NewReplacer(" ", "", "-", "")

// begins reports whether a text begins with a group of digits.
func begins(text string) bool {
	return len(text) >= shownDigits && isDigit(text[0]) && isDigit(text[1]) && isDigit(text[2]) && isDigit(text[3])
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord reports whether a byte next to digits makes them a part of something
// else: an id, a digest.
func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
