package passport

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// The reasons a portfolio is refused; each wraps ErrRefused.
var (
	// ErrRefused: the policy does not accept what was presented.
	ErrRefused = errors.New("the passport policy refuses")
	// ErrTwoAgents: the credentials are about different agents.
	ErrTwoAgents = fmt.Errorf("%w: the credentials are about different agents", ErrRefused)
	// ErrWithdrawn: an issuer has withdrawn a credential that was presented.
	ErrWithdrawn = fmt.Errorf("%w: a credential that was presented is revoked or suspended", ErrRefused)
)

// Verdict is what a policy says of a portfolio: several credentials, of
// several issuers perhaps, about one agent. There is no score over them: each
// is judged alone, and one that passes is enough.
type Verdict struct {
	Accepted     bool        `json:"accepted"`
	PolicyID     string      `json:"policy_id,omitempty"`
	PolicySHA256 wire.Digest `json:"policy_sha256,omitzero"`
	Agent        did.DID     `json:"agent,omitempty"`
	Credentials  []Judgement `json:"credentials"`
	Reason       string      `json:"reason,omitempty"` // why it was not accepted
	err          error
}

// Err is nil only if the portfolio was accepted; otherwise it wraps
// ErrRefused, ErrNoPolicy or ErrPolicy.
func (v *Verdict) Err() error {
	if v.err == nil && !v.Accepted {
		return ErrRefused
	}
	return v.err
}

// Judgement is what a policy says of one credential.
type Judgement struct {
	ID       string     `json:"id,omitempty"`
	Issuer   string     `json:"issuer,omitempty"`
	Accepted bool       `json:"accepted"`
	Checks   []vc.Check `json:"checks"`
	Passport *Passport  `json:"-"` // nil unless it is one and intact
}

// Judge judges a portfolio whose credentials were verified through Policy.Gate:
//
//	1 there is a policy, and it holds together
//	2 there is a credential, and all intact ones are about one agent
//	3 none is revoked or suspended: what one issuer withdrew is not mended by
//	  the word of another
//	4 at least one passes, each for itself: (a) it is intact, current and active,
//	  (b) of an issuer the policy names, (c) of the autonomy tier at least,
//	  (d) with every role, (e) with the assurance, (f) not too old, (g) with
//	  receipts and days enough, (h) each metric known and good enough
//
// A value that the policy asks about and the credential does not say refuses.
func (p *Policy) Judge(reports []*Report, now int64) *Verdict {
	v := &Verdict{Credentials: []Judgement{}}
	if err := p.Check(); err != nil { // 1
		return v.refuse(err)
	}
	digest, err := p.Digest()
	if err != nil {
		return v.refuse(err)
	}
	v.PolicyID, v.PolicySHA256 = p.ID, digest
	for _, r := range reports {
		v.Credentials = append(v.Credentials, p.judge(r, now)) // 4
	}
	if err := v.sameAgent(); err != nil { // 2
		return v.refuse(err)
	}
	for _, r := range reports {
		if r.Status == vc.StatusRevoked || r.Status == vc.StatusSuspended { // 3
			return v.refuse(fmt.Errorf("%w: %s by %s", ErrWithdrawn, r.ID, r.Issuer))
		}
	}
	if !slices.ContainsFunc(v.Credentials, func(j Judgement) bool { return j.Accepted }) { // 4
		return v.refuse(fmt.Errorf("%w: none of %d credentials passes: %s", ErrRefused, len(reports), v.firstDetail()))
	}
	v.Accepted = true
	return v
}

func (v *Verdict) refuse(err error) *Verdict {
	v.err, v.Reason = err, err.Error()
	return v
}

// Withdraw takes acceptance back because of what the verifier itself knows of
// a credential that was presented.
func (v *Verdict) Withdraw(why string) {
	v.Accepted = false
	v.refuse(fmt.Errorf("%w: %s", ErrWithdrawn, why))
}

func (v *Verdict) sameAgent() error {
	for i := range v.Credentials {
		p := v.Credentials[i].Passport
		switch {
		case p == nil:
			continue
		case v.Agent == "":
			v.Agent = p.Subject.ID
		case v.Agent != p.Subject.ID:
			return fmt.Errorf("%w: %s and %s", ErrTwoAgents, v.Agent, p.Subject.ID)
		}
	}
	if v.Agent == "" {
		return fmt.Errorf("%w: no intact passport was presented", ErrRefused)
	}
	return nil
}

func (v *Verdict) firstDetail() string {
	for i := range v.Credentials {
		for _, c := range v.Credentials[i].Checks {
			if !c.OK {
				return c.Detail
			}
		}
	}
	return ""
}

