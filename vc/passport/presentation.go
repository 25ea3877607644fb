package passport

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// SchemaPresentation is the schema id of an answer to a challenge.
const SchemaPresentation = "chio.passport_presentation.v1"

// The limits of an answer.
const (
	maxPortfolio = 8 // credentials
	maxLists     = maxPortfolio * len(purposes)
)

// ErrPresentation: the answer proves nothing: it is malformed, or not signed
// by its holder for this challenge and domain.
var ErrPresentation = errors.New("presentation of passports does not hold")

// Response is an agent's answer to a challenge: a presentation of VC 2.0 that
// the agent signed, and the status lists its passports name, each signed by
// its issuer, so that the verifier needs no network.
type Response struct {
	Schema       string     `json:"schema"`
	ChallengeID  string     `json:"challenge_id"`
	Presentation wire.Raw   `json:"presentation"`
	StatusLists  []wire.Raw `json:"status_lists"`
}

// Present answers a challenge with the passports of passport files:
//
//	1 the challenge is whole and current
//	2 it is for the domain that the agent believes it talks to
//	3 there are 1 to 8 files, and each is of a passport of the agent
//
// Who judges the passports is the verifier; here they have only to be intact.
func Present(c *Challenge, domain string, holder wire.Signer, files [][]byte, now int64) ([]byte, error) {
	if err := c.check(); err != nil { // 1
		return nil, err
	}
	if err := c.current(now); err != nil { // 1
		return nil, err
	}
	if c.Domain != domain { // 2
		return nil, fmt.Errorf("%w: it is for %q, you named %.100q", ErrChallengeOther, c.Domain, domain)
	}
	if len(files) == 0 || len(files) > maxPortfolio { // 3
		return nil, fmt.Errorf("%w: %d passports, want 1 to %d", ErrPresentation, len(files), maxPortfolio)
	}
	id := did.FromKey(holder.Public())
	out := Response{Schema: SchemaPresentation, ChallengeID: c.ID, StatusLists: []wire.Raw{}}
	var credentials [][]byte
	for i, file := range files {
		r := VerifyFile(file, vc.Gate{Now: now})
		if !r.Integrity {
			return nil, fmt.Errorf("%w: file %d: %w", ErrPresentation, i+1, r.Err())
		}
		if r.Passport.Subject.ID != id { // 3
			return nil, fmt.Errorf("%w: passport %s is about %s, not about the agent %s", ErrPresentation, r.ID, r.Passport.Subject.ID, id)
		}
		credential, lists, err := SplitFile(file)
		if err != nil {
			return nil, err
		}
		credentials = append(credentials, credential)
		for _, list := range lists {
			if !slices.ContainsFunc(out.StatusLists, func(have wire.Raw) bool { return bytes.Equal(have, list) }) {
				out.StatusLists = append(out.StatusLists, list)
			}
		}
	}
	unsecured, err := vc.NewPresentation(string(id), credentials...)
	if err != nil {
		return nil, err
	}
	created := vc.Time(now)
	out.Presentation, err = vc.SignPresentation(unsecured, holder, vc.SignOptions{Created: &created, Domain: []string{c.Domain}, Challenge: c.Nonce})
	if err != nil {
		return nil, err
	}
	return wire.Marshal(out)
}

// ParseResponse reads an answer in its canonical form. It checks the form only.
func ParseResponse(doc []byte) (*Response, error) {
	var r Response
	if err := wire.UnmarshalCanonical(doc, &r, wire.ForeignLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPresentation, err)
	}
	if r.Schema != SchemaPresentation {
		return nil, fmt.Errorf("%w: %w: want %s, got %.60q", ErrPresentation, wire.ErrSchema, SchemaPresentation, r.Schema)
	}
	if len(r.StatusLists) > maxLists {
		return nil, fmt.Errorf("%w: %d status lists, limit %d", ErrPresentation, len(r.StatusLists), maxLists)
	}
	return &r, nil
}

// Verify judges an answer to a challenge this verifier has asked:
//
//	1 it answers this challenge
//	2 its presentation is whole, and signed for authentication by its holder,
//	  with this nonce and this domain (vc.VerifyPresentation, 20 to 27)
//	3 the holder is a did:chio
//	4 it holds 1 to 8 credentials, each about the holder
//	5 the policy of the challenge accepts the portfolio (Policy.Judge)
//
// An error means 1 to 3: it proves nothing, and whoever sent it may be anybody,
// so it must not use up the challenge. What fails 4 or 5 is the holder's own
// answer, and the verdict says no.
func (a *Asked) Verify(r *Response, g vc.Gate, anchor func(name string, issuer did.DID) bool) (*Verdict, error) {
	if r.ChallengeID != a.Challenge.ID { // 1
		return nil, fmt.Errorf("%w: it answers challenge %.60q, not %s", ErrPresentation, r.ChallengeID, a.Challenge.ID)
	}
	g = a.Policy.Gate(g, anchor)
	g.StatusList = statusLists(r.StatusLists)
	report := vc.VerifyPresentation(r.Presentation, vc.PresentationGate{Gate: g, Domain: a.Challenge.Domain, Challenge: a.Challenge.Nonce,
		MaxCredentials: maxPortfolio})
	if !report.Integrity || !report.Bound { // 2
		return nil, fmt.Errorf("%w: %w", ErrPresentation, report.Err())
	}
	holder, err := did.Parse(report.Holder)
	if err != nil { // 3
		return nil, fmt.Errorf("%w: holder: %w", ErrPresentation, err)
	}
	if n := len(report.Presentation.Credentials); n == 0 || n != len(report.Credentials) { // 4
		v := &Verdict{Agent: holder, Credentials: []Judgement{}}
		return v.refuse(fmt.Errorf("%w: %d credentials, %d judged, want 1 to %d and each whole: %w", ErrRefused, n, len(report.Credentials), maxPortfolio, report.Err())), nil
	}
	v := a.Policy.Judge(passports(report.Credentials), g.Now) // 5
	if v.Accepted && v.Agent != holder {                      // 4
		v.Accepted = false
		return v.refuse(fmt.Errorf("%w: the passports are about %s, the holder is %s", ErrRefused, v.Agent, holder)), nil
	}
	return v, nil
}

// passports reads what was found of credentials as what is found of passports.
func passports(reports []*vc.Report) []*Report {
	out := make([]*Report, len(reports))
	for i, r := range reports {
		out[i] = &Report{Report: r}
		if !r.Integrity {
			continue
		}
		p, err := Read(r.Credential)
		if err != nil {
			r.Fail(6, "profile", err)
			continue
		}
		out[i].Passport = p
	}
	return out
}

// statusLists opens the lists of an answer when they are asked for. A list
// that does not open is one that nobody brought; of two copies the later counts.
func statusLists(docs []wire.Raw) func(url string) (*vc.StatusList, error) {
	opened := map[string]*vc.StatusList{}
	for _, doc := range docs {
		var named struct {
			Issuer string `json:"issuer"`
		}
		if wire.UnmarshalLenient(doc, &named, wire.ForeignLimits) != nil {
			continue
		}
		l, err := vc.OpenStatusList(doc, named.Issuer)
		if err != nil {
			continue
		}
		if have := opened[l.ID()]; have == nil || have.ValidFrom() < l.ValidFrom() {
			opened[l.ID()] = l
		}
	}
	return func(url string) (*vc.StatusList, error) {
		if l := opened[url]; l != nil {
			return l, nil
		}
		return nil, fmt.Errorf("no intact status list %.100q came with the presentation", url)
	}
}
