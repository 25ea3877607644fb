package vchttp

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// verifyOptions are those of the VC-API. checks is read and changes nothing:
// every check is made every time.
type verifyOptions struct {
	Checks               []string `json:"checks"`
	Challenge            string   `json:"challenge"`
	Domain               string   `json:"domain"`
	ReturnCredential     bool     `json:"returnCredential"`
	ReturnPresentation   bool     `json:"returnPresentation"`
	ReturnResults        bool     `json:"returnResults"`
	ReturnProblemDetails bool     `json:"returnProblemDetails"`
}

// verified is the body of a success.
type verified struct {
	Verified   bool     `json:"verified"`
	Checks     []string `json:"checks"`
	Errors     []string `json:"errors"`
	Warnings   []string `json:"warnings"`
	Result     any      `json:"result"`
	Credential wire.Raw `json:"verifiableCredential,omitempty"`
	Shown      wire.Raw `json:"verifiablePresentation,omitempty"`
}

// verifyCredential answers 200 if the credential is whole and holds now, and
// its issuer is trusted if the verifier asks about trust; otherwise 400.
func (s *Service) verifyCredential(r *http.Request, b body) (int, any, error) {
	var q struct {
		Credential wire.Raw      `json:"verifiableCredential"`
		Options    verifyOptions `json:"options"`
	}
	if err := b.read(&q); err != nil {
		return 0, nil, err
	}
	if len(q.Credential) == 0 {
		return 0, nil, bad("verifiableCredential is missing")
	}
	g := s.gate(r)
	asked := g.TrustedIssuer != nil
	if o := q.Options; o.Challenge != "" || o.Domain != "" {
		g.Bound = func(domain []string, challenge string) bool {
			return challenge == o.Challenge && (o.Domain == "" && domain == nil || len(domain) == 1 && domain[0] == o.Domain)
		}
	}
	rep, err := judge(q.Credential, func(doc []byte) *vc.Report { return vc.VerifyCredential(doc, g) },
		func(media string, data []byte) *vc.Report { return vc.VerifyEnvelope(media, data, g) }, "application/vc+jwt")
	if err != nil {
		return 0, nil, err
	}
	if !rep.Integrity || !rep.Authorized || asked && !rep.IssuerTrusted {
		return 0, nil, &failure{http.StatusBadRequest, fmt.Errorf("credential does not verify: %w", rep.Err()), rep}
	}
	out := success(rep)
	if !asked {
		out.Warnings = append(out.Warnings, "nobody's trust was asked for: the issuer is whoever holds the key")
	}
	if q.Options.ReturnCredential {
		out.Credential = q.Credential
	}
	return http.StatusOK, out, nil
}

// verifyPresentation answers 200 if the presentation is its holder's, was made
// for the challenge and domain, and every credential in it verifies.
func (s *Service) verifyPresentation(r *http.Request, b body) (int, any, error) {
	var q struct {
		Presentation wire.Raw      `json:"verifiablePresentation"`
		Options      verifyOptions `json:"options"`
	}
	if err := b.read(&q); err != nil {
		return 0, nil, err
	}
	if len(q.Presentation) == 0 {
		return 0, nil, bad("verifiablePresentation is missing")
	}
	g := vc.PresentationGate{Gate: s.gate(r), Domain: q.Options.Domain, Challenge: q.Options.Challenge, AllowEmpty: true}
	if g.Challenge == "" {
		if !s.cfg.AllowUnbound {
			return 0, nil, bad("options.challenge is missing: without it a copy of the presentation would pass too")
		}
		g.Unbound = true
	}
	if g.TrustedIssuer == nil {
		g.TrustedIssuer = func(string) bool { return true } // trust is not asked about; the reports name the issuers
	}
	rep, err := judge(q.Presentation, func(doc []byte) *vc.PresentationReport { return vc.VerifyPresentation(doc, g) },
		func(media string, data []byte) *vc.PresentationReport {
			return vc.VerifyPresentationEnvelope(media, data, g)
		}, "application/vp+jwt")
	if err != nil {
		return 0, nil, err
	}
	if err := rep.Err(); err != nil {
		return 0, nil, &failure{http.StatusBadRequest, fmt.Errorf("presentation does not verify: %w", err), rep}
	}
	out := success(rep)
	if q.Options.ReturnPresentation {
		out.Shown = q.Presentation
	}
	return http.StatusOK, out, nil
}

// judge verifies JSON, or a compact JWS that is sent as a text.
func judge[R any](doc wire.Raw, plain func([]byte) R, sealed func(string, []byte) R, media string) (r R, err error) {
	switch doc[0] {
	case '{':
		return plain(doc), nil
	case '"':
		var text string
		if err := wire.Unmarshal(doc, &text, wire.ForeignLimits); err != nil {
			return r, bad("request: %w", err)
		}
		if strings.Count(text, ".") < 2 {
			return r, bad("a text must be a compact JWS")
		}
		return sealed(media, []byte(text)), nil
	}
	return r, bad("send an object, or a compact JWS as a text")
}

func success(result any) verified {
	return verified{Verified: true, Checks: []string{"proof", "validity", "status"}, Errors: []string{}, Warnings: []string{}, Result: result}
}
