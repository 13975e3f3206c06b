// What the external tests of this room look at.

package scenario

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/story"
)

// Script is one scenario on its way.
type Script = script

// File gives the file that it is in.
func (sc *script) File() string { return sc.file }

// Shell gives its shell; nil until it is set up.
func (sc *script) Shell() *interp.Shell { return sc.shell }

// ParamsTelling is Params that tells of every script as it begins.
func ParamsTelling(ctx context.Context, l *interp.Language, c Config, files []string, begun func(*Script)) (testscript.Params, error) {
	r, err := newRunner(ctx, l, c)
	if err != nil {
		return testscript.Params{}, err
	}
	var stories []*story.Story
	for _, file := range files {
		if s, err := r.story(file); err == nil { // what is wrong with one is said when it runs
			stories = append(stories, s)
		}
	}
	return r.params(files, r.verbsOf(stories...), begun), nil
}

// Verbs gives the verbs that a runner takes for scenarios.
func Verbs(ctx context.Context, l *interp.Language, c Config) ([]string, error) {
	r, err := newRunner(ctx, l, c)
	if err != nil {
		return nil, err
	}
	return r.verbs, nil
}

// ScriptNames tells which file a script's name belongs to.
var ScriptNames = scriptNames
