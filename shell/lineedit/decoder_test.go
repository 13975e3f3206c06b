package lineedit

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// typed shows what d has to give: its keys, and each paste in brackets.
func typed(d *decoder) string {
	var out strings.Builder
	for p := make([]byte, 64); ; {
		n := d.take(p)
		if n == 0 {
			return out.String()
		}
		for _, key := range p[:n] {
			switch key {
			case keyText:
				fmt.Fprintf(&out, "[%s]", d.texts.pop())
			case keyDelete:
				out.WriteString("<del>")
			default:
				out.WriteByte(key)
			}
		}
	}
}

var sequences = []struct{ sent, want string }{
	{"", ""},
	{"abc\r", "abc\r"},
	{"\r\n\n\r", "\r\r\r"},
	{"\x1b[A\x1b[B\x1b[C\x1b[D", "\x10\x0e\x06\x02"},
	{"\x1bOA\x1bOB\x1bOC\x1bOD\x1bOM", "\x10\x0e\x06\x02\r"},
	{"\x1b[1~\x1b[7~\x1b[H\x1bOH\x1b[7$\x1b[7^\x1b[1;5H", "\x01\x01\x01\x01\x01\x01\x01"},
	{"\x1b[4~\x1b[8~\x1b[F\x1bOF\x1b[8$\x1b[8^\x1b[1;2F", "\x05\x05\x05\x05\x05\x05\x05"},
	{"\x1b[3~\x1b[3;2~\x1b[3;5~\x1b[3^\x1b[3$", "<del><del>\x1bd\x1bd<del>"},
	{"\x1b[1;5D\x1b[5D\x1b[1;3D\x1bOd\x1bO5D\x1bb", "\x1bb\x1bb\x1bb\x1bb\x1bb\x1bb"},
	{"\x1b[1;5C\x1b[5C\x1b[1;3C\x1bOc\x1bO5C\x1bf", "\x1bf\x1bf\x1bf\x1bf\x1bf\x1bf"},
	{"\x1b[1;2D\x1b[1;2C\x1b[1;2A", "\x02\x06\x10"},
	{"\x1b\x7f\x1b\b\x1bd", "\x1b\x7f\x1b\x7f\x1bd"},
	{"\x1b\x1b[D", "\x02"},
	{"\x1b\r\x1b\x03", "\r\x03"},
	{"a\x1b[2~\x1b[5~\x1b[15~\x1b[[Ab\x1bOPc\x1bé\x1b\x14d", "abc\x14d"},
	{"\x1b[?1;2c\x1b[?2004;1$y\x1b[24;80Rx", "x"},
	{"\x1b]0;title\ax\x1bPq\x1b\\y", "xy"},
	{"\x1b[M !!x\x1b[<0;1;1Mx", "xx"},
	{"\x1b[12\x03x", "\x03x"},
	{"\x1b[" + strings.Repeat("1", 100) + "x", ""},
	{"\x00\x0f\x11\x16\x18\x1a\x1c\x1d\x1e\x1f\u0080\u009bx", "x"},
	{"\x01\x02\x03\x04\x05\x06\a\b\t\v\f\x0e\x10\x12\x13\x14\x15\x17\x19\x7f", "\x01\x02\x03\x04\x05\x06\a\b\t\v\f\x0e\x10\x12\x13\x14\x15\x17\x19\x7f"},
	{"注文é🎉", "注文é🎉"},
	{"a\xffb", "a\uFFFDb"},
	{"\x1b[200~a\tb\r\nc\nd\x1b[De\x03\x7f\x1bbf\x1b[201~g\t", "[a b]\r[c]\r[def]g\t"},
	{"\x1b[200~\x1b[201~\x1b[201~x", "x"},
	{strings.Repeat("x", burst-1), strings.Repeat("x", burst-1)},
	{strings.Repeat("注", burst), "[" + strings.Repeat("注", burst) + "]"},
}

func TestDecoder(t *testing.T) {
	for _, s := range sequences {
		d := decoder{texts: new(texts)}
		d.feed([]byte(s.sent))
		if got := typed(&d); got != s.want || d.waiting() {
			t.Errorf("%q gave %q, want %q (still held: %q)", s.sent, got, s.want, d.held)
		}
	}
}

