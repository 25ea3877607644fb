package node

import (
	"context"
	"errors"
	"slices"
)

// maxEndings bounds for how many sessions it is remembered why they ended.
const maxEndings = 64

// ending is why one attached session ended.
type ending struct {
	session string
	problem *Problem
}

// ended remembers why a session ended, if that is a problem that whoever lent
// the streams should hear of: the connection carries frames and no reasons.
func (t *attachments) ended(session string, err error) {
	var p *Problem
	if !errors.As(err, &p) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.endings) >= maxEndings {
		t.endings = slices.Delete(t.endings, 0, 1)
	}
	t.endings = append(t.endings, ending{session, p})
}

// MCPSession names an attached session.
type MCPSession struct {
	Session string `json:"session"`
}

// mcpEnding answers why a session ended: its problem as the error, or nothing.
func (n *Node) mcpEnding(_ context.Context, req MCPSession) (*Empty, error) {
	n.attachments.mu.Lock()
	defer n.attachments.mu.Unlock()
	for _, e := range n.attachments.endings {
		if e.session == req.Session {
			return nil, e.problem
		}
	}
	return &Empty{}, nil
}
