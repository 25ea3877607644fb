package reputation

import (
	"fmt"
	"iter"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// The limits of what is counted in one pass. Memory is bounded by them, and not
// by the number of receipts.
const (
	// MaxLogSize is the size of the largest log that is read: 64 Mi receipts.
	MaxLogSize = 1 << 26
	// MaxSources is how many logs one scorecard reads.
	MaxSources = 16
	// MaxTracked is how many policies, tools or grants of one agent are kept
	// apart, and how many delegations and incidents are read.
	MaxTracked = 1 << 16
)

// Leaf is one receipt as it stands in a log.
type Leaf struct {
	Index uint64
	Doc   []byte // the canonical receipt; kept for a while, so not to be overwritten
}

// Source is the receipts of one log. Whoever gives it has them from the tree
// with that size and root: out of a store that was verified, or by inclusion
// proofs. The order is free, and leaves that are not about the agent may be
// among them or be left out.
type Source struct {
	Log      string
	Size     uint64
	Root     wire.Digest
	Receipts iter.Seq2[Leaf, error]
}

// Incident is something that befell an agent and that its organisation put on
// record: a passport or a key revoked.
type Incident struct {
	ID      string         `json:"id"`
	Subject wire.PublicKey `json:"subject"`
	At      int64          `json:"at"` // unix seconds
	Kind    string         `json:"kind"`
}

// Corpus is everything there is to count, and whom to believe.
type Corpus struct {
	// Trust names the kernels whose receipts count, the organisations they
	// belong to, and their logs. A kernel counts in the logs named for it only.
	Trust *receipt.TrustSet
	// Own is the organisation that computes. Its receipts make the history; those
	// of others only add to what is said of denials and failures, and not much.
	Own did.DID
	// Organization is whose agent it is, if that is known: what its kernels say
	// of it is marked as self-issued, and unless it is Own, its receipts are left
	// out of reliability and its summary cannot raise a composite.
	Organization did.DID
	Sources      []Source
	// Tokens finds the chain of a capability that a receipt names, root first;
	// nil, nil if it is not known. The chain is verified here. A nil function
	// leaves what depends on tokens unknown.
	Tokens func(capabilityID string) ([]capability.Token, error)
	// Delegations are chains whose last token the agent may have issued. Those
	// that it did not, or that do not verify, do not count.
	Delegations iter.Seq2[[]capability.Token, error]
	// Incidents is nil if nobody keeps a record of them, which is not the same as
	// that there were none.
	Incidents iter.Seq2[Incident, error]
	Imports   []Import
}

// kernels says of each trusted key whose it is.
type kernels struct {
	issuer map[wire.PublicKey]string // the organisation's DID, or the key where the trust set names none
	trust  *receipt.TrustSet
}

// check looks at a corpus before anything is read:
//
//	1 there is a trust set, and it is sound
//	2 no kernel is of two organisations
//	3 one to MaxSources logs, none twice, none larger than MaxLogSize
//	4 no kernel is trusted in two of them, so that nothing counts twice
func (c *Corpus) check() (*kernels, error) {
	if c.Trust == nil { // 1
		return nil, fmt.Errorf("%w: no trust set: nobody's receipts count", ErrCorpus)
	}
	if _, err := c.Trust.Bytes(); err != nil { // 1
		return nil, fmt.Errorf("%w: %w", ErrCorpus, err)
	}
	k := &kernels{issuer: make(map[wire.PublicKey]string, len(c.Trust.Kernels)), trust: c.Trust}
	for i := range c.Trust.Kernels {
		t := &c.Trust.Kernels[i]
		whose := t.DID
		if whose == "" {
			whose = t.Key.String()
		}
		if have, twice := k.issuer[t.Key]; twice && have != whose { // 2
			return nil, fmt.Errorf("%w: the trust set gives kernel %s to %.80s and to %.80s", ErrCorpus, t.Key, have, whose)
		}
		k.issuer[t.Key] = whose
	}
	if len(c.Sources) < 1 || len(c.Sources) > MaxSources { // 3
		return nil, fmt.Errorf("%w: %d logs, want 1 to %d", ErrCorpus, len(c.Sources), MaxSources)
	}
	used := make(map[wire.PublicKey]string, len(k.issuer))
	for i := range c.Sources {
		s := &c.Sources[i]
		if s.Log == "" || s.Size > MaxLogSize || s.Receipts == nil { // 3
			return nil, fmt.Errorf("%w: log %.80q of %d receipts: it needs a name, receipts, and at most %d of them", ErrCorpus, s.Log, s.Size, MaxLogSize)
		}
		for j := range i {
			if c.Sources[j].Log == s.Log { // 3
				return nil, fmt.Errorf("%w: log %.80q is given twice", ErrCorpus, s.Log)
			}
		}
		for j := range c.Trust.Kernels {
			t := &c.Trust.Kernels[j]
			if !slices.Contains(t.Logs, s.Log) {
				continue
			}
			if have := used[t.Key]; have != "" && have != s.Log { // 4
				return nil, fmt.Errorf("%w: kernel %s is trusted in the logs %.80q and %.80q: give one of them", ErrCorpus, t.Key, have, s.Log)
			}
			used[t.Key] = s.Log
		}
	}
	return k, nil
}

// signs reports whether receipts by key count in a log at an index. A retired
// key counts for what stands in its final tree.
func (k *kernels) signs(key wire.PublicKey, source *Source, index uint64, retired bool) bool {
	for i := range k.trust.Kernels {
		t := &k.trust.Kernels[i]
		if t.Key != key || !slices.Contains(t.Logs, source.Log) {
			continue
		}
		if !retired {
			return true
		}
		if f := t.Final; f != nil && f.Log == source.Log && f.Size <= source.Size && index < f.Size {
			return true
		}
	}
	return false
}
