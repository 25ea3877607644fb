package vchttp

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// issueRequest is the body of /credentials/issue. Options that would change
// what is signed and are not understood are refused, not ignored.
type issueRequest struct {
	Credential wire.Raw `json:"credential"`
	Options    struct {
		CredentialID string   `json:"credentialId"`
		Created      *vc.Time `json:"created"`
		Type         string   `json:"type"`
		Cryptosuite  string   `json:"cryptosuite"`
	} `json:"options"`
}

// issue signs a credential. It answers 201 and the bare secured credential.
func (s *Service) issue(r *http.Request, suite string, b body) (int, any, error) {
	var q issueRequest
	if err := b.read(&q); err != nil {
		return 0, nil, err
	}
	if len(q.Credential) == 0 || q.Credential[0] != '{' {
		return 0, nil, bad("credential is missing: send {\"credential\": {…}, \"options\": {}}")
	}
	if c := q.Options.Cryptosuite; c != "" && c != suite {
		return 0, nil, bad("options.cryptosuite %.60q: this path signs with %s; each suite has its own below /<suite>/", c, suite)
	}
	o := vc.SignOptions{Suite: s.suite(suite), Method: s.method, Created: q.Options.Created, Vocabulary: s.cfg.Vocabulary, AllowV1: true}
	now := vc.Time(s.cfg.Now().Unix())
	if o.Created == nil {
		o.Created = &now
	}
	doc, more, err := s.complete(q)
	if err != nil {
		return 0, nil, err
	}
	signed, err := s.sign(r, doc, o)
	if err == nil && more { // what is wrong with the credential was said before an entry was used up
		if doc, err = s.addStatus(r, doc); err == nil {
			signed, err = s.sign(r, doc, o)
		}
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, wire.Raw(signed), nil
}

// sign refuses to hand out what our own gate would not take, its schemas and
// related resources included: nobody else should either. What is valid from
// later on may be issued today.
func (s *Service) sign(r *http.Request, doc []byte, o vc.SignOptions) ([]byte, error) {
	signed, err := vc.SignCredential(doc, s.cfg.Signer, o)
	if err != nil {
		return nil, bad("credential is not issued: %w", err)
	}
	g := s.gate(r)
	g.TrustedIssuer = func(issuer string) bool { return issuer == s.cfg.DID }
	g.StatusList = nil
	rep := vc.VerifyCredential(signed, g)
	switch {
	case !rep.Integrity:
		return nil, bad("credential is not issued: %w", rep.Err())
	case rep.Window == vc.WindowExpired:
		return nil, bad("credential is not issued: its time is over: %w", rep.Err())
	}
	return signed, nil
}

// complete gives a credential the id that the options name, and says whether
// it is to have a status entry of ours.
func (s *Service) complete(q issueRequest) (doc []byte, more bool, err error) {
	var members map[string]wire.Raw
	if err := wire.Unmarshal(q.Credential, &members, wire.ForeignLimits); err != nil {
		return nil, false, bad("credential: %w", err)
	}
	more = s.cfg.Book != nil && members["credentialStatus"] == nil
	id := q.Options.CredentialID
	if id == "" {
		return q.Credential, more, nil
	}
	if have, there := members["id"]; there && string(have) != string(wire.MustMarshal(id)) {
		return nil, false, bad("options.credentialId is not the id of the credential")
	}
	members["id"] = wire.MustMarshal(id)
	doc, err = wire.Marshal(members)
	return doc, more, err
}

// addStatus allots a credential its status entries, by its id; one without is
// given an id.
func (s *Service) addStatus(r *http.Request, doc []byte) ([]byte, error) {
	var members map[string]wire.Raw
	if err := wire.Unmarshal(doc, &members, wire.ForeignLimits); err != nil {
		return nil, bad("credential: %w", err)
	}
	var id string
	if raw, there := members["id"]; there {
		if err := wire.Unmarshal(raw, &id, wire.DocumentLimits); err != nil {
			return nil, bad("credential: id: %w", err)
		}
	} else {
		drawn, err := s.cfg.Book.newID(s.cfg.Now().UnixMilli())
		if err != nil {
			return nil, err
		}
		id, members["id"] = drawn, wire.MustMarshal(drawn)
	}
	entries, err := s.cfg.Book.Allot(r.Context(), id)
	if errors.Is(err, ErrAllotted) {
		return nil, &failure{http.StatusConflict, err, nil}
	}
	if err != nil {
		return nil, fmt.Errorf("allot a status: %w", err)
	}
	members["credentialStatus"] = wire.MustMarshal(entries)
	return wire.Marshal(members)
}
