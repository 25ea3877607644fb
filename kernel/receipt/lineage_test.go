package receipt

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/backbay-labs/chio-node/wire"
)

// chained builds the receipts of a call from a to b that led to one from b to c.
type chained struct {
	t     *testing.T
	keys  [3]*wire.Key
	trust *TrustSet
	up    wire.Digest // continuation a → b
	down  wire.Digest // continuation b → c
	md    [4]Metadata // at a, at b as host, at b as origin, at c
	says  [4]string   // verdicts
}

func newChained(t *testing.T) *chained {
	c := &chained{t: t, trust: &TrustSet{Schema: TrustSchema}, up: wire.Hash([]byte("up")), down: wire.Hash([]byte("down")),
		says: [4]string{Allow, Allow, Allow, Allow}}
	var dids [3]string
	for i := range c.keys {
		seed := make([]byte, 32)
		seed[0] = byte(i + 1)
		var err error
		if c.keys[i], err = wire.KeyFromSeed(seed); err != nil {
			t.Fatal(err)
		}
		dids[i] = "did:chio:" + c.keys[i].Public().String()
		c.trust.Kernels = append(c.trust.Kernels, TrustedKernel{Key: c.keys[i].Public(), DID: dids[i], Logs: []string{}})
	}
	of := func(call, role, peer string, hash wire.Digest, above ...wire.Digest) Metadata {
		return Metadata{CallID: call, ArgsSHA256: wire.Hash([]byte(call)),
			Federation: &Federation{Role: role, PeerDID: peer, ContinuationSHA256: &hash, HopIndex: len(above), Lineage: above}}
	}
	c.md = [4]Metadata{of("1", "origin", dids[1], c.up), of("1", "host", dids[0], c.up),
		of("2", "origin", dids[2], c.down, c.up), of("2", "host", dids[1], c.down, c.up)}
	return c
}

// sign gives one receipt.
func (c *chained) sign(i int) (id string, doc wire.Raw) {
	c.t.Helper()
	key := c.keys[(i+1)/2]
	r := &Receipt{Timestamp: 1_800_000_000, ToolServer: "files", ToolName: "read", Action: Action{Parameters: wire.Raw("null"), ParameterHash: nullHashOf()},
		Decision: &Decision{Verdict: c.says[i]}, ReceiptKind: MediatedDecision, BoundaryClass: Prevent, TrustLevel: Mediated, ToolOrigin: CallerExecuted,
		RedactionMode: RedactAll, ContentHash: nullHashOf(), PolicyHash: nullHashOf(), Metadata: wire.MustMarshal(&c.md[i]), KernelKey: key.Public()}
	if c.says[i] == Deny {
		r.Decision.Guard, r.Decision.Reason = "peer", "CHIO-PEER-DENIED: no"
	}
	doc, err := Sign(r, key)
	if err != nil {
		c.t.Fatal(err)
	}
	return r.ID, doc
}

func nullHashOf() string { return wire.Hash([]byte("null")).String() }

// docs signs all four from the last host up, so that each can name the one below.
func (c *chained) docs() []wire.Raw {
	c.t.Helper()
	host, d := c.sign(3)
	if c.md[2].Federation.PeerReceiptID == "" {
		c.md[2].Federation.PeerReceiptID = host
	}
	child, o := c.sign(2)
	if c.md[1].Federation.Children == nil {
		c.md[1].Federation.Children = []Child{{child, c.says[2]}}
	}
	_, h := c.sign(1)
	_, a := c.sign(0)
	return []wire.Raw{a, h, o, d}
}

// TestLineage: one chain verifies, whatever the order of its receipts and
// whatever the verdicts; the path is there hop by hop.
func TestLineage(t *testing.T) {
	for _, end := range []string{Allow, Deny} {
		c := newChained(t)
		c.says[2], c.says[3] = end, end
		docs := c.docs()
		slices.Reverse(docs)
		report, err := VerifyLineage(docs, c.trust)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Hops) != 2 || report.Hops[0].ContinuationSHA256 != c.up || report.Hops[1].HostVerdict != end {
			t.Fatalf("%+v", report.Hops)
		}
	}
}

