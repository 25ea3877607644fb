package approval

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrCorrupt: a row of this package does not decode or contradicts another.
var ErrCorrupt = errors.New("approval row is corrupt")

// State is where a request stands.
type State string

// The states. Waiting and Ready are open; a request leaves them once.
const (
	Waiting State = "waiting" // too few approvers have approved
	Ready   State = "ready"   // enough have: the call may be repeated
	Used    State = "used"    // the call was admitted
	Refused State = "denied"  // an approver denied
	Expired State = "expired" // not approved, or not used, in time
	Ended   State = "ended"   // the repeated call was denied for another reason
)

// Request is one call that waits, or waited, for approval.
type Request struct {
	ApprovalID    string             `json:"approval_id"` // UUIDv7
	RequestSHA256 wire.Digest        `json:"request_sha256"`
	Ask           kernel.ApprovalAsk `json:"ask"`
	AskedAt       int64              `json:"asked_at"`   // unix seconds
	ExpiresAt     int64              `json:"expires_at"` // of the request, while it waits
	Needed        int                `json:"needed"`     // distinct approvers
	State         State              `json:"state"`
	Votes         []Vote             `json:"votes,omitempty"`
	ReadyUntil    int64              `json:"ready_until,omitzero"` // the votes that suffice hold until then
	EndedAt       int64              `json:"ended_at,omitzero"`
	Code          kernel.Code        `json:"code,omitempty"`       // of the denial it ended in
	ReceiptID     string             `json:"receipt_id,omitempty"` // the terminal receipt, once there is one
	BatchIDs      []string           `json:"batch_ids,omitempty"`  // used besides the votes
}

// Vote is one approver's decision with the token that proves it.
type Vote struct {
	Approver  wire.PublicKey `json:"approver"`
	Decision  string         `json:"decision"`
	IssuedAt  int64          `json:"issued_at"`
	ExpiresAt int64          `json:"expires_at"`
	Reason    string         `json:"reason,omitempty"`
	Token     *wire.Envelope `json:"token"`
}

// Open reports whether the request can still be approved or used.
func (q *Request) Open() bool { return q.State == Waiting || q.State == Ready }

// Deadline is when an open request expires, unix seconds.
func (q *Request) Deadline() int64 {
	if q.State == Ready {
		return q.ReadyUntil
	}
	return q.ExpiresAt
}

func (q *Request) vote(approver wire.PublicKey) *Vote {
	for i := range q.Votes {
		if q.Votes[i].Approver == approver {
			return &q.Votes[i]
		}
	}
	return nil
}

// outcome is the denial of a call whose request has ended.
func (q *Request) outcome() *kernel.Denial {
	where := ""
	if q.ReceiptID != "" {
		where = "; see receipt " + q.ReceiptID
	}
	switch q.State {
	case Used:
		return refuse(CodeUsed, fixNewCall, "approval %s was used at %d%s", q.ApprovalID, q.EndedAt, where)
	case Refused:
		return refuse(CodeDenied, "ask the approver why; a new call asks again", "approval %s was denied at %d%s%s", q.ApprovalID, q.EndedAt, q.deniedBy(), where)
	case Expired:
		return refuse(CodeExpired, fixNewCall, "approval %s expired at %d%s", q.ApprovalID, q.EndedAt, where)
	default:
		return refuse(CodeEnded, fixNewCall, "the call of approval %s was denied (%s) at %d%s", q.ApprovalID, q.Code, q.EndedAt, where)
	}
}

func expiredDenial(q *Request) *kernel.Denial {
	return refuse(CodeExpired, fixNewCall, "approval %s expired at %d", q.ApprovalID, q.Deadline())
}

// deniedBy says who denied and in which words.
func (q *Request) deniedBy() string {
	for i := range q.Votes {
		if v := &q.Votes[i]; v.Decision == Denied {
			by := " by " + v.Approver.String()
			if v.Reason != "" {
				by += fmt.Sprintf(": %.200q", v.Reason)
			}
			return by
		}
	}
	return ""
}

// NoticeSchema is the schema id of a Notice.
const NoticeSchema = "chio.approval_notice.v1"

// Notice tells an approver what to decide: the body of an envelope that the
// kernel key signs. The approver checks that RequestSHA256 is the digest of
// Ask, and signs that digest.
type Notice struct {
	Schema        string             `json:"schema"`
	ApprovalID    string             `json:"approval_id"`
	RequestSHA256 wire.Digest        `json:"request_sha256"`
	Ask           kernel.ApprovalAsk `json:"ask"`
	AskedAt       int64              `json:"asked_at"`
	ExpiresAt     int64              `json:"expires_at"`
	Needed        int                `json:"needed"`
}

// Notice is what an approver is told about a request.
func (q *Request) Notice() Notice {
	return Notice{Schema: NoticeSchema, ApprovalID: q.ApprovalID, RequestSHA256: q.RequestSHA256, Ask: q.Ask,
		AskedAt: q.AskedAt, ExpiresAt: q.ExpiresAt, Needed: q.Needed}
}

// ParseNotice opens a notice that signer sealed; nil takes whoever sealed it,
// which proves nothing about who that is. The digest is recomputed:
//
//	1 canonical envelope of this schema, every signature verifies
//	2 signed by signer, if one is named
//	3 request_sha256 is the digest of ask
func ParseNotice(doc []byte, signer *wire.PublicKey) (*Notice, error) {
	var n Notice
	var required []wire.PublicKey
	if signer != nil {
		required = []wire.PublicKey{*signer}
	}
	if _, err := wire.OpenEnvelope(doc, NoticeSchema, &n, required, nil); err != nil { // 1, 2
		return nil, fmt.Errorf("approval notice: %w", err)
	}
	digest, err := Digest(&n.Ask)
	if err != nil {
		return nil, fmt.Errorf("approval notice: %w", err)
	}
	if digest != n.RequestSHA256 { // 3
		return nil, fmt.Errorf("approval notice: request_sha256 is not the digest of the ask; do not sign it")
	}
	return &n, nil
}
