package page_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/page"
)

func TestAFileIsNoWindow(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if w := page.NewWindow(file); w != nil || w.Width() != 0 {
		t.Errorf("a file is a window of %d columns", w.Width())
	}
}

func TestTakenRows(t *testing.T) {
	for _, test := range []struct {
		what    string
		columns int
		want    int
	}{
		{"", 80, 0}, {"a", 80, 1}, {"a\n\nb\n", 80, 3}, {strings.Repeat("a", 80) + "\n", 80, 1}, {strings.Repeat("a", 81) + "\n", 80, 2},
		{"\x1b[31m" + strings.Repeat("a", 80) + "\x1b[0m\n", 80, 1}, {strings.Repeat("注", 41), 80, 2}, {"abc", 0, 3},
	} {
		if got := page.TakenRows(test.what, test.columns); got != test.want {
			t.Errorf("%.20q takes %d rows of %d columns, want %d", test.what, got, test.columns, test.want)
		}
	}
}

// Progress is told once in a while to who waits at a terminal, and nothing of it
// stays.
func TestProgress(t *testing.T) {
	var shown bytes.Buffer
	now := time.Duration(0)
	p := &page.Progress{To: &shown, Began: func() time.Duration { return now }}
	for range 5 { // 0, 150, 300, 450, 600 ms
		p.Tell(func(took time.Duration) string { return took.String() })
		now += 150 * time.Millisecond
	}
	p.End()
	if got, want := shown.String(), "\r300ms \x1b[K\r600ms \x1b[K\r\x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	shown.Reset()
	now = time.Hour // in one line of the window, whatever there is to tell
	p.Tell(func(time.Duration) string { return strings.Repeat("日本", 40) })
	if got, want := shown.String(), "\r"+strings.Repeat("日本", 18)+"日… \x1b[K"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	shown.Reset()
	soon := &page.Progress{To: p.To, Began: func() time.Duration { return 0 }}
	soon.Tell(func(time.Duration) string { return "at once" })
	soon.End()
	(&page.Progress{Began: func() time.Duration { return time.Hour }}).Tell(func(time.Duration) string { return "nobody hears it" })
	if shown.Len() > 0 {
		t.Errorf("%q, of work that is done soon", &shown)
	}
}
