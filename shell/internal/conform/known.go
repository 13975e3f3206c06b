// Known failures: what a target is known to get wrong, why, and until when.

package conform

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// KnownFile is a file of known failures that has been read and checked.
type KnownFile struct {
	Version yamlfile.Whole `yaml:"known"`
	Target  string         `yaml:"target"`
	Rows    []knownRow     `yaml:"rows"`

	path   string
	source []byte
	byID   map[string]*knownRow // of those that are not over
}

// knownRow is one entry: a row, or a range of rows of a group.
type knownRow struct {
	ID     string           `yaml:"id"`
	Status attacks.Status   `yaml:"status"`
	Why    string           `yaml:"why"`
	Until  yamlfile.Written `yaml:"until"`
	See    string           `yaml:"see"`

	ids []string
}

// failing are the statuses that a row may be known for.
var failing = []attacks.Status{attacks.GotThrough, attacks.WrongReason, foreign.Errored, foreign.Crashed, foreign.TimedOut, foreign.Leaked}

// longestExcuse is how far away until may be.
const longestExcuse = 366 * 24 * time.Hour

var todo = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^\W*todo\b`) })

// ParseKnown reads known failures of a target, strictly. The error has exit code
// 3 and the place.
func ParseKnown(path string, source []byte, target string, now time.Time) (*KnownFile, error) {
	k, err := parseKnown(path, source)
	if err != nil {
		return nil, err
	}
	if k.Target != target {
		return nil, k.wrong("$.target", "these are the known failures of %q, and the target is %q", k.Target, target)
	}
	for i := range k.Rows {
		row := &k.Rows[i]
		at := fmt.Sprintf("$.rows[%d]", i)
		if strings.TrimSpace(row.Why) == "" || todo().MatchString(row.Why) {
			return nil, k.wrong(at, "%s: why is it so? A sentence belongs here, and no TODO", row.ID)
		}
		until, err := time.Parse(time.DateOnly, string(row.Until))
		switch {
		case err != nil:
			return nil, k.wrong(at, "%s: until when? %q is not a date such as 2027-03-31", row.ID, row.Until)
		case until.Sub(now) > longestExcuse:
			return nil, k.wrong(at, "%s: until %s is more than a year away", row.ID, row.Until)
		case now.After(until.AddDate(0, 0, 1)):
			continue // it counts as not listed
		}
		for _, id := range row.ids {
			if k.byID[id] != nil {
				return nil, k.wrong(at, "%s is listed twice", id)
			}
			k.byID[id] = row
		}
	}
	return k, nil
}

// parseKnown reads what is there, with whatever reasons.
func parseKnown(path string, source []byte) (*KnownFile, error) {
	if yamlfile.TooDeep(source) {
		return nil, exit.Input(path, 0, "its brackets nest too deep")
	}
	k := &KnownFile{path: path, source: source, byID: map[string]*knownRow{}}
	second, err := yamlfile.Decode(source, k)
	switch {
	case err != nil:
		return nil, yamlfile.Error(path, err)
	case second:
		return nil, yamlfile.SecondDocument(path, source, "a file of known failures")
	case k.Version != 1:
		return nil, k.wrong("$.known", "known: 1 says which version of these files this is; %d is not known", k.Version)
	}
	for i := range k.Rows {
		row := &k.Rows[i]
		if row.ids, err = idsOf(row.ID); err != nil {
			return nil, k.wrong(fmt.Sprintf("$.rows[%d]", i), "%v", err)
		}
		if !slices.Contains(failing, row.Status) {
			return nil, k.wrong(fmt.Sprintf("$.rows[%d]", i), "%s: status %q is not one to be known for: %v", row.ID, row.Status, failing)
		}
	}
	return k, nil
}

func (k *KnownFile) wrong(at, format string, args ...any) error {
	return yamlfile.At(k.path, k.source, at, fmt.Sprintf(format, args...))
}

// idsOf gives the rows of an id or a range, such as HDR-18..HDR-23.
func idsOf(text string) ([]string, error) {
	first, last, ranged := strings.Cut(text, "..")
	if !ranged {
		last = first
	}
	var rows []attacks.Row
	for _, r := range attacks.All() {
		if r.AboutRelay() {
			rows = append(rows, r)
		}
	}
	from := slices.IndexFunc(rows, func(r attacks.Row) bool { return r.ID == first })
	to := slices.IndexFunc(rows, func(r attacks.Row) bool { return r.ID == last })
	for _, end := range []struct {
		at int
		id string
	}{{from, first}, {to, last}} {
		if end.at < 0 {
			return nil, fmt.Errorf("%q is not a row about a relay; attack list shows them", end.id)
		}
	}
	if from > to || first[:3] != last[:3] {
		return nil, fmt.Errorf("%s: a range goes up, inside a group of ids", text)
	}
	var ids []string
	for _, r := range rows[from : to+1] {
		ids = append(ids, r.ID)
	}
	return ids, nil
}

// apply marks what is known, and what is known and no more so.
func (k *KnownFile) apply(p *Report) {
	for i := range p.Rows {
		row := &p.Rows[i]
		listed := k.byID[row.ID]
		if listed == nil {
			continue
		}
		row.Why, row.Until, row.See = listed.Why, string(listed.Until), listed.See
		switch {
		case row.Status == listed.Status:
			row.Status, row.listed = foreign.Known, listed.Status
		case row.Status == attacks.Refused:
			row.Status, row.Detail = foreign.Fixed, "it is listed as "+string(listed.Status)+", and refused now: take it off the list"
		default:
			row.Detail = strings.TrimSpace(row.Detail + "; it is listed as " + string(listed.Status))
		}
	}
}

// WriteKnown gives a file of what failed, in the place of an old one: comments
// and reasons are kept, new rows get "why: TODO". old is nil when there is none.
// The error says that the old one cannot be read, or is another target's.
func WriteKnown(path string, old []byte, p *Report, now time.Time) ([]byte, error) {
	head := fmt.Sprintf("known: 1\ntarget: %s\nrows:\n", p.Target)
	before := &KnownFile{}
	var comments map[int]string
	if old != nil {
		var err error
		if before, err = parseKnown(path, old); err != nil {
			return nil, err
		}
		if before.Target != p.Target {
			return nil, before.wrong("$.target", "these are the known failures of %q, and the target is %q", before.Target, p.Target)
		}
		head, comments = commentsOf(string(old))
	}
	status := map[string]attacks.Status{}
	for _, row := range p.Rows {
		if row.Status == foreign.Known || slices.Contains(failing, row.Status) {
			status[row.ID] = row.Status
		}
	}
	var b bytes.Buffer
	b.WriteString(head)
	listed := map[string]bool{}
	for i := range before.Rows {
		row := &before.Rows[i]
		b.WriteString(comments[i])
		still := slices.DeleteFunc(slices.Clone(row.ids), func(id string) bool {
			return status[id] != row.Status && !(status[id] == foreign.Known && row.Status != "")
		})
		for _, id := range still {
			listed[id] = true
		}
		if len(still) == len(row.ids) {
			still = []string{row.ID}
		}
		for _, id := range still {
			entry(&b, id, row.Status, row.Why, string(row.Until), row.See)
		}
	}
	until := now.AddDate(0, 3, 0).Format(time.DateOnly)
	for _, row := range p.Rows {
		switch s := status[row.ID]; {
		case s == "" || listed[row.ID]:
		case s == foreign.Known: // it stands in another file, and its reason there
			entry(&b, row.ID, row.listed, row.Why, row.Until, row.See)
		default:
			entry(&b, row.ID, s, "TODO", until, "")
		}
	}
	if bytes.HasSuffix(b.Bytes(), []byte("rows:\n")) {
		b.Truncate(b.Len() - 1)
		b.WriteString(" []\n")
	}
	return b.Bytes(), nil
}

func entry(b *bytes.Buffer, id string, status attacks.Status, why, until, see string) {
	fmt.Fprintf(b, "  - {id: %s, status: %s, why: %q, until: %s", id, status, why, until)
	if see != "" {
		fmt.Fprintf(b, ", see: %q", see)
	}
	b.WriteString("}\n")
}

// commentsOf gives what stands in front of the rows, and the comments in front
// of each.
func commentsOf(text string) (head string, of map[int]string) {
	of = map[int]string{}
	lines := strings.SplitAfter(text, "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, "rows:") })
	if at < 0 {
		return strings.TrimRight(text, "\n") + "\nrows:\n", of
	}
	head = strings.Join(lines[:at], "") + "rows:\n"
	n := 0
	for _, line := range lines[at+1:] {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasPrefix(trimmed, "#"):
			of[n] += line
		case strings.HasPrefix(trimmed, "- "):
			n++
		}
	}
	return head, of
}

// Today is when it is, for dates.
func Today() time.Time { return tokens.LiveClock().Now() }
