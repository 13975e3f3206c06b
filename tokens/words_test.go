package tokens

import (
	"math"
	"testing"
	"time"
)

func TestHowLong(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 1: "0 s", 400 * time.Microsecond: "0 s", time.Millisecond: "1 ms", 400 * time.Millisecond: "400 ms", 999600 * time.Microsecond: "1 s",
		time.Second: "1 s", 1400 * time.Millisecond: "1 s", 59 * time.Second: "59 s", 59*time.Second + 600*time.Millisecond: "1 min",
		time.Minute: "1 min", 61 * time.Second: "1 min 1 s", 47*time.Hour + 30*time.Minute: "47 h 30 min", 113 * time.Second: "1 min 53 s", 2 * time.Minute: "2 min", 59*time.Minute + 44869457768: "59 min 45 s",
		time.Hour: "1 h", 90 * time.Minute: "1 h 30 min", 2 * time.Hour: "2 h", 200 * time.Minute: "3 h 20 min", 24*time.Hour + 59*time.Minute: "24 h 59 min",
		48 * time.Hour: "2 d", 53 * time.Hour: "2 d 5 h", 12 * 24 * time.Hour: "12 d",
		-90 * time.Second: "-1 min 30 s", -1: "0 s", math.MaxInt64: "106751 d 23 h", math.MinInt64: "-106751 d 23 h",
	} {
		if got := HowLong(d); got != want {
			t.Errorf("%d ns are %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0 points", 1: "1 point", 2: "2 points", -1: "-1 points", math.MaxInt64: "9223372036854775807 points"} {
		if got := Count(n, "point"); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := Count(1, "key"); got != "1 key" {
		t.Error(got)
	}
}
