package record

// Names for the tests.
var (
	Unjudged   = unjudged
	OwnSetting = ownSetting
	SecretIn   = secretIn
)

// Omission is for the tests.
type Omission = omission
