package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store/memory"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

const (
	us        = "chio-node"
	challenge = "challenge-of-the-verifier"
	domain    = "verifier.example"
	terms     = `{"@protected":true,"role":"urn:example:role","grade":"urn:example:grade"}`
)

// names are the two spellings of one key, each with its method.
func names(k *wire.Key) map[string][2]string {
	id := did.FromKey(k.Public())
	return map[string][2]string{
		"did:chio": {id.String(), id.KeyID()},
		"did:key":  {id.DIDKey(), id.DIDKey() + "#" + id.Multibase()},
	}
}

func (p *parties) issueAll() ([]*Case, error) {
	var cases []*Case
	for _, suite := range []vc.Suite{nil, p.processor.Suite()} {
		for _, method := range []string{"did:key", "did:chio"} {
			some, err := p.issue(suite, method)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", method, err)
			}
			cases = append(cases, some...)
		}
	}
	for _, issue := range []func() ([]*Case, error){p.passports, p.legacy, p.tokens, p.disclosing} {
		some, err := issue()
		if err != nil {
			return nil, err
		}
		cases = append(cases, some...)
	}
	return cases, nil
}

// issue makes the cases of one suite and one method: whole ones, and some that
// are signed well and must be refused all the same.
func (p *parties) issue(suite vc.Suite, method string) ([]*Case, error) {
	name := "eddsa-jcs-2022"
	if suite != nil {
		name = suite.Name()
	}
	var cases []*Case
	issuer, holder := names(p.org)[method], names(p.agent)[method]
	created := vc.Time(p.now)
	options := vc.SignOptions{Suite: suite, Method: issuer[1], Created: &created, Vocabulary: p.processor}
	add := func(what, kind string, good bool, doc []byte) {
		cases = append(cases, &Case{Name: what + " of " + method, By: us, Suite: name, Kind: kind, Good: good, Doc: string(doc)})
		if kind == "presentation" {
			cases[len(cases)-1].Challenge, cases[len(cases)-1].Domain = challenge, domain
		}
		if !good {
			cases[len(cases)-1].Change = what
		}
	}
	var whole []byte
	for _, one := range []struct {
		what     string
		from, to int64
		good     bool
	}{{"credential", -60, 3600, true}, {"expired credential", -7200, -3600, false}, {"early credential", 3600, 7200, false}} {
		doc, err := vc.SignCredential(p.credential(issuer[0], holder[0], one.from, one.to), p.org, options)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.what, err)
		}
		add(one.what, "credential", one.good, doc)
		if one.good {
			whole = doc
		}
	}
	other := options
	other.Method, other.Controller = holder[1], holder[0]
	doc, err := vc.AddProof(p.credential(issuer[0], holder[0], -60, 3600), p.agent, other)
	if err != nil {
		return nil, fmt.Errorf("proof of another: %w", err)
	}
	add("credential signed by another", "credential", false, doc)

	bare, err := vc.NewPresentation(holder[0], whole)
	if err != nil {
		return nil, err
	}
	options.Method, options.Challenge, options.Domain = holder[1], challenge, []string{domain}
	if doc, err = vc.SignPresentation(bare, p.agent, options); err != nil {
		return nil, fmt.Errorf("presentation: %w", err)
	}
	add("presentation", "presentation", true, doc)
	return cases, nil
}

func (p *parties) credential(issuer, holder string, from, to int64) []byte {
	return literal(map[string]any{
		"@context": []any{vc.ContextV2, json.RawMessage(terms)},
		"id":       "urn:uuid:0192e4a0-0000-7000-8000-000000000001",
		"type":     []string{"VerifiableCredential"},
		"issuer":   issuer, "validFrom": vc.Time(p.now + from).String(), "validUntil": vc.Time(p.now + to).String(),
		"credentialSubject": map[string]any{"id": holder, "role": []string{"reader", "writer"}, "grade": 7},
	})
}

func literal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("identity: a literal cannot be marshalled: " + err.Error())
	}
	return b
}

// legacy are credentials of VC 1.1 with proofs of Ed25519Signature2020.
func (p *parties) legacy() ([]*Case, error) {
	var cases []*Case
	suite := p.processor.LegacySuite()
	for _, method := range []string{"did:key", "did:chio"} {
		issuer, holder := names(p.org)[method], names(p.agent)[method]
		created := vc.Time(p.now)
		doc, err := vc.SignCredential(p.credentialV1(issuer[0], holder[0], did.ContextEd25519), p.org, vc.SignOptions{
			Suite: suite, Method: issuer[1], Created: &created, Vocabulary: p.processor, AllowV1: true,
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", suite.Name(), err)
		}
		cases = append(cases, &Case{
			Name: "credential of " + method, By: us, Suite: suite.Name(), Kind: "credential", Good: true, Doc: string(doc),
		})
	}
	return cases, nil
}

// passports makes a passport that holds, one that is revoked, and their list.
func (p *parties) passports() ([]*Case, error) {
	ctx := context.Background()
	db := memory.New()
	defer db.Close()
	registry, err := passport.NewRegistry(passport.Config{DB: db, Org: p.org, Rand: rand.Reader, StatusBase: "https://status.example/"})
	if err != nil {
		return nil, err
	}
	var cases []*Case
	for _, revoked := range []bool{false, true} {
		issued, file, err := registry.Issue(ctx, passport.Request{
			Subject: passport.Subject{
				ID: did.FromKey(p.agent.Public()), Name: "researcher", Organization: "acme", Roles: []string{"reader"},
				AutonomyTier: passport.TierDirect, Assurance: &passport.Assurance{KeyCustody: passport.CustodyOwn},
			},
			ValidFrom: p.now - 60, TTLSeconds: 3600,
		}, p.now)
		if err != nil {
			return nil, err
		}
		c := &Case{Name: "passport", By: us, Suite: "eddsa-jcs-2022", Kind: "credential", Good: !revoked}
		if revoked {
			c.Change = "revoked passport"
			if err := registry.Revoke(ctx, issued.ID, "test", p.now); err != nil {
				return nil, err
			}
			if file, err = registry.File(ctx, issued.ID, p.now); err != nil {
				return nil, err
			}
		}
		doc, lists, err := passport.SplitFile(file)
		if err != nil {
			return nil, err
		}
		c.Doc = string(doc)
		cases = append(cases, c)
		for _, list := range lists {
			opened, err := vc.OpenStatusList(list, did.FromKey(p.org.Public()).String())
			if err != nil {
				return nil, err
			}
			p.lists[opened.ID()], p.documents[opened.ID()] = opened, json.RawMessage(list)
		}
	}
	for _, list := range p.lists {
		cases = append(cases, &Case{
			Name: "status list", By: us, Suite: "eddsa-jcs-2022", Kind: "credential", Good: true, Doc: string(p.documents[list.ID()]),
		})
	}
	return cases, nil
}
