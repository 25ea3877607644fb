package kernel

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/wire"
)

// Intent is what a governed call says it is for. The holder proof binds it by
// SHA-256(JCS(intent)), so the agent signed it; nothing in it is believed that
// another party would have to vouch for.
type Intent struct {
	ID        string               `json:"id"`
	ServerID  string               `json:"server_id"` // as addressed in the mandate
	ToolName  string               `json:"tool_name"`
	Purpose   string               `json:"purpose"`
	MaxAmount *wire.MonetaryAmount `json:"max_amount,omitempty"` // the most the caller wants this to cost
	Commerce  *Commerce            `json:"commerce,omitempty"`
	// RuntimeAttestation is a chio.runtime_attestation.v1 by a trusted attestor.
	RuntimeAttestation *wire.Envelope `json:"runtime_attestation,omitempty"`
	CallChain          *CallChain     `json:"call_chain,omitempty"`
	Autonomy           *Autonomy      `json:"autonomy,omitempty"`
	Context            wire.Raw       `json:"context,omitempty"` // recorded by hash only
}

// Commerce names who is paid.
type Commerce struct {
	Seller               string `json:"seller"`
	SharedPaymentTokenID string `json:"shared_payment_token_id,omitempty"`
}

// CallChain places a call below the call that led to it.
type CallChain struct {
	ChainID          string         `json:"chain_id"`
	ParentRequestID  string         `json:"parent_request_id"` // call id
	ParentReceiptID  string         `json:"parent_receipt_id,omitempty"`
	OriginSubject    wire.PublicKey `json:"origin_subject"`
	DelegatorSubject wire.PublicKey `json:"delegator_subject"`
}

// Autonomy says how much the agent decides by itself.
type Autonomy struct {
	Tier             string `json:"tier"` // direct | delegated | autonomous
	DelegationBondID string `json:"delegation_bond_id,omitempty"`
}

// intentLimits bound one intent.
var intentLimits = wire.Limits{Bytes: 32 << 10, Depth: 16}

// ParseIntent decodes an intent strictly and checks what can be checked
// without knowing the call:
//
//	1 one JSON object within 32 KiB, no unknown member
//	2 id, server_id, tool_name and purpose are short text
//	3 max_amount is an amount of money
//	4 a call chain names its chain, its parent, and sound subjects
//	5 an autonomy tier is one of the three
func ParseIntent(doc wire.Raw) (*Intent, error) {
	var in Intent
	if err := wire.Unmarshal(doc, &in, intentLimits); err != nil { // 1
		return nil, err
	}
	for name, value := range map[string]string{"id": in.ID, "server_id": in.ServerID, "tool_name": in.ToolName, "purpose": in.Purpose} { // 2
		if !validName(value) {
			return nil, fmt.Errorf("%s must be 1 to %d bytes of printable text", name, MaxNameBytes)
		}
	}
	if a := in.MaxAmount; a != nil && (a.Units > wire.MaxUnits || !validName(a.Currency) || len(a.Currency) > maxCurrencyBytes) { // 3
		return nil, errors.New("max_amount is no amount of money")
	}
	if in.Commerce != nil && (!validName(in.Commerce.Seller) || !validText(in.Commerce.SharedPaymentTokenID)) { // 2
		return nil, errors.New("commerce.seller must be short printable text")
	}
	if c := in.CallChain; c != nil { // 4
		if !validName(c.ChainID) || !validName(c.ParentRequestID) || !validText(c.ParentReceiptID) {
			return nil, errors.New("call_chain must name its chain and its parent call")
		}
		if c.OriginSubject.Check() != nil || c.DelegatorSubject.Check() != nil {
			return nil, errors.New("call_chain names a subject that is no key")
		}
	}
	if a := in.Autonomy; a != nil { // 5
		if !capability.TierAtLeast(a.Tier, capability.TierDirect) || !validText(a.DelegationBondID) {
			return nil, fmt.Errorf("autonomy.tier %.20q is none of direct, delegated, autonomous", a.Tier)
		}
	}
	return &in, nil
}
