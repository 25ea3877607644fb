package receipt

import (
	"errors"
	"slices"
)

// BundleReport says what a bundle proves.
type BundleReport struct {
	Logs         []LogReport `json:"logs"`
	Capabilities int         `json:"capabilities"`
}

// LogReport is one log's head and the receipts proven to be under it.
type LogReport struct {
	Head
	Receipts []Result `json:"receipts"`
}

// Count returns the number of receipts in all logs.
func (r *BundleReport) Count() int {
	n := 0
	for i := range r.Logs {
		n += len(r.Logs[i].Receipts)
	}
	return n
}

// VerifyBundle judges a bundle file as a whole: one flaw anywhere and nothing
// of it counts.
//
//	1 the file is strictly decodable, of the right schema, and byte for byte
//	  its own canonical form, receipts included; it has at least one log
//	2 logs are sorted by origin and receipts by leaf index, none repeated
//	3 every checkpoint line verifies against the trust set (VerifyHead); a head
//	  that a key signed before it was retired counts if one of proofs (files,
//	  see ConsistencyProof) shows it to be the beginning of that key's final tree
//	4 every receipt is within its limits and intact (VerifyJSON 1-4)
//	5 its signer is a kernel key that the trust set names for this log and time;
//	  if that key was retired, its final tree holds the receipt: leaf_index is
//	  below its size, and the head is that tree or a consistency proof in the
//	  file connects them. Those are sorted by size, for final trees that the
//	  trust set knows, and all verify
//	6 its bytes are included under the checkpoint at its leaf index
//	7 every capability verifies back to a kernel of the trust set and is that
//	  of a receipt in the file, or an ancestor of one (verifyCapabilities)
//
// So no byte is free. Errors are *Error naming the place.
func VerifyBundle(doc []byte, trust *TrustSet, proofs ...[]byte) (*BundleReport, error) {
	if trust == nil {
		return nil, refuse(CodeTrust, "verifying a bundle needs a trust set")
	}
	b, err := parseBundle(doc) // 1
	if err != nil {
		return nil, err
	}
	report := &BundleReport{Logs: make([]LogReport, 0, len(b.Logs)), Capabilities: len(b.Capabilities)}
	var cited citations
	if len(b.Capabilities) > 0 {
		cited = make(citations)
	}
	for i := range b.Logs {
		log, err := verifyLog(&b.Logs[i], trust, cited, proofs)
		if err != nil {
			return nil, at(err, "logs", i)
		}
		if i > 0 && report.Logs[i-1].Origin >= log.Origin { // 2
			return nil, refuse(CodeFormat, "logs[%d] is out of order or repeated", i)
		}
		report.Logs = append(report.Logs, *log)
	}
	if err := verifyCapabilities(b.Capabilities, cited, trust); err != nil { // 7
		return nil, err
	}
	return report, nil
}

func verifyLog(l *BundleLog, trust *TrustSet, cited citations, proofs [][]byte) (*LogReport, error) {
	head, final, err := verifyPartHead([]byte(l.Checkpoint), trust, proofs) // 3
	if err != nil {
		return nil, err
	}
	p := part{head: head, trust: trust}
	if p.finals, err = verifyFinals(l.Consistency, head, trust); err != nil { // 5
		return nil, err
	}
	if final != nil {
		p.finals = append(p.finals, *final)
	}
	report := &LogReport{Head: *head, Receipts: make([]Result, 0, len(l.Receipts))}
	for i := range l.Receipts {
		e := &l.Receipts[i]
		if i > 0 && l.Receipts[i-1].LeafIndex >= e.LeafIndex { // 2
			return nil, at(refuse(CodeFormat, "leaf_index is out of order or repeated"), "receipts", i)
		}
		r, res, err := p.verifyEntry(e)
		if err != nil {
			return nil, at(err, "receipts", i)
		}
		if cited != nil {
			cited.add(r)
		}
		report.Receipts = append(report.Receipts, res)
	}
	return report, nil
}

// part is what the receipts of one log are judged under.
type part struct {
	head   *Head
	trust  *TrustSet
	finals []FinalTree // shown to begin the head's tree, or to be begun by it
}

