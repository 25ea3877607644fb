package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/keys"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The failpoints of a rotation, in order: nothing is written; the new key is in
// place and the store's head is still the old one's; the head is the new one's
// and the rotation is not yet marked finished.
const (
	failRotateBefore    = "rotate.before"
	failRotateCommitted = "rotate.committed"
	failRotateHead      = "rotate.head"
)

// RotateKernelRequest says what to do besides replacing the key.
type RotateKernelRequest struct {
	Reissue bool // sign capabilities of the old key anew, with what is left of them
	Preview bool // change nothing, answer what would happen
}

// KernelRotation is what a rotation did, or would do.
type KernelRotation struct {
	Preview    bool           `json:"preview,omitzero"`
	Old        wire.PublicKey `json:"old_key"`
	New        wire.PublicKey `json:"new_key,omitzero"` // zero in a preview
	LogID      string         `json:"log_id"`
	FinalSize  uint64         `json:"final_size"`
	FinalRoot  wire.Digest    `json:"final_root"`
	RecordID   wire.Digest    `json:"record_id,omitzero"`
	Dying      []DyingToken   `json:"capabilities"` // those that end with the old key
	Peers      []string       `json:"peers"`        // who must federate again
	Checkpoint string         `json:"checkpoint,omitempty"`
	Record     *wire.Envelope `json:"record,omitempty"`
}

// KeyInfo is one key of the organisation.
type KeyInfo struct {
	Role    string             `json:"role"`
	Alg     string             `json:"alg"`
	Key     string             `json:"key"` // public, hex; an address for secp256k1
	Retired int64              `json:"retired_at,omitzero"`
	Final   *receipt.FinalTree `json:"final_checkpoint,omitempty"`
}

// KeyList answers "key/list": the keys in use, then the retired ones.
type KeyList struct {
	Sealed bool      `json:"sealed"`
	Keys   []KeyInfo `json:"keys"`
}

func (n *Node) listKeys(context.Context, Empty) (*KeyList, error) {
	l := &KeyList{Sealed: n.keys.Sealed(), Keys: []KeyInfo{
		{Role: "organisation", Alg: wire.AlgEd25519, Key: n.DID().Key().String()},
		{Role: string(did.RoleKernel), Alg: wire.AlgEd25519, Key: n.keys.Kernel().Public().String()},
		{Role: string(did.RoleTransport), Alg: wire.AlgEd25519, Key: n.keys.Transport().Public().String()},
		{Role: string(did.RoleSettlement), Alg: wire.AlgSecp256k1, Key: n.money.settlementAddress()},
		{Role: string(did.RoleOracle), Alg: wire.AlgSecp256k1, Key: n.money.oracleAddress()},
	}}
	for _, k := range retiredKernels(n.keys, n.logID) {
		info := KeyInfo{Role: string(did.RoleKernel), Alg: wire.AlgEd25519, Key: k.Key.String(), Final: k.Final}
		for _, r := range n.keys.Rotations() {
			if body := r.Body(); body.Old == k.Key {
				info.Retired = body.At
			}
		}
		l.Keys = append(l.Keys, info)
	}
	for _, r := range n.keys.RotationsOf(did.RoleTransport) {
		body := r.Body()
		l.Keys = append(l.Keys, KeyInfo{Role: string(did.RoleTransport), Alg: wire.AlgEd25519, Key: body.Old.String(), Retired: body.At})
	}
	return l, nil
}

// retiredKernels is how a trust set names the kernel keys that were rotated
// out: for what is in their final trees, and nothing else.
func retiredKernels(ring *keys.Keyring, logID string) []receipt.TrustedKernel {
	var out []receipt.TrustedKernel
	for _, r := range ring.Rotations() {
		body := r.Body()
		out = append(out, receipt.TrustedKernel{Key: body.Old, DID: body.DID.String(), Logs: []string{logID},
			Final: &receipt.FinalTree{Log: body.Final.LogID, Size: body.Final.Size, Root: body.Final.Root}})
	}
	return out
}

// finalProofs connects the final tree of each retired key to a head of size
// entries, for a bundle.
func finalProofs(r store.Reader, ring *keys.Keyring, size uint64) ([]receipt.BundleFinal, error) {
	var out []receipt.BundleFinal
	for _, rot := range ring.Rotations() {
		final := rot.Body().Final.Size
		if final >= size || len(out) > 0 && out[len(out)-1].Size == final {
			continue
		}
		path, err := rlog.ConsistencyProof(r, final, size)
		if err != nil {
			return nil, fmt.Errorf("connect the final tree of a retired key: %w", err)
		}
		out = append(out, receipt.BundleFinal{Size: final, Path: path})
	}
	return out, nil
}

// RotateKernel replaces the kernel key of a home whose node is not up. In this
// order, so that a crash anywhere leaves the old key or the new one in force:
//
//	1 calls left open are closed as incomplete, by the old key
//	2 the old key signs the final checkpoint of what is on disk
//	3 one transaction: final checkpoint, rotation record, first binding, the new
//	  seed over the old one, and the capabilities that are issued anew
//	4 the new key signs the head of the store; then the rotation is finished.
//	  After a crash between 3 and 4 the next start does 4
func RotateKernel(ctx context.Context, o Options, req RotateKernelRequest) (done *KernelRotation, err error) {
	n, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Stop(context.WithoutCancel(ctx))) }()
	if err := n.alive(); err != nil {
		return nil, err
	}
	if err := n.ensureRecovered(ctx); err != nil { // 1
		return nil, err
	}
	plan, note, err := n.planRotation(req) // 2
	if err != nil || req.Preview {
		return plan, err
	}
	return plan, n.rotateKernel(ctx, plan, note)
}

