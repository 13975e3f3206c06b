// What is written.

package yamlfile

import "testing"

// What nobody sees on a terminal is written as its number, and read as it was.
func TestUnseenLettersAreEscaped(t *testing.T) {
	const text = "a\u202eb\u200b\u00a0\u00ad\U000e0041 für 数 \x1b\x7f"
	shown := Write(Map{{Key: "says", Value: text}})
	if want := `says: "a\u202eb\u200b\u00a0\u00ad\U000e0041 für 数 \u001b\u007f"` + "\n"; shown != want {
		t.Errorf("got  %swant %s", shown, want)
	}
	var into struct {
		Says Written `yaml:"says"`
	}
	if _, err := Decode([]byte(shown), &into); err != nil || string(into.Says) != text {
		t.Errorf("%q, %v", into.Says, err)
	}
}
