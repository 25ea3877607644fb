package redstone

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/wire"
)

// gatewayPackage is one package as a gateway writes it. What else it says is
// its own business: only what is signed counts.
type gatewayPackage struct {
	DataPoints []struct {
		DataFeedID string   `json:"dataFeedId"`
		Value      wire.Raw `json:"value"` // a number, or decimal text
	} `json:"dataPoints"`
	TimestampMilliseconds int64  `json:"timestampMilliseconds"`
	Signature             string `json:"signature"` // base64
}

// ParseJSON reads the answer of a gateway: one package, a list of them, or an
// object that lists them by feed. Values become integers of decimals places,
// rounded half up as the node that signed them did; the signature says whether
// that was right.
func ParseJSON(doc []byte, decimals int) ([]Package, error) {
	listed, err := gatewayPackages(doc)
	if err != nil {
		return nil, err
	}
	if n := len(listed); n < 1 || n > MaxPackages {
		return nil, fmt.Errorf("%w: %d packages, want 1 to %d", oracle.ErrPayload, n, MaxPackages)
	}
	packages := make([]Package, len(listed))
	for i := range listed {
		if err := packages[i].read(&listed[i], decimals); err != nil {
			return nil, err
		}
	}
	return packages, nil
}

func gatewayPackages(doc []byte) (listed []gatewayPackage, err error) {
	limits := wire.Limits{Bytes: MaxBytes, Depth: 16}
	doc = bytes.TrimSpace(doc)
	if bytes.HasPrefix(doc, []byte("[")) {
		if err := wire.UnmarshalLenient(doc, &listed, limits); err != nil {
			return nil, fmt.Errorf("%w: %w", oracle.ErrPayload, err)
		}
		return listed, nil
	}
	var one gatewayPackage
	err = wire.UnmarshalLenient(doc, &one, limits)
	if err == nil && len(one.DataPoints) > 0 {
		return []gatewayPackage{one}, nil
	}
	var byFeed map[string][]gatewayPackage
	if err := wire.UnmarshalLenient(doc, &byFeed, limits); err != nil {
		return nil, fmt.Errorf("%w: neither a package nor lists of them by feed: %w", oracle.ErrPayload, err)
	}
	if len(byFeed) != 1 {
		return nil, fmt.Errorf("%w: packages of %d feeds; keep one feed in a file", oracle.ErrPayload, len(byFeed))
	}
	for _, listed = range byFeed { // the only one
	}
	return listed, nil
}

func (p *Package) read(g *gatewayPackage, decimals int) error {
	signature, err := base64.StdEncoding.Strict().DecodeString(g.Signature)
	if err != nil || len(signature) != len(p.signature) {
		return fmt.Errorf("%w: a signature is not base64 of %d bytes", oracle.ErrPayload, len(p.signature))
	}
	copy(p.signature[:], signature)
	if g.TimestampMilliseconds <= 0 || g.TimestampMilliseconds >= 1<<48 {
		return fmt.Errorf("%w: time %d ms", oracle.ErrPayload, g.TimestampMilliseconds)
	}
	p.Milliseconds = g.TimestampMilliseconds
	if len(g.DataPoints) == 0 {
		return fmt.Errorf("%w: a package without a value", oracle.ErrPayload)
	}
	for i := range g.DataPoints {
		value, err := integer(string(g.DataPoints[i].Value), decimals)
		if err != nil {
			return err
		}
		if err := p.add(g.DataPoints[i].DataFeedID, value); err != nil {
			return err
		}
	}
	p.serialise()
	return nil
}

// Bounds of decimal text.
const (
	maxDecimalText = 80
	maxExponent    = 60
)

// integer is text·10^decimals, rounded half up, of a JSON number or of a JSON
// string of one.
func integer(text string, decimals int) (*big.Int, error) {
	bad := fmt.Errorf("%w: value %.90s is not a positive decimal number", oracle.ErrPayload, text)
	if len(text) > 2 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	if len(text) > maxDecimalText {
		return nil, bad
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, point := strings.Cut(mantissa, ".")
	if digits := whole + fraction; whole == "" || point && fraction == "" || strings.Trim(digits, "0123456789") != "" {
		return nil, bad
	}
	shift := decimals - len(fraction)
	if strings.Contains(strings.ToLower(text), "e") {
		e, ok := new(big.Int).SetString(strings.TrimPrefix(exponent, "+"), 10)
		if !ok || !e.IsInt64() || e.Int64() > maxExponent || e.Int64() < -maxExponent {
			return nil, bad
		}
		shift += int(e.Int64())
	}
	n, _ := new(big.Int).SetString(whole+fraction, 10)
	if shift >= 0 {
		n.Mul(n, power(shift))
	} else {
		d := power(-shift)
		n.Lsh(n, 1).Add(n, d).Quo(n, d.Lsh(d, 1)) // (2n + d) / 2d
	}
	if n.Sign() == 0 || n.BitLen() > 8*valueSize {
		return nil, bad
	}
	return n, nil
}

func power(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }
