package node

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// SignerConfig names a process that keeps the settlement key and signs with it, as
// Web3Signer does.
type SignerConfig struct {
	URL       string `yaml:"url"`        // https, or http on a loopback address
	PublicKey string `yaml:"public_key"` // hex, compressed or not
	TokenFile string `yaml:"token_file"` // sent as a bearer token; mode 0600
	CAFile    string `yaml:"ca_file"`    // PEM of who signed its certificate; empty: the machine's
}

func (c *SignerConfig) validate() error {
	switch {
	case *c == SignerConfig{}:
		return nil
	case c.URL == "" || c.PublicKey == "":
		return errors.New("settlement.signer: url and public_key belong together")
	}
	if _, err := evm.KeyFromSigner(evm.RemoteSigner{URL: c.URL, PublicKey: c.PublicKey}); err != nil {
		return fmt.Errorf("settlement.signer: %w", err)
	}
	return nil
}

// settlementKey opens the configured settlement key, nil if there is none but the
// home's.
func (n *Node) settlementKey() (*evm.Key, error) {
	c := &n.cfg.Settlement
	switch {
	case c.Keystore != "":
		k, err := openKeystore(n.opts.Home, c.Keystore, c.PasswordFile)
		if err != nil {
			return nil, &Problem{Code: "CHIO-KEYS-KEYSTORE", Message: fmt.Sprintf("settlement.keystore: %v", err),
				Hint: "both files must be readable by their owner alone, and the password that of the keystore", Exit: ExitFailure}
		}
		return k, nil
	case c.Signer.URL != "":
		k, err := openSigner(n.opts.Home, &c.Signer)
		if err != nil {
			return nil, &Problem{Code: codeSigner, Message: fmt.Sprintf("settlement.signer: %v", err),
				Hint: "the token's file must be readable by its owner alone, and ca_file hold certificates in PEM", Exit: ExitFailure}
		}
		return k, nil
	}
	return nil, nil
}

const codeSigner = "CHIO-KEYS-SIGNER"

// TrySettlementKey opens the settlement key that a configuration names and has it
// sign something that moves nothing. A configuration without one is fine: the
// home's signs.
func TrySettlementKey(home string, c *Config) (where string, err error) {
	n := &Node{cfg: c, opts: Options{Home: home}}
	k, err := n.settlementKey()
	switch {
	case err != nil:
		return "", err
	case k == nil:
		return "the home's", nil
	case c.Settlement.Keystore != "":
		where = "of a keystore"
	default:
		where = "with a remote signer"
	}
	return fmt.Sprintf("%s, %s", k.Address(), where), k.Try()
}

func openKeystore(home, file, passwordFile string) (*evm.Key, error) {
	sealed, err := readSecret(home, file)
	if err != nil {
		return nil, err
	}
	password, err := readSecret(home, passwordFile)
	if err != nil {
		return nil, err
	}
	return evm.KeyFromKeystore([]byte(sealed), password)
}

// openSigner reads the files that a remote signer is reached with. Whether it is
// there shows when it is asked.
func openSigner(home string, c *SignerConfig) (*evm.Key, error) {
	s := evm.RemoteSigner{URL: c.URL, PublicKey: c.PublicKey}
	var err error
	if c.TokenFile != "" {
		if s.Token, err = readSecret(home, c.TokenFile); err != nil {
			return nil, err
		}
	}
	if c.CAFile != "" {
		name := c.CAFile
		if !filepath.IsAbs(name) {
			name = filepath.Join(home, name)
		}
		doc, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		s.Roots = x509.NewCertPool()
		if !s.Roots.AppendCertsFromPEM(doc) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", name)
		}
	}
	return evm.KeyFromSigner(s)
}
