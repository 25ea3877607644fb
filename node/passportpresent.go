package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// The failpoints of an answer: its challenge is used up in a transaction that
// is not committed; it is, and the verdict was not given.
const (
	failChallengeBefore   = "challenge.consume.before"
	failChallengeConsumed = "challenge.consumed"
)

func (n *Node) openChallenges() (*passport.Challenges, error) {
	return passport.NewChallenges(passport.ChallengesConfig{DB: n.db, Verifier: n.DID(), Rand: n.rand,
		Audience: func() wire.PublicKey { return n.keys.Kernel().Public() }})
}

// ChallengePassport asks "passport/challenge". No policy, no challenge.
type ChallengePassport struct {
	Policy     *passport.Policy `json:"policy"`
	Domain     string           `json:"domain,omitempty"`     // default this organisation's DID
	TTLSeconds int64            `json:"ttl_seconds,omitzero"` // default 300
}

// challengePassport asks an agent to prove itself.
func (n *Node) challengePassport(ctx context.Context, req ChallengePassport) (*passport.Challenge, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	if req.Domain == "" {
		req.Domain = n.DID().String()
	}
	c, err := n.challenges.Issue(ctx, req.Domain, req.Policy, n.now(), req.TTLSeconds)
	return c, PresentationProblem(err)
}

// PresentPassport asks "passport/present" for an agent whose key this node
// keeps. Without files or a choice its newest passport is presented.
type PresentPassport struct {
	Agent     string             `json:"agent"`
	Challenge passport.Challenge `json:"challenge"`
	Domain    string             `json:"domain"` // whom the agent believes to answer
	Files     []wire.Raw         `json:"files,omitempty"`
	With      []string           `json:"with,omitempty"` // ids of passports issued here or imported, or "all"
}

