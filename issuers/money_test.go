package issuers

import (
	"strings"
	"testing"

	"tokenshell/issuers/currency"
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
	for code, says := range map[string]string{"EUR": "140.00, with at most 2 decimals", "JPY": "140, without decimals", "BHD": "140.000, with at most 3 decimals"} {
		if _, err := ParseMoney("a lot", code); err == nil || !strings.HasSuffix(err.Error(), says) {
			t.Errorf("%s: %v does not say %q", code, err, says)
		}
		if _, err := ParseMoney("1234567890123", code); err == nil || !strings.HasSuffix(err.Error(), ", with at most 12 digits before its decimals") {
			t.Errorf("%s: %v does not say how many digits there may be", code, err)
		}
	}
}

func TestExamplesAreWrittenInTheCurrency(t *testing.T) {
	for _, tt := range []struct{ example, code, want string }{
		{"80.00", "EUR", "80.00"}, {"80.00", "JPY", "80"}, {"80.00", "KWD", "80.000"}, {"0.01", "JPY", "1"}, {"0.01", "EUR", "0.01"}, {"0.01", "KWD", "0.010"},
		{"80.00", "CLF", "80.0000"}, {"80.00", "XXX0", "80.00"}, {"eighty", "EUR", "eighty"},
	} {
		if got := Like(tt.example, tt.code); got != tt.want {
			t.Errorf("%s in %s is %s, want %s", tt.example, tt.code, got, tt.want)
		}
	}
	const text = "pay 80.00 of 120.00; a point is 0.01, RFC 8725 3.1, 2026-01-01, 1.000 and 5 stay"
	if got, want := LikeIn(text, "JPY"), strings.NewReplacer("80.00", "80", "120.00", "120").Replace(text); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if got := LikeIn(text, "EUR"); got != text {
		t.Errorf("got %s", got)
	}
}

func TestPartsAreRoundedUp(t *testing.T) {
	for _, tt := range []struct{ amount, code, share, want string }{
		{"80.00", "EUR", "0.75", "60.00"}, {"80.00", "EUR", "1.125", "90.00"}, {"0.01", "EUR", "0.75", "0.01"}, {"0", "EUR", "0.75", "0.00"},
		{"1", "JPY", "0.5", "1"}, {"1", "JPY", "0.01", "1"}, {"3", "JPY", "1.125", "4"}, {"0.003", "KWD", "0.5", "0.002"},
		{"999999999999.99", "EUR", "0.75", "750000000000.00"},
	} {
		amount, err := ParseMoney(tt.amount, tt.code)
		mustDo(t, err)
		if got := Part(amount, tt.share).Number(); got != tt.want {
			t.Errorf("%s of %s %s is %s, want %s", tt.share, tt.amount, tt.code, got, tt.want)
		}
	}
	if got := Least("JPY").Number() + " " + Least("EUR").Number() + " " + Least("KWD").Number(); got != "1 0.01 0.001" {
		t.Errorf("the least are %s", got)
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
