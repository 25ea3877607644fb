package offline

import (
	"fmt"

	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// judgePassport judges a passport file with the status list it carries. A passport
// that was revoked, or whose time is over, is intact and says so.
func judgePassport(f *Finding, doc []byte, o Options) {
	r := passport.VerifyFile(doc, vc.Gate{Now: o.At, TrustedIssuer: o.names})
	f.Integrity = r.Integrity
	f.detail(r)
	if !r.Integrity {
		f.refuse(CodePassport, r.Err())
		return
	}
	f.Status = string(r.Status)
	f.sound(r.IssuerTrusted, fmt.Sprintf("the trust set does not name %s", r.Issuer))
}

// treatyDetail is what a treaty says, with its id.
type treatyDetail struct {
	ID     wire.Digest        `json:"id"`
	Status string             `json:"window"`
	Treaty *federation.Treaty `json:"treaty"`
}

// treaty judges a treaty file: both organisations have signed it.
func treaty(f *Finding, doc []byte, o Options) {
	env := new(wire.Envelope)
	if err := wire.UnmarshalCanonical(doc, env, wire.DocumentLimits); err != nil {
		f.refuse(CodeTreaty, fmt.Errorf("treaty: %w", err))
		return
	}
	t, err := federation.VerifyTreaty(env, true)
	if err != nil {
		f.refuse(CodeTreaty, err)
		return
	}
	d := treatyDetail{ID: env.ID(), Status: string(vc.WindowCurrent), Treaty: t}
	switch {
	case o.At < t.Window.NotBefore:
		d.Status = string(vc.WindowEarly)
	case o.At >= t.Window.Expires:
		d.Status = string(vc.WindowExpired)
	}
	f.detail(d)
	for _, p := range t.Parties {
		if !o.names(p.String()) {
			f.sound(false, fmt.Sprintf("the trust set does not name %s", p))
			return
		}
	}
	f.sound(true, "")
}
