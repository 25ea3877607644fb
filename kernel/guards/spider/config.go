package spider

import (
	"errors"
	"fmt"
)

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

const (
	micros      = 1_000_000
	defaultTopK = 5
	maxTopK     = 100
)

func (c *Config) validate() error {
	switch {
	case c.Database == nil || len(c.Database.patterns) == 0:
		return errors.New("spider-sense: no pattern database; parse one and give it")
	case c.ThresholdMicros < 0 || c.ThresholdMicros > micros:
		return fmt.Errorf("spider-sense: similarity_threshold is %d millionths; give 0 … 1", c.ThresholdMicros)
	case c.BandMicros < 0 || c.BandMicros > micros:
		return fmt.Errorf("spider-sense: the band is %d millionths; give 0 … 1", c.BandMicros)
	case c.TopK < 0 || c.TopK > maxTopK:
		return fmt.Errorf("spider-sense: top_k is %d; give 1 … %d", c.TopK, maxTopK)
	case c.MaxAgeSeconds != nil && *c.MaxAgeSeconds < 1:
		return errors.New("spider-sense: the age limit is less than a second; leave it out for none")
	}
	return nil
}
