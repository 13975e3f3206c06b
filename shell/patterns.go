// Patterns: what a line of output says, without what is another each time.

package shell

import (
	"regexp"
	"strings"
)

// volatile is what may be another in another run of the same verbs.
var volatile = []struct {
	name    string
	pattern string
}{
	{"id", `(?:op|cpt|att|rcp|auth)_[a-z2-7]{26}`},
	{"kid", `[a-z]+-k[0-9]+-[0-9a-f]{8}`},
	{"arn", `arn:aws:kms:[a-z0-9:/-]+`},
	{"time", `[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z`},
	{"clock", `[0-9]{2}:[0-9]{2}:[0-9]{2}(?:, (?:in )?[0-9]+ (?:s|min|h|d)(?: [0-9]+ (?:s|min))?(?: ago)?)?`},
	{"seconds", `\b1[0-9]{9}\b`},
	{"digest", `[A-Za-z0-9_-]{43,}`},
	{"size", `[0-9]+ bytes`},
	{"rest", `[0-9]+(?:\.[0-9]+)? ?(?:states/s|ms|s)\b`},
	{"space", ` +`},
}

// loose are the patterns that stand for what is volatile, by its name: shorter,
// for they are read by people.
var loose = map[string]string{
	"id": `\w+`, "kid": `[\w-]+`, "arn": `\S+`, "time": `\S+`, "clock": `\d\d:\d\d:\d\d.*`, "seconds": `\d+`, "digest": `[\w-]+`,
	"size": `\d+ bytes`, "rest": `\S+`, "space": ` +`,
}

// volatileText finds what is volatile; each kind is a group of its own.
func volatileText() *regexp.Regexp {
	parts := make([]string, len(volatile))
	for i, v := range volatile {
		parts[i] = "(" + v.pattern + ")"
	}
	return regexp.MustCompile(strings.Join(parts, "|"))
}

// linePattern gives a regular expression for a line of output: what it says as
// it is, what is volatile loosely. ok is false when nothing but that is left,
// when it is a table's heading, or when the line cannot stand in single quotes.
func linePattern(finder *regexp.Regexp, line string) (pattern string, ok bool) {
	var b strings.Builder
	said, at := 0, 0
	for _, m := range finder.FindAllStringSubmatchIndex(line, -1) {
		literal := line[at:m[0]]
		said += len(strings.TrimSpace(literal))
		b.WriteString(regexp.QuoteMeta(literal))
		for i, v := range volatile {
			if m[2+2*i] < 0 {
				continue
			}
			if found := line[m[0]:m[1]]; v.name == "space" && found == " " {
				b.WriteString(found)
			} else {
				b.WriteString(loose[v.name])
			}
		}
		at = m[1]
	}
	literal := line[at:]
	b.WriteString(regexp.QuoteMeta(literal))
	said += len(strings.TrimSpace(literal))
	text := b.String()
	heading := line == strings.ToUpper(line) && !strings.ContainsAny(line, "0123456789")
	return "^" + text + "$", said >= 3 && !heading && !strings.ContainsAny(text, "'\t") && !looksLikeToken(line)
}
