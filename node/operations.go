package node

import (
	"context"

	rlog "github.com/backbay-labs/chio-node/kernel/receipt/log"
	"github.com/backbay-labs/chio-node/store"
)

// attachOperation is served by attach, not by the table: it keeps the
// connection.
const (
	attachOperation = "mcp/attach"
	attachProtocol  = "chio-mcp"
)

// operations is every verb of the API.
var operations = map[string]handler{
	"stop/set":           operation((*Node).setStop),
	"stop/clear":         operation((*Node).clearStop),
	"stop/list":          operation((*Node).listStops),
	"session/list":       operation((*Node).listSessions),
	"session/show":       operation((*Node).showSession),
	"capability/tree":    operation((*Node).capabilityTree),
	"capability/request": operation((*Node).requestCapability),
	"agent/request":      operation((*Node).askCapability),

	"federate/directory/publish":  operation((*Node).publishDirectory),
	"federate/directory/add":      operation((*Node).addDirectory),
	"federate/directory/list":     operation((*Node).listDirectories),
	"federate/directory/show":     operation((*Node).showDirectory),
	"federate/directory/refresh":  operation((*Node).refreshDirectories),
	"federate/directory/remove":   operation((*Node).removeDirectory),
	"federate/directory/evidence": operation((*Node).directoryEvidence),
	"federate/forget":             operation((*Node).forgetPeer),

	"reputation/imports":  operation((*Node).listImports),
	"reputation/activate": operation((*Node).activateImport),
	"reputation/forget":   operation((*Node).forgetImport),

	"contract/tools": operation((*Node).listContractTools),
	"contract/calls": operation((*Node).listContractCalls),
	"x402/sales":     operation((*Node).listSales),
	"x402/channels":  operation((*Node).listChannels),
	"x402/purchases": operation((*Node).listPurchases),

	"status":               operation((*Node).status),
	"policy/status":        operation((*Node).policyStatus),
	"policy/reload":        operation((*Node).ReloadPolicy),
	"did/resolve":          operation((*Node).resolveDID),
	"did/web":              operation((*Node).webDID),
	"passport/issue":       operation((*Node).issuePassport),
	"passport/batch":       operation((*Node).issueBatch),
	"passport/list":        operation((*Node).listPassports),
	"passport/show":        operation((*Node).showPassport),
	"passport/revoke":      operation((*Node).revokePassport),
	"passport/suspend":     operation((*Node).suspendPassport),
	"passport/resume":      operation((*Node).resumePassport),
	"passport/challenge":   operation((*Node).challengePassport),
	"passport/present":     operation((*Node).presentPassport),
	"passport/answer":      operation((*Node).judgePresentation),
	"passport/policy/sign": operation((*Node).signPassportPolicy),
	"passport/supersede":   operation((*Node).supersedePassport),
	"openid/request":       operation((*Node).askWallet),
	"openid/result":        operation((*Node).walletResult),
	"passport/export":      operation((*Node).exportPassport),
	"openid/offer":         operation((*Node).offerPassport),
	"openid/offers":        operation((*Node).listOffers),
	"openid/withdraw":      operation((*Node).withdrawOffer),
	"passport/provenance":  operation((*Node).showProvenance),
	"login/start":          operation((*Node).startLogin),
	"passport/import":      operation((*Node).importPassport),
	"passport/forget":      operation((*Node).forgetPassport),
	"capability/issue":     operation((*Node).issueCapability),
	"capability/list":      operation((*Node).listCapabilities),
	"capability/inspect":   operation((*Node).inspectCapability),
	"capability/revoke":    operation((*Node).revokeCapability),
	"call":                 operation((*Node).call),
	"agent/prove":          operation((*Node).proveFor),
	"agent/call":           operation((*Node).agentCall),
	"approve/list":         operation((*Node).listApprovals),
	"approve/show":         operation((*Node).showApproval),
	"approve/grant":        operation((*Node).grantApproval),
	"approve/deny":         operation((*Node).denyApproval),
	"approve/respond":      operation((*Node).respondApproval),
	"approve/batch/add":    operation((*Node).addBatch),
	"approve/batch/list":   operation((*Node).listBatches),
	"approve/batch/revoke": operation((*Node).revokeBatch),
	"reputation/show":      operation((*Node).showReputation),
	"reputation/export":    operation((*Node).exportReputation),
	"reputation/import":    operation((*Node).importReputation),
	"receipt/list":         operation((*Node).listReceipts),
	"receipt/show":         operation((*Node).showReceipt),
	"receipt/export":       operation((*Node).exportReceipts),
	"receipt/explain":      operation((*Node).explainReceipt),
	"receipt/watch":        operation((*Node).watchReceipts),
	"receipt/archive":      operation((*Node).archiveReceipts),
	"receipt/consistency":  operation((*Node).proveConsistency),
	"federate/preview":     operation((*Node).previewTreaty),
	"federate/propose":     operation((*Node).proposeTreaty),
	"federate/accept":      operation((*Node).acceptTreaty),
	"federate/decline":     operation((*Node).declineTreaty),
	"federate/resolve":     operation((*Node).resolvePeer),
	"federate/check":       operation((*Node).checkPeer),
	"federate/log":         operation((*Node).peerHistory),
	"federate/list":        operation((*Node).listPeers),
	"federate/pending":     operation((*Node).pendingPeers),
	"federate/sync":        operation((*Node).syncPeers),
	"federate/show":        operation((*Node).showPeer),
	"federate/freeze":      operation((*Node).freezePeer),
	"federate/thaw":        operation((*Node).thawPeer),
	"federate/leave":       operation((*Node).leavePeer),
	"federate/revoke":      operation((*Node).revokePeer),
	"federate/evidence":    operation((*Node).federateEvidence),
	"federate/disputes":    operation((*Node).listDisputes),
	"federate/dispute":     operation((*Node).showDispute),
	"federate/object":      operation((*Node).objectTo),
	"federate/withdraw":    operation((*Node).withdrawObjection),
	"federate/answer":      operation((*Node).answerObjection),
	"quote/list":           operation((*Node).listQuotes),
	"settle/fund":          operation((*Node).fund),
	"settle/run":           operation((*Node).settle),
	"settle/status":        operation((*Node).settleStatus),
	"settle/txs":           operation((*Node).settleTxs),
	"settle/cancel":        operation((*Node).settleCancel),
	"settle/resume":        operation((*Node).settleResume),
	"settle/release":       operation((*Node).releaseChannel),
	"settle/retry":         operation((*Node).settleRetry),
	"settle/close":         operation((*Node).closeChannels),
	"settle/withdraw":      operation((*Node).withdrawChannels),
	"settle/payments":      operation((*Node).payments),
	"settle/paid":          operation((*Node).statePaid),
	"settle/confirm":       operation((*Node).confirmPaid),
	"settle/reject":        operation((*Node).rejectPaid),
	"settle/return":        operation((*Node).returnPaid),
	"settle/receipts":      operation((*Node).settlementReceipts),
	"settle/stripe":        operation((*Node).stripeEvents),
	"settle/stripe/take":   operation((*Node).takeStripe),
	"settle/stripe/drop":   operation((*Node).dropStripe),
	"ledger/accounts":      operation((*Node).ledgerAccounts),
	"ledger/balance":       operation((*Node).ledgerBalance),
	"ledger/txns":          operation((*Node).ledgerPostings),
	"ledger/verify":        operation((*Node).verifyLedger),
	"settle/evidence":      operation((*Node).settlementEvidence),
	"key/list":             operation((*Node).listKeys),
	"key/prove":            operation((*Node).proveHead),
	"key/history":          operation((*Node).keyHistory),
	"key/rotate/agent":     operation((*Node).rotateAgent),
	"did/deactivate":       operation((*Node).deactivate),
	"did/countersign":      operation((*Node).countersignDeactivation),
	"did/deactivations":    operation((*Node).listDeactivations),
	"did/receive":          operation((*Node).receiveDeactivation),
	"budget/list":          operation((*Node).listBudgets),
	"budget/show":          operation((*Node).showBudget),
	"budget/audit":         operation((*Node).auditBudgets),
	"oracle/sign":          operation((*Node).signPrice),
	"oracle/import":        operation((*Node).importRound),
	"oracle/observe":       operation((*Node).observePrice),
	"oracle/reset":         operation((*Node).resetPair),
	"oracle/rounds":        operation((*Node).listRounds),
	"oracle/join":          operation((*Node).joinRounds),
	"oracle/status":        operation((*Node).oracleStatus),
	"export":               operation((*Node).exportAll),
	"mcp/ending":           operation((*Node).mcpEnding),

	"certification/issue":   operation((*Node).issueCertification),
	"certification/publish": operation((*Node).publishCertification),
	"certification/list":    operation((*Node).listCertifications),
	"certification/show":    operation((*Node).showCertification),
	"certification/resolve": operation((*Node).resolveCertification),
	"certification/record":  operation((*Node).recordCertification),
	"certification/accept":  operation((*Node).acceptCertificationRecord),
	"certification/export":  operation((*Node).exportCertification),
}

