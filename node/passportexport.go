package node

import (
	"context"
	"fmt"

	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// ExportPassport asks "passport/export": a passport by its id, or the agent's
// newest, in a form for other people's software. Only an active one is given.
type ExportPassport struct {
	ID     string `json:"id,omitempty"`
	Agent  string `json:"agent,omitempty"`
	Format string `json:"format,omitempty"` // json | vc+jwt | sd-jwt; default json
}

// ExportedPassport answers "passport/export". Credential is the bare
// credential: JSON, or a compact token. StatusLists are the signed lists its
// entries name, as of now.
type ExportedPassport struct {
	Passport    PassportInfo `json:"passport"`
	Format      string       `json:"format"`
	MediaType   string       `json:"media_type"`
	Credential  string       `json:"credential"`
	StatusLists []wire.Raw   `json:"status_lists"`
}

func (n *Node) exportPassport(ctx context.Context, req ExportPassport) (*ExportedPassport, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	rec, p, err := n.activeRecord(PassportRequest{ID: req.ID, Agent: req.Agent})
	if err != nil {
		return nil, err
	}
	out := &ExportedPassport{Passport: n.describe(p, rec), Format: req.Format}
	doc := []byte(rec.Passport)
	switch req.Format {
	case "", PassportJSON:
		out.Format, out.MediaType = PassportJSON, "application/vc"
	case PassportVCJWT:
		out.MediaType = jose.MediaCredential
		doc, err = p.JWT(n.keys.Org(), n.now())
	case PassportSDJWT:
		out.MediaType = "application/dc+sd-jwt"
		doc, err = p.SDJWT(n.keys.Org(), n.now(), n.rand)
	default:
		return nil, usage("format %.40q: use json, vc+jwt or sd-jwt", req.Format)
	}
	if err != nil {
		return nil, fmt.Errorf("export passport %s: %w", p.ID, err)
	}
	out.Credential = string(doc)
	file, err := n.passportFile(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	_, out.StatusLists, err = passport.SplitFile(file)
	return out, err
}

// activeRecord finds a passport of ours that counts at this moment.
func (n *Node) activeRecord(req PassportRequest) (*passport.Record, *passport.Passport, error) {
	rec, p, err := n.namedPassport(req)
	if err != nil {
		return nil, nil, err
	}
	if s := rec.State(p, n.now()); s != passport.Active {
		return nil, nil, notActive(p.ID, s)
	}
	return rec, p, nil
}

// notActive refuses to hand out or show a passport that does not count.
func notActive(id string, s passport.State) *Problem {
	return &Problem{Code: "CHIO-PASSPORT-STATE", Message: fmt.Sprintf("passport %s is %s: only an active one is presented or exported", id, s),
		Hint: "chio-node passport list shows the state of each", Exit: ExitDenied}
}