// presentPassport signs an answer with an agent's sealed key.
func (n *Node) presentPassport(ctx context.Context, req PresentPassport) (wire.Raw, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	key, err := n.keys.HeldAgent(req.Agent)
	if err != nil {
		return nil, &Problem{Code: "CHIO-AGENT-UNKNOWN", Message: fmt.Sprintf("no agent %q: %v", req.Agent, err), Exit: ExitFailure,
			Hint: "an agent that keeps its own key presents with --key"}
	}
	files, err := n.portfolio(ctx, req.Agent, key.Public(), req.With)
	if err != nil {
		return nil, err
	}
	for _, f := range req.Files {
		files = append(files, f)
	}
	if len(files) == 0 {
		id, err := n.passportID(PassportRequest{Agent: req.Agent})
		if err != nil {
			return nil, err
		}
		file, err := n.passportFile(ctx, id)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	for _, file := range files {
		if err := n.presentable(file); err != nil {
			return nil, err
		}
	}
	out, err := passport.Present(&req.Challenge, req.Domain, key, files, n.now())
	return out, PresentationProblem(err)
}

// presentable refuses to sign for a passport that does not count: one that is
// not active in this registry, or that was revoked or suspended by an issuer
// this node hears from. What is no passport passport.Present refuses.
func (n *Node) presentable(file []byte) error {
	report := passport.VerifyFile(file, vc.Gate{Now: n.now()})
	p := report.Passport
	if !report.Integrity || p == nil {
		return nil
	}
	if d := n.revocations.Check(nil, &kernel.PassportRef{Issuer: report.Issuer, ID: report.ID}, p.Subject.ID.Key(), nil, n.now()); d != nil {
		return &Problem{Code: string(d.Code), Message: d.Reason, Hint: d.Fix, Exit: ExitDenied}
	}
	if report.Issuer != n.DID().String() {
		return nil
	}
	rec, err := n.passports.Get(report.ID)
	if err != nil {
		return passportProblem(err)
	}
	if s := rec.State(p, n.now()); s != passport.Active {
		return notActive(report.ID, s)
	}
	return nil
}

// JudgePresentation asks "passport/answer".
type JudgePresentation struct {
	Presentation wire.Raw `json:"presentation"`
}

// judgePresentation judges the answer to a challenge and uses the challenge
// up: the answer counts once, whatever the verdict.
func (n *Node) judgePresentation(ctx context.Context, req JudgePresentation) (*passport.Verdict, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	shown, err := n.authentic(req.Presentation)
	if err != nil {
		return nil, err
	}
	if err := n.db.Update(ctx, func(tx store.Tx) error { return shown.consume(tx, n) }); err != nil {
		return nil, err
	}
	n.failpoint(failChallengeConsumed)
	return shown.verdict, nil
}

// showing is what an agent has shown of itself, before it is given anything.
type showing struct {
	who       authority.Presentation
	passport  *kernel.PassportRef
	challenge string // to be used up; "" for a passport file
	verdict   *passport.Verdict
	refused   error // the answer is its holder's and uses the challenge up, and gives nothing
}

// consume uses up the challenge, if there is one, in the transaction in which
// the answer counts.
func (s *showing) consume(tx store.Tx, n *Node) error {
	if s.challenge == "" {
		return nil
	}
	_, err := n.challenges.Consume(tx, s.challenge, n.now())
	n.failpoint(failChallengeBefore)
	return PresentationProblem(err)
}

// shown verifies what came with a capability request.
func (n *Node) shown(req RequestCapability, q *authority.CapabilityRequest) (*showing, error) {
	switch {
	case len(req.PassportFile) > 0 && len(req.Presentation) > 0:
		return nil, usage("a request comes with a passport file or with a presentation, not with both")
	case len(req.Presentation) == 0:
		who, ref, err := n.present(req.PassportFile, q)
		return &showing{who: who, passport: ref}, err
	}
	s, err := n.authentic(req.Presentation)
	if err != nil {
		return nil, err
	}
	s.refused = s.choose(q)
	return s, nil
}

// authentic verifies an answer as far as its holder: rules 1 to 3 of
// passport.Asked.Verify. The verdict of the policy is in what it returns, with
// what was revoked or suspended here since the status lists were signed, and
// which organisations have ended: their word counts no more.
func (n *Node) authentic(doc wire.Raw) (*showing, error) {
	r, err := passport.ParseResponse(doc)
	if err != nil {
		return nil, PresentationProblem(err)
	}
	var asked *passport.Asked
	if err := n.db.View(func(v store.Reader) (err error) {
		asked, err = n.challenges.Get(v, r.ChallengeID, n.now())
		return err
	}); err != nil {
		return nil, PresentationProblem(err)
	}
	v, err := asked.Verify(r, vc.Gate{Now: n.now(), SkewSeconds: bindingBackdateSeconds}, n.anchor)
	if err != nil {
		return nil, PresentationProblem(err)
	}
	for i := range v.Credentials {
		c := &v.Credentials[i]
		if c.Passport == nil {
			continue
		}
		ref := &kernel.PassportRef{Issuer: c.Issuer, ID: c.ID}
		if d := n.revocations.Check(nil, ref, c.Passport.Subject.ID.Key(), nil, n.now()); d != nil {
			v.Withdraw(d.Reason)
		}
		for _, party := range []did.DID{c.Passport.Issuer, c.Passport.Subject.ID, did.DID(c.Passport.Subject.Organization)} {
			if at, ended := n.deactivated(party); ended {
				v.Withdraw(fmt.Sprintf("%s was deactivated at %s", party, stamp(at)))
			}
		}
	}
	return &showing{challenge: r.ChallengeID, verdict: v}, nil
}

// choose takes the accepted credential that a capability request names.
func (s *showing) choose(q *authority.CapabilityRequest) error {
	if err := s.verdict.Err(); err != nil {
		return &Problem{Code: "CHIO-PASSPORT-REFUSED", Message: err.Error(), Exit: ExitDenied, Cause: err,
			Hint: "the passport policy of the challenge says what is asked for"}
	}
	for i := range s.verdict.Credentials {
		c := &s.verdict.Credentials[i]
		if !c.Accepted || c.ID != q.PassportID || c.Passport.Subject.ID.Key() != q.Subject {
			continue
		}
		p := c.Passport
		s.who = authority.Presentation{Issuer: p.Issuer, Organization: p.Subject.Organization, Roles: p.Subject.Roles,
			AutonomyTier: p.Subject.AutonomyTier, ExpiresAt: int64(p.ValidUntil)}
		s.passport = &kernel.PassportRef{Issuer: c.Issuer, ID: c.ID}
		return nil
	}
	return &Problem{Code: "CHIO-PASSPORT-REFUSED", Message: "the passport the request names is not one that was presented and accepted, or another agent's",
		Exit: ExitDenied, Hint: "sign the request with the key that signed the presentation"}
}

// anchor resolves the trust anchors of a passport policy.
func (n *Node) anchor(name string, issuer did.DID) bool {
	switch name {
	case passport.AnchorSelf:
		return issuer == n.DID()
	case passport.AnchorPeers:
		return issuer != n.DID() && n.network.trustsIssuer(issuer)
	}
	return false
}

// SignPassportPolicy asks "passport/policy/sign".
type SignPassportPolicy struct {
	Policy     *passport.Policy `json:"policy"`
	TTLSeconds int64            `json:"ttl_seconds"`
}

func (n *Node) signPassportPolicy(_ context.Context, req SignPassportPolicy) (*wire.Envelope, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	env, err := passport.SignPolicy(req.Policy, n.keys.Org(), n.now(), req.TTLSeconds)
	return env, PresentationProblem(err)
}

// PresentationProblem gives the refusals around a presentation their codes.
func PresentationProblem(err error) error {
	p := &Problem{Exit: ExitDenied, Cause: err}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, passport.ErrNoPolicy), errors.Is(err, passport.ErrPolicy):
		p.Code, p.Hint, p.Exit = "CHIO-PASSPORT-POLICY", "chio-node passport policy init writes one to begin with", ExitUsage
	case errors.Is(err, passport.ErrChallengeUsed):
		p.Code, p.Hint = "CHIO-CHALLENGE-USED", "ask the verifier for a new challenge: each is answered once"
	case errors.Is(err, passport.ErrChallengeExpired):
		p.Code, p.Hint = "CHIO-CHALLENGE-EXPIRED", "ask the verifier for a new challenge"
	case errors.Is(err, passport.ErrChallengeOther):
		p.Code, p.Hint = "CHIO-CHALLENGE-OTHER", "answer only a challenge for the domain you talk to"
	case errors.Is(err, passport.ErrChallengeUnknown), errors.Is(err, passport.ErrChallenge), errors.Is(err, passport.ErrTooManyChallenges):
		p.Code, p.Hint = "CHIO-CHALLENGE-INVALID", "ask the verifier for a new challenge"
	case errors.Is(err, passport.ErrPresentation):
		p.Code, p.Hint = "CHIO-PRESENTATION-REFUSED", "present again, with the agent's own key and files"
	default:
		return err
	}
	p.Message = err.Error()
	return p
}