func (n *Node) status(ctx context.Context, _ Empty) (*Status, error) {
	policy := n.policy.status()
	s := &Status{Name: n.cfg.Name, DID: n.DID().String(), KernelKey: n.keys.Kernel().Public(), LogID: n.logID,
		Peer: n.network.address(), API: n.apiAddress(), Settlement: n.money.settlementAddress(), Oracle: n.money.oracleAddress(),
		Policy: policy.Hash, PolicyState: policy, Servers: n.tools.list(), Sealed: n.keys.Sealed(), Ready: true, SilentWitnesses: n.silentWitnesses(),
		Junk: n.junk.Load(), Refused: n.network.host.Refused()}
	if len(n.cfg.P2P.Relays) > 0 {
		s.Relays, s.Reachability = n.network.host.Relays(), n.network.host.Reachability()
	}
	if err := n.ready(); err != nil {
		s.Ready, s.Problem = false, err.Error()
	}
	stops, err := n.listStops(ctx, Empty{})
	if err != nil {
		return nil, err
	}
	s.Stops = stops.Stops
	err = n.db.View(func(r store.Reader) (err error) {
		s.Receipts, err = rlog.Size(r)
		return err
	})
	return s, err
}

func (n *Node) apiAddress() string {
	n.lifecycle.Lock()
	defer n.lifecycle.Unlock()
	return n.apiAddr
}