// TestLineageThatIsRefused: every rule has a lie that it alone finds.
func TestLineageThatIsRefused(t *testing.T) {
	other := wire.Hash([]byte("other"))
	for name, c := range map[string]struct {
		lie  func(*chained)
		pick func([]wire.Raw) []wire.Raw
		code string
	}{
		"no receipt":              {pick: func([]wire.Raw) []wire.Raw { return nil }, code: CodeLineage},
		"a tampered receipt":      {pick: func(d []wire.Raw) []wire.Raw { d[0] = append(wire.Raw(nil), d[0][:len(d[0])-1]...); return d }, code: CodeFormat},
		"an unknown signer":       {lie: func(c *chained) { c.trust.Kernels = c.trust.Kernels[:2] }, code: CodeLineage},
		"a call at home":          {lie: func(c *chained) { c.md[0].Federation = nil }, code: CodeLineage},
		"another role":            {lie: func(c *chained) { c.md[0].Federation.Role = "witness" }, code: CodeLineage},
		"a receipt twice":         {pick: func(d []wire.Raw) []wire.Raw { return append(d, d[0]) }, code: CodeLineage},
		"a host is missing":       {pick: func(d []wire.Raw) []wire.Raw { return d[:3] }, code: CodeLineage},
		"a host of another call":  {lie: func(c *chained) { c.md[3].Federation.ContinuationSHA256 = &other }, code: CodeLineage},
		"another call id":         {lie: func(c *chained) { c.md[3].CallID = "3" }, code: CodeLineage},
		"another peer":            {lie: func(c *chained) { c.md[3].Federation.PeerDID = c.md[1].Federation.PeerDID }, code: CodeLineage},
		"another treaty":          {lie: func(c *chained) { c.md[0].Federation.TreatyID = other }, code: CodeLineage},
		"another host's receipt":  {lie: func(c *chained) { c.md[2].Federation.PeerReceiptID = other.String() }, code: CodeLineage},
		"two lineages":            {lie: func(c *chained) { c.md[3].Federation.Lineage = []wire.Digest{other} }, code: CodeLineage},
		"a hop without a lineage": {lie: func(c *chained) { c.md[2].Federation.Lineage, c.md[3].Federation.Lineage = nil, nil }, code: CodeLineage},
		"a forged parent": {lie: func(c *chained) {
			l := []wire.Digest{other}
			c.md[2].Federation.Lineage, c.md[3].Federation.Lineage = l, l
		}, code: CodeLineage},
		"the parent is missing":     {pick: func(d []wire.Raw) []wire.Raw { return d[2:] }, code: CodeLineage},
		"the parent disowns it":     {lie: func(c *chained) { c.md[1].Federation.Children = []Child{} }, code: CodeLineage},
		"the parent says otherwise": {lie: func(c *chained) { c.md[1].Federation.Children = []Child{{other.String(), Allow}} }, code: CodeLineage},
		"a child is missing":        {pick: func(d []wire.Raw) []wire.Raw { return d[:2] }, code: CodeLineage},
		"an organisation twice": {lie: func(c *chained) {
			c.keys[2] = c.keys[0]
			c.md[2].Federation.PeerDID = c.md[1].Federation.PeerDID
		}, code: CodeLineage},
	} {
		t.Run(name, func(t *testing.T) {
			built := newChained(t)
			if c.lie != nil {
				c.lie(built)
			}
			docs := built.docs()
			if c.pick != nil {
				docs = c.pick(docs)
			}
			_, err := VerifyLineage(docs, built.trust)
			var refusal *Error
			if !errors.As(err, &refusal) || refusal.Code != c.code {
				t.Fatalf("%v, want %s", err, c.code)
			}
		})
	}
}

