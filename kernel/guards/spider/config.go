package spider

// Config configures spider-sense.
type Config struct {
	Database         *Database
	ThresholdMicros  int64 // cosine similarity in millionths
	BandMicros       int64 // deny at threshold + band, allow below threshold − band, between: Ambiguous
	TopK             int
	AmbiguousConfirm bool   // ask for approval between; false: allow, with evidence
	MaxAgeSeconds    *int64 // an older database denies every call that carries an embedding
	Rule             string // dotted path; "" is extensions.detection.threat_intel
}

// Database is a parsed pattern database; see Parse.
type Database struct{}
