package lineedit

// What tokens and private keys look like, so that none is kept.

import (
	"regexp"
	"strings"
)

const redacted = "<token>"

// Shapes of tokens. A name of three labels (my.issuer.example) has the dots of a JWS too, so one part
// must be as long as the shortest part that every JWS or JWE has: 22 characters are a 128-bit tag.
const (
	longPart  = 22
	longRun   = 64 // what is left of a token that broke over lines
	headStart = "eyJ"
	headMore  = 20 // characters from headStart on
)

var tokenRun = regexp.MustCompile(`[A-Za-z0-9_.-]{21,}`)

// privateMember is a secret member of a JWK (RFC 7518 6.2.2, 6.3.2, 6.4.1), or a key as PEM.
var privateMember = regexp.MustCompile(`"(?:d|k|p|q|dp|dq|qi)"\s*:\s*"[^"]*"?|-----BEGIN [A-Z ]*PRIVATE KEY-----.*`)

// redact replaces whatever looks like a compact JWS or JWE, whole or broken off, and private keys.
func redact(line string) string {
	line = privateMember.ReplaceAllString(line, "<key>")
	return tokenRun.ReplaceAllStringFunc(line, func(run string) string {
		if looksLikeToken(run) {
			return redacted
		}
		return run
	})
}

func looksLikeToken(run string) bool {
	if at := strings.Index(run, headStart); at >= 0 && len(run)-at > headMore {
		return true
	}
	parts := strings.Split(run, ".")
	longest := 0
	for _, part := range parts {
		longest = max(longest, len(part))
	}
	return longest >= longRun || longest >= longPart && (len(parts) == 3 || len(parts) == 5)
}
