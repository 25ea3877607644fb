package federation

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// frameSeed is one frame to begin with.
type frameSeed struct {
	name     string
	protocol string
	doc      []byte
	second   []byte
	runs     *int // how often tools run; nil: not looked at
	writes   bool // b writes something down
}

// seeds are frames of every protocol: what an honest node says, and what a
// dishonest one would try.
func (w *framesWorld) seeds(t testing.TB) []frameSeed {
	t.Helper()
	var out []frameSeed
	for i, s := range w.sent {
		out = append(out, frameSeed{name: fmt.Sprint("said before ", i), protocol: s.protocol, doc: s.doc})
	}
	w.a.t, w.a.org.t = t, t
	out = append(out, w.callSeeds(t)...)
	out = append(out, w.treatySeeds(t)...)
	return append(out, w.otherSeeds(t)...)
}

// callSeeds are calls: one that runs, and many that must not.
func (w *framesWorld) callSeeds(t testing.TB) []frameSeed {
	t.Helper()
	var out []frameSeed
	add := func(name string, runs int, doc []byte) {
		out = append(out, frameSeed{name: name, protocol: ProtocolInvoke, doc: doc, runs: &runs, writes: true})
	}
	call := func(tool, args string, change func(*Continuation)) []byte {
		doc, _ := w.a.frame(w.a.mandate(w.b, tool, args), change)
		return doc
	}
	add("a call", 1, call("read_file", readArgs, nil))
	add("a free call", 1, call("list_directory", readArgs, nil))
	add("a tool that b's terms exclude", 0, call("delete_file", `{}`, nil))
	add("a path that b's terms exclude", 0, call("read_file", `{"path":"a/.env"}`, nil))
	add("a path that a's terms exclude", 0, call("read_file", `{"path":"a/secrets/b"}`, nil))
	add("too late", 0, call("read_file", readArgs, func(c *Continuation) { c.IssuedAt, c.ExpiresAt = startTime-400, startTime-100 }))
	add("for another organisation", 0, call("read_file", readArgs, func(c *Continuation) { c.To = w.c.did() }))
	add("for another kernel", 0, call("read_file", readArgs, func(c *Continuation) { c.TargetKernel = w.c.kernel.Public() }))
	add("from another organisation", 0, call("read_file", readArgs, func(c *Continuation) { c.From = w.c.did() }))
	add("under another treaty", 0, call("read_file", readArgs, func(c *Continuation) { c.TreatyID = wire.Hash(nil) }))
	add("below its price", 0, call("read_file", readArgs, func(c *Continuation) { c.MaxCharge = &wire.MonetaryAmount{Units: 1, Currency: "USD"} }))
	add("for nothing", 0, call("read_file", readArgs, func(c *Continuation) { c.MaxCharge = nil }))
	add("over too many borders", 0, call("read_file", readArgs, func(c *Continuation) { c.HopIndex = 30 }))
	add("revoked", 0, w.callUnder(t, w.gone, "read_file"))
	changes := map[string]func(*capability.Token){
		"a wider tool":   func(tok *capability.Token) { tok.Scope.Grants[0].ServerID, tok.Scope.Grants[0].ToolName = "*", "*" },
		"a higher price": func(tok *capability.Token) { tok.Scope.Grants[0].MaxCostPerInvocation.Units = 1000 },
		"past its time":  func(tok *capability.Token) { tok.IssuedAt, tok.ExpiresAt = startTime-100, startTime },
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		chain := w.a.chainTo(w.b, "read_file")
		leaf := *leafOf(chain)
		changes[name](&leaf)
		signed, err := capability.Sign(leaf, w.a.kernel)
		if err != nil {
			t.Fatal(err)
		}
		add("a capability with "+name, 0, w.callUnder(t, append(chain[:len(chain)-1:len(chain)-1], *signed), "read_file"))
	}
	var replayed []byte
	for _, s := range w.sent {
		if s.protocol == ProtocolInvoke && strings.Contains(string(s.doc), `"type":"invoke"`) {
			replayed = s.doc
		}
	}
	out = append(out, frameSeed{name: "a call that was made", protocol: ProtocolInvoke, doc: replayed, runs: new(int)})
	var q invokeRequest
	if err := wire.UnmarshalCanonical(replayed, &q, frameLimits); err != nil {
		t.Fatal(err)
	}
	c, err := peekContinuation(q.Continuation)
	if err != nil {
		t.Fatal(err)
	}
	questions := map[string]string{
		"query":      `{"call_id":"` + c.CallID + `","type":"query"}`,
		"content":    `{"call_id":"` + c.CallID + `","type":"content"}`,
		"cancel":     `{"call_id":"` + c.CallID + `","type":"cancel"}`,
		"capability": `{"treaty_id":"` + c.TreatyID.String() + `","type":"capability"}`,
	}
	for _, name := range slices.Sorted(maps.Keys(questions)) {
		out = append(out, frameSeed{name: name, protocol: ProtocolInvoke, doc: []byte(questions[name]), runs: new(int)})
	}
	return out
}

