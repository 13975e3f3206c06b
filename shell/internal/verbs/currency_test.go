// Currency: what is said of amounts is written as in the world that one is in.

package verbs_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"tokenshell/issuers"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// shops are worlds of a currency without decimals, with two and with three.
var shops = []struct {
	currency string
	decimals int
	file     string // below testdata/worlds; empty is the embedded world
	card     string
}{{"EUR", 2, "", "visa"}, {"JPY", 0, "yen.yaml", "jcb"}, {"KWD", 3, "dinar.yaml", "knet"}}

// inShop is a shell over such a world.
func inShop(t *testing.T, file string) *interp.Shell {
	t.Helper()
	if file != "" {
		file = shelltest.Testdata(t, "worlds", file)
	}
	return shelltest.Of(shelltest.World(t, shelltest.Plan(t, file), 7))
}

var (
	asExample = regexp.MustCompile(`(?:such as "?|payment confirm |subtotal=|payable=)([0-9][0-9.,]*[0-9]|[0-9])`)
	fraction  = regexp.MustCompile(`\b[0-9]+\.[0-9]+\b`)
	sections  = regexp.MustCompile(`RFC [0-9 .,]+`)
)

// wantExamples wants every example in a text to be one that could be typed in
// the currency, with all of its decimals.
func wantExamples(t *testing.T, what, text, currency string, decimals int) (examples int) {
	t.Helper()
	for _, m := range asExample.FindAllStringSubmatch(text, -1) {
		examples++
		amount, err := issuers.ParseMoney(m[1], currency)
		if err != nil || !amount.IsPositive() || amount.Number() != m[1] {
			t.Errorf("%s in %s: the example %s is not an amount: %v\n%s", what, currency, m[1], err, text)
		}
	}
	for _, written := range fraction.FindAllString(sections.ReplaceAllString(text, ""), -1) {
		if _, behind, _ := strings.Cut(written, "."); len(behind) != decimals {
			t.Errorf("%s in %s: %s has other decimals\n%s", what, currency, written, text)
		}
	}
	return examples
}

// Whatever is wrong with an amount, the error shows one that is right there.
func TestErrorsOfAmountsAreInTheWorldsCurrency(t *testing.T) {
	for _, shop := range shops {
		s := inShop(t, shop.file)
		shelltest.Do(t, s, "session new o")
		for _, amount := range []string{"80.0000", "80.00000", "eighty", "0", "-1", "+1", "1e3", "80,00", "''", "1.", "0.0", "1000000000000"} {
			_, printed := shelltest.Refused(t, s, "payment confirm "+amount+" --method "+shop.card)
			_, said, _ := strings.Cut(printed, "is not an amount") // behind what was typed
			if wantExamples(t, "payment confirm "+amount, said, shop.currency, shop.decimals) == 0 {
				t.Errorf("%s %s: no example: %s", amount, shop.currency, printed)
			}
		}
		for _, fact := range []string{"80.0000", "lots", "-1"} {
			o := "fact" + fact
			shelltest.Do(t, s, fmt.Sprintf("session new %s --fact subtotal=%s", strings.ReplaceAll(o, "-", "_"), fact))
			code := strings.Fields(shelltest.Do(t, s, "coupon list --jq '.coupons[0].code'"))[0]
			_, printed := shelltest.Refused(t, s, "coupon confirm "+code)
			_, said, _ := strings.Cut(printed, "is not an amount")
			if wantExamples(t, "subtotal="+fact, said, shop.currency, shop.decimals) == 0 {
				t.Errorf("subtotal=%s %s: no example: %s", fact, shop.currency, printed)
			}
		}
		shelltest.Do(t, s, "session new captured --fact payable=lots", "payment confirm 8 --method "+shop.card)
		_, printed := shelltest.Refused(t, s, "checkout")
		if wantExamples(t, "payable=lots", printed, shop.currency, shop.decimals) == 0 {
			t.Errorf("payable=lots %s: no example: %s", shop.currency, printed)
		}
	}
}

// A world file's errors show what would be right in that file.
func TestErrorsOfWorldFilesAreInTheirCurrency(t *testing.T) {
	customer := "customers: [{id: u, cards: [{id: c, number: '4242424242424242', limit: %s}]}]\n"
	for _, shop := range shops {
		for _, bad := range []string{
			fmt.Sprintf(customer, `"1.00000"`), fmt.Sprintf(customer, `lots`), fmt.Sprintf(customer, `""`), fmt.Sprintf(customer, `"-1"`),
			fmt.Sprintf(customer, `"1"`) + "coupons: [{code: C, amount: '1.00000'}]", fmt.Sprintf(customer, `"1"`) + "coupons: [{code: C, amount: '0'}]",
			fmt.Sprintf(customer, `"1"`) + "coupons: [{code: C, percent: 5, minimum: much}]", fmt.Sprintf(customer, `"1"`) + "point_value: dear",
		} {
			_, err := world.Parse(shelltest.Language().Kinds, "w.yaml", []byte("currency: "+shop.currency+"\n"+bad))
			var wrong *exit.InputError
			if !errors.As(err, &wrong) {
				t.Errorf("%s: %v", bad, err)
				continue
			}
			_, said, _ := strings.Cut(err.Error(), "such as")
			if wantExamples(t, bad, "such as"+said, shop.currency, shop.decimals) == 0 {
				t.Errorf("%s %s: no example: %v", shop.currency, bad, err)
			}
		}
	}
}

// Help of every verb and every reason, and the tour.
func TestHelpIsInTheWorldsCurrency(t *testing.T) {
	for _, shop := range shops {
		s := inShop(t, shop.file)
		lines := []string{"help", "help -o json", "tour", "tour -o json"}
		for path := range shelltest.Verbs(t) {
			lines = append(lines, "help "+path, "help "+path+" -o json")
		}
		for _, row := range s.Language.Reasons() {
			lines = append(lines, "help "+string(row.Reason))
		}
		examples := 0
		for _, line := range lines {
			text := shelltest.Do(t, s, line)
			if strings.HasPrefix(line, "tour") { // the points of its receipts have a value of their own
				text = regexp.MustCompile(`"worth\\*":\\*"[0-9.]+`).ReplaceAllString(text, "")
			}
			examples += wantExamples(t, line, text, shop.currency, shop.decimals)
		}
		if examples < 12 {
			t.Errorf("only %d examples in %s", examples, shop.currency)
		}
	}
}

// What help shows of payments can be typed, up to the card's name.
func TestTheExampleOfAPaymentCanBeTyped(t *testing.T) {
	for _, shop := range shops {
		s := inShop(t, shop.file)
		var example string
		for line := range strings.Lines(shelltest.Do(t, s, "help payment confirm")) {
			if _, after, ok := strings.Cut(line, "for example: "); ok {
				example = strings.ReplaceAll(strings.TrimSpace(after), "visa", shop.card)
			}
		}
		shelltest.Do(t, s, "session new o", example)
	}
}