// judge asks rule 4 of one credential.
func (p *Policy) judge(r *Report, now int64) Judgement {
	j := Judgement{ID: r.ID, Issuer: r.Issuer, Checks: slices.Clone(r.Checks), Accepted: true}
	note := func(name string, err error) {
		c := vc.Check{Rule: ruleJudge, Name: name, OK: err == nil}
		if err != nil {
			c.Detail, j.Accepted = err.Error(), false
		}
		j.Checks = append(j.Checks, c)
	}
	if !r.Integrity || r.Passport == nil || !r.Authorized { // a
		j.Accepted = false
	}
	if !r.IssuerTrusted { // b
		j.Accepted = false
	}
	if !r.Integrity || r.Passport == nil {
		return j
	}
	j.Passport = r.Passport
	s := &r.Passport.Subject
	note("autonomy tier", p.judgeTier(s))            // c
	note("roles", p.judgeRoles(s))                   // d
	note("assurance", p.judgeAssurance(s.Assurance)) // e
	note("age", p.judgeAge(r.Passport, now))         // f
	note("history", p.judgeHistory(s.Reputation))    // g
	note("reputation", p.judgeMetrics(s.Reputation)) // h
	return j
}

// CountsUntil is from when on the policy refuses the passport of a file that it
// accepted, by the file alone: the passport, its reputation or its status lists
// are too old then (9h, 4a, 4f). Unix seconds.
func (p *Policy) CountsUntil(r *Report) int64 {
	until := int64(r.Passport.ValidUntil)
	for i, signed := range r.ListsAt {
		until = min(until, signed+p.MaxStatusAge+1)
		if end := r.listsUntil[i]; end != 0 {
			until = min(until, end)
		}
	}
	if p.MaxAge != 0 {
		until = min(until, int64(r.Passport.ValidFrom)+p.MaxAge+1)
		if rep := r.Passport.Subject.Reputation; rep != nil {
			until = min(until, rep.ComputedAt+p.MaxAge+1)
		}
	}
	return until
}

// ruleJudge is the number of the rules of a policy in a list of checks.
const ruleJudge = 20

func (p *Policy) judgeTier(s *Subject) error {
	if p.MinTier != "" && !capability.TierAtLeast(s.AutonomyTier, p.MinTier) {
		return fmt.Errorf("autonomy tier is %s, the policy asks for %s", s.AutonomyTier, p.MinTier)
	}
	return nil
}

func (p *Policy) judgeRoles(s *Subject) error {
	for _, role := range p.Roles {
		if !slices.Contains(s.Roles, role) {
			return fmt.Errorf("role %s is missing", role)
		}
	}
	return nil
}

func (p *Policy) judgeAssurance(a *Assurance) error {
	switch {
	case p.KeyCustody == "" && p.MinRuntime == "":
		return nil
	case a == nil:
		return errors.New("the passport does not say how the agent's key is held")
	case p.KeyCustody != "" && a.KeyCustody != p.KeyCustody:
		return fmt.Errorf("key custody is %s, the policy asks for %s", a.KeyCustody, p.KeyCustody)
	case p.MinRuntime != "" && !capability.AssuranceAtLeast(a.RuntimeTier, p.MinRuntime):
		return fmt.Errorf("runtime tier is %.20q, the policy asks for %s", a.RuntimeTier, p.MinRuntime)
	}
	return nil
}

func (p *Policy) judgeAge(c *Passport, now int64) error {
	if p.MaxAge == 0 {
		return nil
	}
	if age := now - int64(c.ValidFrom); age > p.MaxAge {
		return fmt.Errorf("the passport is %d seconds old, limit %d", age, p.MaxAge)
	}
	if r := c.Subject.Reputation; r != nil && now-r.ComputedAt > p.MaxAge {
		return fmt.Errorf("the reputation is %d seconds old, limit %d", now-r.ComputedAt, p.MaxAge)
	}
	return nil
}

func (p *Policy) judgeHistory(r *Reputation) error {
	switch {
	case p.MinReceipts == 0 && p.MinDays == 0:
		return nil
	case r == nil:
		return errors.New("the passport says nothing of a history")
	case r.Receipts < p.MinReceipts:
		return fmt.Errorf("history of %d receipts, the policy asks for %d", r.Receipts, p.MinReceipts)
	case r.ActiveDays < p.MinDays:
		return fmt.Errorf("history of %d active days, the policy asks for %d", r.ActiveDays, p.MinDays)
	}
	return nil
}

func (p *Policy) judgeMetrics(r *Reputation) error {
	if len(p.MinMetrics) == 0 && p.MaxBoundaryPressure == nil {
		return nil
	}
	if r == nil {
		return errors.New("the passport says nothing of a reputation")
	}
	for _, name := range slices.Sorted(maps.Keys(p.MinMetrics)) {
		switch have := r.metric(name); {
		case have == nil:
			return fmt.Errorf("%s is not known, the policy asks for %d ppm", name, p.MinMetrics[name])
		case *have < p.MinMetrics[name]:
			return fmt.Errorf("%s is %d ppm, the policy asks for %d", name, *have, p.MinMetrics[name])
		}
	}
	if most := p.MaxBoundaryPressure; most != nil {
		switch have := r.Metrics.BoundaryPressure; {
		case have == nil:
			return fmt.Errorf("%s is not known, the policy allows %d ppm", boundaryPressure, *most)
		case *have > *most:
			return fmt.Errorf("%s is %d ppm, the policy allows %d", boundaryPressure, *have, *most)
		}
	}
	return nil
}