// callUnder is a call under a chain that a's own kernel would not use.
func (w *framesWorld) callUnder(t testing.TB, chain []capability.Token, tool string) []byte {
	t.Helper()
	m := w.a.mandate(w.b, tool, readArgs)
	leaf := leafOf(chain)
	m.Chain = chain
	var err error
	m.Proof, err = capability.SignProof(capability.HolderProof{Schema: capability.ProofSchema, CallID: m.CallID, Audience: w.b.kernel.Public(),
		Server: "files", Tool: tool, ArgsSHA256: wire.Hash(m.Arguments), CapabilityID: leaf.ID, Nonce: hex.EncodeToString(make([]byte, 16)),
		IssuedAt: startTime, AgentKey: w.a.agent.Public()}, w.a.agent)
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := w.a.frame(m, func(c *Continuation) { c.CapabilityID, c.LeaseID = leaf.ID, chain[0].ID })
	return doc
}

// treatySeeds are terms and treaties that a has not agreed on with b, and what
// ends or explains one.
func (w *framesWorld) treatySeeds(t testing.TB) []frameSeed {
	t.Helper()
	var out []frameSeed
	add := func(name string, writes bool, q treatyRequest) {
		q.Schema = treatyRequestSchema
		out = append(out, frameSeed{name: name, protocol: ProtocolTreaty, doc: wire.MustMarshal(q), writes: writes})
	}
	seal := func(schema string, body any) *wire.Envelope {
		env, err := wire.Seal(schema, body, w.a.org.org)
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	var first signed
	var theirs signed
	var inForce *Treaty
	rec := w.a.record(w.b.org)
	err := w.a.db.View(func(r store.Reader) error {
		env, err := readEnvelope(r, prefixTreaty, *rec.Treaty)
		if err != nil {
			return err
		}
		inForce, err = VerifyTreaty(env, true)
		return err
	})
	if err == nil {
		first, theirs, err = w.a.service.parts(inForce, w.b.did())
	}
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]func(*Attestation){
		"wider terms":    func(a *Attestation) { a.Egress.ForbiddenPaths = nil },
		"tighter terms":  func(a *Attestation) { n := int64(10); a.Egress.Caps.MaxArgsSize = &n },
		"higher caps":    func(a *Attestation) { n := int64(1 << 40); a.Egress.Caps.MaxCallsPerTreaty = &n },
		"more credit":    func(a *Attestation) { a.Money.CreditMinor *= 1000 },
		"a longer time":  func(a *Attestation) { a.Expires += 1 << 30 },
		"another kernel": func(a *Attestation) { a.KernelKey = key(t, 99).Public() },
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		next := *first.Attestation
		money := *next.Money
		next.Money = &money
		next.Sequence, next.Previous = next.Sequence+1, &first.id
		changes[name](&next)
		takes := name != "a longer time" && name != "another kernel"
		env := seal(AttestationSchema, next)
		treaty, err := compute(signed{&next, env.ID()}, theirs, inForce)
		if err != nil {
			t.Fatal(err)
		}
		add("a treaty of "+name, takes, treatyRequest{Treaty: seal(TreatySchema, treaty), Attestation: env})
		if name == "tighter terms" {
			for _, shown := range []string{fmt.Sprintf("%s until %d", w.a.did(), startTime+50), w.a.did().String() + " until 1", w.c.did().String() + " until 9"} {
				add("a treaty with the passport "+shown, takes, treatyRequest{Treaty: seal(TreatySchema, treaty), Attestation: env, Passport: wire.MustMarshal(shown)})
			}
		}
		wide := *treaty
		wide.Effective.AToBCaps, wide.Effective.BToACaps = first.Egress.Caps, first.Egress.Caps
		wide.Revocation.MaxStalenessSeconds++
		add("a treaty that says more than "+name, takes, treatyRequest{Treaty: seal(TreatySchema, wide), Attestation: env})
		swapped := *treaty
		swapped.Effective.AToB, swapped.Effective.BToA = treaty.Effective.BToA, treaty.Effective.AToB
		add("a treaty with the directions of "+name+" exchanged", takes, treatyRequest{Treaty: seal(TreatySchema, swapped), Attestation: env})
	}
	add("a passport alone", false, treatyRequest{Passport: wire.MustMarshal(w.a.did().String() + " until 1")})
	end := TreatyEnd{Schema: TreatyEndSchema, Parties: partiesOf(w.a.did(), w.b.did()), From: w.a.did(), Outcome: Left, Treaty: rec.Treaty, Code: EndCodes[0], At: startTime}
	add("the end", true, treatyRequest{End: seal(TreatyEndSchema, end)})
	declined := end
	declined.Outcome, declined.Treaty, declined.Proposal, declined.Code, declined.Reason = Declined, nil, rec.Treaty, "", "no"
	add("declined", true, treatyRequest{End: seal(TreatyEndSchema, declined)})
	others := end
	others.From, others.Parties = w.c.did(), partiesOf(w.c.did(), w.b.did())
	add("the end of another's", false, treatyRequest{End: seal(TreatyEndSchema, others)})
	evidence := forked(t, w.b.kernel)
	about := Resolution{Schema: ResolutionSchema, Parties: partiesOf(w.a.did(), w.b.did()), Accused: w.b.did(), Evidence: wire.Hash(evidence), Statement: "two copies ran", At: startTime}
	add("a resolution", true, treatyRequest{Resolution: seal(ResolutionSchema, about), Evidence: evidence})
	about.Evidence = wire.Hash(nil)
	add("a resolution of other evidence", false, treatyRequest{Resolution: seal(ResolutionSchema, about), Evidence: evidence})
	about.Evidence = wire.Hash(forked(t, w.c.kernel))
	add("a resolution of another's evidence", false, treatyRequest{Resolution: seal(ResolutionSchema, about), Evidence: forked(t, w.c.kernel)})
	return out
}