// TestLineageFiles: the files that chio-verify's script judges are what these
// receipts are.
func TestLineageFiles(t *testing.T) {
	good, forged := newChained(t), newChained(t)
	above := []wire.Digest{wire.Hash([]byte("other"))}
	forged.md[2].Federation.Lineage, forged.md[3].Federation.Lineage = above, above
	trust, err := good.trust.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, doc := range map[string][]byte{"trust.json": trust, "chain.json": wire.MustMarshal(good.docs()), "forged.json": wire.MustMarshal(forged.docs())} {
		file := filepath.Join("testdata", "lineage", name)
		have, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(have, doc) {
			t.Errorf("%s is not what it should be (%v): write %s", file, err, doc)
		}
	}
}

// TestLineageReceipts: a receipt that was altered, or whose metadata is not
// what our kernels write, is in no chain.
func TestLineageReceipts(t *testing.T) {
	c := newChained(t)
	docs := c.docs()
	docs[3] = bytes.Replace(docs[3], []byte(`"tool_name":"read"`), []byte(`"tool_name":"redo"`), 1)
	var refusal *Error
	if _, err := VerifyLineage(docs, c.trust); !errors.As(err, &refusal) || refusal.Code == CodeLineage {
		t.Errorf("altered: %v", err)
	}
	r, err := Parse(c.docs()[0])
	if err != nil {
		t.Fatal(err)
	}
	r.Metadata = wire.Raw(`{"federation":7}`)
	doc, err := Sign(r, c.keys[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyLineage([]wire.Raw{doc}, c.trust); !errors.As(err, &refusal) || refusal.Code != CodeLineage {
		t.Errorf("metadata: %v", err)
	}
}

// TestChain: what pairs of receipts say of each other, over more borders than
// two and beside each other.
func TestChain(t *testing.T) {
	hash := func(s string) wire.Digest { return wire.Hash([]byte(s)) }
	hop := func(name, from, to string, above []string, children ...string) *LineageHop {
		h := &LineageHop{HopIndex: len(above), ContinuationSHA256: hash(name), CallID: name, From: from, To: to, OriginReceiptID: name, OriginVerdict: Allow}
		for _, a := range above {
			h.lineage = append(h.lineage, hash(a))
		}
		for _, c := range children {
			h.Children = append(h.Children, Child{c, Allow})
		}
		return h
	}
	for name, c := range map[string]struct {
		hops []*LineageHop
		ok   bool
	}{
		"one after the other":             {ok: true, hops: []*LineageHop{hop("1", "a", "b", nil, "2"), hop("2", "b", "c", []string{"1"}, "3"), hop("3", "c", "d", []string{"1", "2"})}},
		"two beside each other":           {ok: true, hops: []*LineageHop{hop("1", "a", "b", nil, "2", "3"), hop("2", "b", "c", []string{"1"}), hop("3", "b", "d", []string{"1"})}},
		"called on by who was not called": {hops: []*LineageHop{hop("1", "a", "b", nil, "2"), hop("2", "x", "c", []string{"1"})}},
		"a lineage that is not the parent's": {hops: []*LineageHop{hop("1", "a", "b", nil, "2"), hop("2", "b", "c", []string{"1"}, "3"),
			hop("3", "c", "d", []string{"other", "2"})}},
		"itself":         {hops: []*LineageHop{hop("1", "a", "a", nil)}},
		"back":           {hops: []*LineageHop{hop("1", "a", "b", nil, "2"), hop("2", "b", "a", []string{"1"})}},
		"two at the top": {hops: []*LineageHop{hop("1", "a", "b", nil), hop("2", "c", "d", nil)}},
	} {
		hops := make(map[wire.Digest]*LineageHop)
		for _, h := range c.hops {
			hops[h.ContinuationSHA256] = h
		}
		report, err := chain(hops)
		var refusal *Error
		if c.ok && (err != nil || len(report.Hops) != len(c.hops)) || !c.ok && (!errors.As(err, &refusal) || refusal.Code != CodeLineage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
