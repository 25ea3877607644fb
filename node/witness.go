package node

import (
	"context"
	"log/slog"
	"time"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeRolledBack names a store that was put back to an earlier state together
// with its head file, which only witnesses can know.
const CodeRolledBack = "CHIO-STORE-ROLLED-BACK"

// witnessTimeout bounds how long a start waits for witnesses.
const witnessTimeout = 3 * time.Second

// askWitnesses asks the peers that cosign our heads for the newest they hold,
// before anything is signed. Peers that do not answer do not keep the node from
// starting: they are asked again before anything is exchanged with them.
func (w *network) askWitnesses(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, witnessTimeout)
	defer cancel()
	silent, err := w.exchange.AskWitnesses(ctx)
	if err != nil {
		return rolledBack(err)
	}
	for _, peer := range silent {
		w.n.log.Warn("a witness could not be asked whether this store was rolled back; it is asked when it connects", slog.String("peer", peer.String()))
	}
	return nil
}

func rolledBack(err error) *Problem {
	return &Problem{Code: CodeRolledBack, Message: err.Error(), Exit: ExitFailure,
		Hint: "this home is an old copy: put the newest one back; docs/operations.md says what to do if there is none"}
}

// witnessed is an admission that ends when a witness proves that the store was
// rolled back: whatever were recorded now would contradict what this node
// signed before. A call in flight is still closed.
type witnessed struct {
	kernel.Admission
	rolledBack func() error
}

func (a witnessed) Ready() error {
	if err := a.rolledBack(); err != nil {
		return err
	}
	return a.Admission.Ready()
}

func (a witnessed) Admit(ctx context.Context, req *kernel.Admittance) (kernel.Ticket, error) {
	if err := a.rolledBack(); err != nil {
		return kernel.Ticket{}, err
	}
	return a.Admission.Admit(ctx, req)
}

func (a witnessed) Refuse(ctx context.Context, r *kernel.Refusal) error {
	if err := a.rolledBack(); err != nil {
		return err
	}
	return a.Admission.Refuse(ctx, r)
}

// headSigner signs heads of the log with the kernel key, as long as no witness
// has proved that they would contradict earlier ones.
func (n *Node) headSigner() wire.Signer {
	return headSigner{n.keys.Kernel(), n.network.exchange.RolledBack}
}

type headSigner struct {
	wire.Signer
	rolledBack func() error
}

func (s headSigner) Sign(message []byte) (wire.Signature, error) {
	if err := s.rolledBack(); err != nil {
		return wire.Signature{}, rolledBack(err)
	}
	return s.Signer.Sign(message)
}

// retiredKernelKeys are the keys that signed our heads before this one.
func (n *Node) retiredKernelKeys() []wire.PublicKey {
	var keys []wire.PublicKey
	for _, r := range n.keys.Rotations() {
		keys = append(keys, r.Body().Old)
	}
	return keys
}

// ready reports why the node would refuse every call, or nil.
func (n *Node) ready() error {
	return witnessed{n.admission, n.network.exchange.RolledBack}.Ready()
}

// silentWitnesses are the peers that have not said since the start which head
// of our log they hold.
func (n *Node) silentWitnesses() []string {
	var out []string
	for _, peer := range n.network.exchange.Unconfirmed() {
		out = append(out, peer.String())
	}
	return out
}
