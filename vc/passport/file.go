package passport

import (
	"fmt"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The schemas of a passport file: with the lists of a passport's entries, and
// with the one list of the first passports.
const (
	SchemaFile  = "chio.passport_file.v2"
	SchemaFile1 = "chio.passport_file.v1"
)

// passportFile is what an agent carries and a verifier reads without a
// network: the passport and the status lists it names, in the order of its
// entries, each signed by the issuer, whose DID is its key.
type passportFile struct {
	Schema      string     `json:"schema"`
	Passport    wire.Raw   `json:"passport"`
	StatusLists []wire.Raw `json:"status_lists"`
}

// passportFile1 is the file of a passport with one entry.
type passportFile1 struct {
	Schema     string   `json:"schema"`
	Passport   wire.Raw `json:"passport"`
	StatusList wire.Raw `json:"status_list"`
}

// NewFile returns the canonical bytes of a passport file; with one list, of one
// of the first version.
func NewFile(passport []byte, statusLists ...[]byte) (b []byte, err error) {
	if len(statusLists) == 1 {
		b, err = wire.Marshal(passportFile1{SchemaFile1, passport, statusLists[0]})
	} else {
		f := passportFile{SchemaFile, passport, make([]wire.Raw, len(statusLists))}
		for i, l := range statusLists {
			f.StatusLists[i] = l
		}
		b, err = wire.Marshal(f)
	}
	if err != nil {
		return nil, fmt.Errorf("write the passport file: %w", err)
	}
	return b, nil
}

// SplitFile returns the signed passport and the status lists of a file. It
// checks the form of the file only.
func SplitFile(doc []byte) (passport []byte, statusLists []wire.Raw, err error) {
	if err := wire.IsCanonical(doc, wire.ForeignLimits); err != nil {
		return nil, nil, fmt.Errorf("%w: passport file: %w", vc.ErrMalformed, err)
	}
	switch schema := wire.SchemaOf(doc, wire.ForeignLimits); schema {
	case SchemaFile1:
		var f passportFile1
		if err = wire.Unmarshal(doc, &f, wire.ForeignLimits); err == nil {
			return f.Passport, []wire.Raw{f.StatusList}, nil
		}
	case SchemaFile:
		var f passportFile
		if err = wire.Unmarshal(doc, &f, wire.ForeignLimits); err == nil {
			return f.Passport, f.StatusLists, nil
		}
	default:
		err = fmt.Errorf("%w: want %s or %s, got %.60q", wire.ErrSchema, SchemaFile, SchemaFile1, schema)
	}
	return nil, nil, fmt.Errorf("%w: passport file: %w", vc.ErrMalformed, err)
}

// Report is the report of a credential that is to be a passport.
type Report struct {
	*vc.Report
	Passport *Passport `json:"passport,omitempty"` // nil unless it is one and intact
	ListsAt  []int64   `json:"-"`                  // when the lists of a file were signed, in the order of the entries; unix seconds

	listsUntil []int64 // when they end by their own word; 0: they do not say
}

// Verify verifies a credential that must be a passport: the rules of
// vc.VerifyCredential, rule 6 being the shape of a passport.
func Verify(doc []byte, g vc.Gate) *Report {
	return verify(doc, g, func(*Passport) {})
}

// verify hands the passport on before its status is judged.
func verify(doc []byte, g vc.Gate, intact func(*Passport)) *Report {
	var r Report
	g.Profile = func(c *vc.Credential) (err error) {
		if r.Passport, err = Read(c); err == nil {
			intact(r.Passport)
		}
		return err
	}
	if r.Report = vc.VerifyCredential(doc, g); !r.Integrity {
		r.Passport = nil
	}
	return &r
}

// VerifyFile verifies a passport with the status lists it carries; the gate's
// own StatusList function is not asked. Besides the rules of Verify:
//
//	0 the file is canonical and of its schema
//	10 the lists it carries are intact and are those the passport names, in the
//	  order of its entries
//
// 0 and 10 are integrity rules: every byte of the file is covered. After a
// failed rule of the passport 10 is not asked.
func VerifyFile(doc []byte, g vc.Gate) *Report {
	bad := vc.NewReport()
	passport, docs, err := SplitFile(doc)
	if bad.Note(0, "passport file", err) != nil {
		return &Report{Report: bad}
	}
	lists := make(map[string]*vc.StatusList, len(purposes))
	var listErr error
	g.AllowNoStatus = false
	g.StatusList = func(url string) (*vc.StatusList, error) { return lists[url], listErr }
	r := verify(passport, g, func(p *Passport) { listErr = p.open(docs, lists) })
	if !r.Integrity {
		return r
	}
	if listErr != nil {
		r.Fail(10, "status lists of the file", listErr)
		r.Passport = nil
		return r
	}
	_ = r.Note(10, "status lists of the file", nil)
	for i := range r.Passport.Status {
		l := lists[r.Passport.Status[i].StatusListCredential]
		r.ListsAt, r.listsUntil = append(r.ListsAt, l.ValidFrom()), append(r.listsUntil, l.ValidUntil())
	}
	return r
}

// open opens the lists of the entries of a passport (10).
func (p *Passport) open(docs []wire.Raw, into map[string]*vc.StatusList) error {
	if len(docs) != len(p.Status) {
		return fmt.Errorf("%w: the file carries %d lists, the passport names %d", vc.ErrStatusList, len(docs), len(p.Status))
	}
	for i, doc := range docs {
		l, err := vc.OpenStatusList(doc, string(p.Issuer))
		if err != nil {
			return err
		}
		if named := p.Status[i].StatusListCredential; l.ID() != named {
			return fmt.Errorf("%w: the file carries list %.100q, the passport names %.100q", vc.ErrStatusList, l.ID(), named)
		}
		into[l.ID()] = l
	}
	return nil
}
