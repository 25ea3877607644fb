package node

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// usedHome is a home with three receipts: an allow, a deny, and another allow,
// under a capability for nine cents at three cents a call.
func usedHome(t *testing.T) Options {
	t.Helper()
	o := newHome(t)
	inNode(t, o, func(n *Node) {
		total := wire.MonetaryAmount{Units: 9, Currency: "USD"}
		if _, err := n.issueCapability(t.Context(), IssueCapability{Agent: "local", Server: "files", Tools: []string{"read_file"}, MaxTotal: &total}); err != nil {
			t.Fatal(err)
		}
		for _, args := range []string{`{"path":"a.txt"}`, `{"path":"/home/x/.ssh/id_rsa"}`, `{"path":"b.txt"}`} {
			callNode(t, n, args)
		}
	})
	return o
}

// inNode opens a home with the echo server, and stops it again.
func inNode(t *testing.T, o Options, fn func(*Node)) {
	t.Helper()
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- n.ServeMCP(ctx, MCPServer{Server: "files", Prices: map[string]string{"read_file": "0.03 USD"}}, nil, newEchoServer())
	}()
	awaitTools(t, n)
	fn(n)
	cancel()
	<-done
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// exported is a home's bundle of all receipts and its trust set.
func exported(t *testing.T, n *Node) (bundle []byte, trust *receipt.TrustSet) {
	t.Helper()
	b, err := n.exportReceipts(t.Context(), ExportReceipts{})
	if err != nil {
		t.Fatal(err)
	}
	if trust, err = receipt.ParseTrustSet(b.Trust); err != nil {
		t.Fatal(err)
	}
	return b.Bundle, trust
}

func TestRotateKernel(t *testing.T) {
	o := usedHome(t)
	preview, err := RotateKernel(t.Context(), o, RotateKernelRequest{Preview: true})
	if err != nil || !preview.New.IsZero() || len(preview.Dying) != 1 || preview.FinalSize != 3 || preview.Dying[0].Reissue {
		t.Fatalf("%+v %v", preview, err)
	}
	done, err := RotateKernel(t.Context(), o, RotateKernelRequest{})
	if err != nil || done.Old != preview.Old || done.New == done.Old || done.FinalRoot != preview.FinalRoot {
		t.Fatalf("%+v %v", done, err)
	}
	inNode(t, o, func(n *Node) {
		if n.keys.Kernel().Public() != done.New || n.kernel.Key() != done.New {
			t.Fatal("the kernel does not sign with the new key")
		}
		if _, err := did.VerifyRotation(done.Record, n.DID()); err != nil {
			t.Error(err)
		}
		if a := callNode(t, n, `{"path":"c.txt"}`); a.Code != "CHIO-CAP-MISSING" {
			t.Errorf("a capability of the old key: %+v", a)
		}
		bundle, trust := exported(t, n)
		report, err := receipt.VerifyBundle(bundle, trust)
		if err != nil || report.Count() != 4 || report.Logs[0].Key != done.New {
			t.Fatalf("%+v %v", report, err)
		}
		b, err := receipt.ParseBundle(bundle)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{receipt.CodeRetired, receipt.CodeRetired, receipt.CodeRetired, ""} {
			_, res, err := receipt.VerifyJSON(b.Logs[0].Receipts[i].Receipt, trust)
			if err != nil || res.Code != want || res.SignerTrusted != (want == "") || !res.Intact() {
				t.Errorf("receipt %d alone: %+v %v", i, res, err)
			}
		}
		// Without the connection to the final tree the old receipts prove nothing.
		b.Logs[0].Consistency = nil
		doc, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		var refused *receipt.Error
		if _, err := receipt.VerifyBundle(doc, trust); !errors.As(err, &refused) || refused.Code != receipt.CodeRetired {
			t.Errorf("no proof: %v", err)
		}
		list, err := n.listKeys(t.Context(), Empty{})
		if err != nil || len(list.Keys) != 6 || list.Keys[5].Key != done.Old.String() || list.Keys[5].Final.Size != 3 {
			t.Errorf("%+v %v", list, err)
		}
		files, err := n.exportAll(t.Context(), Empty{})
		if err != nil || len(files.Files["rotation.json"]) == 0 {
			t.Errorf("export has no rotation record: %v", err)
		}
	})
}

