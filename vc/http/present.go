package vchttp

import (
	"net/http"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// present signs a presentation as its holder.
func (s *Service) present(suite string, b body) (int, any, error) {
	var q struct {
		Presentation wire.Raw `json:"presentation"`
		Options      struct {
			Challenge string `json:"challenge"`
			Domain    string `json:"domain"`
		} `json:"options"`
	}
	if err := b.read(&q); err != nil {
		return 0, nil, err
	}
	if len(q.Presentation) == 0 || q.Presentation[0] != '{' {
		return 0, nil, bad("presentation is missing")
	}
	if q.Options.Challenge == "" && !s.cfg.AllowUnbound {
		return 0, nil, bad("options.challenge is missing: take it from whoever asks for the presentation")
	}
	now := vc.Time(s.cfg.Now().Unix())
	o := vc.SignOptions{Suite: s.suite(suite), Method: s.method, Created: &now, Challenge: q.Options.Challenge,
		Vocabulary: s.cfg.Vocabulary, AllowV1: true}
	if q.Options.Domain != "" {
		o.Domain = []string{q.Options.Domain}
	}
	signed, err := vc.SignPresentation(q.Presentation, s.cfg.Signer, o)
	if err != nil {
		return 0, nil, bad("presentation is not made: %w", err)
	}
	return http.StatusCreated, struct {
		Presentation wire.Raw `json:"verifiablePresentation"`
	}{signed}, nil
}
