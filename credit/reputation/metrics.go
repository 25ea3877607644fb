package reputation

import (
	"math/big"
)

// Metric is the name of one of the eight.
type Metric string

// The metrics.
const (
	BoundaryPressure    Metric = "boundary_pressure"
	ResourceStewardship Metric = "resource_stewardship"
	LeastPrivilege      Metric = "least_privilege"
	HistoryDepth        Metric = "history_depth"
	ToolDiversity       Metric = "tool_diversity"
	DelegationHygiene   Metric = "delegation_hygiene"
	Reliability         Metric = "reliability"
	IncidentCorrelation Metric = "incident_correlation"
)

// weights are those of the public upstream's scorecard, in ppm; they sum to one.
// The order is the order of every list of metrics.
var weights = [...]struct {
	metric Metric
	ppm    uint64
}{
	{BoundaryPressure, 200_000}, {ResourceStewardship, 100_000}, {LeastPrivilege, 150_000}, {HistoryDepth, 100_000},
	{ToolDiversity, 50_000}, {DelegationHygiene, 150_000}, {Reliability, 150_000}, {IncidentCorrelation, 100_000},
}

// value is what a metric came to. Without known the number says nothing.
type value struct {
	known bool
	ppm   uint64 // as measured: of boundary_pressure, the share that was denied
	why   string // how it came, or why it is unknown
}

func unknown(why string) value { return value{why: why} }

// merit is what a measured value adds to a composite: pressure is bad.
func (v value) merit(m Metric) uint64 {
	if m == BoundaryPressure {
		return PPM - v.ppm
	}
	return v.ppm
}

// capped is the factor on what an issuer's receipts weigh: 1 for one's own, and
// for another's at most as much as IssuerCapReceipts fresh receipts.
func (r *run) capped(issuer string, t *tally) *big.Rat {
	limit := r.params.IssuerCapReceipts * one
	if issuer == r.own || t.weights <= limit {
		return big.NewRat(1, 1)
	}
	return new(big.Rat).SetFrac(whole(limit), whole(t.weights))
}

func whole(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// pooled is Σ part / Σ whole over the issuers but one, each capped; nil if
// nothing of one's own is among it. A sum of exact fractions has no order.
func (r *run) pooled(without string, part, all func(*tally) uint64) *big.Rat {
	mine := r.issuers[r.own]
	if mine == nil || all(mine) == 0 {
		return nil
	}
	num, den := new(big.Rat), new(big.Rat)
	for issuer, t := range r.issuers {
		if issuer == without {
			continue
		}
		factor := r.capped(issuer, t)
		num.Add(num, new(big.Rat).Mul(factor, new(big.Rat).SetInt(whole(part(t)))))
		den.Add(den, new(big.Rat).Mul(factor, new(big.Rat).SetInt(whole(all(t)))))
	}
	return num.Quo(num, den)
}

// boundaryPressure is the decayed share of calls that were denied: the greater
// of the mean over one's own policies, which a flood of cheap calls under one
// policy does not dilute, and of the share of all calls, which single calls
// under many policies do not.
func (r *run) boundaryPressure() value {
	p := r.pooled("", func(t *tally) uint64 { return t.deny }, func(t *tally) uint64 { return t.weights })
	if p == nil {
		return unknown("no decision that still weighs anything")
	}
	mean, n := uint64(0), uint64(0)
	for _, s := range r.policies {
		if s.whole > 0 {
			mean += ratio(s.part, s.whole, one)
			n++
		}
	}
	byPolicy := ratio(mean/max(n, 1), one, PPM)
	return value{true, max(ppmOf(p), byPolicy), say("denied: %d ppm of all calls, %d ppm in the mean of %d policies; the greater counts", ppmOf(p), byPolicy, n)}
}

// reliability is the decayed share of calls that ended well among those that
// began. What was denied never began. It is the lesser of the share of all calls
// and of our own: one's own receipts lose weight with age and the cap on those of
// others does not, so that praise from abroad would outlast what was seen here.
// What the agent's own organisation says of it is left out.
func (r *run) reliability() value {
	p := r.pooled(r.home, func(t *tally) uint64 { return t.allow }, func(t *tally) uint64 { return t.allow + t.failed })
	if p == nil {
		return unknown("no call was begun that still weighs anything")
	}
	mine := r.issuers[r.own]
	own := ratio(mine.allow, mine.allow+mine.failed, PPM)
	return value{true, min(ppmOf(p), own), say("%d ppm of the calls that began ended well, %d ppm of those seen here; the lesser counts; cancelled and incomplete ones did not", ppmOf(p), own)}
}

// historyDepth is the mean of how many receipts, over how long, and how
// steadily: receipts of 1000, days of 30, active days of the span.
func (r *run) historyDepth() value {
	mine := r.issuers[r.own]
	if mine == nil {
		return unknown("no receipt of our own")
	}
	days := uint64(r.last-r.first) / daySeconds
	span := max(1, days) + 1
	many := ratio(min(mine.receipts, 1000), 1000, PPM)
	long := ratio(min(days, 30), 30, PPM)
	steady := ratio(min(uint64(len(r.days)), span), span, PPM)
	return value{true, (many + long + steady) / 3, say("mean of %d receipts of 1000, %d days of 30, %d active days of %d", mine.receipts, days, len(r.days), span)}
}

// toolDiversity is the Shannon entropy of the allowed calls over the tools,
// divided by its maximum log2(tools): 0 for one tool, 1 if all are used alike.
// It differs from the real number by less than 2 ppm.
func (r *run) toolDiversity() value {
	calls, sum := uint64(0), uint64(0) // sum = Σ c·log2 c: at most 2^26 · 26 · 2^32
	for _, c := range r.tools {
		calls += c
		sum += c * log2(c)
	}
	n := uint64(len(r.tools))
	switch {
	case n == 0:
		return unknown("no call was allowed")
	case n == 1:
		return value{true, 0, "one tool was used"}
	}
	all := calls * log2(calls)
	return value{true, ratio(all-min(all, sum), calls*log2(n), PPM), say("entropy of %d calls over %d tools", calls, n)}
}

// incidentFall is what one fresh incident costs.
const incidentFall = 200_000

// incidentCorrelation is 1 − 0.2 · Σ decay over the subject's incidents.
func (r *run) incidentCorrelation(c *Corpus) (value, error) {
	if c.Incidents == nil {
		return unknown("nobody keeps a record of incidents"), nil
	}
	met := make(map[string]struct{})
	sum := uint64(0)
	for in, err := range c.Incidents {
		if err != nil {
			return value{}, err
		}
		if _, twice := met[in.ID]; twice || in.Subject != r.subject || in.At > r.now+r.params.FutureSkewSeconds {
			continue
		}
		if len(met) >= MaxTracked {
			return value{}, over("incidents")
		}
		met[in.ID] = struct{}{}
		sum += Decay(r.now - in.At)
	}
	fall := ratio(min(sum, 5*one), 5*one, PPM)
	return value{true, PPM - fall, say("%d incident(s) on record; a fresh one costs %d ppm", len(met), incidentFall)}, nil
}