// TestRotateTwice: the history stays, also when nothing happened in between.
func TestRotateTwice(t *testing.T) {
	o := usedHome(t)
	for range 3 {
		if _, err := RotateKernel(t.Context(), o, RotateKernelRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	inNode(t, o, func(n *Node) {
		callNode(t, n, `{"path":"c.txt"}`)
		bundle, trust := exported(t, n)
		if report, err := receipt.VerifyBundle(bundle, trust); err != nil || report.Count() != 4 || len(trust.Kernels) != 4 {
			t.Errorf("%+v %v", report, err)
		}
	})
}

// TestRotateReissue: a token that is issued anew has what was left of the old
// one: six of nine cents are spent, so one more call of three passes.
func TestRotateReissue(t *testing.T) {
	o := usedHome(t)
	done, err := RotateKernel(t.Context(), o, RotateKernelRequest{Reissue: true})
	if err != nil || len(done.Dying) != 1 || done.Dying[0].NewID == "" || done.Dying[0].Agent != "local" {
		t.Fatalf("%+v %v", done, err)
	}
	inNode(t, o, func(n *Node) {
		c, err := n.getCapability(done.Dying[0].NewID)
		if err != nil || c.Leaf().ExpiresAt > done.Dying[0].ExpiresAt || c.Leaf().Issuer != done.New {
			t.Fatalf("%+v %v", c, err)
		}
		for i, want := range []string{receipt.Allow, receipt.Deny} {
			if a := callNode(t, n, `{"path":"c.txt"}`); a.Ended != want {
				t.Errorf("call %d: %+v", i, a)
			}
		}
	})
	again, err := RotateKernel(t.Context(), o, RotateKernelRequest{Reissue: true})
	if err != nil || len(again.Dying) != 1 || again.Dying[0].Reissue || !strings.Contains(again.Dying[0].Why, "used up") {
		t.Errorf("%+v %v", again, err)
	}
}

type killed string

// TestRotateKilled ends the rotation at every point. The home opens afterwards
// with one key in force, everything verifies, and a rotation can be made.
func TestRotateKilled(t *testing.T) {
	for _, point := range []string{failRotateBefore, failRotateCommitted, failRotateHead} {
		t.Run(point, func(t *testing.T) {
			o := usedHome(t)
			old, rotated := killRotation(t, o, point), point != failRotateBefore
			inNode(t, o, func(n *Node) {
				if (n.keys.Kernel().Public() != old) != rotated || len(n.keys.Rotations()) != map[bool]int{true: 1}[rotated] {
					t.Fatal("neither the old key nor the new one")
				}
				if len(n.keys.HeadKeys()) != 1 {
					t.Error("the rotation is still unfinished")
				}
				callNode(t, n, `{"path":"c.txt"}`)
				bundle, trust := exported(t, n)
				if report, err := receipt.VerifyBundle(bundle, trust); err != nil || report.Count() != 4 {
					t.Errorf("%+v %v", report, err)
				}
			})
			if _, err := RotateKernel(t.Context(), o, RotateKernelRequest{}); err != nil {
				t.Errorf("rotate again: %v", err)
			}
		})
	}
}

// killRotation runs a rotation that stops dead at a failpoint: nothing after it
// runs but what frees the store for the next opener.
func killRotation(t *testing.T, o Options, point string) (old wire.PublicKey) {
	t.Helper()
	n, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	old = n.keys.Kernel().Public()
	n.opts.Failpoint = func(name string) {
		if name == point {
			panic(killed(name))
		}
	}
	func() {
		defer func() {
			if p := recover(); p != killed(point) {
				t.Errorf("stopped by %v", p)
			}
		}()
		plan, note, err := n.planRotation(RotateKernelRequest{})
		if err != nil {
			t.Fatal(err)
		}
		_ = n.rotateKernel(context.Background(), plan, note) // ends in the panic
	}()
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	return old
}

// TestRotateForgery: whoever stole the old key can sign receipts, heads and
// capabilities with it after the rotation; none of them counts.
func TestRotateForgery(t *testing.T) {
	o := usedHome(t)
	var stolen *wire.Key
	inNode(t, o, func(n *Node) { stolen = n.keys.Kernel() })
	if _, err := RotateKernel(t.Context(), o, RotateKernelRequest{}); err != nil {
		t.Fatal(err)
	}
	inNode(t, o, func(n *Node) {
		callNode(t, n, `{"path":"c.txt"}`)
		bundle, trust := exported(t, n)
		good, err := receipt.ParseBundle(bundle)
		if err != nil {
			t.Fatal(err)
		}
		forged, err := receipt.Parse(good.Logs[0].Receipts[1].Receipt)
		if err != nil {
			t.Fatal(err)
		}
		forged.Decision = &receipt.Decision{Verdict: receipt.Allow}
		leaf, err := receipt.Sign(forged, stolen)
		if err != nil {
			t.Fatal(err)
		}
		if res := receipt.Verify(forged, trust); !res.Intact() || res.Authorized || res.SignerTrusted || res.Code != receipt.CodeRetired {
			t.Errorf("alone: %+v", res)
		}
		part := good.Logs[0]
		swapped := receipt.BundleLog{Checkpoint: part.Checkpoint, Consistency: part.Consistency, Receipts: slices.Clone(part.Receipts)}
		swapped.Receipts[1].Receipt = leaf
		tree := receipt.Checkpoint{Origin: n.logID, Size: 1, Root: receipt.LeafHash(leaf)}
		note, err := receipt.SignCheckpoint(tree, stolen)
		if err != nil {
			t.Fatal(err)
		}
		own := receipt.BundleLog{Checkpoint: string(note), Receipts: []receipt.BundleEntry{{Receipt: leaf, AuditPath: []wire.Digest{}}}}
		for name, tc := range map[string]struct {
			log  receipt.BundleLog
			code string
		}{"in place of a receipt": {swapped, receipt.CodeInclusion}, "under a head of its own": {own, receipt.CodeRetired}} {
			doc, err := (&receipt.Bundle{Schema: receipt.BundleSchema, Logs: []receipt.BundleLog{tc.log}}).Bytes()
			if err != nil {
				t.Fatal(err)
			}
			var refused *receipt.Error
			if _, err := receipt.VerifyBundle(doc, trust); !errors.As(err, &refused) || refused.Code != tc.code {
				t.Errorf("%s: %v", name, err)
			}
		}
		if trust.Issues(stolen.Public()) {
			t.Error("the old key still issues capabilities")
		}
	})
}
