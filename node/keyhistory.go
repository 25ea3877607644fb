package node

import (
	"context"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// KeyHistoryRequest asks "key/history".
type KeyHistoryRequest struct {
	Role string `json:"role,omitempty"` // kernel, transport or agent; "" is all
}

// KeyHistory answers it: when each key was in use, and the file that proves it.
type KeyHistory struct {
	Keys []did.Span `json:"keys"`
	File wire.Raw   `json:"file"` // chio.key_history.v1; always of every role, since the events are one chain
}

func (n *Node) keyHistory(_ context.Context, req KeyHistoryRequest) (*KeyHistory, error) {
	if role := did.Role(req.Role); role != "" && role != did.RoleKernel && role != did.RoleTransport && role != did.RoleAgent {
		return nil, usage("role is %q, want kernel, transport or agent", req.Role)
	}
	h, err := n.keys.History()
	if err != nil {
		return nil, err
	}
	if env, _ := n.keys.Deactivated(); env == nil {
		b := n.network.bindings()
		h.Current = []*wire.Envelope{b.Kernel, b.Transport}
	}
	spans, err := h.Verify(n.now())
	if err != nil {
		return nil, err
	}
	out := &KeyHistory{Keys: []did.Span{}}
	for _, s := range spans {
		if req.Role == "" || string(s.Role) == req.Role {
			out.Keys = append(out.Keys, s)
		}
	}
	out.File, err = h.Bytes()
	return out, err
}
