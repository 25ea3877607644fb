package receipt

import (
	"slices"

	"github.com/backbay-labs/chio-node/wire"
)

// MaxLineageReceipts bounds what VerifyLineage takes.
const MaxLineageReceipts = 256

// LineageReport is a chain of calls between organisations, hop by hop in the
// order of their borders.
type LineageReport struct {
	Hops []LineageHop `json:"hops"`
}

// LineageHop is one call over one border, with the verdict of either side.
type LineageHop struct {
	HopIndex           int         `json:"hop_index"`
	ContinuationSHA256 wire.Digest `json:"continuation_sha256"`
	CallID             string      `json:"call_id"`
	From               string      `json:"from"` // DID of the organisation that called
	To                 string      `json:"to"`
	OriginReceiptID    string      `json:"origin_receipt_id"`
	OriginVerdict      string      `json:"origin_verdict"`
	HostReceiptID      string      `json:"host_receipt_id"`
	HostVerdict        string      `json:"host_verdict"`
	Children           []Child     `json:"children,omitempty"`

	lineage []wire.Digest
	path    []string // DIDs from the first caller to the host
}

// half is one receipt of a hop.
type half struct {
	r   *Receipt
	md  *Metadata
	did string // of who signed it
}

// VerifyLineage checks receipts of all parties as one chain of calls, offline:
//
//	1 each receipt verifies, and its signer is a trusted kernel with a DID
//	2 each says role, peer and continuation; for each continuation there is one
//	  receipt of its origin and one of its host
//	3 the two name each other's organisation, and the same call, arguments,
//	  treaty, hop and lineage; the origin's names the host's receipt, if any
//	4 the lineage names one continuation for each border before, and exactly one
//	  call crosses the first
//	5 the parent's receipts are there; its host is this call's origin, its own
//	  lineage is the beginning of this one, and its host's receipt names this
//	  call among its children with this verdict
//	6 each child that a receipt names is there
//	7 no organisation is in the chain twice
//
// The error is an *Error with CodeLineage, or with the code of a receipt that
// does not verify.
func VerifyLineage(docs []wire.Raw, trust *TrustSet) (*LineageReport, error) {
	if len(docs) == 0 || len(docs) > MaxLineageReceipts {
		return nil, refuse(CodeLineage, "%d receipts, of 2 … %d", len(docs), MaxLineageReceipts)
	}
	origins, hosts := make(map[wire.Digest]*half), make(map[wire.Digest]*half)
	for i, doc := range docs {
		h, err := openHalf(doc, trust) // 1, 2
		if err != nil {
			return nil, err
		}
		side := origins
		if h.md.Federation.Role == "host" {
			side = hosts
		}
		if hash := *h.md.Federation.ContinuationSHA256; side[hash] != nil { // 2
			return nil, refuse(CodeLineage, "receipt %d: continuation %s has two receipts of its %s", i, hash, h.md.Federation.Role)
		} else {
			side[hash] = h
		}
	}
	if len(origins) != len(hosts) { // 2
		return nil, refuse(CodeLineage, "%d receipts of origins and %d of hosts", len(origins), len(hosts))
	}
	hops := make(map[wire.Digest]*LineageHop, len(origins))
	for hash, origin := range origins {
		host := hosts[hash]
		if host == nil { // 2
			return nil, refuse(CodeLineage, "continuation %s has no receipt of its host", hash)
		}
		hop, err := pair(hash, origin, host) // 3
		if err != nil {
			return nil, err
		}
		hops[hash] = hop
	}
	return chain(hops)
}

// openHalf is rule 1 and the first part of rule 2.
func openHalf(doc wire.Raw, trust *TrustSet) (*half, error) {
	r, res, err := VerifyJSON(doc, trust)
	if err != nil {
		return nil, err
	}
	if !res.Intact() {
		return nil, &Error{Code: res.Code, Detail: res.Detail}
	}
	h := &half{r: r, md: new(Metadata)}
	for _, k := range trust.Kernels {
		if k.Key == r.KernelKey {
			h.did = k.DID
		}
	}
	if !res.SignerTrusted || h.did == "" { // 1
		return nil, refuse(CodeLineage, "receipt %s: its signer is no trusted kernel of a named organisation", r.ID)
	}
	if err := wire.Unmarshal(r.Metadata, h.md, wire.DocumentLimits); err != nil { // 2
		return nil, refuse(CodeLineage, "receipt %s: metadata: %v", r.ID, err)
	}
	f := h.md.Federation
	if r.Decision == nil || f == nil || f.ContinuationSHA256 == nil || f.Role != "host" && f.Role != "origin" { // 2
		return nil, refuse(CodeLineage, "receipt %s is of no call between organisations that left", r.ID)
	}
	return h, nil
}

