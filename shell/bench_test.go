package shell

import "testing"

func BenchmarkNewParser(b *testing.B) {
	for b.Loop() {
		if _, err := newParser(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	p, err := newParser()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.parse([]string{"payment", "confirm", "80.00", "--method", "visa"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadWorld(b *testing.B) {
	for b.Loop() {
		if _, err := readWorld(""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildWorld(b *testing.B) {
	plan, err := readWorld("")
	if err != nil {
		b.Fatal(err)
	}
	seed := uint64(1)
	for b.Loop() {
		if _, err := buildWorld(b.Context(), plan, &seed); err != nil {
			b.Fatal(err)
		}
	}
}
