package passport

import (
	"bytes"

	"github.com/backbay-labs/chio-node/did"
)

// plain reads a canonical subject as most are: texts without escapes, and of
// the optional members assurance alone. Canonical form fixes their order, so
// this is one pass. False means that the general decoder must look at it, and
// that s is to be written over.
func (s *Subject) plain(doc []byte) bool {
	r := words{rest: doc}
	if r.skip(`{"assurance":{"keyCustody":`) {
		s.Assurance = &Assurance{KeyCustody: r.text()}
		if r.skip(`,"runtimeTier":`) {
			s.Assurance.RuntimeTier = r.text()
		}
		r.want(`},"autonomyTier":`)
	} else {
		r.want(`{"autonomyTier":`)
	}
	s.AutonomyTier = r.text()
	r.want(`,"id":`)
	s.ID = did.DID(r.text())
	r.want(`,"name":`)
	s.Name = r.text()
	r.want(`,"organization":`)
	s.Organization = r.text()
	r.want(`,"roles":[`)
	s.Roles = []string{}
	for !r.bad && !r.skip(`]}`) {
		if len(s.Roles) > 0 {
			r.want(`,`)
		}
		s.Roles = append(s.Roles, r.text())
	}
	return !r.bad && len(r.rest) == 0
}

// words reads what is expected, and turns bad when it is not there.
type words struct {
	rest []byte
	bad  bool
}

func (w *words) skip(expected string) bool {
	rest, ok := bytes.CutPrefix(w.rest, []byte(expected))
	w.rest = rest
	return ok
}

func (w *words) want(expected string) { w.bad = !w.skip(expected) || w.bad }

// text reads a string that has no escapes.
func (w *words) text() string {
	end := -1
	if len(w.rest) > 0 && w.rest[0] == '"' {
		end = bytes.IndexByte(w.rest[1:], '"')
	}
	if end < 0 || bytes.IndexByte(w.rest[1:end+1], '\\') >= 0 {
		w.bad = true
		return ""
	}
	s := string(w.rest[1 : end+1])
	w.rest = w.rest[end+2:]
	return s
}
