package evm

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"
)

// KeyFromKeystore opens a key that a wallet wrote: Web3 Secret Storage, version
// 3. The file's address, if it names one, must be the key's. No error holds the
// password or a part of the key.
func KeyFromKeystore(file []byte, password string) (*Key, error) {
	var said struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(file, &said); err != nil {
		return nil, fmt.Errorf("%w: the file is not a JSON keystore", ErrKey)
	}
	opened, err := keystore.DecryptKey(file, password)
	if err != nil {
		return nil, fmt.Errorf("%w: keystore: %w", ErrKey, err)
	}
	k, err := KeyFromScalar(crypto.FromECDSA(opened.PrivateKey))
	if err != nil {
		return nil, err
	}
	if have := strings.ToLower(strings.TrimPrefix(said.Address, "0x")); have != "" && "0x"+have != k.address.String() {
		return nil, fmt.Errorf("%w: the keystore says %.60q, its key is of %s", ErrKey, said.Address, k.address)
	}
	return k, nil
}