// otherSeeds are hellos, deactivations, cosignatures, settling and gossip.
func (w *framesWorld) otherSeeds(t testing.TB) []frameSeed {
	t.Helper()
	e := &evil{org: w.a.org, host: w.a.host}
	hello := func(name string, writes bool, change func(*offer)) frameSeed {
		o := e.offer(nonceOf(name))
		o.At, o.Addresses = startTime, nil
		if change != nil {
			change(o)
		}
		return frameSeed{name: name, protocol: ProtocolHello, doc: wire.MustMarshal(o), writes: writes}
	}
	ends, err := wire.Seal(did.SchemaDeactivation, did.Deactivation{Schema: did.SchemaDeactivation, DID: w.a.did(), Sequence: 1, At: startTime, Reason: "over"}, w.a.org.org)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := wire.Seal(did.SchemaDeactivation, did.Deactivation{Schema: did.SchemaDeactivation, DID: w.c.did(), Sequence: 1, At: startTime, Reason: "over"}, w.a.org.org)
	if err != nil {
		t.Fatal(err)
	}
	out := []frameSeed{
		hello("a hello", true, nil),
		hello("a hello of another", false, func(o *offer) { o.DID, o.Transport, o.Kernel = w.c.did(), w.c.bindings.Transport, w.c.bindings.Kernel }),
		hello("a hello to another", false, func(o *offer) { o.To = w.c.did() }),
		{name: "an end of its own", protocol: ProtocolDeactivation, doc: wire.MustMarshal(endedRequest{Type: "push", Record: ends}), writes: true},
		{name: "an end of another", protocol: ProtocolDeactivation, doc: wire.MustMarshal(endedRequest{Type: "push", Record: theirs})},
		{name: "who ended", protocol: ProtocolDeactivation, doc: wire.MustMarshal(endedRequest{Type: "since"})},
		{name: "settle status", protocol: ProtocolSettle, doc: wire.MustMarshal(settleRequest{Type: settleStatus})},
		{name: "settle descend", protocol: ProtocolSettle, doc: wire.MustMarshal(settleRequest{Type: settleDescend, Descent: &settlement.Descent{
			Extent: settlement.Extent{To: startTime, Last: wire.Hash(nil), Beyond: []wire.Digest{}}, Parts: []uint64{0, 1}}})},
		{name: "witness", protocol: ProtocolWitness, doc: []byte(`{"log":"` + w.logID + `"}`)},
		w.gossipSeed(t, w.a),
		w.gossipSeed(t, w.c),
	}
	return append(out, w.jointSeeds(t)...)
}

