package offline

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeDrift: a policy decides otherwise than a receipt records.
const CodeDrift = "CHIO-REPLAY-DRIFT"

// Replay is what a second look at recorded decisions found. Receipts = Same +
// Diverged + NotEvaluable + Elsewhere.
type Replay struct {
	Verified     bool          `json:"verified"` // signatures, ids, inclusion, roots
	Receipts     int           `json:"receipts"`
	Same         int           `json:"same"`
	Diverged     int           `json:"diverged"`
	NotEvaluable int           `json:"not_evaluable"` // the record does not hold the arguments
	Elsewhere    int           `json:"elsewhere"`     // decided by a step that no policy changes
	SamePolicy   int           `json:"same_policy"`   // recorded under the very policy given
	Policy       wire.Digest   `json:"policy_hash"`
	Logs         []ReplayedLog `json:"logs"`
	First        *Divergence   `json:"first_divergence,omitempty"`
	Code         string        `json:"code,omitempty"`
	Reason       string        `json:"reason,omitempty"`
}

// ReplayedLog is how much of a log was there to replay.
type ReplayedLog struct {
	Origin   string `json:"origin"`
	Size     uint64 `json:"size"` // under the newest head
	Receipts uint64 `json:"receipts"`
	Complete bool   `json:"complete"`
}

// Divergence is one receipt of which the policy says otherwise.
type Divergence struct {
	File      string `json:"file"`
	Log       string `json:"log"`
	Index     uint64 `json:"leaf_index"`
	ReceiptID string `json:"receipt_id"`
	Pointer   string `json:"pointer"` // into the receipt
	Recorded  string `json:"recorded"`
	Now       string `json:"now"`
	Guard     string `json:"guard,omitempty"` // that decides now
	Rule      string `json:"rule,omitempty"`  // of the policy, dotted
	Detail    string `json:"detail,omitempty"`
}

// ReplayBundles verifies every bundle against the trust set and evaluates each
// recorded call again under the conjunction of the policies:
//
//	1 each file passes receipt.VerifyBundle; one that does not ends the replay
//	2 no two files disagree: one head for one size of a log, one receipt for
//	  one leaf. A leaf that two files hold is replayed once
//	3 a call is evaluated if its arguments are in the record, which their
//	  digest says, and if its outcome was the policy's to decide (see expected)
//	4 what it says now must be among what the record allows
//
// The policy is evaluated as at a kernel, without a file system: where a node
// follows symbolic links or sees a session, the record does not tell.
func ReplayBundles(files []BundleFile, o Options, policies ...*policy.Compiled) *Replay {
	p := player{proofs: o.Proofs, judge: newJudge(policies), out: &Replay{Logs: []ReplayedLog{}}, leaves: map[place]string{}, roots: map[place]wire.Digest{}}
	p.out.Policy = p.judge.hash
	for _, f := range files {
		trust := o.Trust
		if o.KernelRoot != nil {
			trust = trustRoot(f.Doc, *o.KernelRoot)
		}
		if err := p.file(f, trust); err != nil {
			p.refuse(f.Name, err)
			return p.out
		}
	}
	p.out.Verified = true
	for i := range p.out.Logs {
		l := &p.out.Logs[i]
		l.Complete = l.Receipts == l.Size
	}
	if p.out.Diverged > 0 {
		p.out.Code = CodeDrift
		p.out.Reason = fmt.Sprintf("the policy decides %d of %d receipts otherwise than recorded", p.out.Diverged, p.out.Receipts)
	}
	return p.out
}

// place is a leaf of a log, or a size of it.
type place struct {
	log string
	n   uint64
}

// player is one replay under way.
type player struct {
	judge  *policyJudge
	out    *Replay
	proofs [][]byte
	leaves map[place]string      // receipt ids
	roots  map[place]wire.Digest // of heads
}

func (p *player) refuse(name string, err error) {
	p.out.Code, p.out.Reason = receipt.CodeFormat, err.Error()
	var r *receipt.Error
	if errors.As(err, &r) {
		p.out.Code, p.out.Reason = r.Code, r.Detail
	}
	p.out.Reason = name + ": " + p.out.Reason
}

func (p *player) file(f BundleFile, trust *receipt.TrustSet) error {
	report, err := receipt.VerifyBundle(f.Doc, trust, p.proofs...) // 1
	if err != nil {
		return err
	}
	b, err := receipt.ParseBundle(f.Doc)
	if err != nil {
		return err
	}
	for i := range b.Logs {
		head := &report.Logs[i].Head
		if root, seen := p.roots[place{head.Origin, head.Size}]; seen && root != head.Root { // 2
			return &receipt.Error{Code: receipt.CodeEquivocation, Detail: fmt.Sprintf("two files have different heads of %d entries of log %s", head.Size, head.Origin)}
		}
		p.roots[place{head.Origin, head.Size}] = head.Root
		log := p.log(head)
		for j := range b.Logs[i].Receipts {
			if err := p.entry(f.Name, head.Origin, &b.Logs[i].Receipts[j], log); err != nil {
				return err
			}
		}
	}
	return nil
}

// log finds the summary of a log, which this head may lengthen.
func (p *player) log(head *receipt.Head) *ReplayedLog {
	for i := range p.out.Logs {
		if l := &p.out.Logs[i]; l.Origin == head.Origin {
			l.Size = max(l.Size, head.Size)
			return l
		}
	}
	p.out.Logs = append(p.out.Logs, ReplayedLog{Origin: head.Origin, Size: head.Size})
	return &p.out.Logs[len(p.out.Logs)-1]
}

func (p *player) entry(file, origin string, e *receipt.BundleEntry, log *ReplayedLog) error {
	r, err := receipt.Parse(e.Receipt)
	if err != nil {
		return err
	}
	if id, seen := p.leaves[place{origin, e.LeafIndex}]; seen { // 2
		if id != r.ID {
			return &receipt.Error{Code: receipt.CodeEquivocation, Detail: fmt.Sprintf("two files have different receipts at leaf %d of log %s", e.LeafIndex, origin)}
		}
		return nil
	}
	p.leaves[place{origin, e.LeafIndex}] = r.ID
	p.out.Receipts++
	log.Receipts++
	found := p.judge.replay(r)
	if found.samePolicy {
		p.out.SamePolicy++
	}
	switch found.class {
	case classSame:
		p.out.Same++
	case classNotEvaluable:
		p.out.NotEvaluable++
	case classElsewhere:
		p.out.Elsewhere++
	case classDiverged:
		p.out.Diverged++
		if p.out.First == nil {
			d := found.divergence
			d.File, d.Log, d.Index, d.ReceiptID = file, origin, e.LeafIndex, r.ID
			p.out.First = &d
		}
	}
	return nil
}
