package capability

import (
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Demand is what a grant asks of a later stage; the kernel fulfils every one
// or denies. Fields that a type does not name here are zero.
type Demand struct {
	Type string // the constraint type
	// Units: threshold of require_approval_above and of
	// require_cumulative_approval_above in minor units; rows of
	// max_rows_returned; max_transaction_amount_usd in 10^-6 USD, rounded down.
	Units    uint64
	Currency string   // of require_cumulative_approval_above
	Epoch    uint64   // of the approval budget of require_cumulative_approval_above
	Level    string   // assurance, autonomy tier, review tier, or minimum safety tier
	Text     string   // seller; digest in hex; id of the approval budget
	List     []string // allowed_model_ids; nil allows every model of the Level
}

// approvalAbove is the value of require_approval_above.
type approvalAbove struct {
	ThresholdUnits *uint64 `json:"threshold_units"`
}

// cumulativeApproval is the value of require_cumulative_approval_above. The
// upstream's optional family binding is not accepted: here every token of a
// presented chain is counted.
type cumulativeApproval struct {
	Threshold *wire.MonetaryAmount `json:"threshold"`
	BudgetID  *string              `json:"approval_budget_id"`
	Epoch     *uint64              `json:"approval_budget_epoch"`
}

// parseDemand decodes the constraints a later stage fulfils. It is the last
// decoder: an unknown type ends here.
func (c *Constraint) parseDemand(r *rule) *Error {
	d := &r.demand
	d.Type = c.Type
	switch c.Type {
	case GovernedIntentRequired:
		if len(c.Value) != 0 {
			return c.malformed("it takes none")
		}
		return nil
	case RequireApprovalAbove:
		return c.parseApproval(d)
	case RequireCumulativeApprovalAbove:
		return c.parseCumulative(d)
	case SellerExact:
		return c.str(&d.Text, MaxNameBytes)
	case MinimumRuntimeAssurance:
		return c.word(&d.Level, assuranceLevels[:]...)
	case MinimumAutonomyTier:
		return c.word(&d.Level, autonomyTiers[:]...)
	case ContentReviewTier:
		return c.word(&d.Level, reviewTiers[:]...)
	case MaxTransactionAmountUSD:
		return c.parseDollars(d)
	case RequireDualApproval:
		return c.parseDual(d)
	case ModelConstraint:
		return c.parseModel(d)
	case MaxRowsReturned:
		return c.number(&d.Units)
	case OutputDigestSHA256:
		return c.parseDigest(d)
	}
	return refuse(CodeConstraint, "constraint %.64q cannot be evaluated by this kernel", c.Type)
}

func (c *Constraint) parseApproval(d *Demand) *Error {
	var v approvalAbove
	if err := c.decode(&v); err != nil {
		return err
	}
	if v.ThresholdUnits == nil {
		return c.malformed("threshold_units is missing")
	}
	d.Units = *v.ThresholdUnits
	return nil
}

func (c *Constraint) parseCumulative(d *Demand) *Error {
	var v cumulativeApproval
	if err := c.decode(&v); err != nil {
		return err
	}
	if v.Threshold == nil || v.BudgetID == nil || v.Epoch == nil {
		return c.malformed("a member is missing")
	}
	if err := checkAmount(v.Threshold); err != nil {
		return c.malformed(err.Error())
	}
	if err := checkID(*v.BudgetID); err != nil {
		return c.malformed("approval_budget_id " + err.Error())
	}
	d.Units, d.Currency, d.Text, d.Epoch = v.Threshold.Units, v.Threshold.Currency, *v.BudgetID, *v.Epoch
	return nil
}

// parseDual: false asks for nothing.
func (c *Constraint) parseDual(d *Demand) *Error {
	var required bool
	if err := c.decode(&required); err != nil {
		return err
	}
	if !required {
		*d = Demand{}
	}
	return nil
}

// parseModel: a list that is present but empty would be read as "none" by one
// kernel and as "any" by another, so it is refused.
func (c *Constraint) parseModel(d *Demand) *Error {
	var v struct {
		Models *[]*string `json:"allowed_model_ids"`
		Tier   *string    `json:"min_safety_tier"`
	}
	if err := c.decode(&v); err != nil {
		return err
	}
	if v.Models == nil && v.Tier == nil || v.Models != nil && len(*v.Models) == 0 {
		return c.malformed("it names neither models nor a tier")
	}
	if v.Tier != nil {
		if !slices.Contains(safetyTiers[:], *v.Tier) {
			return c.malformed("min_safety_tier is none of the defined words")
		}
		d.Level = *v.Tier
	}
	if v.Models != nil {
		return c.items(&d.List, *v.Models, MaxListItems)
	}
	return nil
}

func (c *Constraint) parseDigest(d *Demand) *Error {
	if err := c.str(&d.Text, maxTypeBytes); err != nil {
		return err
	}
	if _, err := wire.ParseDigest(d.Text); err != nil {
		return c.malformed("it is not 64 lowercase hex characters")
	}
	return nil
}

const (
	usdDecimals   = 6  // of Demand.Units
	maxUSDLetters = 40 // a decimal amount, as written
)

// parseDollars reads "12", "12.5" or "0.0000001" into 10^-6 USD, rounded down:
// a maximum is never raised.
func (c *Constraint) parseDollars(d *Demand) *Error {
	var text string
	if err := c.str(&text, maxUSDLetters); err != nil {
		return err
	}
	whole, fraction, point := strings.Cut(text, ".")
	if whole == "" || point && fraction == "" || len(whole) > 1 && whole[0] == '0' ||
		strings.Trim(whole+fraction, "0123456789") != "" {
		return c.malformed("it is not a plain decimal amount")
	}
	fraction = (fraction + strings.Repeat("0", usdDecimals))[:usdDecimals]
	var units uint64
	for _, digit := range []byte(whole + fraction) {
		if units = units*10 + uint64(digit-'0'); units > wire.MaxUnits {
			return c.malformed("it is over 2^53-1 millionths of a dollar")
		}
	}
	d.Units = units
	return nil
}
