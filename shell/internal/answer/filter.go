// Filters: jq expressions of a person's own, within bounds of time and room.

package answer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/itchyny/gojq"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
)

// Bounds of a filter.
const (
	FilterLimit  = 16 << 10        // bytes of the expression
	filterTime   = 5 * time.Second // of one run
	filterGrace  = time.Second     // in which a run that was ended has to come back
	filterOutput = 4 << 20         // bytes of what it prints
	filterMemory = 256 << 20       // bytes that the heap may grow by
	memoryGlance = 5 * time.Millisecond
)

// What a filter ran into.
var (
	errFilterOutput = fmt.Errorf("it prints more than %d bytes", filterOutput)
	errFilterMemory = fmt.Errorf("it wants more than %d bytes of memory", filterMemory)
)

// Filter is a jq expression, compiled.
type Filter struct {
	source string
	code   *gojq.Code
	time   time.Duration // that one run has
}

// NewFilter compiles a jq expression; "" is not a filter.
func NewFilter(source string) (*Filter, error) {
	switch {
	case source == "":
		return nil, nil
	case len(source) > FilterLimit:
		return nil, exit.Usage("choose less with it", "--jq: a filter has at most %d bytes, this one has %d", FilterLimit, len(source))
	case redact.HasToken(source): // jq's errors would quote parts of it
		return nil, exit.Usage("see the jq manual for its language", "--jq: a token is not a filter")
	}
	query, err := gojq.Parse(source)
	if err == nil {
		var code *gojq.Code
		if code, err = compileMeasured(query); err == nil {
			return &Filter{source, code, filterTime}, nil
		}
	}
	return nil, exit.Usage("see the jq manual for its language", "--jq %q: %v%s", source, err, whereIn(source, err))
}

// unknownName finds the name in what jq says of one that it does not know.
var unknownName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:function|variable) not defined: (\$?\w+)`) })

// whereIn says where in an expression an error is, as far as jq knows.
func whereIn(source string, err error) string {
	var syntax *gojq.ParseError
	if errors.As(err, &syntax) {
		at := max(0, min(syntax.Offset-len(syntax.Token), len(source)))
		return fmt.Sprintf(", at column %d", utf8.RuneCountInString(source[:at])+1)
	}
	if m := unknownName().FindStringSubmatch(err.Error()); m != nil {
		if at := strings.Index(source, m[1]); at >= 0 {
			return fmt.Sprintf(", at column %d", utf8.RuneCountInString(source[:at])+1)
		}
	}
	return ""
}

// run gives what the filter makes of data, with what is secret hidden in its
// strings; strings come out bare. It ends with ctx, whose error is then its own.
// What does not keep to the bounds is an [exit.UsageError].
func (f *Filter) run(ctx context.Context, data any, hide func(string) string) (string, error) {
	line, err := Line(data)
	if err != nil {
		return "", err
	}
	var input any
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.UseNumber()
	if err := dec.Decode(&input); err != nil {
		return "", err
	}
	if text := string(line); strings.Contains(text, `\`) || hide(text) != text { // nothing to hide is the rule
		input = withoutSecrets(input, hide)
	}
	text, err := f.within(ctx, input)
	switch {
	case err == nil:
		return text, nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	}
	return "", exit.Usage("", "--jq %q: %v", f.source, err)
}

// within runs the filter where it can be left: one step of jq cannot be stopped,
// and is left behind when it takes longer than a run may.
func (f *Filter) within(ctx context.Context, input any) (string, error) {
	ctx, stop := context.WithTimeoutCause(ctx, f.time, fmt.Errorf("it did not end within %s", f.time))
	defer stop()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	type result struct {
		text string
		err  error
	}
	results := make(chan result, 1)
	go func() {
		var r result
		defer func() { results <- r }()
		defer func() {
			if bug := recover(); bug != nil {
				r.err = fmt.Errorf("jq cannot do this: %v", bug)
			}
		}()
		r.text, r.err = f.all(ctx, input)
	}()
	glances := time.NewTicker(memoryGlance)
	defer glances.Stop()
	for before := heap(); ; {
		select {
		case r := <-results:
			return r.text, r.err
		case <-glances.C:
			if heap() > before+filterMemory {
				runtime.GC() // some of it may be garbage
				if heap() > before+filterMemory {
					end(errFilterMemory)
				}
			}
		case <-ctx.Done():
			select {
			case r := <-results:
				return r.text, r.err
			case <-time.After(filterGrace):
				return "", context.Cause(ctx)
			}
		}
	}
}

// all gives all that the filter makes of its input, a line each.
func (f *Filter) all(ctx context.Context, input any) (string, error) {
	var b strings.Builder
	for results := f.code.RunWithContext(ctx, input); ; {
		result, ok := results.Next()
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if !ok {
			return b.String(), nil
		}
		var value gojq.ValueError
		switch v := result.(type) {
		case error:
			if errors.As(v, &value) { // its text is all of the value
				if err := measure(value.Value()); err != nil {
					return "", err
				}
			}
			return "", v
		case string:
			b.WriteString(redact.Printable(v))
		default:
			if err := measure(v); err != nil {
				return "", err
			}
			text, err := gojq.Marshal(v)
			if err != nil {
				return "", err
			}
			b.Write(redact.JSON(text))
		}
		b.WriteByte('\n')
		if b.Len() > filterOutput {
			return "", errFilterOutput
		}
	}
}

// heap gives how many bytes of it are in use, with what is garbage and has not
// been collected yet.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
