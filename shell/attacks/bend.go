// Bends, as the rows call them.

package attacks

import "tokenshell/shell/attacks/bends"

// Bend is a change of a text.
type Bend = bends.Bend

var (
	paddedAlways     = bends.Pad
	spareAlways      = bends.Spare
	spareAtEnd       = bends.SpareEnd
	standardAlphabet = bends.Standard
	upper            = bends.Upper
	lookingAlike     = bends.LookAlike
	bumped           = bends.Bump
	afterDot         = bends.AfterDot
	twin             = bends.Twin
	der              = bends.DER
	swapped          = bends.Swap
	wide             = bends.Wide
	hexed            = bends.Hex
	shorter          = bends.Shorter
	longer           = bends.Longer
	prefixed         = bends.Prefix
	suffixed         = bends.Suffix
	insertedLate     = bends.InsertLate
	inserted         = bends.Insert
	fixed            = bends.Text
	segments         = bends.Segments
	flat             = bends.Flat
	flipped          = bends.Flip
	jweHeader        = bends.JWEHeader
	jwe              = bends.JWE
	cut              = bends.Cut
)