// A network may cut a sequence anywhere. What is not a sequence is then only not pasted at once.
func TestDecoderOfSingleBytes(t *testing.T) {
	for _, s := range sequences {
		d := decoder{texts: new(texts)}
		got := ""
		for _, b := range []byte(s.sent) {
			d.feed([]byte{b})
			got += typed(&d)
		}
		unpasted := strings.NewReplacer("[", "", "]", "")
		if strings.Contains(s.sent, "\x1b["+strings.Repeat("1", 100)) {
			continue // given up at its limit, and typed from there on
		}
		if unpasted.Replace(got) != unpasted.Replace(s.want) || d.waiting() {
			t.Errorf("%q byte by byte gave %q, want %q (still held: %q)", s.sent, got, s.want, d.held)
		}
	}
}

func TestDecoderSettles(t *testing.T) {
	for sent, want := range map[string]string{
		"\x1b":           "\a",
		"\x1b[":          "",
		"\x1b[1;":        "",
		"\x1bO":          "",
		"\x1b]11;":       "",
		"\xe6\xb3":       "",
		"\x1b[200~a":     "[a]",
		"\x1b[200~a\x1b": "[a]",
	} {
		d := decoder{texts: new(texts)}
		d.feed([]byte(sent))
		if !d.waiting() {
			t.Errorf("%q is not waited for", sent)
		}
		d.settle()
		d.feed([]byte("x\t"))
		if got := typed(&d); got != want+"x\t" || d.waiting() {
			t.Errorf("%q gave %q, want %q", sent, got, want+"x\t")
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, s := range sequences {
		f.Add([]byte(s.sent))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		d := decoder{texts: new(texts)}
		d.feed(sent)
		d.settle()
		_ = typed(&d)
		if len(d.texts.all) != 0 {
			t.Errorf("%q left a paste that no key stands for", sent)
		}
		d.feed([]byte("x"))
		if got := typed(&d); got != "x" {
			t.Errorf("after %q, x gave %q", sent, got)
		}
	})
}

func TestKeysGiveOneLineAtATime(t *testing.T) {
	k := newKeys(strings.NewReader("one\rtwo\x03three"), time.Hour)
	defer k.Close()
	for _, want := range []string{"one\r", "two\x03", "three"} {
		if got := readOnce(t, k); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	if _, err := k.Read(make([]byte, 8)); !errors.Is(err, io.EOF) || k.ended() == nil {
		t.Errorf("at the end: %v, ended %v", err, k.ended())
	}
}

func TestKeysJoinASplitSequence(t *testing.T) {
	r, w := io.Pipe()
	k := newKeys(r, time.Hour)
	defer k.Close()
	go func() {
		for _, part := range []string{"\x1b", "[", "3", "~"} {
			_, _ = io.WriteString(w, part)
		}
	}()
	if got := readOnce(t, k); got != string(rune(keyDelete)) {
		t.Errorf("read %q", got)
	}
}

func TestKeysLetEscapeGo(t *testing.T) {
	r, w := io.Pipe()
	k := newKeys(r, time.Millisecond)
	defer k.Close()
	go func() { _, _ = io.WriteString(w, "\x1b") }()
	if got := readOnce(t, k); got != "\a" {
		t.Errorf("read %q", got)
	}
	go func() { _, _ = io.WriteString(w, "[x") }()
	if got := readOnce(t, k); got != "[x" {
		t.Errorf("read %q", got)
	}
}

func TestKeysCloseEndsARead(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	k := newKeys(r, time.Hour)
	done := make(chan error)
	go func() {
		_, err := k.Read(make([]byte, 8))
		done <- err
	}()
	k.Close()
	k.Close()
	if err := <-done; !errors.Is(err, io.EOF) {
		t.Errorf("read: %v", err)
	}
}

func readOnce(t *testing.T, k *keys) string {
	t.Helper()
	p := make([]byte, 64)
	n, err := k.Read(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(p[:n])
}