func (w *framesWorld) gossipSeed(t testing.TB, by *peerNode) frameSeed {
	t.Helper()
	note, err := receipt.SignCheckpoint(receipt.Checkpoint{Origin: by.logOrigin, Size: 1000, Root: wire.Hash(nil)}, w.a.kernel)
	if err != nil {
		t.Fatal(err)
	}
	return frameSeed{name: "a head of " + by.logOrigin, protocol: gossipFrames, second: []byte(topicOf(by.logOrigin)),
		doc: wire.MustMarshal(gossiped{Schema: GossipSchema, At: startTime, Note: string(note)})}
}

// jointSeeds ask b to sign for the call that waits, and object to it.
func (w *framesWorld) jointSeeds(t testing.TB) []frameSeed {
	t.Helper()
	var out []frameSeed
	list := w.a.joints(w.b)
	for _, j := range list {
		var row departed
		var own wire.Raw
		err := w.a.db.View(func(r store.Reader) (err error) {
			if _, err = load(r, prefixOut+j.CallID, &row); err != nil {
				return err
			}
			own, err = w.a.exchange.receiptByID(r, row.ReceiptID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c, err := peekContinuation(row.Continuation)
		if err != nil {
			t.Fatal(err)
		}
		body, err := jointStatement(c, row.Continuation.ID(), own, j.PeerReceipt)
		if err != nil {
			t.Fatal(err)
		}
		d := newDSSE(body)
		if err := d.sign(body, w.a.kernel); err != nil {
			t.Fatal(err)
		}
		out = append(out, frameSeed{name: "cosign " + j.At(startTime), protocol: ProtocolCosign, writes: len(j.Cosign) == 0,
			doc: wire.MustMarshal(cosignRequest{Type: "cosign", ReceiptID: j.ReceiptID, Receipt: own, Statement: d})})
		lie := strings.Replace(string(body), `"joint_disposition":"allow"`, `"joint_disposition":"deny"`, 1)
		d = newDSSE([]byte(lie))
		if err := d.sign([]byte(lie), w.a.kernel); err != nil {
			t.Fatal(err)
		}
		out = append(out, frameSeed{name: "cosign a lie " + j.At(startTime), protocol: ProtocolCosign,
			doc: wire.MustMarshal(cosignRequest{Type: "cosign", ReceiptID: j.ReceiptID, Receipt: own, Statement: d})})
		out = append(out, w.secondStory(t, &j, row.Continuation, own))
		id, err := wire.ParseDigest(j.ReceiptID)
		if err != nil {
			t.Fatal(err)
		}
		hash := row.Continuation.ID()
		result := wire.Hash([]byte("another"))
		env, err := wire.Seal(ObjectionSchema, Objection{Schema: ObjectionSchema, Objector: w.a.did(), Host: w.b.did(), CallID: j.CallID, ContinuationSHA256: &hash,
			ReceiptSHA256: id, TreatyID: j.TreatyID, Reason: ResultMismatch, ResultSHA256: &result, At: startTime}, w.a.kernel)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, frameSeed{name: "object " + j.At(startTime), protocol: ProtocolCosign,
			doc: wire.MustMarshal(cosignRequest{Type: "objection", Objection: env})})
		answer, err := wire.Seal(ObjectionAnswerSchema, ObjectionAnswer{Schema: ObjectionAnswerSchema, Objection: env.ID(), Host: w.a.did(), Objector: w.b.did(),
			CallID: j.CallID, Receipt: id, Answer: AnswerWaived, At: startTime}, w.a.kernel)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, frameSeed{name: "answer " + j.At(startTime), protocol: ProtocolCosign,
			doc: wire.MustMarshal(cosignRequest{Type: "answer", ReceiptID: j.ReceiptID, Answer: answer})})
	}
	return out
}

// secondStory asks b to sign for another receipt of a about the same call.
func (w *framesWorld) secondStory(t testing.TB, j *Joint, env *wire.Envelope, own wire.Raw) frameSeed {
	t.Helper()
	r, err := receipt.Parse(own)
	if err != nil {
		t.Fatal(err)
	}
	r.Timestamp++
	again, err := receipt.Sign(r, w.a.kernel)
	if err != nil {
		t.Fatal(err)
	}
	c, err := peekContinuation(env)
	if err != nil {
		t.Fatal(err)
	}
	body, err := jointStatement(c, env.ID(), again, j.PeerReceipt)
	if err != nil {
		t.Fatal(err)
	}
	d := newDSSE(body)
	if err := d.sign(body, w.a.kernel); err != nil {
		t.Fatal(err)
	}
	return frameSeed{name: "cosign another receipt " + j.At(startTime), protocol: ProtocolCosign,
		doc: wire.MustMarshal(cosignRequest{Type: "cosign", ReceiptID: j.ReceiptID, Receipt: again, Statement: d})}
}
