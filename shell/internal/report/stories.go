// Stories: a run of scenarios for people, in one file with a page for each.

package report

import (
	"bytes"
	_ "embed"
	"html/template"
	"sync"
)

//go:embed stories.html.tmpl
var storiesText string

var stories = sync.OnceValues(func() (*template.Template, error) { return template.New("stories").Parse(storiesText) })

// Story is one scenario of a run.
type Story struct {
	ID      string // of its page
	Name    string
	Verdict string
	Took    string
	Place   string // where it failed
	Why     string
	Weak    string // what its world left out, in a sentence; empty for a sound one
	Parts   []StoryPart
	Figure  template.HTML // the sequence diagram; empty without one
	Again   string        // the command that runs it again
}

// StoryPart is something that is told of one, under a heading.
type StoryPart struct {
	Title string
	Lines []StoryLine
}

// StoryLine is a line of text, and how it is meant: of a diff, or the one that
// matters.
type StoryLine struct{ Text, Class string }

// Page writes the page of one story.
func (s *Story) Page() ([]byte, error) { return filled("page", s) }

// Index is what stands before the pages.
type Index struct {
	Title, Summary, Tool string
	Facts                []Fact
	Stories              []Story // without figures and parts
	Style                template.CSS
}

// Stories writes a run as a page that needs nothing else, with the pages of its
// stories.
func Stories(index Index, pages []byte) ([]byte, error) {
	head, err := filled("head", index)
	if err != nil {
		return nil, err
	}
	foot, err := filled("foot", index)
	return append(append(head, pages...), foot...), err
}

func filled(name string, data any) ([]byte, error) {
	tmpl, err := stories()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = tmpl.ExecuteTemplate(&b, name, data)
	return b.Bytes(), err
}
