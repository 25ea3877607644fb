package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/ld"
	"github.com/backbay-labs/chio-node/wire"
)

// parties are who takes part, and what every verifier is given.
type parties struct {
	now       int64
	org       *wire.Key // issues
	agent     *wire.Key // holds
	resolver  *resolver.Resolver
	processor *ld.Processor
	lists     map[string]*vc.StatusList
	documents map[string]json.RawMessage
}

func newParties(clock func() time.Time) (*parties, error) {
	p := &parties{now: clock().Unix(), lists: map[string]*vc.StatusList{}, documents: map[string]json.RawMessage{}}
	var err error
	if p.resolver, err = resolver.New(resolver.Config{Now: clock}); err != nil {
		return nil, err
	}
	if p.processor, err = ld.New(); err != nil {
		return nil, err
	}
	for _, key := range []**wire.Key{&p.org, &p.agent} {
		if *key, err = wire.GenerateKey(rand.Reader); err != nil {
			return nil, err
		}
		id := did.FromKey((*key).Public())
		document, err := did.NewDocument(id)
		if err != nil {
			return nil, err
		}
		if p.documents[id.String()], err = json.Marshal(document); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// gate trusts every issuer: who is trusted is not what is compared here.
func (p *parties) gate() vc.Gate {
	return vc.Gate{
		Now: p.now, SkewSeconds: 300,
		TrustedIssuer: func(string) bool { return true }, AllowNoStatus: true,
		StatusList: func(url string) (*vc.StatusList, error) {
			if l := p.lists[url]; l != nil {
				return l, nil
			}
			return nil, fmt.Errorf("%w: %s", vc.ErrStatusRetrieval, url)
		},
		Methods: p.resolver, Suites: []vc.Suite{p.processor.Suite(), p.processor.LegacySuite()}, Vocabulary: p.processor, Envelope: jose.Open,
	}
}

func (p *parties) judge(c *Case) {
	g := vc.PresentationGate{Gate: p.gate(), Domain: c.Domain, Challenge: c.Challenge, HolderIsSubject: true}
	var err error
	switch {
	case c.Media == jose.MediaSD:
		err = p.judgeSD(c)
	case c.Kind == "presentation" && c.Media != "":
		err = vc.VerifyPresentationEnvelope(c.Media, []byte(c.Doc), g).Err()
	case c.Kind == "presentation":
		err = vc.VerifyPresentation([]byte(c.Doc), g).Err()
	case c.Media != "":
		err = vc.VerifyEnvelope(c.Media, []byte(c.Doc), g.Gate).Err()
	default:
		err = vc.VerifyCredential([]byte(c.Doc), g.Gate).Err()
	}
	c.Ours = err == nil
	if err != nil {
		c.Why = err.Error()
	}
}
