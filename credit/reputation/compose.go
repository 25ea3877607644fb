package reputation

import (
	"fmt"
	"strings"
)

// measures lists the metrics in their order, with the weight each has among
// those that are known.
func (r *run) measures(values map[Metric]value) []Measure {
	known := uint64(0)
	for _, w := range weights {
		if values[w.metric].known {
			known += w.ppm
		}
	}
	out := make([]Measure, 0, len(weights))
	for _, w := range weights {
		v := values[w.metric]
		m := Measure{Metric: w.metric, WeightPPM: w.ppm, Why: v.why}
		if v.known {
			measured, merit := v.ppm, v.merit(w.metric)
			m.ValuePPM, m.MeritPPM, m.EffectivePPM = &measured, &merit, ratio(w.ppm, known, PPM)
		}
		m.Movers = r.movers(w.metric)
		m.Advice = advise(&m)
		out = append(out, m)
	}
	return out
}

// movers are the receipts that weigh most in a metric, where single receipts do.
func (r *run) movers(m Metric) []Mover {
	sum := func(without string, of func(*tally) uint64) (n uint64) {
		for issuer, t := range r.issuers {
			if issuer != without {
				n += of(t)
			}
		}
		return n
	}
	switch m {
	case BoundaryPressure:
		return r.denials.of(sum("", func(t *tally) uint64 { return t.weights }))
	case Reliability:
		return r.failures.of(sum(r.home, func(t *tally) uint64 { return t.allow + t.failed }))
	}
	return nil
}

// floorPPM is what a composite may reach with hardly any history; full history
// lifts that to one.
const floorPPM = 500_000

// compose fills in the composite:
//
//	1 below the minimum history there is none, whatever anybody else says
//	2 the mean of the merits of the known metrics, by their weights
//	3 moved by imports, see import.go
//	4 held down to the ceiling: half, and the other half with full history
func (r *run) compose(card *Card, c *Corpus) error {
	counted, err := r.imported(card, c)
	if err != nil {
		return err
	}
	g := &card.Gate
	card.ConfidencePPM = min(ratio(min(g.Receipts, r.params.FullReceipts), r.params.FullReceipts, PPM),
		ratio(min(g.ActiveDays, r.params.FullActiveDays), r.params.FullActiveDays, PPM))
	card.CeilingPPM = floorPPM + (PPM-floorPPM)*card.ConfidencePPM/PPM
	sum, known := uint64(0), uint64(0)
	for i := range card.Metrics {
		if m := &card.Metrics[i]; m.MeritPPM != nil {
			sum, known = sum+m.WeightPPM**m.MeritPPM, known+m.WeightPPM
		}
	}
	if !g.Open || known == 0 { // 1
		return nil
	}
	raw := sum / known                                       // 2
	composite := min(r.moved(raw, counted), card.CeilingPPM) // 3, 4
	card.RawPPM, card.CompositePPM, card.Imports = &raw, &composite, counted
	return nil
}

func say(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func over(what string) error { return fmt.Errorf("%w: more than %d %s", ErrLimit, MaxTracked, what) }

func compareText(a, b string) int { return strings.Compare(a, b) }

// advise says what would raise a metric.
func advise(m *Measure) string {
	if m.MeritPPM != nil && *m.MeritPPM == PPM {
		return ""
	}
	switch m.Metric {
	case BoundaryPressure:
		return "ask only for what the policy allows; denials fade by half in 30 days"
	case ResourceStewardship:
		return "give grants caps that are used to about three quarters"
	case LeastPrivilege:
		return "issue capabilities with fewer grants, with constraints, and without delegate where it is not needed"
	case HistoryDepth:
		return "more receipts on more days: 1000 receipts and 30 days are full"
	case ToolDiversity:
		return "nothing is worth doing for it: it weighs little on purpose"
	case DelegationHygiene:
		return "narrow the scope, the life and the budget of what is delegated"
	case Reliability:
		return "fewer calls that are cancelled or end with an unknown effect"
	case IncidentCorrelation:
		return "time: an incident fades by half in 30 days"
	}
	return ""
}
