package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/journal"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// SessionInfo is one session's journal without its entries.
type SessionInfo struct {
	Agent     string      `json:"agent,omitempty"` // name, if it is known here
	Caller    string      `json:"caller"`          // the agent's key
	Session   string      `json:"session"`
	Sequence  uint64      `json:"sequence"` // entries ever
	Head      wire.Digest `json:"sha256"`   // of the hash chain
	Calls     uint64      `json:"calls"`
	Denied    uint64      `json:"denied"`
	BytesIn   uint64      `json:"bytes_in"`
	BytesOut  uint64      `json:"bytes_out"`
	Kept      int         `json:"kept"` // entries in memory
	LastAt    int64       `json:"last_at,omitzero"`
	Restarted bool        `json:"restarted,omitzero"` // an earlier life of it may have been forgotten
}

// SessionEntryInfo is one call of a session.
type SessionEntryInfo struct {
	Number    uint64      `json:"number"` // from 0
	At        int64       `json:"at,omitzero"`
	CallID    string      `json:"call_id,omitempty"`
	Server    string      `json:"server,omitempty"`
	Tool      string      `json:"tool,omitempty"`
	Ended     string      `json:"ended"`
	Code      string      `json:"code,omitempty"`
	ReceiptID string      `json:"receipt_id,omitempty"`
	BytesIn   uint64      `json:"bytes_in"`
	BytesOut  uint64      `json:"bytes_out"`
	SHA256    wire.Digest `json:"sha256"` // of the chain after this entry
}

// SessionList answers "session/list", the most recently used first.
type SessionList struct {
	Sessions []SessionInfo `json:"sessions"`
	Dropped  uint64        `json:"dropped"` // forgotten since the start, to bound memory
}

// SessionRequest names a session: by the agent's name or key, and what the
// agent's edge calls it.
type SessionRequest struct {
	Agent   string `json:"agent"`
	Session string `json:"session"`
}

// SessionShown answers "session/show".
type SessionShown struct {
	SessionInfo
	From    wire.Digest        `json:"from_sha256"` // of the chain before the first entry shown
	Entries []SessionEntryInfo `json:"entries"`
}

func (n *Node) listSessions(context.Context, Empty) (*SessionList, error) {
	all, dropped := n.sessions.List()
	list := &SessionList{Sessions: []SessionInfo{}, Dropped: dropped}
	for i := range all {
		info, err := n.sessionInfo(&all[i])
		if err != nil {
			return nil, err
		}
		list.Sessions = append(list.Sessions, info)
	}
	return list, nil
}

func (n *Node) showSession(_ context.Context, req SessionRequest) (*SessionShown, error) {
	var target authority.Stop
	err := n.db.View(func(r store.Reader) (err error) {
		target, err = agentTarget(r, req.Agent)
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := wire.ParsePublicKey(target.Target)
	if err != nil {
		return nil, err
	}
	j, ok := n.sessions.Show(journal.SessionName(key, req.Session))
	if !ok {
		return nil, &Problem{Code: "CHIO-SESSION-UNKNOWN", Message: fmt.Sprintf("no session %.80q of agent %.80s", req.Session, req.Agent),
			Hint: "chio-node session list shows them; sessions end with the node's process", Exit: ExitFailure}
	}
	info, err := n.sessionInfo(&j.Summary)
	if err != nil {
		return nil, err
	}
	out := &SessionShown{SessionInfo: info, From: j.From.SHA256, Entries: make([]SessionEntryInfo, len(j.Entries))}
	head := j.From.SHA256
	for i := range j.Entries {
		out.Entries[i] = sessionEntry(j.From.Sequence+uint64(i), &head, &j.Entries[i])
	}
	return out, nil
}

func sessionEntry(number uint64, head *wire.Digest, e *kernel.SessionEntry) SessionEntryInfo {
	*head = journal.Link(*head, number, e)
	return SessionEntryInfo{Number: number, At: e.At, CallID: e.CallID, Server: e.Server, Tool: e.Tool, Ended: e.Ended, Code: string(e.Code),
		ReceiptID: e.ReceiptID, BytesIn: e.BytesIn, BytesOut: e.BytesOut, SHA256: *head}
}

func (n *Node) sessionInfo(s *journal.Summary) (SessionInfo, error) {
	info := SessionInfo{Caller: s.Caller, Session: s.ID, Sequence: s.Sequence, Head: s.Head, Calls: s.Calls, Denied: s.Denied,
		BytesIn: s.BytesIn, BytesOut: s.BytesOut, Kept: s.Kept, LastAt: s.LastAt, Restarted: s.Restarted}
	if len(s.ID) > len(s.Caller) {
		info.Session = s.ID[len(s.Caller)+1:]
	}
	key, err := wire.ParsePublicKey(s.Caller)
	if err != nil {
		return info, fmt.Errorf("caller of session %.80s: %w", s.ID, err)
	}
	err = n.db.View(func(r store.Reader) error {
		a, err := authority.AgentByKey(r, key)
		if errors.Is(err, authority.ErrUnknown) {
			return nil
		}
		info.Agent = a.Name
		return err
	})
	return info, err
}
