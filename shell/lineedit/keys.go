package lineedit

// The keyboard, as readline reads it.

import (
	"io"
	"sync"
	"time"
)

// escapeWait is how long the rest of an escape sequence may take. A person's next key is rarely
// faster, and a sequence that a network tore apart is rarely slower.
const escapeWait = 200 * time.Millisecond

// keys reads a terminal only while it is asked: between two lines what is typed stays with the system,
// where a verb can read it and Ctrl-C is a signal.
type keys struct {
	decoder decoder
	wait    time.Duration
	ask     chan struct{}
	sent    chan sent
	asked   bool // an answer is on its way

	again   chan struct{} // the line is to be drawn anew
	closing sync.Once
	closed  chan struct{}

	mu  sync.Mutex
	err error // the terminal's end
}

type sent struct {
	bytes []byte
	err   error
}

func newKeys(from io.Reader, wait time.Duration) *keys {
	k := &keys{
		decoder: decoder{texts: new(texts)},
		wait:    wait,
		ask:     make(chan struct{}),
		sent:    make(chan sent),
		again:   make(chan struct{}, 1),
		closed:  make(chan struct{}),
	}
	go k.pump(from)
	return k
}

// pump makes reads that can be left alone: a read of a terminal can't be taken back.
func (k *keys) pump(from io.Reader) {
	buf := make([]byte, 4096)
	for {
		select {
		case <-k.ask:
		case <-k.closed:
			return
		}
		n, err := from.Read(buf)
		select {
		case k.sent <- sent{buf[:n], err}:
		case <-k.closed:
			return
		}
	}
}

// Read gives at least one key, and at most the rest of one line.
func (k *keys) Read(p []byte) (int, error) {
	for {
		if n := k.decoder.take(p); n > 0 {
			return n, nil
		}
		if err := k.ended(); err != nil {
			return 0, err
		}
		if err := k.more(); err != nil {
			return 0, err
		}
	}
}

func (k *keys) more() error {
	if !k.asked {
		select {
		case k.ask <- struct{}{}:
			k.asked = true
		case <-k.closed:
			return io.EOF
		}
	}
	var late <-chan time.Time
	if k.decoder.waiting() {
		timer := time.NewTimer(k.wait)
		defer timer.Stop()
		late = timer.C
	}
	select {
	case got := <-k.sent:
		k.asked = false
		k.decoder.feed(got.bytes)
		if got.err != nil {
			k.end(got.err)
		}
	case <-late:
		k.decoder.settle()
	case <-k.again:
		k.decoder.keys = append(k.decoder.keys, keyRedraw)
	case <-k.closed:
		return io.EOF
	}
	return nil
}

// redraw has the line drawn anew, as if a key asked for it.
func (k *keys) redraw() {
	select {
	case k.again <- struct{}{}:
	default: // it will be
	}
}

func (k *keys) end(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.err = err
}

// ended is the error that the terminal ended with, if it did; io.EOF after Close.
func (k *keys) ended() error {
	select {
	case <-k.closed:
		return io.EOF
	default:
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err
}

func (k *keys) Close() error {
	k.closing.Do(func() { close(k.closed) })
	return nil
}

// texts are the pastes that readline has not come to yet, oldest first.
type texts struct {
	mu  sync.Mutex
	all [][]byte
}

func (t *texts) push(run []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, append([]byte(nil), run...))
}

// extend adds to the newest.
func (t *texts) extend(run []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := len(t.all) - 1
	t.all[last] = append(t.all[last], run...)
}

func (t *texts) pop() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) == 0 {
		return ""
	}
	run := t.all[0]
	t.all = t.all[1:]
	return string(run)
}