// planRotation signs the final checkpoint and lists what ends with the old key.
func (n *Node) planRotation(req RotateKernelRequest) (*KernelRotation, []byte, error) {
	plan := &KernelRotation{Preview: req.Preview, Old: n.keys.Kernel().Public(), LogID: n.logID, Dying: []DyingToken{}, Peers: []string{}}
	var note []byte
	err := n.db.View(func(r store.Reader) (err error) {
		var head rlog.Head
		if note, head, err = rlog.SignHead(r, n.keys.Kernel()); err != nil {
			return err
		}
		plan.FinalSize, plan.FinalRoot = head.Size, head.Root
		plan.Dying, err = n.dyingTokens(r, ofKernel(plan.Old), req.Reissue)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("prepare the rotation: %w", err)
	}
	for _, rec := range n.network.service.List() {
		if rec.Treaty != nil {
			plan.Peers = append(plan.Peers, rec.DID.String())
		}
	}
	return plan, note, nil
}

// rotateKernel is steps 3 and 4 of RotateKernel.
func (n *Node) rotateKernel(ctx context.Context, plan *KernelRotation, note []byte) error {
	now := n.now()
	term, err := n.keys.Term(ctx, did.RoleKernel, now-bindingBackdateSeconds, bindingTTLSeconds)
	if err != nil {
		return err
	}
	n.failpoint(failRotateBefore)
	rot, err := n.keys.RotateKernel(ctx, keys.RotateKernel{Now: now, Term: term, Checkpoint: note, // 3
		Final: did.FinalTree{LogID: plan.LogID, Size: plan.FinalSize, Root: plan.FinalRoot},
		Also: func(tx store.Tx, kernel wire.Signer) error {
			if head, err := rlog.HeadNote(tx); err != nil || head.Size != plan.FinalSize || head.Root != plan.FinalRoot {
				return errors.Join(errors.New("the log grew after its final checkpoint was signed"), err)
			}
			return n.reissue(tx, kernel, plan.Dying)
		}})
	if err != nil {
		return err
	}
	n.failpoint(failRotateCommitted)
	plan.New, plan.Record, plan.Checkpoint, plan.RecordID = n.keys.Kernel().Public(), rot.Record, rot.Checkpoint, rot.Record.ID()
	return n.finishRotation(ctx) // 4
}

// finishRotation lets the kernel key sign the head of the store, and forgets
// that the one before it did.
func (n *Node) finishRotation(ctx context.Context) error {
	if err := n.db.SetHead(headNote, n.keys.Kernel()); err != nil {
		return err
	}
	n.failpoint(failRotateHead)
	return n.keys.FinishRotation(ctx)
}

func (n *Node) failpoint(name string) {
	if n.opts.Failpoint != nil {
		n.opts.Failpoint(name)
	}
}

// exportRotations adds the rotation records: with them a third party that knows
// the organisation's DID need not take the trust set's word for retired keys.
func (n *Node) exportRotations(_ context.Context, f *Files) error {
	for _, r := range n.keys.Rotations() {
		f.add("rotation", r.Record.Bytes())
	}
	for _, r := range n.keys.RotationsOf(did.RoleTransport) {
		f.add("rotation", r.Record.Bytes())
	}
	if env, _ := n.keys.Deactivated(); env != nil {
		f.add("deactivation", env.Bytes())
	}
	return nil
}

// ProveHead asks "key/prove": how a head of our log that a retired key signed
// leads to that key's final checkpoint.
type ProveHead struct {
	Key  wire.PublicKey `json:"key"`
	Size uint64         `json:"size"`
}

// HeadProof answers "key/prove": a chio.consistency_proof.v1 file.
type HeadProof struct {
	Proof wire.Raw `json:"proof"`
}

// proveHead connects an old bundle, whose head a key signed before it was
// retired, to the final tree that makes it count again.
func (n *Node) proveHead(_ context.Context, req ProveHead) (*HeadProof, error) {
	for _, rot := range n.keys.Rotations() {
		body := rot.Body()
		if body.Old != req.Key {
			continue
		}
		p := receipt.ConsistencyProof{Schema: receipt.ConsistencySchema, Origin: n.logID, From: req.Size, To: body.Final.Size, Path: []wire.Digest{}}
		err := n.db.View(func(r store.Reader) error {
			path, err := rlog.ConsistencyProof(r, p.From, p.To)
			p.Path = append(p.Path, path...)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("connect a head of %d entries to the final checkpoint: %w", req.Size, err)
		}
		doc, err := p.Bytes()
		return &HeadProof{Proof: doc}, err
	}
	return nil, &Problem{Code: "CHIO-KEYS-NOT-RETIRED", Message: fmt.Sprintf("%s is no retired kernel key of this node", req.Key),
		Hint: "a bundle by the present key needs no proof; chio-node key list shows the keys", Exit: ExitFailure}
}
