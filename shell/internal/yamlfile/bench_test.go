// How long a file takes to be read.

package yamlfile

import (
	"os"
	"testing"
)

func BenchmarkDecode(b *testing.B) {
	source, err := os.ReadFile("../../../testdata/worlds/twins.yaml")
	if err != nil {
		b.Fatal(err)
	}
	type world struct {
		Currency  any `yaml:"currency"`
		Value     any `yaml:"point_value"`
		Order     any `yaml:"redeem_order"`
		Customers any `yaml:"customers"`
		Coupons   any `yaml:"coupons"`
		Domains   any `yaml:"domains"`
	}
	for b.Loop() {
		if second, err := Decode(source, new(world)); err != nil || second {
			b.Fatal(err, second)
		}
	}
}
