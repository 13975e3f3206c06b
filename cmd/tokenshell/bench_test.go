// What a start costs, beside the start of a Go program that does nothing else.

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// bare is the least that a Go program can do and still answer.
const bare = "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"1200\\n\") }\n"

// BenchmarkStartToFirstAnswer starts both programs in turn and reports the
// mean of each in milliseconds, and tokenshell's as a multiple of the bare one's.
func BenchmarkStartToFirstAnswer(b *testing.B) {
	dir := b.TempDir()
	for name, text := range map[string]string{"go.mod": "module bare\n", "main.go": bare} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	least, ours := filepath.Join(dir, "bare"), filepath.Join(dir, "tokenshell")
	build(b, dir, least)
	build(b, ".", ours)

	var bareTime, ourTime time.Duration
	for b.Loop() {
		bareTime += answerTime(b, least)
		ourTime += answerTime(b, ours, "--seed", "7", "-c", "points balance --jq .balance")
	}
	milliseconds := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(b.N) }
	b.ReportMetric(milliseconds(bareTime), "bare-ms")
	b.ReportMetric(milliseconds(ourTime), "tokenshell-ms")
	b.ReportMetric(float64(ourTime)/float64(bareTime), "x-bare")
	b.ReportMetric(0, "ns/op") // both in turn: it says nothing
}

func build(b *testing.B, dir, binary string) {
	b.Helper()
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
}

// answerTime is how long a program takes from its start to its end.
func answerTime(b *testing.B, binary string, args ...string) time.Duration {
	b.Helper()
	began := time.Now()
	said, err := exec.Command(binary, args...).Output()
	took := time.Since(began)
	if err != nil || string(said) != "1200\n" {
		b.Fatalf("%s: %q, %v", binary, said, err)
	}
	return took
}
