package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

// signed is the JSON of policy sign and verify.
type signed struct {
	File      string      `json:"file"`
	Signature string      `json:"signature_file,omitempty"`
	SHA256    wire.Digest `json:"sha256"`
	KeyID     string      `json:"key_id"`
	Signer    string      `json:"signer,omitempty"`
	SignedAt  string      `json:"signed_at,omitempty"`
	Key       string      `json:"key,omitempty"` // base64, as other HushSpec tools write keys
	Extends   string      `json:"extends,omitempty"`
}

func (a *app) policySignCmd() *cobra.Command {
	var keyFile, id, signer, out string
	c := &cobra.Command{Use: "sign FILE --key KEYFILE", Short: "sign a policy file: a detached signature over its bytes, FILE.sig",
		Long: "The signature covers this file, not the policies that it extends: sign those, or the output of policy merge.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			key, err := readKeyFile(keyFile, "CHIO-POLICY-KEY", "policy keygen")
			if err != nil {
				return err
			}
			doc, err := a.read(args[0])
			if err != nil {
				return err
			}
			s := signed{File: args[0], SHA256: wire.Hash(doc), Signature: out, KeyID: id, Signer: signer, Key: policy.KeyText(key.Public())}
			if s.KeyID == "" {
				s.KeyID = key.Public().String()
			}
			if s.Signature == "" {
				s.Signature = args[0] + ".sig"
			}
			sig, err := policy.SignFile(doc, key, s.KeyID, signer, a.Now().Unix())
			if err != nil {
				return policyInvalid(args[0], err)
			}
			if err := os.WriteFile(s.Signature, sig, 0o644); err != nil {
				return fmt.Errorf("write the signature: %w", err)
			}
			return a.print(s, func(w io.Writer) { fmt.Fprintf(w, "%s  by key id %s\n", s.Signature, s.KeyID) })
		}}
	c.Flags().StringVar(&keyFile, "key", "", "file with the key (policy keygen)")
	_ = c.MarkFlagRequired("key") // the flag exists: it is defined above
	c.Flags().StringVar(&id, "key-id", "", "what verifiers call the key (default: the public key)")
	c.Flags().StringVar(&signer, "signer", "", "who signs, a name for people")
	c.Flags().StringVar(&out, "out", "", "signature file (default FILE.sig)")
	return c
}

func (a *app) policyVerifyCmd() *cobra.Command {
	var sigFile string
	var trusted []string
	c := &cobra.Command{Use: "verify FILE --trust KEY", Short: "check the detached signature of a policy file, offline",
		Long: "KEY is a public key, 64 hex characters or base64, or ID=KEY for the key that the signature calls ID. A key inside the\n" +
			"signature proves nothing. Exit 4 if the signature does not hold.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.policyVerify(args[0], sigFile, trusted) }}
	c.Flags().StringVar(&sigFile, "sig", "", "signature file (default FILE.sig)")
	c.Flags().StringArrayVar(&trusted, "trust", nil, "key whose signatures count (repeatable)")
	_ = c.MarkFlagRequired("trust") // the flag exists: it is defined above
	return c
}

func (a *app) policyVerify(file, sigFile string, trusted []string) error {
	keys := map[string]wire.PublicKey{}
	for _, text := range trusted {
		id, keyText, named := strings.Cut(text, "=")
		key, err := parseAnyKey(text)
		if err != nil && named { // base64 may end in "="
			key, err = parseAnyKey(keyText)
		} else {
			id = key.String()
		}
		if err != nil {
			return usageProblem(fmt.Sprintf("--trust %.80q: %v", text, err), "write 64 hex characters, base64, or ID=KEY")
		}
		keys[id] = key
	}
	if sigFile == "" {
		sigFile = file + ".sig"
	}
	doc, err := a.read(file)
	if err != nil {
		return err
	}
	sig, err := a.read(sigFile)
	if err != nil {
		return err
	}
	s, err := policy.VerifySignature(doc, sig, keys, a.Now().Unix())
	if err != nil {
		return &node.Problem{Code: "CHIO-POLICY-SIGNATURE", Message: fmt.Sprintf("%s: %v", file, err), Exit: node.ExitUnverifiable, Cause: err,
			Hint: "do not use the policy until its author has been asked"}
	}
	v := signed{File: file, Signature: sigFile, SHA256: wire.Hash(doc), KeyID: s.KeyID, Signer: s.Signer, SignedAt: s.SignedAt}
	if d, err := policy.Parse(file, doc); err == nil {
		v.Extends = d.Extends
	}
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "✓ %s is as key id %s signed it at %s\n", file, v.KeyID, v.SignedAt)
		if v.Extends != "" {
			fmt.Fprintf(w, "! it extends %s, which this signature does not cover\n", v.Extends)
		}
	})
}

func parseAnyKey(text string) (wire.PublicKey, error) {
	if key, err := wire.ParsePublicKey(text); err == nil {
		return key, nil
	}
	return policy.ParseKeyText(text)
}

func (a *app) keygenPolicyCmd() *cobra.Command {
	return a.keygenCmd("make a key that signs policies; prints the public half", "chio-node policy verify FILE --trust %s")
}
