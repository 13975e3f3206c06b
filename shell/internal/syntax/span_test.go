// Spans: durations as people write them, and how else they could have.

package syntax_test

import (
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/syntax"
)

func TestSpansAsPeopleWriteThem(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1m30s": 90 * time.Second, "2h": 2 * time.Hour, "0": 0, "0s": 0, "250ms": 250 * time.Millisecond, "1.5h": 90 * time.Minute,
		"1d": day, "1d12h": 36 * time.Hour, "2w": 14 * day, "1w2d3h4m5s": 9*day + 3*time.Hour + 4*time.Minute + 5*time.Second, "0.5d": 12 * time.Hour, ".5d": 12 * time.Hour,
		"-1d": -day, "+1d": day, "-1d12h": -36 * time.Hour, "0d": 0, "15000w": 15000 * 7 * day,
	} {
		got, err := syntax.ParseSpan(text)
		if err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
		again, err := syntax.ParseSpan(syntax.Span(got).String())
		if err != nil || again != got {
			t.Errorf("%s is written %s, which is %s, %v", text, syntax.Span(got), again, err)
		}
	}
}

// What is not a duration is answered with how to write it.
func TestWhatIsNoSpan(t *testing.T) {
	const other = "write one such as 90s, 1h30m or 1d"
	for text, want := range map[string]string{
		"": other, "5": other, "d": other, "1d12": other, "one day": other, "1.2.3d": other, "--1d": other, "-+1d": other, "1d-2h": other, "1y": other, "1e3s": other,
		"1wx": other, "99999999999999999999hh": other, "1d ": other,
		"5min": "write 5m", "5 min": "write 5m", "2 Days": "write 2d", "1hr": "write 1h", "3weeks": "write 3w", "10 seconds": "write 10s", "5M": "write 5m", "1D": "write 1d",
	} {
		d, err := syntax.ParseSpan(text)
		if err == nil {
			t.Errorf("%q is %s", text, d)
		} else if !strings.HasSuffix(err.Error(), want) || !strings.Contains(err.Error(), "is not a duration") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// What is well written, and longer than time goes here, is not told how to be written.
func TestASpanThatIsTooLong(t *testing.T) {
	for _, text := range []string{"999999w", "15250w15250w", "2562047h1d", "99999999h", "99999999999999999999s", "-300000w"} {
		if d, err := syntax.ParseSpan(text); err == nil || !strings.Contains(err.Error(), "is too long: a duration has at most 292 years") {
			t.Errorf("%q: %s, %v", text, d, err)
		}
	}
}

func TestSpansAreWrittenShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", time.Second: "1s", time.Minute: "1m", 90 * time.Second: "1m30s", time.Hour: "1h", 90 * time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s",
		10 * time.Minute: "10m", 20 * time.Hour: "20h", 24 * time.Hour: "24h", 1500 * time.Millisecond: "1.5s", -2 * time.Minute: "-2m",
	} {
		if got := syntax.Span(d).String(); got != want {
			t.Errorf("%d is written %s, want %s", d, got, want)
		}
	}
}
