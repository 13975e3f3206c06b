package syntax_test

import (
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/syntax"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]string{
		"500MB": "500MB", "2GB": "2GB", "1.5GB": "1500MB", "64MiB": "67108864B", "1kB": "1kB", "1KB": "1kB", "2048B": "2048B", "1TB": "1000GB",
	} {
		var s, again syntax.Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s.String() != want {
			t.Errorf("%s is %s, %v; want %s", text, s, err, want)
		}
		if err := again.UnmarshalText([]byte(s.String())); err != nil || again != s {
			t.Errorf("%s cannot be typed again: %v, %v", s, again, err)
		}
	}
	for _, text := range []string{"", "500", "0MB", "-1GB", "+1GB", "1gb", "GB", "1 GB", "1e3MB", "0.0000000001kB", "99999999999TB", "1GB\n", "٣MB"} {
		var s syntax.Size
		if err := s.UnmarshalText([]byte(text)); exit.Code(err) != exit.BadUsage {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
}
