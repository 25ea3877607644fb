package node

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/authority"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// ReceiptFilter says which receipts are meant; an empty member says nothing.
type ReceiptFilter struct {
	Agent      string               `json:"agent,omitempty"` // a name known here, a DID, or a key in hex
	Server     string               `json:"server,omitempty"`
	Tool       string               `json:"tool,omitempty"`
	Outcome    string               `json:"outcome,omitempty"`    // allow, deny, …
	Capability string               `json:"capability,omitempty"` // id of the token the call was made under
	Since      int64                `json:"since,omitzero"`       // Since ≤ time < Until, unix seconds
	Until      int64                `json:"until,omitzero"`
	MinCost    *wire.MonetaryAmount `json:"min_cost,omitempty"` // both included, of one currency
	MaxCost    *wire.MonetaryAmount `json:"max_cost,omitempty"`
}

// resolve turns what an operator wrote into what the index understands.
func (f *ReceiptFilter) resolve(r store.Reader) (out rlog.Filter, err error) {
	out = rlog.Filter{Server: f.Server, Tool: f.Tool, Outcome: f.Outcome, Capability: f.Capability, Since: f.Since, Until: f.Until}
	if f.Outcome != "" && !slices.Contains(rlog.Outcomes(), f.Outcome) {
		return out, usage("outcome %.40q is unknown; one of %s", f.Outcome, strings.Join(rlog.Outcomes(), ", "))
	}
	if f.Since < 0 || f.Until < 0 {
		return out, usage("since and until are unix seconds")
	}
	for _, c := range []struct {
		amount *wire.MonetaryAmount
		into   **uint64
	}{{f.MinCost, &out.MinCost}, {f.MaxCost, &out.MaxCost}} {
		if c.amount == nil {
			continue
		}
		if c.amount.Currency == "" || out.Currency != "" && out.Currency != c.amount.Currency {
			return out, usage("min_cost and max_cost must be of one currency")
		}
		units := c.amount.Units
		out.Currency, *c.into = c.amount.Currency, &units
	}
	if f.Agent != "" {
		out.Agent, err = agentNamed(r, f.Agent)
	}
	return out, err
}

// agentNamed finds the key an operator means.
func agentNamed(r store.Reader, s string) (wire.PublicKey, error) {
	if key, err := wire.ParsePublicKey(s); err == nil {
		return key, nil
	}
	if d, err := did.Parse(s); err == nil {
		return d.Key(), nil
	}
	if d, err := did.FromDIDKey(s); err == nil {
		return d.Key(), nil
	}
	a, err := authority.AgentByName(r, s)
	if errors.Is(err, authority.ErrUnknown) {
		return wire.PublicKey{}, &Problem{Code: "CHIO-AGENT-UNKNOWN", Message: fmt.Sprintf("no agent %.80q is known here", s),
			Hint: "name an agent that has a passport here, or give its DID or its key in hex", Exit: ExitFailure}
	}
	return a.Key, err
}

// A cursor is where a listing goes on, bound to the filter it began with:
// version, index, and the first bytes of the filter's digest.
const (
	cursorVersion = 1
	cursorBytes   = 1 + 8 + 8
)

func (f *ReceiptFilter) cursor(before uint64) (string, error) {
	mark, err := f.mark()
	if err != nil {
		return "", err
	}
	b := append(binary.BigEndian.AppendUint64([]byte{cursorVersion}, before), mark...)
	return base64.RawURLEncoding.EncodeToString(b), nil
}

// before reads a cursor back; "" is the newest receipt.
func (f *ReceiptFilter) before(cursor string) (uint64, error) {
	if cursor == "" {
		return 0, nil
	}
	mark, err := f.mark()
	if err != nil {
		return 0, err
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) != cursorBytes || b[0] != cursorVersion {
		return 0, &Problem{Code: "CHIO-RECEIPT-CURSOR", Message: fmt.Sprintf("%.80q is no cursor", cursor),
			Hint: "pass next_cursor of the last page as it was given", Exit: ExitUsage}
	}
	if string(b[9:]) != string(mark) {
		return 0, &Problem{Code: "CHIO-RECEIPT-CURSOR", Message: "the cursor is of a listing with another filter",
			Hint: "repeat the filter of the first page", Exit: ExitUsage}
	}
	return binary.BigEndian.Uint64(b[1:]), nil
}

func (f *ReceiptFilter) mark() ([]byte, error) {
	d, err := wire.DigestOf(f)
	return d[:8], err
}

// rowReader makes the rows of one answer; it remembers the names of agents.
type rowReader struct {
	r     store.Reader
	names map[wire.PublicKey]string
}

func newRows(r store.Reader) *rowReader {
	return &rowReader{r: r, names: make(map[wire.PublicKey]string)}
}

func (w *rowReader) row(index uint64, b *receipt.Brief) (*ReceiptRow, error) {
	row := &ReceiptRow{Index: index, ID: b.ID, Time: b.Timestamp, Server: b.Server, Tool: b.Tool, Verdict: b.Outcome, Code: b.Code,
		CapabilityID: b.CapabilityID, Charged: b.Charged, Currency: b.Currency}
	if b.Observed.Verdict != "" {
		observed := b.Observed
		row.Observed = &observed
	}
	if b.Agent.IsZero() {
		return row, nil
	}
	row.AgentKey = b.Agent.String()
	name, known := w.names[b.Agent]
	if !known {
		a, err := authority.AgentByKey(w.r, b.Agent)
		if err != nil && !errors.Is(err, authority.ErrUnknown) {
			return nil, err
		}
		name = a.Name
		w.names[b.Agent] = name
	}
	row.Agent = name
	return row, nil
}

// archived makes a row of a receipt whose bytes are in a file, from what the
// index kept: digests of long names are shown as such.
func (w *rowReader) archived(c *rlog.Card) (*ReceiptRow, error) {
	id, err := rlog.ArchivedID(w.r, c.Index)
	if err != nil {
		return nil, err
	}
	s, err := rlog.SegmentOf(w.r, c.Index)
	if err != nil {
		return nil, err
	}
	return &ReceiptRow{Index: c.Index, ID: id, Time: c.Time, Server: shown(c.Server), Tool: shown(c.Tool), Verdict: c.Outcome,
		Charged: c.Charged, Currency: shown(c.Currency), Archived: s.File}, nil
}

func shown(w rlog.Word) string {
	if w.Digest != [8]byte{} {
		return fmt.Sprintf("sha256:%x…", w.Digest)
	}
	return w.Text
}
