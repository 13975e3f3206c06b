package shell

import (
	"testing"
)

func scripts(t *testing.T) []string {
	t.Helper()
	files, err := ScenarioFiles([]string{scriptsDir})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
