package passport

import (
	"fmt"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// SchemaFile is the schema of a passport file.
const SchemaFile = "chio.passport_file.v1"

// passportFile is what an agent carries and a verifier reads without a
// network: the passport and the status list it names, each signed by the
// issuer, whose DID is its key.
type passportFile struct {
	Schema     string   `json:"schema"`
	Passport   wire.Raw `json:"passport"`
	StatusList wire.Raw `json:"status_list"`
}

// NewFile returns the canonical bytes of a passport file.
func NewFile(passport, statusList []byte) ([]byte, error) {
	b, err := wire.Marshal(passportFile{SchemaFile, passport, statusList})
	if err != nil {
		return nil, fmt.Errorf("write the passport file: %w", err)
	}
	return b, nil
}

// SplitFile returns the signed passport and status list of a file. It
// checks the form of the file only.
func SplitFile(doc []byte) (passport, statusList []byte, err error) {
	var f passportFile
	if err := wire.UnmarshalCanonical(doc, &f, wire.ForeignLimits); err != nil {
		return nil, nil, fmt.Errorf("%w: passport file: %w", vc.ErrMalformed, err)
	}
	if f.Schema != SchemaFile {
		return nil, nil, fmt.Errorf("%w: %w: want %s, got %.60q", vc.ErrMalformed, wire.ErrSchema, SchemaFile, f.Schema)
	}
	return f.Passport, f.StatusList, nil
}

// Report is the report of a credential that is to be a passport.
type Report struct {
	*vc.Report
	Passport *Passport `json:"passport,omitempty"` // nil unless it is one and intact
}

// Verify verifies a credential that must be a passport: the rules of
// vc.VerifyCredential, rule 6 being the shape of a passport.
func Verify(doc []byte, g vc.Gate) *Report {
	var r Report
	g.Profile = func(c *vc.Credential) (err error) {
		r.Passport, err = Read(c)
		return err
	}
	if r.Report = vc.VerifyCredential(doc, g); !r.Integrity {
		r.Passport = nil
	}
	return &r
}

// VerifyFile verifies a passport with the status list it carries; the gate's
// own StatusList function is not asked. Besides the rules of Verify:
//
//	0 the file is canonical and of its schema
//	10 the list it carries is intact and is the one the passport names
//
// 0 and 10 are integrity rules: every byte of the file is covered.
func VerifyFile(doc []byte, g vc.Gate) *Report {
	bad := vc.NewReport()
	passport, listDoc, err := SplitFile(doc)
	if bad.Note(0, "passport file", err) != nil {
		return &Report{Report: bad}
	}
	var listErr error
	g.AllowNoStatus = false
	g.StatusList = func(string) (*vc.StatusList, error) { return nil, listErr }
	issuer, err := peekIssuer(passport)
	if err != nil {
		listErr = err
	} else if list, err := vc.OpenStatusList(listDoc, issuer); err != nil {
		listErr = err
	} else {
		g.StatusList = func(string) (*vc.StatusList, error) { return list, nil }
		listErr = named(passport, list)
	}
	r := Verify(passport, g)
	if listErr != nil {
		r.Fail(10, "status list of the file", listErr)
		r.Passport = nil
		return r
	}
	_ = r.Note(10, "status list of the file", nil)
	return r
}

// peek reads members of a credential before it is verified, to find the list.
type peek struct {
	Issuer string `json:"issuer"`
	Status struct {
		List string `json:"statusListCredential"`
	} `json:"credentialStatus"`
}

func peekIssuer(passport []byte) (string, error) {
	var p peek
	if err := wire.UnmarshalLenient(passport, &p, wire.ForeignLimits); err != nil {
		return "", fmt.Errorf("%w: %w", vc.ErrMalformed, err)
	}
	return p.Issuer, nil
}

func named(passport []byte, list *vc.StatusList) error {
	var p peek
	if err := wire.UnmarshalLenient(passport, &p, wire.ForeignLimits); err != nil {
		return fmt.Errorf("%w: %w", vc.ErrMalformed, err)
	}
	if p.Status.List != list.ID() {
		return fmt.Errorf("%w: the file carries list %.100q, the passport names %.100q", vc.ErrStatusList, list.ID(), p.Status.List)
	}
	return nil
}
