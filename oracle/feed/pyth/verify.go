package pyth

import (
	"bytes"
	"encoding/hex"
	"fmt"

	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/oracle/feed/secp256k1"
)

// Set is one version of who may sign. A signer whose address is not known is
// "": it keeps its index and its signature never counts.
type Set struct {
	EmitterChain uint16   `json:"emitter_chain"`
	Emitter      string   `json:"emitter"` // 64 lowercase hex characters
	SetIndex     uint32   `json:"set_index"`
	Threshold    int      `json:"threshold"`
	Signers      []string `json:"signers"`              // by index, 0x and 40 lowercase hex characters each
	ValidFrom    int64    `json:"valid_from"`           // unix seconds, of the signed statement
	ValidUntil   int64    `json:"valid_until,omitzero"` // 0: still in use
}

// Check refuses a set under which nothing, or anything, would verify.
func (s *Set) Check() error {
	if emitter, err := hex.DecodeString(s.Emitter); err != nil || len(emitter) != 32 || hex.EncodeToString(emitter) != s.Emitter {
		return fmt.Errorf("%w: emitter %.70q is not 64 lowercase hex characters", oracle.ErrSigners, s.Emitter)
	}
	if s.ValidFrom < 0 || s.ValidUntil != 0 && s.ValidUntil <= s.ValidFrom {
		return fmt.Errorf("%w: set %d is valid from %d until %d", oracle.ErrSigners, s.SetIndex, s.ValidFrom, s.ValidUntil)
	}
	known := make(map[string]bool)
	for _, a := range s.Signers {
		if a == "" {
			continue
		}
		if err := oracle.CheckOperator(a); err != nil {
			return fmt.Errorf("%w: %w", oracle.ErrSigners, err)
		}
		if known[a] {
			return fmt.Errorf("%w: %s is listed twice", oracle.ErrSigners, a)
		}
		known[a] = true
	}
	if s.Threshold < 1 || s.Threshold > len(known) || len(s.Signers) > MaxSignatures {
		return fmt.Errorf("%w: threshold %d of %d known signers, at most %d in a set", oracle.ErrSigners, s.Threshold, len(known), MaxSignatures)
	}
	return nil
}

// Verify returns the prices of an update, in its order:
//
//	1 a configured set has the update's emitter and index
//	2 that set was valid at the time of the signed statement
//	3 every signature is of the signer at its index, over
//	  keccak256(keccak256(body)), and they are as many as the threshold
//	4 every price is proven to be under the signed root
//	5 every price is one: positive, within range, not from after the statement
func Verify(data []byte, sets []Set) ([]oracle.Sample, error) {
	u, err := Parse(data)
	if err != nil {
		return nil, err
	}
	set, err := choose(&u.VAA, sets) // 1, 2
	if err != nil {
		return nil, err
	}
	signers, err := u.VAA.signers(set) // 3
	if err != nil {
		return nil, err
	}
	samples := make([]oracle.Sample, len(u.Messages))
	for i := range u.Messages {
		m := &u.Messages[i]
		if root := m.root(); root != u.VAA.Root { // 4
			return nil, fmt.Errorf("%w: feed %x is not under the signed root", oracle.ErrPayload, m.Feed)
		}
		if m.PublishTime > u.VAA.Timestamp { // 5
			return nil, fmt.Errorf("%w: feed %x is published at %d, signed at %d", oracle.ErrPayload, m.Feed, m.PublishTime, u.VAA.Timestamp)
		}
		samples[i] = oracle.Sample{Feed: hex.EncodeToString(m.Feed[:]), Value: m.Price, Expo: m.Expo, Confidence: m.Confidence,
			PublishedAt: m.PublishTime, Sequence: u.VAA.Slot, Signers: signers}
		if err := samples[i].Check(); err != nil { // 5
			return nil, err
		}
	}
	return samples, nil
}

// choose finds the set that an update says it is signed by.
func choose(v *VAA, sets []Set) (*Set, error) {
	emitter, outside := hex.EncodeToString(v.Emitter[:]), false
	for i := range sets {
		s := &sets[i]
		if s.EmitterChain != v.EmitterChain || s.Emitter != emitter || s.SetIndex != v.SetIndex { // 1
			continue
		}
		if err := s.Check(); err != nil {
			return nil, err
		}
		if v.Timestamp >= s.ValidFrom && (s.ValidUntil == 0 || v.Timestamp <= s.ValidUntil) { // 2
			return s, nil
		}
		outside = true
	}
	if outside {
		return nil, fmt.Errorf("%w: set %d is not valid at %d, when the update was signed", oracle.ErrSigners, v.SetIndex, v.Timestamp)
	}
	return nil, fmt.Errorf("%w: set %d of emitter %d/%s is not in the signers file", oracle.ErrSigners, v.SetIndex, v.EmitterChain, emitter)
}

// signers checks every signature and names who signed.
func (v *VAA) signers(set *Set) ([]string, error) {
	if n := len(v.Signatures); n < set.Threshold { // 3: before anything is computed
		return nil, fmt.Errorf("%w: %d of %d", oracle.ErrUnsigned, n, set.Threshold)
	}
	digest := secp256k1.Keccak(secp256k1.Keccak(v.body))
	names := make([]string, 0, len(v.Signatures))
	for _, s := range v.Signatures {
		got, err := secp256k1.Recover(digest, s.Bytes)
		if err != nil {
			return nil, fmt.Errorf("signer %d: %w", s.Index, err)
		}
		if int(s.Index) >= len(set.Signers) || set.Signers[s.Index] != got { // 3
			return nil, fmt.Errorf("%w: signature %d is by %s, which is not at that place in set %d", oracle.ErrUnsigned, s.Index, got, set.SetIndex)
		}
		names = append(names, got)
	}
	return names, nil
}

// root is the Merkle root that a message and its proof lead to.
func (m *Message) root() (node [nodeSize]byte) {
	copy(node[:], secp256k1.Keccak([]byte{0}, m.raw))
	for _, other := range m.proof {
		low, high := node[:], other[:]
		if bytes.Compare(low, high) > 0 {
			low, high = high, low
		}
		copy(node[:], secp256k1.Keccak([]byte{1}, low, high))
	}
	return node
}
