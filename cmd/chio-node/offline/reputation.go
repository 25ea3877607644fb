package offline

import (
	"fmt"

	"github.com/backbay-labs/chio-node/credit/reputation"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

// CodeReputation: a reputation summary does not hold.
const CodeReputation = "CHIO-VERIFY-REPUTATION"

// summaryDetail is what a summary says, with its id and whether it is of the
// time that was asked for.
type summaryDetail struct {
	ID      wire.Digest           `json:"id"`
	Window  string                `json:"window"`
	Summary *reputation.Statement `json:"summary"`
}

// summary judges a signed reputation summary. What it counts is in logs this
// program has not seen: it is the issuer's word, and signed as that.
func summary(f *Finding, doc []byte, o Options) {
	s, env, err := reputation.Verify(doc)
	if err != nil {
		f.refuse(CodeReputation, err)
		return
	}
	d := summaryDetail{ID: env.ID(), Window: string(vc.WindowCurrent), Summary: s}
	switch {
	case o.At < s.ComputedAt:
		d.Window = string(vc.WindowEarly)
	case o.At >= s.ExpiresAt:
		d.Window = string(vc.WindowExpired)
	}
	f.detail(d)
	f.sound(o.names(s.Issuer.String()), fmt.Sprintf("the trust set does not name %s", s.Issuer))
}
