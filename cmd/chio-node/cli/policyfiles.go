package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/kernel/policy"
	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/wire"
)

func (a *app) policyMergeCmd() *cobra.Command {
	var out string
	c := &cobra.Command{Use: "merge BASE [CHILD]", Short: "print what a policy is with its base merged in",
		Long: "With one policy, everything that it extends is merged in. With two, CHILD is laid over BASE by its own merge_strategy,\n" +
			"whatever it extends.",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			d, err := a.merged(args)
			if err != nil {
				return err
			}
			text, err := policy.Print(d)
			if err != nil {
				return err
			}
			if out != "" {
				return os.WriteFile(out, text, 0o644)
			}
			return a.print(d, func(w io.Writer) { fmt.Fprintf(w, "%s", text) })
		}}
	c.Flags().StringVar(&out, "out", "", "file to write (default standard output)")
	return c
}

func (a *app) merged(args []string) (*policy.Document, error) {
	base, err := node.LoadPolicy(args[0])
	if err != nil || len(args) == 1 {
		if err != nil {
			return nil, err
		}
		return base.Document, nil
	}
	child, err := a.parsePolicy(args[1])
	if err != nil {
		return nil, err
	}
	d := policy.Merge(base.Document, child)
	d.Extends, d.MergeStrategy = "", ""
	if err := policy.Validate(d); err != nil {
		return nil, policyInvalid(args[0]+" with "+args[1], err)
	}
	return d, nil
}

// parsePolicy reads one document without what it extends.
func (a *app) parsePolicy(path string) (*policy.Document, error) {
	doc, err := a.policyText(path)
	if err != nil {
		return nil, err
	}
	d, err := policy.Parse(path, doc)
	if err != nil {
		return nil, policyInvalid(path, err)
	}
	return d, nil
}

// policyText is a policy as it was written.
func (a *app) policyText(path string) ([]byte, error) {
	if name, is := strings.CutPrefix(path, "builtin:"); is {
		doc, have := policy.Builtin(name)
		if !have {
			return nil, usageProblem(path+" is not a policy of this build", "one of "+strings.Join(policy.BuiltinNames(), ", "))
		}
		return doc, nil
	}
	return a.read(path)
}

// formatted is the JSON of policy fmt.
type formatted struct {
	Files   []string `json:"files"`
	Changed []string `json:"changed"` // those that are not, or were not, in canonical form
}

func (a *app) policyFmtCmd() *cobra.Command {
	var check, write bool
	c := &cobra.Command{Use: "fmt FILE…", Short: "print policies in canonical form: order of the specification, comments kept",
		Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.policyFmt(args, check, write) }}
	c.Flags().BoolVar(&check, "check", false, "change nothing; exit 1 if a file is not in canonical form")
	c.Flags().BoolVar(&write, "write", false, "write the files")
	c.MarkFlagsMutuallyExclusive("check", "write")
	return c
}

func (a *app) policyFmt(files []string, check, write bool) error {
	f := formatted{Files: files, Changed: []string{}}
	for _, file := range files {
		doc, err := a.policyText(file)
		if err != nil {
			return err
		}
		text, err := policy.Format(doc)
		if err != nil {
			return policyInvalid(file, err)
		}
		same := bytes.Equal(doc, text)
		if !same {
			f.Changed = append(f.Changed, file)
		}
		switch {
		case check || a.json && !write:
		case !write:
			fmt.Fprintf(a.Stdout, "%s", text)
		case !same:
			if err := replaceFile(file, text); err != nil {
				return fmt.Errorf("write %s: %w", file, err)
			}
		}
	}
	if a.json || check || write {
		if err := a.print(f, func(w io.Writer) {
			for _, file := range f.Changed {
				fmt.Fprintln(w, file)
			}
		}); err != nil {
			return err
		}
	}
	if check && len(f.Changed) > 0 {
		return exit(node.ExitFailure)
	}
	return nil
}

// replaceFile writes beside a file and renames, so that a node that looks at it
// meanwhile sees the one or the other.
func replaceFile(path string, doc []byte) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	t, err := os.CreateTemp(filepath.Dir(path), ".chio-policy-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(t.Name()) }() // it is gone if all went well
	if _, err = t.Write(doc); err == nil {
		err = t.Chmod(info.Mode().Perm())
	}
	if closed := t.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(t.Name(), path)
}

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
