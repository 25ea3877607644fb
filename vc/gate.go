package vc

import (
	"errors"
	"fmt"
)

// The reasons an intact credential does not hold.
var (
	ErrUntrustedIssuer = errors.New("issuer is not trusted")
	ErrNotYetValid     = errors.New("credential is not yet valid")
	ErrExpired         = errors.New("credential has expired")
	ErrRevoked         = errors.New("credential is revoked")
	ErrSuspended       = errors.New("credential is suspended")
	ErrStatusUnknown   = errors.New("status of the credential is not known")
)

// Status is what the status list says.
type Status string

// The statuses; unknown is an answer that denies.
const (
	StatusActive    Status = "active"
	StatusRevoked   Status = "revoked"
	StatusSuspended Status = "suspended"
	StatusUnknown   Status = "unknown"
)

// Window is where now lies in the validity of a credential.
type Window string

// The windows.
const (
	WindowCurrent Window = "current"
	WindowEarly   Window = "not_yet_valid"
	WindowExpired Window = "expired"
	WindowUnknown Window = "unknown"
)

// Gate is what a verifier brings: its clock, whom it trusts, and where it gets
// status lists. A nil function trusts nobody and knows no list.
type Gate struct {
	Now                 int64                                 // unix seconds
	SkewSeconds         int64                                 // how far ahead an issuer's clock may be
	TrustedIssuer       func(issuer string) bool              // a DID, compared as text; nil: nobody
	StatusList          func(url string) (*StatusList, error) // nil: none known
	StatusDelegate      func(issuer, delegate string) bool    // who else may sign an issuer's lists; nil: nobody
	StatusMessage       func(Finding) error                   // judges a message other than 0; nil: it denies
	MaxStatusAgeSeconds int64                                 // 0: as long as the list itself says
	AllowNoStatus       bool                                  // accept a credential without a status entry
	Profile             func(*Credential) error               // rule 6: what a credential of the expected kind looks like
}

// Check is one numbered rule and how it went.
type Check struct {
	Rule   int    `json:"rule"`
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// Report answers three questions apart: is the credential whole (Integrity),
// does the verifier trust its issuer (IssuerTrusted), does it hold now
// (Authorized: inside its window and active). The zero report is three noes.
type Report struct {
	Integrity     bool      `json:"integrity"`
	IssuerTrusted bool      `json:"issuer_trusted"`
	Authorized    bool      `json:"authorized"`
	Window        Window    `json:"window"`
	Status        Status    `json:"status"`
	ID            string    `json:"id,omitempty"`
	Issuer        string    `json:"issuer,omitempty"`
	Findings      []Finding `json:"status_findings,omitempty"` // entries that say more than "active"
	Checks        []Check   `json:"checks"`
	err           error
}

// Err is nil only if all three answers are yes; otherwise it is the first
// failed check, wrapping a sentinel of this package.
func (r *Report) Err() error {
	if r.err == nil && !(r.Integrity && r.IssuerTrusted && r.Authorized) {
		return ErrStatusUnknown
	}
	return r.err
}

// NewReport is a report that has answered nothing yet: three noes.
func NewReport() *Report {
	return &Report{Window: WindowUnknown, Status: StatusUnknown, Checks: make([]Check, 0, 10)}
}

// Fail takes the answer of integrity back, and with it that of authorization:
// a rule outside the credential that covers it has failed.
func (r *Report) Fail(rule int, name string, err error) {
	_ = r.Note(rule, name, err)
	r.Integrity, r.Authorized = false, false
}

// Note records a check and keeps the first failure.
func (r *Report) Note(rule int, name string, err error) error {
	c := Check{Rule: rule, Name: name, OK: err == nil}
	if err != nil {
		c.Detail = err.Error()
		if r.err == nil {
			r.err = err
		}
	}
	r.Checks = append(r.Checks, c)
	return err
}

// VerifyCredential is the one gate for a credential:
//
//	1 to 5 integrity of every credential (parseVerified)
//	6 it fits the profile the verifier expects, if it expects one
//	7 the verifier trusts the issuer
//	8 validFrom ≤ now + skew, now < validUntil
//	9 every status entry says active (judgeStatus)
//
// Integrity is 1 to 6. After a failed integrity rule nothing further is asked.
func VerifyCredential(doc []byte, g Gate) *Report {
	r := NewReport()
	p, err := parseVerified(doc, r.Note)
	if err != nil {
		r.err = err
		return r
	}
	if g.Profile != nil && r.Note(6, "profile", g.Profile(p)) != nil {
		return r
	}
	r.Integrity, r.ID, r.Issuer = true, p.ID, p.Issuer
	r.judge(p, g)
	return r
}

// judge asks rules 7 to 9 of an intact credential.
func (r *Report) judge(p *Credential, g Gate) {
	var err error
	if g.TrustedIssuer == nil || !g.TrustedIssuer(p.Issuer) {
		err = fmt.Errorf("%w: %s: add it to the trust set if you know it", ErrUntrustedIssuer, p.Issuer)
	}
	r.IssuerTrusted = r.Note(7, "issuer is trusted", err) == nil
	r.Window, err = window(p, g)
	_ = r.Note(8, "validity window", err)
	r.Status, r.Findings, err = judgeStatus(p.Status, p.Issuer, g)
	_ = r.Note(9, "status", err)
	r.Authorized = r.Window == WindowCurrent && err == nil
}

func window(p *Credential, g Gate) (Window, error) {
	if p.ValidFrom != nil && int64(*p.ValidFrom) > g.Now+g.SkewSeconds {
		return WindowEarly, fmt.Errorf("%w: from %s, now %s", ErrNotYetValid, *p.ValidFrom, Time(g.Now))
	}
	if p.ValidUntil != nil && g.Now >= int64(*p.ValidUntil) {
		return WindowExpired, fmt.Errorf("%w: at %s, now %s: ask its issuer for a new one", ErrExpired, *p.ValidUntil, Time(g.Now))
	}
	return WindowCurrent, nil
}
