// Starts: what a process costs, beside a Go program that does nothing else.

package benchmarks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenshell/shell"
)

// nothing is the least that a Go program can do and still answer.
const nothing = "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(\"1200\\n\") }\n"

// checkout is a scenario of twelve lines.
const checkout = `session new op_1 --fact subtotal=140.00
coupon confirm SPRING25
points confirm 500
payment confirm 90.00 --method visa
relay coupon-1
expect replayed relay coupon-1
checkout
expect session_closed relay points-1
points balance
stdout 700
coupon list
token list
`

// builds gives both programs, without what is only for debuggers.
func builds(b *testing.B) (dir, least, ours string) {
	b.Helper()
	dir = b.TempDir()
	must(b, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module bare\n"), 0o600))
	must(b, os.WriteFile(filepath.Join(dir, "main.go"), []byte(nothing), 0o600))
	must(b, os.WriteFile(filepath.Join(dir, "checkout.txtar"), []byte(checkout), 0o600))
	least, ours = filepath.Join(dir, "bare"), filepath.Join(dir, "tokenshell")
	for _, row := range []struct{ dir, binary, from string }{{dir, least, "."}, {"../..", ours, "./cmd/tokenshell"}} {
		cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", row.binary, row.from)
		cmd.Dir = row.dir
		if said, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, said)
		}
	}
	return dir, least, ours
}

// start runs a program to its end, and says how long that took and what it used.
func start(b *testing.B, want, binary string, args ...string) (took, used time.Duration) {
	b.Helper()
	cmd := exec.Command(binary, args...)
	var said []byte
	var err error
	took = stopped(func() { said, err = cmd.CombinedOutput() })
	if err != nil || !strings.Contains(string(said), want) {
		b.Fatalf("%s: %q, %v", binary, said, err)
	}
	return took, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// BenchmarkStart starts both programs in turn: how many milliseconds a first answer
// and a scenario of twelve lines take longer, and how much more of the processors
// they use; and how large the binary is.
func BenchmarkStart(b *testing.B) {
	dir, least, ours := builds(b)
	runs := []struct {
		name, want string
		args       []string
	}{
		{"version", "tokenshell", []string{"version"}},
		{"answer", "1200\n", []string{"--seed", "7", "-c", "points balance --jq .balance"}},
		{"scenario", "1 passed", []string{"run", filepath.Join(dir, "checkout.txtar")}},
	}
	longer, more := make([][]float64, len(runs)), make([][]float64, len(runs))
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 }
	for b.Loop() {
		for range 3 {
			bareTook, bareUsed := start(b, "1200\n", least)
			for i, r := range runs {
				took, used := start(b, r.want, ours, r.args...)
				longer[i], more[i] = append(longer[i], ms(took-bareTook)), append(more[i], ms(used-bareUsed))
			}
		}
	}
	for i, r := range runs {
		b.ReportMetric(median(longer[i]), r.name+"-ms")
		b.ReportMetric(median(more[i]), r.name+"-cpu-ms")
	}
	info, err := os.Stat(ours)
	must(b, err)
	b.ReportMetric(float64(info.Size())/1e6, "binary-MB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkWorld: a fresh world, and a scenario of twelve lines in one, in
// milliseconds of processor time.
func BenchmarkWorld(b *testing.B) {
	seed := uint64(1)
	file := filepath.Join(b.TempDir(), "checkout.txtar")
	must(b, os.WriteFile(file, []byte(checkout), 0o600))
	var world, scenario []float64
	for b.Loop() {
		began := cpu(b, process)
		for range each {
			_, err := shell.NewWorld(background, shell.WorldConfig{Seed: &seed})
			must(b, err)
		}
		between := cpu(b, process)
		err := shell.RunScenarios(background, shell.ScenarioConfig{Seed: seed}, repeated(file), func(o shell.Outcome) {
			if o.Verdict != shell.Passed {
				b.Fatal(shell.Explain(o))
			}
		})
		must(b, err)
		world = append(world, (between-began).Seconds()*1000/each)
		scenario = append(scenario, (cpu(b, process)-between).Seconds()*1000/each)
	}
	b.ReportMetric(median(world), "world-ms")
	b.ReportMetric(median(scenario), "scenario-ms")
	b.ReportMetric(0, "ns/op")
}

func repeated(file string) []string {
	files := make([]string, each)
	for i := range files {
		files[i] = file
	}
	return files
}
