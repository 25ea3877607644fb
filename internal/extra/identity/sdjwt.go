package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/wire"
)

// disclosing are SD-JWT VCs of ours, presented with all, some and none of
// their claims, and such as must be refused.
func (p *parties) disclosing() ([]*Case, error) {
	var cases []*Case
	for _, method := range []string{"did:key", "did:chio"} {
		issuer := names(p.org)[method]
		for _, one := range []struct {
			what, change string
			names        []string
			from, to     int64
		}{
			{"all claims", "", []string{"name", "organization", "roles"}, -60, 3600},
			{"no claims", "", nil, -60, 3600},
			{"a claim", "expired", []string{"name"}, -7200, -3600},
			{"a claim", "too early", []string{"name"}, 3600, 7200},
		} {
			from, to := vc.Time(p.now+one.from), vc.Time(p.now+one.to)
			issued, err := jose.IssueSD(jose.SDContent{
				VCT: "urn:example:vct", Issuer: issuer[0], Method: issuer[1], Holder: did.NewEd25519(p.agent.Public()),
				IssuedAt: from, NotBefore: &from, Expires: &to, Claims: map[string]wire.Raw{"tier": wire.Raw(`"direct"`)},
				Disclosed: map[string]wire.Raw{
					"name": wire.Raw(`"researcher"`), "organization": wire.Raw(`"acme"`), "roles": wire.Raw(`["reader","writer"]`),
				},
			}, p.org, rand.Reader)
			if err != nil {
				return nil, fmt.Errorf("SD-JWT VC: %w", err)
			}
			shown, err := jose.PresentSD(issued, one.names, p.agent, jose.Binding{Audience: domain, Nonce: challenge, Created: vc.Time(p.now)})
			if err != nil {
				return nil, fmt.Errorf("presenting an SD-JWT VC: %w", err)
			}
			cases = append(cases, &Case{
				Name: one.what + " of " + method, By: us, Suite: "SD-JWT VC EdDSA", Kind: "presentation", Media: jose.MediaSD,
				Doc: string(shown), Challenge: challenge, Domain: domain, Change: one.change, Good: one.change == "",
			})
		}
	}
	return cases, nil
}

func (p *parties) judgeSD(c *Case) error {
	return jose.VerifySD([]byte(c.Doc), jose.SDGate{
		Now: p.now, SkewSeconds: 300, Audience: c.Domain, Nonce: c.Challenge, AllowNoStatus: true,
		Type:          func(vct string) bool { return vct == "urn:example:vct" },
		TrustedIssuer: func(string) bool { return true },
		Method: func(url string) (*did.Method, error) {
			return p.resolver.Method(context.Background(), url, did.PurposeAssertion)
		},
	}).Err()
}

// tamperSD varies both tokens and takes, doubles, swaps and changes what is
// disclosed between them.
func tamperSD(doc string, add func(change, doc string) *Case) {
	parts := strings.Split(doc, "~")
	last := len(parts) - 1
	with := func(i int, part string) string {
		changed := append([]string(nil), parts...)
		changed[i] = part
		return strings.Join(changed, "~")
	}
	for i, name := range map[int]string{0: "issued", last: "binding"} {
		tamperToken(parts[i], func(change, token string) *Case { return add(name+": "+change, with(i, token)) })
	}
	add("without binding", strings.Join(parts[:last], "~")+"~")
	for i := 1; i < last; i++ {
		add(fmt.Sprintf("without disclosure %d", i), strings.Join(append(append([]string(nil), parts[:i]...), parts[i+1:]...), "~"))
		add(fmt.Sprintf("changed disclosure %d", i), with(i, otherText(parts[i])))
		add(fmt.Sprintf("doubled disclosure %d", i), with(i, parts[i]+"~"+parts[i]))
	}
	add("strange disclosure", with(last, "WyJzYWx0IiwiZm9vIiwiYmFyIl0~"+parts[last])) // ["salt","foo","bar"]
}
