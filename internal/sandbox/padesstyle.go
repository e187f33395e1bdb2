package sandbox

import "batch/internal/sandbox/signedpdf"

// PAdESStyle is how signed documents are finished (Options.PAdESStyle). The portal's documentation
// leaves open what follows the seal and whether two downloads are the same bytes, so a client
// must live with each.
type PAdESStyle string

const (
	StyleSeal              PAdESStyle = "seal"               // the seal alone; the default
	StyleValidationData    PAdESStyle = "validation-data"    // an update with data for long-term validation follows the seal
	StyleSeveralSignatures PAdESStyle = "several-signatures" // a signature of its own follows the seal for everybody who has signed
	StyleVarying           PAdESStyle = "varying"            // made anew for every download: never the same bytes twice
)

// padesStyles are all styles, and what follows the seal in each.
var padesStyles = map[PAdESStyle]signedpdf.Style{
	StyleSeal:              signedpdf.SealAlone,
	StyleValidationData:    signedpdf.ValidationData,
	StyleSeveralSignatures: signedpdf.SeveralSignatures,
	StyleVarying:           signedpdf.SealAlone,
}
