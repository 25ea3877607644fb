package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/approval"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) approveKeygenCmd() *cobra.Command {
	return a.keygenCmd("make an approver's key on this machine; prints the public half",
		"list it at the node, under approvals.approvers: {name: …, key: %s}")
}

// approverKey reads a key file that nobody else can read.
func approverKey(path string) (*wire.Key, error) {
	return readKeyFile(path, "CHIO-APPROVE-KEY", "approve keygen")
}

type signFlags struct {
	key, kernel, out, reason string
	deny                     bool
	ttl                      int64
}

func (a *app) approveSignCmd() *cobra.Command {
	var f signFlags
	c := &cobra.Command{Use: "sign NOTICE --key FILE", Short: "decide as an external approver; needs no node",
		Long: "NOTICE is what the webhook received, or what approve show --out wrote. It is shown, its digest is checked, and a\n" +
			"decision is signed with the key. Hand it in with approve respond, or POST it to /agent/approval.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.signApproval(args[0], f) }}
	c.Flags().StringVar(&f.key, "key", "", "the approver's key file")
	c.Flags().StringVar(&f.kernel, "kernel", "", "the kernel key that must have sealed the notice, 64 hex")
	c.Flags().StringVar(&f.out, "out", "approval.json", "file for the signed decision")
	c.Flags().StringVar(&f.reason, "reason", "", "what the record says about it")
	c.Flags().BoolVar(&f.deny, "deny", false, "deny instead of approve")
	c.Flags().Int64Var(&f.ttl, "ttl-seconds", 600, "how long the decision holds, at most 3600")
	_ = c.MarkFlagRequired("key") // the flag exists: it is defined above
	return c
}

func (a *app) signApproval(path string, f signFlags) error {
	doc, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the notice: %w", err)
	}
	var kernel *wire.PublicKey
	if f.kernel != "" {
		k, err := wire.ParsePublicKey(f.kernel)
		if err != nil {
			return usageProblem("--kernel: "+err.Error(), "chio-node status prints the kernel key")
		}
		kernel = &k
	}
	n, err := approval.ParseNotice(doc, kernel)
	if err != nil {
		return &node.Problem{Code: "CHIO-APPROVE-NOTICE", Message: err.Error(), Hint: "fetch the notice again from the node", Exit: node.ExitUnverifiable}
	}
	key, err := approverKey(f.key)
	if err != nil {
		return err
	}
	t := approval.Token{ApprovalID: n.ApprovalID, RequestSHA256: n.RequestSHA256, Decision: approval.Approved, Reason: f.reason,
		IssuedAt: a.Now().Unix(), ExpiresAt: a.Now().Unix() + f.ttl}
	if f.deny {
		t.Decision = approval.Denied
	}
	e, err := approval.SignToken(t, key)
	if err != nil {
		return usageProblem(err.Error(), "chio-node approve sign --help")
	}
	if err := writeFile(f.out, e.Bytes()); err != nil {
		return err
	}
	return a.print(map[string]string{"approval_id": n.ApprovalID, "decision": t.Decision, "file": f.out}, func(w io.Writer) {
		info := node.ApprovalInfo{Request: approval.Request{ApprovalID: n.ApprovalID, State: approval.Waiting, Ask: n.Ask, AskedAt: n.AskedAt,
			ExpiresAt: n.ExpiresAt, Needed: n.Needed}}
		showAsk(w, &info)
		fmt.Fprintf(a.Stderr, "%s: signed into %s\nhint: hand it in: chio-node approve respond %s\n", t.Decision, f.out, f.out)
		if kernel == nil {
			fmt.Fprintln(a.Stderr, "hint: nothing proves whose notice this is; --kernel HEX does")
		}
	})
}
