// Choosing: which scenarios run, and in which order.

package runs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
)

// chosen is a scenario that is to run.
type chosen struct {
	File string   `json:"file"`
	Row  string   `json:"row,omitempty"` // of its cases
	Tags []string `json:"tags"`

	item scenario.Item
}

// name is how it is told before it has an outcome.
func (c chosen) name() string { return name(&scenario.Outcome{File: c.File, Row: c.Row}) }

// rows gives each row of the cases of those that have some.
func rows(ctx context.Context, c scenario.Config, all []chosen) []chosen {
	var each []chosen
	for _, one := range all {
		for _, item := range scenario.Items(ctx, c, []string{one.File}) {
			each = append(each, chosen{one.File, item.Case(), one.Tags, item})
		}
	}
	return each
}

// choose gives the scenarios that the flags mean. One that means none is an error.
func (p *plan) choose(ctx context.Context) ([]chosen, error) {
	paths := p.Paths
	p.failed = lastFailed()
	if p.Rerun {
		if len(p.failed) == 0 {
			return nil, exit.Usage("leave --rerun-failed out", "nothing failed when scenarios ran here last")
		}
		if len(paths) == 0 {
			paths = p.failed
		}
	}
	names, err := scenario.Files(slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return path == "-" }))
	if err != nil {
		return nil, err
	}
	if slices.Contains(paths, "-") {
		names = append(names, "-")
	}
	var all []chosen
	for _, name := range names {
		one := chosen{File: name, Tags: []string{}}
		if len(p.Tag) > 0 || p.List {
			one.Tags = tagsOf(ctx, name)
		}
		all = append(all, one)
	}
	for _, row := range []struct {
		flag  string
		leave func(chosen) bool
	}{
		{"--run " + p.Run, func(c chosen) bool { return p.only != nil && !p.only.MatchString(c.File) }},
		{"--skip " + p.Skip, func(c chosen) bool { return p.never != nil && p.never.MatchString(c.File) }},
		{"--tag " + strings.Join(p.Tag, " "), func(c chosen) bool { return !p.tagged(c.Tags) }},
		{"--rerun-failed", func(c chosen) bool { return p.Rerun && !slices.Contains(p.failed, c.File) }},
	} {
		before := len(all)
		if all = slices.DeleteFunc(all, row.leave); len(all) == 0 && before > 0 {
			return nil, exit.Usage("run --list shows what there is", "%s leaves none of %s", row.flag, page.Count(before, "scenario"))
		}
	}
	var part []chosen
	for i, c := range all {
		if i%p.parts == p.part-1 {
			part = append(part, c)
		}
	}
	if p.Count > mostRuns/max(1, len(part)) {
		return nil, exit.Usage(fmt.Sprintf("%d runs are the most", mostRuns), "--count %d is too often for %s", p.Count, page.Count(len(part), "scenario"))
	}
	part = slices.Repeat(part, p.Count)
	if p.Shuffle != nil {
		r := rand.New(rand.NewPCG(*p.Shuffle, 0))
		r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	return part, nil
}

// tagged reports whether a scenario's tags are what --tag asks for: one of those
// that are named, and none of those with a !.
func (p *plan) tagged(tags []string) bool {
	wants, has := false, false
	for _, flag := range p.Tag {
		for _, tag := range strings.FieldsFunc(flag, isComma) {
			name, not := strings.CutPrefix(tag, "!")
			switch found := slices.Contains(tags, name); {
			case not && found:
				return false
			case !not:
				wants, has = true, has || found
			}
		}
	}
	return has || !wants
}

func isComma(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' }

// tagsOf gives the tags in a scenario's comments. What cannot be read has none, and
// says so when it runs.
func tagsOf(ctx context.Context, file string) []string {
	tags := []string{}
	text, err := files.Read(ctx, file, world.WorldLimit)
	if err != nil {
		return tags
	}
	for line := range strings.Lines(string(txtar.Parse(text).Comment)) {
		comment, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		if named, is := strings.CutPrefix(strings.TrimSpace(comment), "tags:"); ok && is {
			tags = append(tags, strings.FieldsFunc(strings.TrimSpace(named), isComma)...)
		}
	}
	return tags
}

// Bounds of what is remembered of runs.
const (
	mostFolders = 100
	memoryLimit = 8 << 20
)

// memoryPath is where it is remembered which scenarios failed; empty is nowhere.
func memoryPath() string {
	history := lineedit.DefaultHistoryPath()
	if history == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(history), "failed.json")
}

// remembered gives the scenarios that failed, by the folder in which they were run.
func remembered() map[string][]string {
	all, kept := map[string][]string{}, map[string][]string{}
	if text, err := files.Read(context.Background(), memoryPath(), memoryLimit); err == nil {
		_ = json.Unmarshal(text, &kept) // whatever stands there, it is written anew
	}
	for folder, names := range kept {
		for _, file := range names {
			all[fromJSON(folder)] = append(all[fromJSON(folder)], fromJSON(file))
		}
	}
	return all
}

// A path may be any bytes, and a string of JSON may not: one that is not UTF-8 is kept
// in base64, behind what no path has in it.
const notUTF8 = "\x00"

func toJSON(path string) string {
	if utf8.ValidString(path) {
		return path
	}
	return notUTF8 + base64.StdEncoding.EncodeToString([]byte(path))
}

func fromJSON(text string) string {
	encoded, is := strings.CutPrefix(text, notUTF8)
	if path, err := base64.StdEncoding.DecodeString(encoded); is && err == nil {
		return string(path)
	}
	return text
}

func lastFailed() []string {
	here, err := os.Getwd()
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(remembered()[here], func(file string) bool { return !files.Exists(file) })
}

// remember keeps which scenarios failed here, for --rerun-failed: these, and those
// before them that have not passed since. Those of other folders stay, as many as
// there is room for. What cannot be written is forgotten.
func remember(failed []string, passed map[string]bool) {
	here, err := os.Getwd()
	path := memoryPath()
	if err != nil || path == "" {
		return
	}
	all := remembered()
	if len(failed) == 0 && all[here] == nil {
		return
	}
	for _, file := range all[here] {
		if !passed[file] && !slices.Contains(failed, file) {
			failed = append(failed, file)
		}
	}
	if delete(all, here); len(failed) > 0 {
		all[here] = failed
	}
	for _, folder := range slices.Sorted(maps.Keys(all)) {
		if len(all) > mostFolders && folder != here {
			delete(all, folder)
		}
	}
	kept := map[string][]string{}
	for folder, names := range all {
		for _, file := range names {
			kept[toJSON(folder)] = append(kept[toJSON(folder)], toJSON(file))
		}
	}
	text, err := json.Marshal(kept)
	if err == nil && os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = files.Replace(context.Background(), path, append(text, '\n'), 0o600)
	}
}

// list says what would run.
func list(all []chosen) func(w *page.Page) {
	return func(w *page.Page) {
		for _, c := range all {
			fmt.Fprintf(w, "%s%s\n", c.name(), w.Faint(page.Prefixed("  # tags: ", strings.Join(c.Tags, ", "))))
		}
		fmt.Fprintln(w, page.Count(len(all), "scenario"))
	}
}