// verifyPartHead is rule 3. final is that of the retired key that signed the
// head, if a proof had to connect the two.
func verifyPartHead(note []byte, trust *TrustSet, proofs [][]byte) (head *Head, final *FinalTree, err error) {
	if head, err = VerifyHead(note, trust); codeIs(err, CodeRetired) && len(proofs) > 0 {
		if head, err = verifyNote(note, trust); err != nil {
			return nil, nil, err
		}
		final = trust.final(head.Key)
		return head, final, provenFinal(head, final, proofs)
	}
	return head, nil, err
}

// provenFinal looks for the proof that head begins the final tree.
func provenFinal(head *Head, final *FinalTree, proofs [][]byte) error {
	for _, doc := range proofs {
		var p ConsistencyProof
		if err := decodeFile(doc, &p, ConsistencySchema, &p.Schema); err != nil {
			return err
		}
		if p.Origin == head.Origin && p.Origin == final.Log && p.From == head.Size && p.To == final.Size {
			return VerifyConsistency(p.From, p.To, head.Root, final.Root, p.Path)
		}
	}
	return refuse(CodeRetired, "kernel %s was retired, and no proof given leads from its head of %d to its final tree of %d", head.Key, head.Size, final.Size)
}

func codeIs(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// verifyFinals checks the consistency proofs of a log's part.
func verifyFinals(proofs []BundleFinal, head *Head, trust *TrustSet) (finals []FinalTree, err error) {
	for i := range proofs {
		p := &proofs[i]
		if i > 0 && proofs[i-1].Size >= p.Size || p.Size >= head.Size {
			return nil, at(refuse(CodeFormat, "size is out of order, repeated, or not below the checkpoint's"), "consistency", i)
		}
		final := trust.finalOf(head.Origin, p.Size)
		if final == nil {
			return nil, at(refuse(CodeRetired, "the trust set knows no retired kernel whose final tree of %s has %d entries", head.Origin, p.Size), "consistency", i)
		}
		if err := VerifyConsistency(p.Size, head.Size, final.Root, head.Root, p.Path); err != nil {
			return nil, at(err, "consistency", i)
		}
		finals = append(finals, *final)
	}
	return finals, nil
}

// verifyEntry checks rules 4 to 6 for one receipt.
func (p *part) verifyEntry(e *BundleEntry) (*Receipt, Result, error) {
	r, err := Parse(e.Receipt) // 4
	if err != nil {
		return nil, Result{}, err
	}
	if !isCanonical(e.Receipt) { // 1
		return nil, Result{}, refuse(CodeNotCanonical, "receipt is not in its canonical form")
	}
	res := verifyBytes(e.Receipt, r)
	if !res.Intact() { // 4
		return nil, res, refuse(res.Code, "%s", res.Detail)
	}
	if err := p.verifySigner(r, e.LeafIndex); err != nil { // 5
		return nil, res, err
	}
	res.SignerTrusted = true
	res.conclude(r, p.trust)
	err = VerifyInclusion(LeafHash(e.Receipt), e.LeafIndex, p.head.Size, e.AuditPath, p.head.Root) // 6
	return r, res, err
}

// verifySigner is rule 5 for one receipt.
func (p *part) verifySigner(r *Receipt, index uint64) error {
	switch p.trust.signer(r.KernelKey, r.Timestamp, p.head.Origin) {
	case current:
		return nil
	case unknown:
		return refuse(CodeUntrusted, "the trust set does not name kernel %s for log %s at %d", r.KernelKey, p.head.Origin, r.Timestamp)
	}
	final := p.trust.final(r.KernelKey)
	switch {
	case final.Log != p.head.Origin || index >= final.Size:
		return refuse(CodeRetired, "kernel %s was retired at %d entries of %s, and this is leaf %d", r.KernelKey, final.Size, final.Log, index)
	case final.heads(p.head) || slices.Contains(p.finals, *final):
		return nil
	}
	return refuse(CodeRetired, "kernel %s was retired, and the file does not prove that its final tree of %d is under this head", r.KernelKey, final.Size)
}

// at prefixes an error with its place in the file, keeping the code.
func at(err error, list string, i int) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return refuse(e.Code, "%s[%d]: %s", list, i, e.Detail)
}
