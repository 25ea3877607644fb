package desktop

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/guard"
	"github.com/backbay-labs/chio-node/wire"
)

// Channels judges what goes over a remote desktop beside the screen.
//
//  1. the session's life cycle (connect, disconnect, reconnect) passes
//  2. a channel that is not switched on: deny
//  3. any other action type that begins with "remote.": deny
//  4. with a transfer limit, a file transfer that does not say its size as an
//     integer, and anything that says a larger one: deny
type Channels struct {
	rule     string
	channels map[string]*channel
	limit    int64 // -1: none
	pass     kernel.Decision
}

type channel struct {
	field string
	on    bool
	pass  kernel.Decision
}

const fileTransfer = "remote.file_transfer"

// NewChannels checks the configuration. The zero configuration has every
// channel off. Errors are ErrConfig.
func NewChannels(c ChannelsConfig) (*Channels, error) {
	g := &Channels{rule: cmp.Or(c.Rule, "rules.remote_desktop_channels"), limit: -1, channels: map[string]*channel{
		"remote.clipboard":     {field: ".clipboard", on: c.Clipboard},
		fileTransfer:           {field: ".file_transfer", on: c.FileTransfer},
		"remote.audio":         {field: ".audio", on: c.Audio},
		"remote.drive_mapping": {field: ".drive_mapping", on: c.DriveMapping},
		"remote.printing":      {field: ".printing", on: c.Printing},
		"remote.session_share": {field: ".session_share", on: c.SessionShare},
	}}
	if c.MaxTransferBytes != nil {
		if g.limit = *c.MaxTransferBytes; g.limit < 0 {
			return nil, fmt.Errorf("%w: %s max_transfer_size_bytes is negative", ErrConfig, ChannelsName)
		}
	}
	g.pass = guard.Allowed(ChannelsName, "", "", "")
	for _, ch := range g.channels {
		ch.pass = guard.Allowed(ChannelsName, "", g.rule+ch.field, "")
	}
	return g, nil
}

// Name returns remote-desktop-side-channel.
func (g *Channels) Name() string { return ChannelsName }

// Judge implements guard.Guard.
func (g *Channels) Judge(r *guard.Request) (kernel.Decision, error) {
	if d, bad := guard.Unreadable(ChannelsName, r); bad {
		return d, nil
	}
	a := actionsOf(r)
	if a.bad {
		return g.refuse("", "the action type of the call cannot be judged"), nil
	}
	out := &g.pass
	for _, t := range a.all() {
		if !strings.HasPrefix(t, "remote.") || lifecycle(t) { // 1
			continue
		}
		ch := g.channels[t]
		switch {
		case ch == nil: // 3
			return g.refuse("", "action "+brief(t)+" is no channel that is known"), nil
		case !ch.on: // 2
			return g.refuse(ch.field, "the channel is switched off"), nil
		}
		if details := g.oversized(r, t); details != "" { // 4
			return g.refuse(".max_transfer_size_bytes", details), nil
		}
		out = &ch.pass
	}
	return *out, nil
}

func lifecycle(t string) bool {
	return t == "remote.session.connect" || t == "remote.session.disconnect" || t == "remote.session.reconnect"
}

// oversized is rule 4.
func (g *Channels) oversized(r *guard.Request, t string) string {
	if g.limit < 0 {
		return ""
	}
	said := false
	for _, member := range [...]string{"transfer_size", "transferSize"} {
		raw := r.Action.Arg(member)
		if raw == nil {
			continue
		}
		n, ok := integer(raw)
		switch {
		case !ok:
			return "the transfer size is not an integer of bytes"
		case n > g.limit:
			return fmt.Sprintf("transfer of %d bytes, limit %d", n, g.limit)
		}
		said = true
	}
	if !said && t == fileTransfer && !r.Abstract {
		return "the transfer does not say its size"
	}
	return ""
}

// integer reads a JSON integer that is not negative.
func integer(raw wire.Raw) (int64, bool) {
	if len(raw) == 0 || len(raw) > 19 {
		return 0, false
	}
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	return n, err == nil
}

func (g *Channels) refuse(field, details string) kernel.Decision {
	return guard.Refuse(ChannelsName, CodeChannel, g.rule+field, details)
}
