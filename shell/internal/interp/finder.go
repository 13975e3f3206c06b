// The finder: what stands for a TOKEN in a line.

package interp

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
)

// TokenFileLimit is the largest file that a token is read from, in bytes. It
// is far over what any party accepts, so that too_large can be seen.
const TokenFileLimit = 32 << 20

// Finder finds tokens by what stands for them: a handle, @FILE or the text
// itself.
type Finder struct {
	client *client.Client
	dir    *files.Dir
	shell  *Shell
}

// Read reads a token from a file; a newline at its end is not part of it.
func (f Finder) Read(path string) (string, error) {
	text, err := f.text(path)
	if err != nil {
		return "", err
	}
	if len(text) == 0 {
		return "", exit.Input(path, 0, "it is empty")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// text gives what a file holds; - is standard input.
func (f Finder) text(path string) ([]byte, error) {
	if path != "-" {
		return f.dir.Read(path, TokenFileLimit)
	}
	if f.shell.Stdin == nil {
		return nil, exit.Usage("@FILE reads a token", "- is standard input, and there is none for a token here")
	}
	text, err := readAll(f.dir.Ctx, io.LimitReader(f.shell.Stdin, TokenFileLimit+1))
	if err == nil && len(text) > TokenFileLimit {
		err = exit.Input("stdin", 0, fmt.Sprintf("it has more than %d bytes", TokenFileLimit))
	}
	return text, err
}

// readAll reads to the end, or until ctx ends: a read that waits then is left
// behind.
func readAll(ctx context.Context, from io.Reader) ([]byte, error) {
	type read struct {
		text []byte
		err  error
	}
	done := make(chan read, 1)
	go func() {
		text, err := io.ReadAll(from)
		done <- read{text, err}
	}()
	select {
	case got := <-done:
		if got.err != nil {
			return nil, exit.Input("stdin", 0, files.CauseOf(got.err))
		}
		return got.text, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Token finds one. For a file or a text the handle is empty unless the client
// holds the same token.
func (f Finder) Token(word string) (*client.Token, error) {
	if t := f.client.Wallet.ByHandle[word]; t != nil {
		return t, nil
	}
	raw := word
	if file, ok := fileOf(word); ok {
		var err error
		if raw, err = f.Read(file); err != nil {
			return nil, err
		}
	} else if !strings.Contains(word, ".") {
		return nil, exit.Usage(exit.Meant(word, f.client.Handles(), "token list shows the tokens; @FILE reads one"), "there is no token %q", word)
	}
	return f.of(raw), nil
}

// fileOf gives the file that a word names; - is standard input.
func fileOf(word string) (string, bool) {
	if word == "-" {
		return word, true
	}
	return strings.CutPrefix(word, "@")
}

// of gives the token of a text: that which the client holds, or a loose one.
func (f Finder) of(raw string) *client.Token {
	for _, t := range f.client.Wallet.Held {
		if t.Raw == raw {
			return t
		}
	}
	f.client.Wallet.Meet(raw)
	return f.client.Loose(raw)
}

// Pasted finds one that somebody has in hand. What stands around a text that is no
// file's is taken off: quotes, line breaks, Bearer. It is for looking, not for
// handing it on.
func (f Finder) Pasted(word string) (*client.Token, error) {
	file, isFile := fileOf(word)
	switch {
	case isFile && file == "-":
		text, err := f.text(file)
		if err != nil {
			return nil, err
		}
		raw := bare(string(text))
		if raw == "" {
			return nil, exit.Input("stdin", 0, "it is empty")
		}
		return f.of(raw), nil
	case isFile || f.client.Wallet.ByHandle[word] != nil || !strings.Contains(word, "."):
		return f.Token(word)
	}
	return f.of(bare(word)), nil
}

// around is what may stand in front of a token in a header or in a log.
var around = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)^(?:authorization:)?\s*(?:bearer|dpop)\s+`) })

// bare takes off what stands around a token.
func bare(text string) string {
	const quotes = "\"'`<>,; \t\r\n\u00a0\ufeff\u200b"
	text = strings.Trim(text, quotes)
	text = strings.Trim(around().ReplaceAllString(text, ""), quotes)
	return strings.NewReplacer("\r", "", "\n", "", "\\n", "").Replace(text)
}

// Tokens finds every token before anything is done with one.
func (f Finder) Tokens(words []string) ([]*client.Token, error) {
	held := make([]*client.Token, len(words))
	for i, word := range words {
		var err error
		if held[i], err = f.Token(word); err != nil {
			return nil, err
		}
	}
	return held, nil
}
