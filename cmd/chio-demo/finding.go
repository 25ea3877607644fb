package main

import (
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

// finding is the part of a verifier's answer that the demo judges and shows.
type finding struct {
	Exit          int      `json:"exit"`
	Kind          string   `json:"kind"`
	Valid         bool     `json:"valid"`
	SignerTrusted *bool    `json:"signer_trusted,omitempty"`
	Status        string   `json:"status,omitempty"`
	Receipts      int      `json:"receipts,omitzero"`
	Code          string   `json:"code,omitempty"`
	Reason        string   `json:"reason,omitempty"`
	Detail        wire.Raw `json:"detail,omitempty"`
}

// read reads what chio-verify or chio-node verify printed.
func (f *finding) read(code int, answer []byte) error {
	if err := wire.UnmarshalLenient(answer, f, wire.BundleLimits); err != nil {
		return fmt.Errorf("the verifier exits %d and says %.300q: %w", code, answer, err)
	}
	f.Exit = code
	return nil
}

// judge refuses a finding that is not a full yes.
func (f *finding) judge() error {
	switch {
	case f.Exit != exitOK || !f.Valid:
		return fmt.Errorf("the verifier exits %d: %s: %s", f.Exit, f.Code, f.Reason)
	case f.SignerTrusted != nil && !*f.SignerTrusted:
		return errors.New("its signers are not in the trust set")
	case f.Kind == "passport" && f.Status != "revoked":
		return fmt.Errorf("the passport's status is %q, want revoked", f.Status)
	}
	return nil
}
