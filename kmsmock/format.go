package kmsmock

// How the values of this package print: not at all. The closures of material.go hide the
// secrets already; these methods keep Config.Seed, which has to be a field, out of
// fmt, encoding/json, encoding/xml and log/slog, and pointer addresses out of golden files.

import (
	"fmt"
	"io"
	"log/slog"
)

const (
	shownKMS    = "kmsmock.KMS(mock, keys not shown)"
	shownConfig = "kmsmock.Config(seed not shown)"
)

// String returns a fixed text.
func (k *KMS) String() string { return shownKMS }

// Format writes a fixed text, whatever the verb.
func (k *KMS) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, shownKMS) }

// MarshalText returns a fixed text; encoding/json uses it too.
func (k *KMS) MarshalText() ([]byte, error) { return []byte(shownKMS), nil }

// LogValue returns a fixed text.
func (k *KMS) LogValue() slog.Value { return slog.StringValue(shownKMS) }

// String returns a fixed text.
func (c Config) String() string { return shownConfig }

// Format writes a fixed text. Two views of fmt's get past it, because Seed is a []byte: a
// Config in an unexported field of another package's struct, so keep it in none, and the
// verb %p, which go vet refuses for a struct.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, shownConfig) }

// MarshalText returns a fixed text; encoding/json uses it too.
func (c Config) MarshalText() ([]byte, error) { return []byte(shownConfig), nil }

// LogValue returns a fixed text.
func (c Config) LogValue() slog.Value { return slog.StringValue(shownConfig) }
