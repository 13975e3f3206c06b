package tokens

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// constants reads the Reason constants out of the source, in their order.
func constants(t *testing.T) []Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reasons.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []Reason
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			value := spec.(*ast.ValueSpec)
			if kind, ok := value.Type.(*ast.Ident); !ok || kind.Name != "Reason" || len(value.Names) != 1 || len(value.Values) != 1 {
				t.Fatalf("constant %s is not one Reason with one value", value.Names[0].Name)
			}
			code, err := strconv.Unquote(value.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(code, "_", ""); !strings.EqualFold(value.Names[0].Name, want) {
				t.Errorf("constant %s has the code %s", value.Names[0].Name, code)
			}
			out = append(out, Reason(code))
		}
	}
	return out
}

// Each constant has one row, in the same order, and there is no other row.
func TestReasonsAreTheConstants(t *testing.T) {
	var rows []Reason
	for _, row := range Reasons() {
		rows = append(rows, row.Reason)
	}
	if diff := cmp.Diff(constants(t), rows); diff != "" {
		t.Errorf("(-constants +rows):\n%s", diff)
	}
	seen := map[Reason]bool{}
	for _, reason := range rows {
		if seen[reason] {
			t.Errorf("%s twice", reason)
		}
		seen[reason] = true
	}
}

// The codes are a promise to scripts: this is the contract's list.
func TestReasonsAreTheContracts(t *testing.T) {
	want := strings.Fields(`too_large malformed header_not_allowed type_not_allowed claim_missing issuer_unknown key_unknown
		algorithm_not_allowed signature_invalid claim_invalid audience_mismatch session_unknown session_closed session_mismatch
		already_redeemed not_yet_valid expired lifetime_too_long capability_not_allowed replayed ledger_unavailable
		not_issued_here revoked sealed_unreadable constraint_violated
		service_unavailable`)
	var got []string
	for _, row := range Reasons() {
		got = append(got, row.Reason.Error())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReasonRowsAreComplete(t *testing.T) {
	source := regexp.MustCompile(`^(design|RFC \d{4} \d+(\.\d+)*(, RFC \d{4} \d+(\.\d+)*)*)$`)
	code := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	for _, row := range Reasons() {
		if !code.MatchString(string(row.Reason)) || row.By == "" || !source.MatchString(row.Source) {
			t.Errorf("%+v", row)
		}
		if row.Meaning == "" || strings.HasSuffix(row.Meaning, ".") || strings.ToLower(row.Meaning[:1]) != row.Meaning[:1] {
			t.Errorf("%s means %q: lower case, no full stop", row.Reason, row.Meaning)
		}
	}
}
