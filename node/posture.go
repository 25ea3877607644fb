package node

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/approval"
	egress "github.com/backbay-labs/chio-node/kernel/guards/network"
	"github.com/backbay-labs/chio-node/kernel/guards/prompt"
	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// postures keeps the posture of each session in the store: a participant of
// the admission, in whose transactions records move.
//
//	Admit   capabilities and budgets are checked again and taken; a granted
//	        approval, and a budget of which nothing is left, are signals
//	Refuse  a denial by the policy is a signal, if the agent proved itself
//	Close   a result that was withheld is a signal
//
// A call after a crash has no chain and moves nothing: its receipt says
// incomplete, which no policy caused.
type postures struct {
	db       store.DB
	policies func() *policies
}

var _ policy.PostureStore = (*postures)(nil)

const posturePrefix = "w/p/"

// postureKey hashes the session: its words are the agent's.
func postureKey(session string) string {
	return posturePrefix + wire.Hash([]byte(session)).String()
}

// Current implements policy.PostureStore.
func (p *postures) Current(session string, _ int64) (r policy.PostureRecord, found bool, err error) {
	err = p.db.View(func(tx store.Reader) error {
		r, found, err = readPosture(tx, session)
		return err
	})
	return r, found, err
}

func readPosture(r store.Reader, session string) (policy.PostureRecord, bool, error) {
	row, err := r.Get(postureKey(session))
	if errors.Is(err, store.ErrNotFound) {
		return policy.PostureRecord{}, false, nil
	}
	if err != nil {
		return policy.PostureRecord{}, false, err
	}
	var rec policy.PostureRecord
	if err := wire.UnmarshalCanonical(row, &rec, wire.DocumentLimits); err != nil {
		return policy.PostureRecord{}, false, fmt.Errorf("posture record: %w", err)
	}
	return rec, true, nil
}

func writePosture(tx store.Tx, session string, r policy.PostureRecord) error {
	row, err := wire.Marshal(r)
	if err != nil {
		return err
	}
	tx.Set(postureKey(session), row)
	return nil
}

// Admit implements admit.Participant.
func (p *postures) Admit(tx store.Tx, req *kernel.Admittance, _ *kernel.Ticket) error {
	now := req.Call.Now
	for _, c := range req.Consume {
		use, ours := c.(*policy.PostureUse)
		if !ours {
			continue
		}
		rec, found, err := readPosture(tx, use.Session)
		if err != nil {
			return err
		}
		if rec, err = use.Machine.Admit(rec, found, *use, now); err != nil {
			return postureDenial(err)
		}
		if req.Approval != nil && req.Approval.State == kernel.Granted {
			rec = use.Machine.Step(rec, policy.SignalUserApproval, now)
		}
		if use.Machine.Room(rec, use.Budgets, use.Limits) != nil {
			rec = use.Machine.Step(rec, policy.SignalBudgetExhausted, now)
		}
		if err := writePosture(tx, use.Session, rec); err != nil {
			return err
		}
	}
	return nil
}

// postureDenial denies what the guard allowed on an older record.
func postureDenial(err error) error {
	d := &kernel.Denial{Step: 10, Code: policy.CodePosture, Guard: policy.PostureName, Side: "local", Reason: err.Error(),
		Fix: "the session's posture changed in the meantime; ask an operator, or use another session"}
	if errors.Is(err, policy.ErrPostureBudget) {
		d.Code, d.Fix = policy.CodeBudget, "the session may do no more of this; begin another"
	}
	return d
}

// Refuse implements admit.Participant. A stranger moves nobody's session.
func (p *postures) Refuse(tx store.Tx, r *kernel.Refusal, _ uint64) error {
	if r.Nonce == nil || r.Pending != nil {
		return nil
	}
	return p.signal(tx, r.Call, r.Receipt)
}

// Close implements admit.Participant.
func (p *postures) Close(tx store.Tx, c *kernel.Closing, _ uint64) error {
	return p.signal(tx, c.Call, c.Receipt)
}

// signal feeds the receipt's code to the records of the call's session. The
// strongest signal that moves a record is the only one that does. A record that
// cannot be read stops the next call, not the recording of this one.
func (p *postures) signal(tx store.Tx, call *kernel.Call, r *receipt.Receipt) error {
	if call == nil || call.Mandate == nil || len(call.Mandate.Chain) == 0 || r == nil {
		return nil
	}
	signals := signalsOf(r)
	if len(signals) == 0 {
		return nil
	}
	for _, use := range p.uses(call) {
		rec, found, err := readPosture(tx, use.Session)
		if err != nil {
			continue
		}
		if !found {
			rec = use.Machine.Start(use.Initial, call.Now)
		}
		for _, s := range signals {
			next := use.Machine.Step(rec, s, call.Now)
			moved := next.State != rec.State
			if rec = next; moved {
				break
			}
		}
		if err := writePosture(tx, use.Session, rec); err != nil {
			return err
		}
	}
	return nil
}

// uses are the records of a call: of the node's policy and of the server's own.
func (p *postures) uses(call *kernel.Call) (list []policy.PostureUse) {
	all := p.policies()
	if all == nil {
		return nil
	}
	compiled := []*policy.Compiled{all.compiled()}
	if call.Route.PeerDID == "" && all.servers != nil {
		if own, _ := all.servers.serverPolicy(call.Route.Server); own != nil {
			compiled = append(compiled, own)
		}
	}
	for _, c := range compiled {
		if use, ok := c.Posture(call); ok && !use.Machine.Stateless() {
			list = append(list, use)
		}
	}
	return list
}

// signalsOf says what a receipt means for a posture, the strongest first: by
// its code, which names the guard that decided.
func signalsOf(r *receipt.Receipt) []policy.PostureSignal {
	var md receipt.Metadata
	if wire.Unmarshal(r.Metadata, &md, wire.DocumentLimits) != nil || md.Code == "" {
		return nil
	}
	code := kernel.Code(md.Code)
	switch code {
	case policy.CodeBudget:
		return []policy.PostureSignal{policy.SignalBudgetExhausted}
	case approval.CodeDenied:
		return []policy.PostureSignal{policy.SignalUserDenial}
	}
	var out []policy.PostureSignal
	if slices.Contains(criticalCodes(), code) {
		out = append(out, policy.SignalCriticalViolation)
	}
	if slices.Contains(patternCodes(), code) {
		out = append(out, policy.SignalPatternMatch)
	}
	if strings.HasPrefix(md.Code, "CHIO-GUARD-") || strings.HasPrefix(md.Code, "CHIO-POLICY-") || code == kernel.CodeOutputBlocked {
		out = append(out, policy.SignalAnyViolation)
	}
	return out
}

// criticalCodes are denials of what no honest mistake asks for.
func criticalCodes() []kernel.Code {
	return []kernel.Code{secrets.CodeSecret, prompt.CodeInjection, prompt.CodeJailbreak, egress.CodeInternal}
}

// patternCodes are denials by something that a text holds.
func patternCodes() []kernel.Code {
	return []kernel.Code{secrets.CodeSecret, prompt.CodeInjection, prompt.CodeJailbreak, kernel.CodeOutputBlocked}
}
