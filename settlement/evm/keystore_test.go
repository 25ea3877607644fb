package evm_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/settlement/evm"
)

// written is a keystore of the named test key, as a wallet writes it.
func written(t testing.TB, name, password string) []byte {
	t.Helper()
	scalar := sha256.Sum256([]byte(name))
	private, err := crypto.ToECDSA(scalar[:])
	if err != nil {
		t.Fatal(err)
	}
	file, err := keystore.EncryptKey(&keystore.Key{Address: crypto.PubkeyToAddress(private.PublicKey), PrivateKey: private}, password, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestKeystoreOpens(t *testing.T) {
	file := written(t, "payer", "open sesame")
	k, err := evm.KeyFromKeystore(file, "open sesame")
	if err != nil || k.Address() != key(t, "payer").Address() {
		t.Fatalf("%v %v", k, err)
	}
	address := strings.TrimPrefix(k.Address().String(), "0x")
	for name, c := range map[string]struct{ file, password string }{
		"another password":   {string(file), "open barley"},
		"no password":        {string(file), ""},
		"not JSON":           {"payer", "open sesame"},
		"nothing":            {"{}", "open sesame"},
		"another address":    {strings.Replace(string(file), address, strings.Repeat("0", 40), 1), "open sesame"},
		"changed ciphertext": {strings.Replace(string(file), `"ciphertext":"`, `"ciphertext":"00`, 1), "open sesame"},
		"another version":    {strings.Replace(string(file), `"version":3`, `"version":4`, 1), "open sesame"},
		"another kdf":        {strings.Replace(string(file), `"kdf":"scrypt"`, `"kdf":"none"`, 1), "open sesame"},
	} {
		if c.file == string(file) && c.password == "open sesame" {
			t.Errorf("%s: nothing was changed", name)
		}
		_, err := evm.KeyFromKeystore([]byte(c.file), c.password)
		if !errors.Is(err, evm.ErrKey) || strings.Contains(err.Error(), "sesame") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
