package receipt

import (
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// TrustSchema is the schema id of a trust set.
const TrustSchema = "chio.trust_set.v1"

// TrustSet is what a verifier takes for granted. It is the verifier's own
// configuration: nobody signs it, and nothing inside an artifact extends it.
type TrustSet struct {
	Schema    string           `json:"schema"`
	Kernels   []TrustedKernel  `json:"kernels"`
	Agents    []wire.PublicKey `json:"agents,omitempty"` // empty: any agent
	Witnesses []Witness        `json:"witnesses,omitempty"`
}

// TrustedKernel is a key whose receipts count, in the window
// valid_from ≤ timestamp < valid_until (unix seconds; 0: no end), and the logs
// whose heads it may sign. Final is present if the key was rotated out: then it
// counts only for what is in that tree, whatever time a receipt claims.
type TrustedKernel struct {
	Key        wire.PublicKey `json:"key"`
	DID        string         `json:"did"`
	Logs       []string       `json:"logs"`
	ValidFrom  int64          `json:"valid_from"`
	ValidUntil int64          `json:"valid_until,omitzero"`
	Final      *FinalTree     `json:"final_checkpoint,omitempty"`
}

// FinalTree is the last head that a retired kernel key signed, as its
// organisation's rotation record (chio.key_rotation.v1) commits to it.
type FinalTree struct {
	Log  string      `json:"log_id"`
	Size uint64      `json:"size"`
	Root wire.Digest `json:"root"`
}

// heads reports whether h is the very head that f describes.
func (f *FinalTree) heads(h *Head) bool {
	return h.Origin == f.Log && h.Size == f.Size && h.Root == f.Root
}

// The limits of a trust set.
const (
	maxTrusted = 1024
	maxDID     = 256
)

// TrustKernel is the smallest trust set: one kernel root and, if given, the
// agents whose calls are of interest. It vouches for no log.
func TrustKernel(root wire.PublicKey, agents ...wire.PublicKey) *TrustSet {
	return &TrustSet{
		Schema:  TrustSchema,
		Kernels: []TrustedKernel{{Key: root, DID: "", Logs: []string{}}},
		Agents:  agents,
	}
}

// ParseTrustSet reads a trust file. White space is free, since people write
// these; everything else is strict.
func ParseTrustSet(doc []byte) (*TrustSet, error) {
	var t TrustSet
	if err := wire.Unmarshal(doc, &t, wire.DocumentLimits); err != nil {
		return nil, refuse(CodeTrust, "trust set: %v", err)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return &t, nil
}

// Bytes is the canonical form, as exported to files.
func (t *TrustSet) Bytes() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	return wire.Marshal(t)
}

func (t *TrustSet) check() error {
	if t.Schema != TrustSchema {
		return refuse(CodeTrust, "schema is %.64q, want %s", t.Schema, TrustSchema)
	}
	if len(t.Kernels) == 0 || max(len(t.Kernels), len(t.Agents), len(t.Witnesses)) > maxTrusted {
		return refuse(CodeTrust, "a trust set names 1 to %d kernels, and no more agents or witnesses than that", maxTrusted)
	}
	for i, k := range t.Kernels {
		if err := k.Key.Check(); err != nil {
			return refuse(CodeTrust, "kernels[%d].key: %v", i, err)
		}
		if len(k.DID) > maxDID || len(k.Logs) > maxTrusted {
			return refuse(CodeTrust, "kernels[%d] is over its limits", i)
		}
		if k.ValidFrom < 0 || k.ValidUntil < 0 || k.ValidUntil != 0 && k.ValidUntil <= k.ValidFrom {
			return refuse(CodeTrust, "kernels[%d]: window %d … %d is empty", i, k.ValidFrom, k.ValidUntil)
		}
		for _, log := range k.Logs {
			if err := checkKeyName(log); err != nil {
				return refuse(CodeTrust, "kernels[%d].logs: %v", i, err)
			}
		}
		if err := t.checkFinal(k); err != nil {
			return refuse(CodeTrust, "kernels[%d].final_checkpoint: %v", i, err)
		}
	}
	for i, a := range t.Agents {
		if err := a.Check(); err != nil {
			return refuse(CodeTrust, "agents[%d]: %v", i, err)
		}
	}
	for i, w := range t.Witnesses {
		if err := w.Key.Check(); err != nil {
			return refuse(CodeTrust, "witnesses[%d].key: %v", i, err)
		}
		if err := checkKeyName(w.Name); err != nil {
			return refuse(CodeTrust, "witnesses[%d].name: %v", i, err)
		}
	}
	return nil
}

// checkFinal checks a retired kernel's final tree, and that no other entry of
// the same key says otherwise: a key is not retired and in use at once.
func (t *TrustSet) checkFinal(k TrustedKernel) error {
	if f := k.Final; f != nil && (!slices.Contains(k.Logs, f.Log) || f.Size > wire.MaxUnits) {
		return fmt.Errorf("log %.80q is none of the kernel's, or size %d is over 2^53-1", f.Log, f.Size)
	}
	for _, other := range t.Kernels {
		if other.Key == k.Key && (other.Final == nil) != (k.Final == nil) ||
			other.Key == k.Key && k.Final != nil && *other.Final != *k.Final {
			return fmt.Errorf("another entry of %s says otherwise", k.Key)
		}
	}
	return nil
}

// standing is what a trust set says of a signer.
type standing uint8

const (
	unknown standing = iota
	retired          // its receipts count if they are in its final tree
	current
)

// signer says whether key may sign receipts dated timestamp and, if log is not
// empty, for that log.
func (t *TrustSet) signer(key wire.PublicKey, timestamp int64, log string) standing {
	for i := range t.Kernels {
		k := &t.Kernels[i]
		if k.Key != key || timestamp < k.ValidFrom || k.ValidUntil != 0 && timestamp >= k.ValidUntil ||
			log != "" && !slices.Contains(k.Logs, log) {
			continue
		}
		if t.final(key) != nil {
			return retired
		}
		return current
	}
	return unknown
}

// final is the final tree of a retired key, nil for any other key.
func (t *TrustSet) final(key wire.PublicKey) *FinalTree {
	for i := range t.Kernels {
		if k := &t.Kernels[i]; k.Key == key && k.Final != nil {
			return k.Final
		}
	}
	return nil
}

// finalOf is the final tree of that size of a log, or nil.
func (t *TrustSet) finalOf(log string, size uint64) *FinalTree {
	for i := range t.Kernels {
		if f := t.Kernels[i].Final; f != nil && f.Log == log && f.Size == size {
			return f
		}
	}
	return nil
}

// Issues reports whether key belongs to a kernel of the set that still issues,
// whatever the time: the question for the root of a capability chain.
func (t *TrustSet) Issues(key wire.PublicKey) bool { return t.Issued(key) && t.final(key) == nil }

// Issued is Issues for the past: a capability in a bundle may be rooted at a
// kernel that was retired since.
func (t *TrustSet) Issued(key wire.PublicKey) bool {
	return slices.ContainsFunc(t.Kernels, func(k TrustedKernel) bool { return k.Key == key })
}

// logKey finds the kernel key that a note line of a log claims to be.
func (t *TrustSet) logKey(origin string, line *NoteLine) (wire.PublicKey, bool) {
	if line.Name != origin {
		return wire.PublicKey{}, false
	}
	for i := range t.Kernels {
		k := &t.Kernels[i]
		if slices.Contains(k.Logs, origin) && line.KeyID == keyID(origin, sigEd25519, k.Key) {
			return k.Key, true
		}
	}
	return wire.PublicKey{}, false
}
