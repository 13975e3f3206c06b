package scenario_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
)

// What is no scenario is refused with its name before testscript waits for it, or
// reads it to its end: by itself, and in a folder. So is a world file, or it is
// waited for as long as the context lasts.
func TestOddFilesAsScenariosAndWorlds(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(t.TempDir(), "good.txtar")
	shelltest.WriteFile(t, good, "points balance\n")
	for _, odd := range shelltest.Odds(t, dir) {
		path := odd.Name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, odd.Name)
		}
		files, err := scenario.Files([]string{path})
		if err == nil && (odd.Name == "nul" || odd.Name == "link") { // a file, and testscript may say what it thinks of it
			err = scenario.Run(t.Context(), shelltest.Language(), scenario.Config{}, files, func(o scenario.Outcome) {
				if o.Verdict != scenario.Failed {
					t.Errorf("%s: %+v", odd.Is, o)
				}
			})
			if err != nil {
				t.Errorf("%s: %v", odd.Is, err)
			}
		} else if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", odd.Is, err)
		}
		ctx, stop := context.WithCancel(t.Context())
		if odd.Waits {
			time.AfterFunc(20*time.Millisecond, stop)
		}
		want := exit.BadInput
		if odd.Waits {
			want = exit.Interrupted
		}
		err = scenario.Run(ctx, shelltest.Language(), scenario.Config{World: path}, []string{good}, func(scenario.Outcome) {})
		stop()
		if exit.Code(err) != want || want == exit.BadInput && !strings.Contains(err.Error(), path) {
			t.Errorf("%s as a world: %v", odd.Is, err)
		}
	}
	if err := os.Rename(filepath.Join(dir, "pipe"), filepath.Join(dir, "folder", "pipe.txtar")); err != nil {
		t.Fatal(err)
	}
	if _, err := scenario.Files([]string{filepath.Join(dir, "folder")}); exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "pipe.txtar: it is not a regular file") {
		t.Errorf("a pipe in a folder: %v", err)
	}
}

// Of a folder below the one that is meant, which nobody may read, the error names it.
func TestAFolderThatNobodyMayRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is closed to root")
	}
	closed := filepath.Join(t.TempDir(), "more")
	if err := os.Mkdir(closed, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := scenario.Files([]string{filepath.Dir(closed)}); exit.Code(err) != exit.BadInput || err.Error() != closed+": permission denied" {
		t.Error(err)
	}
}

// Of a line that is longer than anybody reads, the report shows the beginning, in
// whatever it tells: where, why, what came, what led there, and the conversation.
func TestALongLineIsToldShort(t *testing.T) {
	long := strings.Repeat("a", 100_000)
	for name, text := range map[string]string{
		"of the verb that failed": "session new op_1\ncoupon confirm " + long + "\n",
		"beside it":               "session new op_1\nlet A " + long + "\nexpect expired coupon confirm TEN\n",
		"of an answer":            "session new op_1\nlet A " + long + "\ncoupon confirm $A\n",
	} {
		o := ran(t, scenario.Config{Traced: true}, text)
		told, err := json.Marshal(o)
		if o.Verdict != scenario.Failed || o.Line == 0 || err != nil || len(told) > 40_000 {
			t.Errorf("%s: %s in line %d, %d bytes, %v", name, o.Verdict, o.Line, len(told), err)
		}
	}
}
