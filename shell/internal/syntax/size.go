// Sizes: how much memory, as people write it.

package syntax

import (
	"math"
	"regexp"
	"strconv"
	"sync"

	"tokenshell/shell/internal/exit"
)

// Size is a number of bytes as people write it: 500MB, 2GB, 1.5GiB.
type Size uint64

// UnmarshalText reads a size. The error says how to write it.
func (s *Size) UnmarshalText(text []byte) error {
	parts := sizeText().FindStringSubmatch(string(text))
	if parts != nil {
		n, err := strconv.ParseFloat(parts[1], 64)
		if bytes := n * sizeUnits[parts[2]]; err == nil && bytes >= 1 && bytes < math.MaxInt64 {
			*s = Size(bytes)
			return nil
		}
	}
	return exit.Usage("a number and MB or GB: 500MB, 2GB", "%q is no size", text)
}

// String writes a size so that it can be typed.
func (s Size) String() string {
	for _, unit := range []string{"GB", "MB", "kB"} {
		if n := uint64(sizeUnits[unit]); uint64(s) >= n && uint64(s)%n == 0 {
			return strconv.FormatUint(uint64(s)/n, 10) + unit
		}
	}
	return strconv.FormatUint(uint64(s), 10) + "B"
}

var sizeText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^([0-9]{1,18}(?:\.[0-9]{1,9})?)(B|[kK]i?B|[MGT]i?B)$`)
})

var sizeUnits = map[string]float64{
	"B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "kiB": 1 << 10, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}
