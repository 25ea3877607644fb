package wire

import "errors"

// Limits bound one document before anything of it is interpreted.
type Limits struct {
	Bytes int // size of the encoded document
	Depth int // nesting of arrays and objects
}

// The named limits. A frame or file format states which one it uses.
var (
	// DocumentLimits bound one artifact of ours: a token, receipt, treaty.
	DocumentLimits = Limits{Bytes: 256 << 10, Depth: 32}
	// ForeignLimits bound foreign JSON: tool arguments, results, credentials.
	ForeignLimits = Limits{Bytes: 4 << 20, Depth: 128}
	// BundleLimits bound a file that holds many artifacts.
	BundleLimits = Limits{Bytes: 256 << 20, Depth: 48}
)

// The reasons a document is refused. Match with errors.Is.
var (
	ErrTooLarge     = errors.New("document is larger than its limit")
	ErrTooDeep      = errors.New("document is nested deeper than its limit")
	ErrNotJSON      = errors.New("not a JSON document")
	ErrNumber       = errors.New("number is outside the range of a finite double")
	ErrNotCanonical = errors.New("document is not in canonical form")
	ErrUnknownField = errors.New("unknown field")
	ErrDuplicateKey = errors.New("duplicate key")
	ErrField        = errors.New("field has the wrong type or an invalid value")
)
