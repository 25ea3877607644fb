package federation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/capability"
)

// The codes with which a call to a peer is refused before it is sent.
const (
	CodeNoTreaty   kernel.Code = "CHIO-FED-NO-TREATY"
	CodePeerStale  kernel.Code = "CHIO-FED-PEER-STALE"
	CodePeerFrozen kernel.Code = "CHIO-FED-PEER-FROZEN"
	// CodePeerDeactivated: an organisation that the call rests on has ended.
	CodePeerDeactivated kernel.Code = "CHIO-FED-PEER-DEACTIVATED"
	// CodePassport: the peer shows no passport that counts here.
	CodePassport   kernel.Code = "CHIO-FED-PASSPORT"
	CodePriceRound kernel.Code = "CHIO-FED-PRICE-ROUND"
	CodeOperation  kernel.Code = "CHIO-FED-OPERATION"
)

// maxListedTools bounds the tools that an error names.
const maxListedTools = 20

// RemoteTools is the kernel's Dispatcher for the tools of treaty peers: servers
// named did:chio:<hex>/<server>.
type RemoteTools struct{ x *Exchange }

// RemoteTools returns the dispatcher's remote half.
func (x *Exchange) RemoteTools() *RemoteTools { return &RemoteTools{x} }

var _ kernel.Dispatcher = (*RemoteTools)(nil)

// ParseRemote splits did:chio:<hex>/<server>.
func ParseRemote(server string) (did.DID, string, error) {
	name, rest, ok := strings.Cut(server, "/")
	if !ok || rest == "" {
		return "", "", fmt.Errorf("server %.160q is not did:chio:<hex>/<server>", server)
	}
	peer, err := did.Parse(name)
	return peer, rest, err
}

// Route implements kernel.Dispatcher. It has no effects and reads memory only,
// apart from the price round that the configured function names. What the peer
// attested decides which tools exist and what they cost.
func (t *RemoteTools) Route(ctx context.Context, m *kernel.Mandate) (kernel.Route, error) {
	x := t.x
	peer, server, err := ParseRemote(m.Server)
	if err != nil {
		return kernel.Route{}, &kernel.Denial{Code: kernel.CodeUnknownTool, Guard: "federation", Side: "local",
			Reason: err.Error(), Fix: "name the peer and its server: did:chio:<hex>/<server>"}
	}
	treaty, err := x.s.TreatyFor(peer, Outbound)
	if err != nil {
		return kernel.Route{}, TreatyDenial(err)
	}
	if m.Operation != "" && m.Operation != capability.Invoke {
		return kernel.Route{}, denied(CodeOperation, fmt.Sprintf("operation %.20q does not cross organisations", m.Operation), "only tool calls do")
	}
	if m.Passport != nil && m.Passport.Issuer != x.did.String() {
		return kernel.Route{}, denied(kernel.CodeContinuation, "the passport is another organisation's", "issue the agent a passport here")
	}
	tool, ok := Offered(treaty.Surface, server, m.Tool)
	if !ok {
		return kernel.Route{}, &kernel.Denial{Code: kernel.CodeUnknownTool, Guard: "federation", Side: sidePeer,
			Reason: fmt.Sprintf("%s does not offer %.80s/%.80s; it offers %s", peer.Short(), server, m.Tool, listed(treaty.Surface)),
			Fix:    "use one of those, or ask the peer to attest the tool"}
	}
	id := treaty.TreatyID
	r := kernel.Route{Server: server, Audience: treaty.PeerKernel, PeerDID: peer.String(), PeerKernel: treaty.PeerKernel, TreatyID: &id}
	if tool.Price == nil || tool.Price.Units == 0 {
		return r, nil
	}
	price := *tool.Price
	r.Price = &price
	if d := x.checkFresh(peer, treaty.Revocation); d != nil {
		return kernel.Route{}, d
	}
	if treaty.Money != nil && treaty.Money.Oracle != nil && x.cfg.PriceRound != nil {
		if r.PriceRound, err = x.cfg.PriceRound(ctx, peer, treaty.Money); err != nil {
			return kernel.Route{}, denied(CodePriceRound, "no usable price round: "+err.Error(), "import a fresh round of enough operators")
		}
	}
	return r, nil
}

// checkFresh bounds the age of a peer's revocation epoch for a paid call.
func (x *Exchange) checkFresh(peer did.DID, terms RevocationTerms) *kernel.Denial {
	issuedAt, forked := x.cfg.Revocations.Freshness(peer)
	age := x.now() - issuedAt
	if issuedAt > 0 && !forked && age <= terms.MaxStalenessSeconds {
		return nil
	}
	reason := fmt.Sprintf("the peer's revocation epoch is %d seconds old, the treaty's limit for paid calls is %d", age, terms.MaxStalenessSeconds)
	switch {
	case forked:
		reason = "the peer signed two revocation histories"
	case issuedAt == 0:
		reason = "no revocation epoch of the peer was received"
	}
	return &kernel.Denial{Code: kernel.CodeRevocationStale, Guard: "revocation", Side: sideTreaty, Reason: reason,
		Fix: "connect the two nodes so that epochs are exchanged: chio-node federate sync"}
}

// listed names a surface's tools for an error.
func listed(surface []SurfaceTool) string {
	var names []string
	for _, e := range surface {
		if len(names) == maxListedTools {
			names = append(names, "…")
			break
		}
		names = append(names, e.Server+"/"+e.Tool)
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

func denied(code kernel.Code, reason, fix string) *kernel.Denial {
	return &kernel.Denial{Code: code, Guard: "federation", Side: sideTreaty, Reason: reason, Fix: fix}
}

// TreatyDenial explains why no treaty lets a call pass.
func TreatyDenial(err error) *kernel.Denial {
	d := denied(CodeNoTreaty, err.Error(), "federate with the peer first: chio-node federate")
	switch {
	case errors.Is(err, ErrPeerStale):
		d.Code, d.Fix = CodePeerStale, "connect to the peer again: chio-node federate sync"
	case errors.Is(err, ErrPeerFrozen), errors.Is(err, ErrPeerRevoked):
		d.Code, d.Fix = CodePeerFrozen, "an operator must resolve it"
	case errors.Is(err, ErrPassport):
		d.Code, d.Fix = CodePassport, "the peer's operator renews federation.passport, and the nodes meet: chio-node federate sync"
	case errors.Is(err, ErrPeerDeactivated):
		d.Code, d.Fix = CodePeerDeactivated, "federate with its successor, if it named one"
	}
	return d
}
