package main

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// finding is the part of a verifier's answer that the demo judges and shows.
type finding struct {
	Exit          int    `json:"exit"`
	Valid         bool   `json:"valid"`
	SignerTrusted *bool  `json:"signer_trusted,omitempty"` // absent where the file names nobody to trust
	Status        string `json:"status,omitempty"`         // of a passport
	Logs          int    `json:"logs,omitzero"`            // in a bundle
	Witnessed     int    `json:"witnessed_logs,omitzero"`  // whose head the other side cosigned
	Receipts      int    `json:"receipts,omitzero"`        // in a bundle
	Code          string `json:"code,omitempty"`
	Reason        string `json:"reason,omitempty"`
	detail        wire.Raw
}

// answered is what the two verifiers print: chio-verify {ok, logs} and
// {ok, code, detail}, chio-node verify a finding with detail.
type answered struct {
	OK            bool     `json:"ok"`
	Valid         bool     `json:"valid"`
	SignerTrusted *bool    `json:"signer_trusted"`
	Status        string   `json:"status"`
	Code          string   `json:"code"`
	Reason        string   `json:"reason"`
	Detail        wire.Raw `json:"detail"`
	Logs          []struct {
		CosignedBy []wire.Raw `json:"cosigned_by"`
		Receipts   []struct {
			SignerTrusted bool `json:"signer_trusted"`
		} `json:"receipts"`
	} `json:"logs"`
}

// readFinding reads what a verifier printed.
func readFinding(exit int, answer []byte) (f finding, err error) {
	var a answered
	if err := wire.UnmarshalLenient(answer, &a, wire.BundleLimits); err != nil {
		return f, fmt.Errorf("the verifier exits %d and says %.300q: %w", exit, answer, err)
	}
	f = finding{Exit: exit, Valid: a.OK || a.Valid, SignerTrusted: a.SignerTrusted, Status: a.Status, Code: a.Code, Reason: a.Reason, detail: a.Detail}
	for _, log := range a.Logs {
		f.Logs++
		if len(log.CosignedBy) > 0 {
			f.Witnessed++
		}
		for _, r := range log.Receipts {
			if f.Receipts == 0 || !r.SignerTrusted {
				f.SignerTrusted = &r.SignerTrusted
			}
			f.Receipts++
		}
	}
	return f, nil
}

// judge refuses a finding that is not a full yes.
func (f *finding) judge() error {
	switch {
	case f.Exit != exitOK || !f.Valid || f.Code != "":
		return fmt.Errorf("the verifier exits %d: %s: %s", f.Exit, f.Code, f.Reason)
	case f.SignerTrusted != nil && !*f.SignerTrusted:
		return errors.New("its signers are not in the trust set")
	case f.Witnessed != f.Logs:
		return fmt.Errorf("%d of %d log heads are witnessed", f.Witnessed, f.Logs)
	}
	return nil
}

// agreement is what the files say about each other.
type agreement struct {
	ID        string              `json:"id"`
	Statement wire.Raw            `json:"statement"`
	To        wire.MonetaryAmount `json:"to"`
}

// stated is the part of a statement that other files repeat.
type stated struct {
	TreatyID   string              `json:"treaty_id"`
	Net        wire.MonetaryAmount `json:"net"`
	Cumulative uint64              `json:"cumulative_minor"`
}

// vouched is that part of a voucher.
type vouched struct {
	Statement  string `json:"statement"`
	Cumulative uint64 `json:"cumulative"`
}

// agreeing checks that the verified files are about the same thing: the
// statement is under the treaty, the voucher pays the statement, and the price
// evidence gives its amount.
func agreeing(found map[string]finding) error {
	var treaty, statement, price agreement
	var s stated
	var v vouched
	for _, d := range []struct {
		doc  wire.Raw
		into any
	}{{found["treaty.json"].detail, &treaty}, {found["statement.json"].detail, &statement}, {found["voucher.json"].detail, &v}, {found["price.json"].detail, &price}} {
		if err := wire.UnmarshalLenient(d.doc, d.into, wire.DocumentLimits); err != nil {
			return fmt.Errorf("what the verifiers found: %w", err)
		}
	}
	if err := wire.UnmarshalLenient(statement.Statement, &s, wire.DocumentLimits); err != nil {
		return fmt.Errorf("what the verifiers found: %w", err)
	}
	switch {
	case s.TreatyID != treaty.ID:
		return fmt.Errorf("the statement is under treaty %s, the file is %s", s.TreatyID, treaty.ID)
	case v.Statement != statement.ID || v.Cumulative != s.Cumulative:
		return fmt.Errorf("the voucher pays %d of statement %s, the file is %s and %d", v.Cumulative, v.Statement, statement.ID, s.Cumulative)
	case price.To != s.Net:
		return fmt.Errorf("the price evidence gives %d %s, the statement %d %s", price.To.Units, price.To.Currency, s.Net.Units, s.Net.Currency)
	}
	return nil
}
