package issuers

import (
	"strings"
	"testing"

	"github.com/bojanz/currency"
)

func TestAmountsOfMoney(t *testing.T) {
	for _, tt := range []struct{ text, code, want string }{
		{"140.00", "EUR", "140.00"}, {"140", "EUR", "140.00"}, {"0.5", "EUR", "0.50"}, {"0", "EUR", "0.00"}, {"007.1", "EUR", "7.10"},
		{"999999999999.99", "EUR", "999999999999.99"}, {"140", "JPY", "140"}, {"1.234", "BHD", "1.234"}, {"1.2", "BHD", "1.200"},
	} {
		amount, err := ParseMoney(tt.text, tt.code)
		if err != nil || amount.Number() != tt.want || amount.CurrencyCode() != tt.code {
			t.Errorf("%s %s is %v, %v; want %s", tt.text, tt.code, amount, err, tt.want)
		}
	}
}

func TestWhatIsNoAmountOfMoney(t *testing.T) {
	for _, tt := range []struct{ text, code string }{
		{"", "EUR"}, {"-1", "EUR"}, {"+1", "EUR"}, {"1e3", "EUR"}, {"1.234", "EUR"}, {"1.", "EUR"}, {".5", "EUR"}, {"1,5", "EUR"},
		{"1 000", "EUR"}, {"NaN", "EUR"}, {"Infinity", "EUR"}, {"0x10", "EUR"}, {"１", "EUR"}, {"1\n", "EUR"}, {"1.0", "JPY"}, {"1.2345", "BHD"},
		{"1000000000000", "EUR"}, {"1", "XXX0"}, {"1", ""},
	} {
		amount, err := ParseMoney(tt.text, tt.code)
		if err == nil {
			t.Errorf("%q %s is %v", tt.text, tt.code, amount)
		} else if tt.code == "EUR" && !strings.Contains(err.Error(), "140.00") {
			t.Errorf("%q: %v does not say what belongs there", tt.text, err)
		}
	}
}

func TestSums(t *testing.T) {
	amount := func(text, code string) currency.Amount {
		a, err := ParseMoney(text, code)
		mustDo(t, err)
		return a
	}
	ten, one := amount("10.00", "EUR"), amount("0.10", "EUR")
	if got := Add(ten, one).Number(); got != "10.10" {
		t.Errorf("10.00 + 0.10 is %s", got)
	}
	if got := Sub(ten, one).Number(); got != "9.90" {
		t.Errorf("10.00 - 0.10 is %s", got)
	}
	if !Less(one, ten) || Less(ten, one) || Less(ten, ten) {
		t.Error("0.10 is not less than 10.00")
	}
	defer func() {
		if recover() == nil {
			t.Error("two currencies have a sum")
		}
	}()
	Add(ten, amount("10", "JPY"))
}
