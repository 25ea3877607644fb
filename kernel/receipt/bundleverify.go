package receipt

import "errors"

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
//	3 every checkpoint line verifies against the trust set (VerifyHead)
//	4 every receipt is within its limits and intact (VerifyJSON 1-4)
//	5 its signer is a kernel key that the trust set names for this log and time
//	6 its bytes are included under the checkpoint at its leaf index
//	7 every capability verifies back to a kernel of the trust set and is that
//	  of a receipt in the file, or an ancestor of one (verifyCapabilities)
//
// So no byte is free. Errors are *Error naming the place.
func VerifyBundle(doc []byte, trust *TrustSet) (*BundleReport, error) {
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
		log, err := verifyLog(&b.Logs[i], trust, cited)
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

func verifyLog(l *BundleLog, trust *TrustSet, cited citations) (*LogReport, error) {
	head, err := VerifyHead([]byte(l.Checkpoint), trust) // 3
	if err != nil {
		return nil, err
	}
	report := &LogReport{Head: *head, Receipts: make([]Result, 0, len(l.Receipts))}
	for i := range l.Receipts {
		e := &l.Receipts[i]
		if i > 0 && l.Receipts[i-1].LeafIndex >= e.LeafIndex { // 2
			return nil, at(refuse(CodeFormat, "leaf_index is out of order or repeated"), "receipts", i)
		}
		r, res, err := verifyEntry(e, head, trust)
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

// verifyEntry checks rules 4 to 6 for one receipt.
func verifyEntry(e *BundleEntry, head *Head, trust *TrustSet) (*Receipt, Result, error) {
	r, err := Parse(e.Receipt) // 4
	if err != nil {
		return nil, Result{}, err
	}
	if !isCanonical(e.Receipt) { // 1
		return nil, Result{}, refuse(CodeNotCanonical, "receipt is not in its canonical form")
	}
	res := verifyCanonical(e.Receipt, r, trust)
	if !res.Intact() { // 4
		return nil, res, refuse(res.Code, "%s", res.Detail)
	}
	if !trust.signer(r.KernelKey, r.Timestamp, head.Origin) { // 5
		return nil, res, refuse(CodeUntrusted, "the trust set does not name kernel %s for log %s at %d", r.KernelKey, head.Origin, r.Timestamp)
	}
	err = VerifyInclusion(LeafHash(e.Receipt), e.LeafIndex, head.Size, e.AuditPath, head.Root) // 6
	return r, res, err
}

// at prefixes an error with its place in the file, keeping the code.
func at(err error, list string, i int) error {
	var e *Error
	if !errors.As(err, &e) {
		return err
	}
	return refuse(e.Code, "%s[%d]: %s", list, i, e.Detail)
}
