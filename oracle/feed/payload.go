package feed

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/pyth"
	"github.com/backbay-labs/chio-node/oracle/feed/redstone"
	"github.com/backbay-labs/chio-node/oracle/feed/signed"
	"github.com/backbay-labs/chio-node/wire"
)

// Format is how a payload is written.
type Format string

// The formats.
const (
	FormatUnknown     Format = "unknown"
	FormatPyth        Format = "pyth"
	FormatRedStone    Format = "redstone"
	FormatRound       Format = "round"
	FormatObservation Format = "observation"
)

// MaxBytes bounds a payload in any text form.
const MaxBytes = 1 << 20

// Verify recognises a payload and returns its prices:
//
//	1 JSON by its members: an observation or a round of ours, a gateway's
//	  packages, or an object that carries a payload as text ("hex", or "binary"
//	  with encoding and data)
//	2 otherwise bytes, or their hex (0x or not) or base64
//	3 bytes that begin in PNAU are an accumulator update, bytes that end in the
//	  marker are data packages
//	4 the rules of that format hold under the configured sets
func Verify(doc []byte, s *Signers) (Format, []oracle.Sample, error) {
	if len(doc) > MaxBytes {
		return FormatUnknown, nil, fmt.Errorf("%w: %d bytes, limit %d", oracle.ErrPayload, len(doc), MaxBytes)
	}
	raw, format, err := unwrap(doc) // 1, 2
	if err != nil {
		return FormatUnknown, nil, err
	}
	switch {
	case format == FormatObservation:
		samples, err := observation(raw, s)
		return format, samples, err
	case format == FormatRound:
		samples, err := round(raw, s)
		return format, samples, err
	case format == FormatRedStone:
		samples, err := anySet(s, func(set *redstone.Set) ([]redstone.Package, error) { return redstone.ParseJSON(raw, set.Decimals) })
		return format, samples, err
	case bytes.HasPrefix(raw, []byte(pyth.Magic)): // 3
		samples, err := pyth.Verify(raw, s.Pyth)
		return FormatPyth, samples, err
	case bytes.HasSuffix(raw, []byte(redstone.Marker)): // 3
		samples, err := anySet(s, func(*redstone.Set) ([]redstone.Package, error) { return redstone.Parse(raw) })
		return FormatRedStone, samples, err
	}
	return FormatUnknown, nil, fmt.Errorf("%w: no format that is known here", oracle.ErrPayload)
}

// anySet verifies packages under the sets one after the other: no signed byte
// names the service. The answer is the first success, or the last refusal.
func anySet(s *Signers, parse func(*redstone.Set) ([]redstone.Package, error)) (samples []oracle.Sample, err error) {
	err = fmt.Errorf("%w: no redstone set is in the signers file", oracle.ErrSigners)
	for i := range s.RedStone {
		var packages []redstone.Package
		if packages, err = parse(&s.RedStone[i]); err != nil {
			continue
		}
		if samples, err = redstone.Verify(packages, &s.RedStone[i]); err == nil {
			return samples, nil
		}
	}
	return nil, err
}

// unwrap is the steps 1 and 2.
func unwrap(doc []byte) ([]byte, Format, error) {
	text := bytes.TrimSpace(doc)
	if bytes.HasPrefix(text, []byte("[")) {
		return text, FormatRedStone, nil
	}
	if bytes.HasPrefix(text, []byte("{")) {
		return unwrapObject(text)
	}
	if raw, ok := decodeText(string(text)); ok {
		return raw, FormatUnknown, nil
	}
	return doc, FormatUnknown, nil
}

// carrier is any object that holds a payload.
type carrier struct {
	Schema string   `json:"schema"`
	Hex    string   `json:"hex"`
	Binary *payload `json:"binary"`
}

type payload struct {
	Encoding string   `json:"encoding"`
	Data     []string `json:"data"`
}

func unwrapObject(doc []byte) ([]byte, Format, error) {
	var c carrier
	if err := wire.UnmarshalLenient(doc, &c, wire.Limits{Bytes: MaxBytes, Depth: 32}); err != nil {
		return nil, FormatUnknown, fmt.Errorf("%w: %w", oracle.ErrPayload, err)
	}
	var text string
	switch {
	case c.Schema == oracle.ObservationSchema:
		return doc, FormatObservation, nil
	case c.Schema == oracle.RoundSchema:
		return doc, FormatRound, nil
	case c.Hex != "":
		text = c.Hex
	case c.Binary != nil && len(c.Binary.Data) == 1:
		text = c.Binary.Data[0]
	case c.Binary != nil:
		return nil, FormatUnknown, fmt.Errorf("%w: %d updates in one file; keep one", oracle.ErrPayload, len(c.Binary.Data))
	default:
		return doc, FormatRedStone, nil
	}
	raw, ok := decodeText(text)
	if !ok {
		return nil, FormatUnknown, fmt.Errorf("%w: it carries neither hex nor base64", oracle.ErrPayload)
	}
	return raw, FormatUnknown, nil
}

// decodeText reads hex or base64. Only a payload counts as decoded, so that
// text that happens to be both is read the way that makes sense.
func decodeText(text string) ([]byte, bool) {
	for _, decode := range []func(string) ([]byte, error){
		func(s string) ([]byte, error) { return hex.DecodeString(strings.TrimPrefix(s, "0x")) },
		base64.StdEncoding.Strict().DecodeString,
	} {
		raw, err := decode(text)
		if err == nil && (bytes.HasPrefix(raw, []byte(pyth.Magic)) || bytes.HasSuffix(raw, []byte(redstone.Marker))) {
			return raw, true
		}
	}
	return nil, false
}

// errNoOperators: the signers file has none.
var errNoOperators = errors.New("the signers file names no operators")

// observation judges one of ours: what its signer is must be configured.
func observation(doc []byte, s *Signers) ([]oracle.Sample, error) {
	o, err := oracle.ParseSigned(bytes.TrimSpace(doc))
	if err != nil {
		return nil, err
	}
	if s.Operators == nil {
		return nil, fmt.Errorf("%w: %w", oracle.ErrSigners, errNoOperators)
	}
	known := false
	for _, a := range s.Operators.Signers {
		known = known || a == o.Observation.Operator
	}
	if !known {
		return nil, fmt.Errorf("%w: %s", oracle.ErrUnknownOperator, o.Observation.Operator)
	}
	if err := signed.Verify(o.Pair, o.Observation); err != nil {
		return nil, err
	}
	return []oracle.Sample{sampleOf(o.Pair, &o.Observation)}, nil
}

// round judges a round of ours; its prices are the observations it rests on.
func round(doc []byte, s *Signers) ([]oracle.Sample, error) {
	r, err := oracle.ParseRound(bytes.TrimSpace(doc))
	if err != nil {
		return nil, err
	}
	if s.Operators == nil {
		return nil, fmt.Errorf("%w: %w", oracle.ErrSigners, errNoOperators)
	}
	if _, err := oracle.Verify(r, s.Operators.rules(), signed.Verify, r.Latest()); err != nil {
		return nil, err
	}
	samples := make([]oracle.Sample, len(r.Observations))
	for i := range r.Observations {
		samples[i] = sampleOf(r.Pair, &r.Observations[i])
	}
	return samples, nil
}

func sampleOf(pair oracle.Pair, o *oracle.Observation) oracle.Sample {
	return oracle.Sample{Feed: pair.String(), Value: o.Value, Expo: o.Expo, PublishedAt: o.ObservedAt, Sequence: o.Sequence, Signers: []string{o.Operator}}
}
