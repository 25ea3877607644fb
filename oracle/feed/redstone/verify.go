package redstone

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/backbay-labs/chio-node/oracle"
)

// Set is one version of who may sign for a data service.
type Set struct {
	Service    string   `json:"service"` // for people; no signed byte names it
	Decimals   int      `json:"decimals"`
	Threshold  int      `json:"threshold"`
	Signers    []string `json:"signers"`              // 0x and 40 lowercase hex characters each
	ValidFrom  int64    `json:"valid_from"`           // unix seconds, of the packages
	ValidUntil int64    `json:"valid_until,omitzero"` // 0: still in use
}

// Check refuses a set under which nothing, or anything, would verify.
func (s *Set) Check() error {
	seen := make(map[string]bool)
	for _, a := range s.Signers {
		if err := oracle.CheckOperator(a); err != nil {
			return fmt.Errorf("%w: %w", oracle.ErrSigners, err)
		}
		if seen[a] {
			return fmt.Errorf("%w: %s is listed twice", oracle.ErrSigners, a)
		}
		seen[a] = true
	}
	switch {
	case s.Threshold < 1 || s.Threshold > len(s.Signers) || len(s.Signers) > MaxPackages:
		return fmt.Errorf("%w: %.40s: threshold %d of %d signers, at most %d", oracle.ErrSigners, s.Service, s.Threshold, len(s.Signers), MaxPackages)
	case s.Decimals < 0 || s.Decimals > oracle.MaxExpo:
		return fmt.Errorf("%w: %.40s: %d decimals", oracle.ErrSigners, s.Service, s.Decimals)
	case s.ValidFrom < 0 || s.ValidUntil != 0 && s.ValidUntil <= s.ValidFrom:
		return fmt.Errorf("%w: %.40s is valid from %d until %d", oracle.ErrSigners, s.Service, s.ValidFrom, s.ValidUntil)
	}
	return nil
}

// Verify returns the prices of packages under one set, sorted by feed:
//
//	1 the set is sound and was valid at the time of the packages
//	2 all packages are of one time
//	3 every package is signed by a configured signer
//	4 no signer is in it twice
//	5 every feed has values of at least Threshold signers
//	6 the price is their median, of an even number the mean of the middle two,
//	  rounded down
func Verify(packages []Package, set *Set) ([]oracle.Sample, error) {
	if err := set.Check(); err != nil { // 1
		return nil, err
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("%w: no package", oracle.ErrPayload)
	}
	ms := packages[0].Milliseconds
	if at := ms / 1000; at < set.ValidFrom || set.ValidUntil != 0 && at > set.ValidUntil { // 1
		return nil, fmt.Errorf("%w: %.40s is not valid at %d, when the packages were signed", oracle.ErrSigners, set.Service, at)
	}
	signed, values := make(map[string][]string), make(map[string][]*big.Int)
	var everybody []string
	for i := range packages {
		p := &packages[i]
		if p.Milliseconds != ms { // 2
			return nil, fmt.Errorf("%w: packages of %d and %d ms", oracle.ErrPayload, ms, p.Milliseconds)
		}
		who, err := p.signer()
		if err != nil {
			return nil, fmt.Errorf("package %d: %w", i+1, err)
		}
		if !slices.Contains(set.Signers, who) { // 3
			return nil, fmt.Errorf("%w: package %d is by %s, which is not configured", oracle.ErrUnsigned, i+1, who)
		}
		if slices.Contains(everybody, who) { // 4
			return nil, fmt.Errorf("%w: %s signed two packages", oracle.ErrUnsigned, who)
		}
		everybody = append(everybody, who)
		for _, point := range p.Points {
			signed[point.Feed] = append(signed[point.Feed], who)
			values[point.Feed] = append(values[point.Feed], point.Value)
		}
	}
	return medians(signed, values, ms, set)
}

func medians(signed map[string][]string, values map[string][]*big.Int, ms int64, set *Set) ([]oracle.Sample, error) {
	samples := make([]oracle.Sample, 0, len(signed))
	for feed, who := range signed {
		if len(who) < set.Threshold { // 5
			return nil, fmt.Errorf("%w: %d of %d for %s", oracle.ErrUnsigned, len(who), set.Threshold, feed)
		}
		slices.Sort(who)
		m := median(values[feed])
		if !m.IsInt64() {
			return nil, fmt.Errorf("%w: value of %s is over 2^53-1", oracle.ErrMalformed, feed)
		}
		s := oracle.Sample{Feed: feed, Value: m.Int64(), Expo: int32(-set.Decimals), PublishedAt: ms / 1000, Sequence: uint64(ms), Signers: who}
		if err := s.Check(); err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	slices.SortFunc(samples, func(a, b oracle.Sample) int {
		if a.Feed < b.Feed {
			return -1
		}
		return 1
	})
	return samples, nil
}

// median is rule 6.
func median(values []*big.Int) *big.Int {
	slices.SortFunc(values, (*big.Int).Cmp)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	sum := new(big.Int).Add(values[middle-1], values[middle])
	return sum.Rsh(sum, 1)
}
