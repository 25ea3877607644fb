package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// meetDemands keeps the grants whose demands are met and returns how many
// approvers the least demanding of them wants: 0 is none.
func (k *Kernel) meetDemands(s *mediation) (approvers int, d *Denial) {
	kept := make([]candidate, 0, len(s.matches))
	least := -1
	var why *Denial
	for i := range s.matches {
		n, d := k.meets(s, &s.matches[i])
		if d != nil {
			if why == nil {
				why = d
			}
			continue
		}
		if least == -1 || n < least {
			kept, least = kept[:0], n // a grant that asks for less is enough
		}
		if n == least {
			kept = append(kept, s.matches[i])
		}
	}
	if len(kept) == 0 {
		return 0, why
	}
	s.matches = kept
	s.call.Grant = kept[0].Grant
	return least, nil
}

// meets reports how many approvers a grant's demands ask for, or what of them
// is not met. What is judged on the result is step 12's.
func (k *Kernel) meets(s *mediation, c *candidate) (approvers int, d *Denial) {
	for i := range c.Demands {
		n, d := k.meet(s, &c.Demands[i])
		if d != nil {
			return 0, d
		}
		approvers = max(approvers, n)
	}
	return approvers, nil
}

func (k *Kernel) meet(s *mediation, d *capability.Demand) (approvers int, denial *Denial) {
	unmet := func(code Code, format string, args ...any) (int, *Denial) {
		return 0, ungoverned(code, "meet the constraint, or ask for a capability without it", d.Type+": "+format, args...)
	}
	switch d.Type {
	case "": // a constraint that asked for nothing
	case capability.GovernedIntentRequired:
		if s.intent == nil {
			return unmet(CodeIntent, "the call states no intent")
		}
	case capability.RequireApprovalAbove:
		if s.amount() >= d.Units {
			return 1, nil
		}
	case capability.RequireDualApproval:
		return 2, nil
	case capability.SellerExact:
		if s.intent == nil || s.intent.Commerce == nil || s.intent.Commerce.Seller != d.Text {
			return unmet(CodeIntent, "the intent does not name the seller %.80q", d.Text)
		}
	case capability.MinimumRuntimeAssurance:
		if !capability.AssuranceAtLeast(s.governed.runtime.level, d.Level) {
			return unmet(CodeAssurance, "this runtime is %s, want %s", s.governed.runtime.level, d.Level)
		}
	case capability.MinimumAutonomyTier:
		if s.intent == nil || s.intent.Autonomy == nil || !capability.TierAtLeast(s.intent.Autonomy.Tier, d.Level) {
			return unmet(CodeIntent, "the intent states no autonomy tier of %s", d.Level)
		}
	case capability.ModelConstraint:
		r := &s.governed.runtime
		if d.List != nil && !slices.Contains(d.List, r.modelID) || d.Level != "" && !capability.SafetyAtLeast(r.modelSafetyTier, d.Level) {
			return unmet(CodeAssurance, "no trusted attestor vouches for such a model")
		}
	case capability.MaxTransactionAmountUSD:
		if why := k.overDollars(s, d.Units); why != "" {
			return unmet(CodeBudgetExceeded, "%s", why)
		}
	case capability.MaxRowsReturned, capability.OutputDigestSHA256: // step 12
	case capability.ContentReviewTier:
		if d.Level != capability.ReviewNone {
			return unmet(CodeConstraint, "no content review is configured")
		}
	default:
		return unmet(CodeConstraint, "this kernel cannot evaluate it")
	}
	return 0, nil
}

// amount is what the call may cost by the caller's own word or by the price,
// whichever is more.
func (s *mediation) amount() uint64 {
	var n uint64
	if s.route.Price != nil {
		n = s.route.Price.Units
	}
	if s.intent != nil && s.intent.MaxAmount != nil {
		n = max(n, s.intent.MaxAmount.Units)
	}
	return n
}

// microsPerCent turns USD minor units into 10^-6 USD.
const microsPerCent = 10_000

// overDollars says why the call's worst case is over limit, in 10^-6 USD.
func (k *Kernel) overDollars(s *mediation, limit uint64) string {
	if s.route.Price == nil {
		return ""
	}
	worst := *s.route.Price
	if worst.Currency != "USD" {
		c, err := k.convert(worst, "USD", s.route.PriceRound, s.now)
		if err != nil {
			return "the price cannot be told in USD: " + err.Error()
		}
		worst = c.Hold()
	}
	if high, micros := bits.Mul64(worst.Units, microsPerCent); high != 0 || micros > limit {
		return fmt.Sprintf("the call may cost %d.%02d USD", worst.Units/100, worst.Units%100)
	}
	return ""
}

// outputDemands is the part of step 12 that the grant asked for: the demands
// of the grant under which the call was admitted.
func (s *mediation) outputDemands(content wire.Raw) *Denial {
	index := s.grantIndex()
	for i := range s.matches {
		if s.matches[i].Index != index {
			continue
		}
		for _, d := range s.matches[i].Demands {
			if why := unmetByResult(&d, content); why != "" {
				return &Denial{Step: 12, Code: CodeOutputBlocked, Guard: "scope", Side: "local", Reason: d.Type + ": " + why,
					Fix: "the tool ran; its result is withheld; ask for less, or for a capability without the constraint"}
			}
		}
	}
	return nil
}

func unmetByResult(d *capability.Demand, content wire.Raw) string {
	switch d.Type {
	case capability.OutputDigestSHA256:
		if wire.Hash(content).String() != d.Text {
			return "the result is not the one the capability names"
		}
	case capability.MaxRowsReturned:
		rows, err := countRows(content)
		if err != nil {
			return err.Error()
		}
		if rows > d.Units {
			return fmt.Sprintf("the result has %d rows, the capability allows %d", rows, d.Units)
		}
	}
	return ""
}

var errRows = errors.New("the result has no rows that can be counted")

// countRows is the length of the longest array in a result's structuredContent
// or, without that, in the JSON of its only text content. What has no array
// cannot be judged.
func countRows(content wire.Raw) (uint64, error) {
	var result struct {
		Structured wire.Raw `json:"structuredContent"`
		Content    []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		} `json:"content"`
	}
	if wire.UnmarshalLenient(content, &result, wire.ForeignLimits) != nil {
		return 0, errRows
	}
	doc := []byte(result.Structured)
	switch {
	case len(doc) > 0 && len(result.Content) == 0:
	case len(result.Content) == 1 && result.Content[0].Type == "text":
		text := bytes.TrimSpace([]byte(result.Content[0].Text))
		if len(doc) == 0 {
			doc = text
		} else if canonical, err := wire.Canonicalize(text, wire.ForeignLimits); err != nil || !bytes.Equal(canonical, doc) {
			return 0, errRows // two tellings of one result must agree
		}
	default:
		return 0, errRows
	}
	var v any
	if wire.UnmarshalLenient(doc, &v, wire.ForeignLimits) != nil {
		return 0, errRows
	}
	if n := longestArray(v); n >= 0 {
		return uint64(n), nil
	}
	return 0, errRows
}

// longestArray is -1 if there is no array.
func longestArray(v any) int {
	longest := -1
	switch v := v.(type) {
	case []any:
		longest = len(v)
		for _, e := range v {
			longest = max(longest, longestArray(e))
		}
	case map[string]any:
		for _, e := range v {
			longest = max(longest, longestArray(e))
		}
	}
	return longest
}
