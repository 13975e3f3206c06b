package shell

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the plain grammar of the command line reads, the whole one reads alike.
func TestPlainGrammar(t *testing.T) {
	for _, line := range []string{
		"", "version", "--seed 7 -c fault", "-cfault", "--command=fault -o json", "--world= session new op_1", "session new op_1 --seed 7 --world x.yaml",
		"points balance --jq .balance --color never", "! relay coupon-1", "--target t.yaml --without alg attack list", "--state s.db token list -o json", "- version",
	} {
		args := strings.Fields(line)
		if wantsAll(args) {
			t.Errorf("%q wants the whole grammar", line)
		}
		few, all := &plain{}, &process{}
		got, gotErr := parse(few, args)
		want, wantErr := parse(all, args)
		if (gotErr == nil) != (wantErr == nil) {
			t.Errorf("%q: %v, %v", line, gotErr, wantErr)
		}
		if gotErr != nil {
			continue
		}
		if diff := cmp.Diff(all.settings, few.settings); diff != "" || got.parsed.Command() != want.parsed.Command() || !slices.Equal(got.args, want.args) || !slices.Equal(got.words, want.words) {
			t.Errorf("%q is %q %q %q, and %q %q %q (-whole +plain):\n%s", line, want.parsed.Command(), want.args, want.words, got.parsed.Command(), got.args, got.words, diff)
		}
	}
	parser, err := parserOf(&process{})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		if !isCommand(command.Name) || isCommand(command.Name+"s") || !wantsAll([]string{"-h", command.Name}) || !wantsAll([]string{"session", "--help"}) {
			t.Errorf("%s is no command", command.Name)
		}
	}
	for _, line := range []string{"help session", "--seed 7 help session", "-o json help session", "--color never lint x", "lint x", "--seed 7 run scripts", "-o json new x", "-h", "--nope", "verison", "-c", "version x", "--seed seven", "prompt x"} {
		args := strings.Fields(line)
		p, got, err := called(args)
		all := &process{}
		want, wantErr := parse(all, args)
		if diff := cmp.Diff(all, p, cmp.AllowUnexported(process{})); diff != "" || err != nil && (wantErr == nil || err.Error() != wantErr.Error()) || (err == nil) != (wantErr == nil) {
			t.Errorf("%q: %v; want %v (-whole +called):\n%s", line, err, wantErr, diff)
			continue
		}
		if err == nil && (!slices.Equal(got.args, want.args) || !slices.Equal(got.words, want.words) || (got.parsed == nil) != (want.parsed == nil)) {
			t.Errorf("%q is %q %q; want %q %q", line, got.args, got.words, want.args, want.words)
		}
	}
}
