package vc

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// SchemaPassportFile is the schema of a passport file.
const SchemaPassportFile = "chio.passport_file.v1"

// passportFile is what an agent carries and a verifier reads without a
// network: the passport and the status list it names, each signed by the
// issuer, whose DID is its key.
type passportFile struct {
	Schema     string   `json:"schema"`
	Passport   wire.Raw `json:"passport"`
	StatusList wire.Raw `json:"status_list"`
}

// NewPassportFile returns the canonical bytes of a passport file.
func NewPassportFile(passport, statusList []byte) ([]byte, error) {
	b, err := wire.Marshal(passportFile{SchemaPassportFile, passport, statusList})
	if err != nil {
		return nil, fmt.Errorf("write the passport file: %w", err)
	}
	return b, nil
}

// SplitPassportFile returns the signed passport and status list of a file. It
// checks the form of the file only.
func SplitPassportFile(doc []byte) (passport, statusList []byte, err error) {
	var f passportFile
	if err := wire.UnmarshalCanonical(doc, &f, wire.ForeignLimits); err != nil {
		return nil, nil, fmt.Errorf("%w: passport file: %w", ErrMalformed, err)
	}
	if f.Schema != SchemaPassportFile {
		return nil, nil, fmt.Errorf("%w: %w: want %s, got %.60q", ErrMalformed, wire.ErrSchema, SchemaPassportFile, f.Schema)
	}
	return f.Passport, f.StatusList, nil
}

// VerifyPassportFile verifies a passport with the status list it carries; the
// gate's own StatusList function is not asked. Besides the rules of
// VerifyCredential:
//
//	0 the file is canonical and of its schema
//	6 it holds a passport
//	10 the list it carries is intact and is the one the passport names
//
// 0 and 10 are integrity rules: every byte of the file is covered.
func VerifyPassportFile(doc []byte, g Gate) *Report {
	bad := &Report{Window: WindowUnknown, Status: StatusUnknown}
	passport, listDoc, err := SplitPassportFile(doc)
	if bad.note(0, "passport file", err) != nil {
		return bad
	}
	var listErr error
	g.AllowNoStatus = false
	g.StatusList = func(string) (*StatusList, error) { return nil, listErr }
	issuer, err := peekIssuer(passport)
	if err != nil {
		listErr = err
	} else if list, err := OpenStatusList(listDoc, issuer); err != nil {
		listErr = err
	} else {
		g.StatusList = func(string) (*StatusList, error) { return list, nil }
		listErr = named(passport, list)
	}
	r := VerifyCredential(passport, g)
	if r.Integrity && r.Passport == nil {
		_ = r.note(6, "passport", fmt.Errorf("%w: the file holds another kind of credential", ErrMalformed))
		r.Integrity = false
	}
	if r.note(10, "status list of the file", listErr) != nil {
		r.Integrity = false
	}
	r.Authorized = r.Authorized && r.Integrity
	return r
}

// peek reads members of a credential before it is verified, to find the list.
type peek struct {
	Issuer did.DID `json:"issuer"`
	Status struct {
		List string `json:"statusListCredential"`
	} `json:"credentialStatus"`
}

func peekIssuer(passport []byte) (did.DID, error) {
	var p peek
	if err := wire.UnmarshalLenient(passport, &p, wire.ForeignLimits); err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return p.Issuer, nil
}

func named(passport []byte, list *StatusList) error {
	var p peek
	if err := wire.UnmarshalLenient(passport, &p, wire.ForeignLimits); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if p.Status.List != list.id {
		return fmt.Errorf("%w: the file carries list %.100q, the passport names %.100q", ErrStatusList, list.id, p.Status.List)
	}
	return nil
}
