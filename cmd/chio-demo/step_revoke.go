package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func stepRevoke(ctx context.Context, w *world, d *detail) error {
	granted, err := w.grantForeignAgent(ctx)
	if err != nil {
		return err
	}
	d.add("globex_capability", granted.ID)
	before, err := w.callDirectly(ctx, granted)
	if err != nil {
		return err
	}
	if before.Verdict != "allow" {
		return fmt.Errorf("before the revocation: %w", refusal(before))
	}
	d.add("before", before.Verdict)
	begun := time.Now()
	r, err := ask[node.Revoked](ctx, w.acme, "passport/revoke", node.PassportRequest{ID: w.passport.ID})
	if err != nil {
		return err
	}
	d.add("epoch", r.Epoch)
	err = until(ctx, "the revocation to reach Globex", func() (bool, string, error) {
		c, err := ask[node.CapabilityInfo](ctx, w.globex, "capability/inspect", node.ByID{ID: granted.ID})
		return c.Revoked, "not there", err
	})
	if err != nil {
		return err
	}
	d.add("propagation_ms", time.Since(begun).Milliseconds())
	return w.refusedEverywhere(ctx, granted, d)
}

// grantForeignAgent has Globex give Acme's agent a capability of its own, on
// the strength of the passport file the agent shows.
func (w *world) grantForeignAgent(ctx context.Context) (node.CapabilityInfo, error) {
	shown, err := ask[node.IssuedPassport](ctx, w.acme, "passport/show", node.PassportRequest{ID: w.passport.ID})
	if err != nil {
		return node.CapabilityInfo{}, err
	}
	return ask[node.CapabilityInfo](ctx, w.globex, "capability/issue", node.IssueCapability{Subject: &w.researcher, PassportFile: shown.File,
		Server: serverName, Tools: []string{"list_directory"}})
}

// refusedEverywhere makes the agent's next calls: at Globex by itself, and
// through Acme's kernel.
func (w *world) refusedEverywhere(ctx context.Context, granted node.CapabilityInfo, d *detail) error {
	direct, err := w.callDirectly(ctx, granted)
	if err != nil {
		return err
	}
	d.add("globex_code", direct.Code)
	d.add("globex_receipt", direct.ReceiptID)
	if err := denied(direct, codeRevokedPassport, direct.BoundBy); err != nil {
		return fmt.Errorf("at Globex: %w", err)
	}
	federated, err := w.callFiles(ctx, researcher, "read_file", reportPath)
	if err != nil {
		return err
	}
	d.add("acme_code", federated.Code)
	d.add("acme_receipt", federated.ReceiptID)
	if err := denied(federated, codeRevokedPassport, federated.BoundBy); err != nil {
		return fmt.Errorf("at Acme: %w", err)
	}
	return nil
}

// maxAnswerBytes bounds what is read of an HTTP answer.
const maxAnswerBytes = 4 << 20

// callDirectly is the agent calling Globex by itself: over HTTP, without an
// operator's token, with a proof by the agent's key. Acme keeps that key, so
// Acme signs the proof.
func (w *world) callDirectly(ctx context.Context, c node.CapabilityInfo) (a node.CallAnswer, err error) {
	args := wire.Raw(`{"path":"reports"}`)
	proved, err := ask[node.Proved](ctx, w.acme, "agent/prove", node.ProveRequest{Agent: researcher, Audience: w.globex.status.KernelKey,
		Server: serverName, Tool: "list_directory", Arguments: args, CapabilityID: c.ID})
	if err != nil {
		return a, err
	}
	body, err := wire.Marshal(node.AgentCall{CallID: proved.CallID, Server: serverName, Tool: "list_directory", Arguments: args, Chain: c.Chain, Proof: proved.Proof})
	if err != nil {
		return a, fmt.Errorf("encode the agent's call: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.globex.ready.API+"/agent/call", bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, fmt.Errorf("the agent's call: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // it was read as far as it counts
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes))
	if err != nil {
		return a, fmt.Errorf("the agent's call: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return a, fmt.Errorf("the agent's call: %s: %.400s", res.Status, answer)
	}
	return a, wire.Unmarshal(answer, &a, wire.ForeignLimits)
}
