package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/backbay-labs/chio-node/node"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// printVerdict prints what a policy says of a portfolio; exit 3 if that is no.
func (a *app) printVerdict(v *passport.Verdict) error {
	err := a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "agent     %s\npolicy    %s\naccepted  %v\n", v.Agent, v.PolicyID, v.Accepted)
		for _, c := range v.Credentials {
			fmt.Fprintf(w, "  %s of %s: accepted %v\n", c.ID, c.Issuer, c.Accepted)
			for _, check := range c.Checks {
				if !check.OK {
					fmt.Fprintf(w, "    %s: %s\n", check.Name, check.Detail)
				}
			}
		}
	})
	if err == nil && !v.Accepted {
		fmt.Fprintf(a.Stderr, "chio-node: %s\n", v.Reason)
		return exit(node.ExitDenied)
	}
	return err
}

// judgeFile judges a passport file, or an exported credential with the status
// lists that are given, by a policy and offline: the anchors self and peers
// stand for nobody here, so the policy has to name its issuers.
func (a *app) judgeFile(cmd *cobra.Command, f verifyFlags, path, policyFile, lists string) error {
	p, err := a.passportPolicyFile(policyFile)
	if err != nil {
		return err
	}
	now := f.at
	if !cmd.Flags().Changed("at") {
		now = a.Now().Unix()
	}
	doc, err := a.read(path)
	if err != nil {
		return err
	}
	gate := p.Gate(vc.Gate{Now: now, Envelope: jose.Open}, nil)
	if gate.StatusList, err = a.statusLists(lists); err != nil {
		return err
	}
	report, err := passportIn(doc, gate, lists != "")
	if err != nil {
		return err
	}
	v := p.Judge([]*passport.Report{report}, now)
	if err := a.printVerdict(v); err == nil || report.Integrity {
		return err
	}
	return exit(node.ExitUnverifiable)
}

// passportIn verifies whatever form of a passport it is.
func passportIn(doc []byte, g vc.Gate, listed bool) (*passport.Report, error) {
	token := bytes.TrimSpace(doc)
	switch {
	case bytes.HasPrefix(token, []byte("{")) && wire.SchemaOf(doc, wire.ForeignLimits) != "":
		if listed {
			return nil, usageProblem("a passport file carries its status lists", "leave out --status-lists")
		}
		return passport.VerifyFile(doc, g), nil
	case bytes.HasPrefix(token, []byte("{")):
		return passport.Verify(doc, g), nil
	case bytes.ContainsRune(token, '~'):
		return nil, &node.Problem{Code: "CHIO-PASSPORT-REFUSED", Message: "an SD-JWT proves something only when its holder shows it for a nonce", Exit: node.ExitUnverifiable,
			Hint: "ask for the passport file, or export it as json or vc+jwt"}
	}
	envelope, err := jose.Envelope(jose.MediaCredential, token)
	if err != nil {
		return nil, &node.Problem{Code: "CHIO-PASSPORT-REFUSED", Message: err.Error(), Exit: node.ExitUnverifiable}
	}
	return passport.Verify(envelope, g), nil
}

// statusLists opens the lists of a folder. Each must be intact and signed by
// the issuer it names; that this is the passport's issuer is for the gate. Of
// two copies the later counts.
func (a *app) statusLists(folder string) (func(url string) (*vc.StatusList, error), error) {
	opened := map[string]*vc.StatusList{}
	if folder != "" {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, unreadable(err)
		}
		for _, e := range entries {
			l, err := a.statusList(filepath.Join(folder, e.Name()))
			if err != nil {
				return nil, err
			}
			if have := opened[l.ID()]; have == nil || have.ValidFrom() < l.ValidFrom() {
				opened[l.ID()] = l
			}
		}
	}
	return func(url string) (*vc.StatusList, error) {
		if l := opened[url]; l != nil {
			return l, nil
		}
		return nil, fmt.Errorf("status list %.100q was not given: name its folder with --status-lists", url)
	}, nil
}

func (a *app) statusList(path string) (*vc.StatusList, error) {
	doc, err := a.read(path)
	if err != nil {
		return nil, err
	}
	var named struct {
		Issuer string `json:"issuer"`
	}
	if err = wire.UnmarshalLenient(doc, &named, wire.ForeignLimits); err == nil {
		var l *vc.StatusList
		if l, err = vc.OpenStatusList(doc, named.Issuer); err == nil {
			return l, nil
		}
	}
	return nil, &node.Problem{Code: "CHIO-PASSPORT-REFUSED", Message: fmt.Sprintf("%s is no intact status list: %v", path, err), Exit: node.ExitUnverifiable}
}