// pair is rule 3.
func pair(hash wire.Digest, origin, host *half) (*LineageHop, error) {
	a, b := origin.md.Federation, host.md.Federation
	switch {
	case a.PeerDID != host.did || b.PeerDID != origin.did:
		return nil, refuse(CodeLineage, "continuation %s: the receipts name %s and %s, and are of %s and %s", hash, b.PeerDID, a.PeerDID, origin.did, host.did)
	case origin.md.CallID != host.md.CallID || origin.md.ArgsSHA256 != host.md.ArgsSHA256 || a.TreatyID != b.TreatyID:
		return nil, refuse(CodeLineage, "continuation %s: the receipts are of different calls", hash)
	case a.HopIndex != b.HopIndex || !slices.Equal(a.Lineage, b.Lineage):
		return nil, refuse(CodeLineage, "continuation %s: the receipts name different lineages", hash)
	case a.HopIndex != len(a.Lineage): // 4
		return nil, refuse(CodeLineage, "continuation %s: hop %d with %d continuations above", hash, a.HopIndex, len(a.Lineage))
	case a.PeerReceiptID != "" && a.PeerReceiptID != host.r.ID:
		return nil, refuse(CodeLineage, "continuation %s: the origin was given receipt %s, this is %s", hash, a.PeerReceiptID, host.r.ID)
	}
	return &LineageHop{HopIndex: a.HopIndex, ContinuationSHA256: hash, CallID: origin.md.CallID, From: origin.did, To: host.did,
		OriginReceiptID: origin.r.ID, OriginVerdict: origin.r.Decision.Verdict, HostReceiptID: host.r.ID, HostVerdict: host.r.Decision.Verdict,
		Children: b.Children, lineage: a.Lineage}, nil
}

// chain is rules 4 to 7.
func chain(hops map[wire.Digest]*LineageHop) (*LineageReport, error) {
	report := &LineageReport{Hops: make([]LineageHop, 0, len(hops))}
	order := make([]*LineageHop, 0, len(hops))
	for _, hop := range hops {
		order = append(order, hop)
	}
	slices.SortFunc(order, func(x, y *LineageHop) int {
		if x.HopIndex != y.HopIndex {
			return x.HopIndex - y.HopIndex
		}
		return slices.Compare(x.ContinuationSHA256[:], y.ContinuationSHA256[:])
	})
	children := make(map[string]string) // receipts of calls below, to their verdicts
	for i, hop := range order {
		if (hop.HopIndex == 0) != (i == 0) { // 4
			return nil, refuse(CodeLineage, "the receipts are not of one chain: exactly one call crosses the first border")
		}
		hop.path = []string{hop.From, hop.To}
		if i > 0 {
			if err := hop.below(hops[hop.lineage[len(hop.lineage)-1]]); err != nil { // 5, 7
				return nil, err
			}
			children[hop.OriginReceiptID] = hop.OriginVerdict
		} else if hop.From == hop.To { // 7
			return nil, refuse(CodeLineage, "%s calls itself", hop.From)
		}
		report.Hops = append(report.Hops, *hop)
	}
	for _, hop := range order {
		for _, c := range hop.Children { // 6
			if children[c.ReceiptID] != c.Verdict {
				return nil, refuse(CodeLineage, "call %s led to receipt %s (%s), which is not here", hop.CallID, c.ReceiptID, c.Verdict)
			}
		}
	}
	return report, nil
}

// below is rules 5 and 7 for one call and the one that led to it.
func (hop *LineageHop) below(parent *LineageHop) *Error {
	switch {
	case parent == nil || parent.path == nil:
		return refuse(CodeLineage, "continuation %s: the call that led to it is not here", hop.ContinuationSHA256)
	case parent.To != hop.From:
		return refuse(CodeLineage, "continuation %s: %s was called, and %s called on", hop.ContinuationSHA256, parent.To, hop.From)
	case !slices.Equal(append(slices.Clone(parent.lineage), parent.ContinuationSHA256), hop.lineage):
		return refuse(CodeLineage, "continuation %s: its lineage is not that of the call which led to it", hop.ContinuationSHA256)
	case !slices.Contains(parent.Children, Child{hop.OriginReceiptID, hop.OriginVerdict}):
		return refuse(CodeLineage, "receipt %s of %s does not name receipt %s as a call it led to", parent.HostReceiptID, parent.To, hop.OriginReceiptID)
	case slices.Contains(parent.path, hop.To): // 7
		return refuse(CodeLineage, "%s is in the chain twice", hop.To)
	}
	hop.path = append(slices.Clone(parent.path), hop.To)
	return nil
}
