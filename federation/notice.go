package federation

import (
	"errors"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// TreatyEndSchema is the schema of a notice that a treaty, or what was to
// become one, is over.
const TreatyEndSchema = "chio.treaty_end.v1"

// ErrNotice refuses a notice.
var ErrNotice = errors.New("notice is not valid")

// Outcome says what a notice ends.
type Outcome string

// The outcomes.
const (
	Left     Outcome = "left"     // the relationship: treaty and proposal
	Declined Outcome = "declined" // a proposal; a treaty in force stays
)

// EndCodes are the reasons that a peer is told when a treaty is left. What the
// operator wrote for itself stays at home.
var EndCodes = []string{"organisation_change", "project_ended", "security", "terms", "unspecified"}

// MaxNoticeText bounds what an operator writes to a peer's, in bytes.
const MaxNoticeText = 200

// TreatyEnd is one side's word that it does not go on.
type TreatyEnd struct {
	Schema   string       `json:"schema"`
	Parties  [2]did.DID   `json:"parties"` // sorted
	From     did.DID      `json:"from"`
	Outcome  Outcome      `json:"outcome"`
	Treaty   *wire.Digest `json:"treaty,omitempty"`   // left: in force at From
	Proposal *wire.Digest `json:"proposal,omitempty"` // left: what waited; declined: what is declined
	Code     string       `json:"code,omitempty"`     // left: one of EndCodes
	Reason   string       `json:"reason,omitempty"`   // declined: in the words of From's operator
	At       int64        `json:"at"`                 // unix seconds, later than every earlier notice of From to the other
}

// partiesOf sorts two organisations.
func partiesOf(a, b did.DID) [2]did.DID {
	if a > b {
		a, b = b, a
	}
	return [2]did.DID{a, b}
}

// VerifyTreatyEnd opens a notice that from is said to have written to another:
//
//	1 the envelope opens: canonical, strict, signed by from's organisation key
//	  and nobody else
//	2 it is between the two, and by from
//	3 left: a treaty, a proposal or both, a known code, no text · declined: a
//	  proposal, a text that can be shown, no code
//	4 its time is positive, and not ahead of now by more than two clocks may be
//	  apart
func VerifyTreatyEnd(env *wire.Envelope, from, to did.DID, now int64) (*TreatyEnd, error) {
	if env == nil {
		return nil, fmt.Errorf("%w: there is none", ErrNotice)
	}
	var n TreatyEnd
	if err := env.Open(TreatyEndSchema, &n, []wire.PublicKey{from.Key()}, nil); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrNotice, err)
	}
	if len(env.Signatures) != 1 { // 1
		return nil, fmt.Errorf("%w: %w", ErrNotice, wire.ErrSignerSet)
	}
	if n.Parties != partiesOf(from, to) || n.From != from || from == to { // 2
		return nil, fmt.Errorf("%w: it is not by %s to %s", ErrNotice, from, to)
	}
	switch n.Outcome { // 3
	case Left:
		if n.Treaty == nil && n.Proposal == nil || !slices.Contains(EndCodes, n.Code) || n.Reason != "" {
			return nil, fmt.Errorf("%w: it leaves nothing, or with code %.40q", ErrNotice, n.Code)
		}
	case Declined:
		if n.Treaty != nil || n.Proposal == nil || n.Code != "" {
			return nil, fmt.Errorf("%w: it declines something else than a proposal, or with code %.40q", ErrNotice, n.Code)
		}
		if err := CheckText(n.Reason, MaxNoticeText); err != nil {
			return nil, fmt.Errorf("%w: reason: %w", ErrNotice, err)
		}
	default:
		return nil, fmt.Errorf("%w: outcome %.40q", ErrNotice, n.Outcome)
	}
	if n.At <= 0 || n.At > now+ClockSkewSeconds { // 4
		return nil, fmt.Errorf("%w: its time is %d, now %d", ErrNotice, n.At, now)
	}
	return &n, nil
}

// CheckText accepts what an operator can be shown: one line that is not empty.
func CheckText(s string, limit int) error {
	if s == "" || len(s) > limit {
		return fmt.Errorf("%d bytes, want 1 to %d", len(s), limit)
	}
	if !utf8.ValidString(s) || slices.ContainsFunc([]rune(s), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return errors.New("a character that cannot be printed")
	}
	return nil
}
