package devnet_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/backbay-labs/chio-node/contracts/bindings/devusdc"
	"github.com/backbay-labs/chio-node/contracts/devnet"
)

// The environment of TestConformance: a token on any chain, and the key, in hex,
// of an account there with a little of the token and of gas.
const (
	tokenRPC     = "CHIO_TOKEN_RPC"
	tokenAddress = "CHIO_TOKEN_ADDRESS"
	tokenKey     = "CHIO_TOKEN_KEY"
)

// TestConformance says what a token has and which rails can pay in it: of the
// development token, which must have everything, or of the token that the
// environment names, in which every rail must be able to pay. It spends two
// units of the token, and gas of three transactions.
func TestConformance(t *testing.T) {
	if os.Getenv(tokenRPC) != "" {
		judge(t, foreignToken(t), false)
		return
	}
	b := newBed(t)
	judge(t, &token{t: t, client: b.chain.Client(), at: b.chain.Token(), holder: b.payer, mine: func() { b.chain.Commit() }}, true)
}

// TestConformanceFindsFaults: a token that lacks something, or has a fault, is
// found out.
func TestConformanceFindsFaults(t *testing.T) {
	b := newBed(t)
	for name, c := range map[string]struct {
		places uint8
		fault  int64
		lacks  []string
	}{
		"nothing but transfers": {6, 0, []string{"EIP-3009", "EIP-2612", "authorization"}},
		"takes a fee":           {6, 1, []string{"moves exactly"}},
		"returns false":         {6, 3, []string{"answer of transfer", "moves exactly"}},
		"other decimals":        {18, 0, []string{"decimals"}},
	} {
		at, of := b.deploy("OddToken", c.places)
		b.send(b.payer, at, pack(t, of, "mint", addr(b.payer), big.NewInt(usdc)))
		b.send(b.payer, at, pack(t, of, "set", big.NewInt(c.fault), common.Address{}, []byte{}))
		u := &token{t: t, client: b.chain.Client(), at: at, holder: b.payer, mine: func() { b.chain.Commit() }}
		u.run()
		for _, want := range c.lacks {
			if !slices.ContainsFunc(u.lacking(), func(have string) bool { return strings.Contains(have, want) }) {
				t.Errorf("%s: %q is not missed: %q", name, want, u.lacking())
			}
		}
		for _, r := range rails {
			if len(u.missing(r.needs)) == 0 {
				t.Errorf("%s: the %s rail could pay", name, r.name)
			}
		}
	}
}

func judge(t *testing.T, u *token, everything bool) {
	u.run()
	for _, c := range checks {
		if why := u.why[c.name]; why != nil {
			t.Logf("lacks  %s: %v", c.name, why)
			if everything {
				t.Errorf("the development token lacks %q: %v", c.name, why)
			}
		} else {
			t.Logf("has    %s", c.name)
		}
	}
	for _, line := range u.said {
		t.Logf("note   %s", line)
	}
	for _, r := range rails {
		if missing := u.missing(r.needs); len(missing) > 0 {
			t.Errorf("rail   %s cannot pay in it: %s", r.name, strings.Join(missing, "; "))
		} else {
			t.Logf("rail   %s can pay in it", r.name)
		}
	}
}

// rails and what each needs of a token, by the names of checks.
var rails = []struct {
	name  string
	needs []string
}{
	{"channel", []string{"6 decimals", "EIP-712 domain of name and version", "answer of transfer", "transfer moves exactly the amount",
		"EIP-3009 receive, v r s", "EIP-3009 receive is the payee's alone", "EIP-3009 refuses another signer", "EIP-3009 refuses a changed amount"}},
	{"note", []string{"6 decimals", "EIP-712 domain of name and version", "EIP-3009 transfer, v r s", "EIP-3009 refuses another signer",
		"EIP-3009 refuses a changed amount", "EIP-3009 window, both bounds strict", "EIP-3009 authorization is used once, and says so", "transfer moves exactly the amount"}},
	{"x402 exact", []string{"6 decimals", "EIP-712 domain of name and version", "EIP-3009 transfer, v r s", "EIP-3009 refuses another signer",
		"EIP-3009 refuses a changed amount", "EIP-3009 window, both bounds strict", "EIP-3009 authorization is used once, and says so", "transfer moves exactly the amount"}},
}

// checks in their order: the first ones learn what the later ones sign for.
var checks = []struct {
	name string
	of   func(*token) error
}{
	{"6 decimals", (*token).sixDecimals},
	{"EIP-712 domain of name and version", (*token).domainFits},
	{"answer of transfer", (*token).transferAnswers},
	{"transfer moves exactly the amount", (*token).movesExactly},
	{"refuses what it cannot move", (*token).refusesTransfers},
	{"EIP-2612 permit", (*token).permits},
	{"EIP-3009 transfer, v r s", func(u *token) error { return u.accepts(u.holder, u.authorization().transfer()) }},
	{"EIP-3009 transfer, bytes", func(u *token) error { return u.accepts(u.holder, u.authorization().transferBytes()) }},
	{"EIP-3009 receive, v r s", func(u *token) error { return u.accepts(u.payee(), u.authorization().receive()) }},
	{"EIP-3009 receive, bytes", func(u *token) error { return u.accepts(u.payee(), u.authorization().receiveBytes()) }},
	{"EIP-3009 receive is the payee's alone", func(u *token) error {
		return u.refuses(u.holder, u.authorization().receive(), "FiatTokenV2: caller must be the payee")
	}},
	{"EIP-3009 refuses another signer", (*token).refusesSigners},
	{"EIP-3009 refuses a changed amount", (*token).refusesChanges},
	{"EIP-3009 window, both bounds strict", (*token).windows},
	{"EIP-3009 authorization is used once, and says so", (*token).usedOnce},
	{"EIP-3009 authorization can be cancelled", (*token).cancels},
	{"its words are those of FiatTokenV2_2", func(u *token) error { return errors.Join(u.words...) }},
}

// token is what is looked at.
type token struct {
	t      *testing.T
	client interface {
		bind.ContractBackend
		bind.DeployBackend
		ChainID(ctx context.Context) (*big.Int, error)
	}
	at     common.Address
	holder *ecdsa.PrivateKey
	mine   func() // makes a block, where blocks do not come by themselves

	binding   *devusdc.DevUSDC
	chainID   *big.Int
	separator [32]byte
	nonces    byte
	words     []error // revert reasons other than the real token's
	said      []string
	why       map[string]error // by check; nil: the token has it
}

// foreignToken is the one that the environment names.
func foreignToken(t *testing.T) *token {
	t.Helper()
	client, err := ethclient.DialContext(t.Context(), os.Getenv(tokenRPC))
	if err != nil {
		t.Fatal("the endpoint cannot be reached") // its address may carry a secret
	}
	t.Cleanup(client.Close)
	if !common.IsHexAddress(os.Getenv(tokenAddress)) {
		t.Fatalf("%s is not an address", tokenAddress)
	}
	holder, err := crypto.HexToECDSA(strings.TrimPrefix(os.Getenv(tokenKey), "0x"))
	if err != nil {
		t.Fatalf("%s is not a key in hex", tokenKey)
	}
	return &token{t: t, client: client, at: common.HexToAddress(os.Getenv(tokenAddress)), holder: holder, mine: func() { time.Sleep(time.Second) }}
}

func (u *token) run() {
	u.t.Helper()
	u.binding, u.why = devusdc.NewDevUSDC(), map[string]error{}
	var err error
	if u.chainID, err = u.client.ChainID(u.t.Context()); err != nil {
		u.t.Fatal(err)
	}
	for _, c := range checks {
		u.why[c.name] = c.of(u)
	}
	u.issuer()
}

func (u *token) lacking() (out []string) {
	for _, c := range checks {
		if u.why[c.name] != nil {
			out = append(out, c.name)
		}
	}
	return out
}

func (u *token) missing(needs []string) (out []string) {
	for _, name := range needs {
		why, known := u.why[name]
		if !known {
			u.t.Fatalf("no check is named %q", name)
		}
		if why != nil {
			out = append(out, name)
		}
	}
	return out
}

// payee is an account that only the holder knows.
func (u *token) payee() *ecdsa.PrivateKey { return key(addr(u.holder).Hex() + " is paid by itself") }

func (u *token) call(data []byte) ([]byte, error) {
	return u.client.CallContract(u.t.Context(), ethereum.CallMsg{From: addr(u.holder), To: &u.at, Data: data}, nil)
}

// asked is a view's answer.
func asked[T any](u *token, data []byte, unpack func([]byte) (T, error)) (T, error) {
	var zero T
	out, err := u.call(data)
	if err != nil {
		return zero, err
	}
	if len(out) == 0 {
		return zero, errors.New("it has no such function")
	}
	return unpack(out)
}

// accepts reports why a call would not go through.
func (u *token) accepts(from *ecdsa.PrivateKey, data []byte) error {
	_, err := u.client.EstimateGas(u.t.Context(), ethereum.CallMsg{From: addr(from), To: &u.at, Data: data})
	if err != nil {
		return errors.New(reason(err))
	}
	return nil
}

// refuses reports that a call would go through, and notes if it is refused in
// other words than those of the real token.
func (u *token) refuses(from *ecdsa.PrivateKey, data []byte, words string) error {
	_, err := u.client.EstimateGas(u.t.Context(), ethereum.CallMsg{From: addr(from), To: &u.at, Data: data})
	if err == nil {
		return fmt.Errorf("it is not refused with %q", words)
	}
	raw, reverted := ethclientRevert(err)
	if !reverted {
		return fmt.Errorf("it is not known whether it is refused: %s", reason(err))
	}
	if len(raw) == 0 {
		return errors.New("it has no such function")
	}
	if text := reason(err); text != words {
		u.words = append(u.words, fmt.Errorf("%q, not %q", text, words))
	}
	return nil
}

// reason is what a contract says, or what the endpoint does.
func reason(err error) string {
	if raw, ok := ethclientRevert(err); ok {
		if text, err := abi.UnpackRevert(raw); err == nil {
			return text
		}
		if len(raw) == 0 {
			return "refused without a reason, as a function that is not there"
		}
		return fmt.Sprintf("refused with %x", raw)
	}
	return err.Error()
}

// sends makes a transaction of the holder's and waits until it is in a block.
func (u *token) sends(data []byte) (*types.Receipt, error) {
	tx, err := bind.Transact(u.binding.Instance(u.client, u.at), bind.NewKeyedTransactor(u.holder, u.chainID), data)
	if err != nil {
		return nil, errors.New(reason(err))
	}
	const most = 300 // blocks, or seconds
	for range most {
		u.mine()
		r, err := u.client.TransactionReceipt(u.t.Context(), tx.Hash())
		if err == nil && r.Status != types.ReceiptStatusSuccessful {
			return r, errors.New("it reverted in its block")
		}
		if err == nil {
			return r, nil
		}
	}
	return nil, fmt.Errorf("transaction %s is in no block", tx.Hash())
}

func (u *token) balance(of *ecdsa.PrivateKey) (*big.Int, error) {
	return asked(u, u.binding.PackBalanceOf(addr(of)), u.binding.UnpackBalanceOf)
}

func (u *token) sixDecimals() error {
	n, err := asked(u, u.binding.PackDecimals(), u.binding.UnpackDecimals)
	if err == nil && n != 6 {
		err = fmt.Errorf("it has %d", n)
	}
	return err
}

func (u *token) domainFits() error {
	name, err := asked(u, u.binding.PackName(), u.binding.UnpackName)
	version, versionErr := asked(u, u.binding.PackVersion(), u.binding.UnpackVersion)
	separator, separatorErr := asked(u, u.binding.PackDOMAINSEPARATOR(), u.binding.UnpackDOMAINSEPARATOR)
	if err := errors.Join(err, versionErr, separatorErr); err != nil {
		return err
	}
	u.separator = separator
	u.said = append(u.said, fmt.Sprintf("name %q, version %q", name, version))
	want := crypto.Keccak256(crypto.Keccak256([]byte("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")),
		crypto.Keccak256([]byte(name)), crypto.Keccak256([]byte(version)), padded(u.chainID), common.LeftPadBytes(u.at.Bytes(), 32))
	if separator != [32]byte(want) {
		return fmt.Errorf("it signs for another domain than that of its name and version: %x", separator)
	}
	return nil
}

// transferAnswers: true, or nothing at all, which SafeERC20 takes for true.
func (u *token) transferAnswers() error {
	out, err := u.call(u.binding.PackTransfer(addr(u.payee()), big.NewInt(1)))
	switch {
	case err != nil:
		return errors.New(reason(err))
	case len(out) == 0:
		u.said = append(u.said, "transfer returns nothing")
		return nil
	case len(out) != 32 || new(big.Int).SetBytes(out).Cmp(big.NewInt(1)) != 0:
		return fmt.Errorf("transfer returns %x", out)
	}
	return nil
}

// movesExactly spends one unit.
func (u *token) movesExactly() error {
	before, err := u.balance(u.payee())
	if err != nil {
		return err
	}
	if _, err := u.sends(u.binding.PackTransfer(addr(u.payee()), big.NewInt(1))); err != nil {
		return err
	}
	after, err := u.balance(u.payee())
	if err == nil && new(big.Int).Sub(after, before).Cmp(big.NewInt(1)) != 0 {
		err = fmt.Errorf("of 1 unit %s arrived", new(big.Int).Sub(after, before))
	}
	return err
}

func (u *token) refusesTransfers() error {
	have, err := u.balance(u.holder)
	if err != nil {
		return err
	}
	return errors.Join(
		u.refuses(u.holder, u.binding.PackTransfer(addr(u.payee()), new(big.Int).Add(have, big.NewInt(1))), "ERC20: transfer amount exceeds balance"),
		u.refuses(u.holder, u.binding.PackTransfer(common.Address{}, big.NewInt(1)), "ERC20: transfer to the zero address"),
		u.refuses(u.holder, u.binding.PackTransfer(u.at, big.NewInt(1)), "Blacklistable: account is blacklisted"),
		u.refuses(u.payee(), u.binding.PackTransferFrom(addr(u.holder), addr(u.payee()), big.NewInt(1)), "ERC20: transfer amount exceeds allowance"))
}

// authorization is one of EIP-3009 from the holder to the payee, of one unit.
type authorization struct {
	u                       *token
	value                   *big.Int
	validAfter, validBefore *big.Int
	nonce                   [32]byte
	signer                  *ecdsa.PrivateKey
	spoil                   func(sig []byte) // after signing
	stated                  *big.Int         // what the call says instead of what was signed
}

func (u *token) authorization() *authorization {
	u.nonces++
	nonce := crypto.Keccak256Hash([]byte(fmt.Sprint(u.now(), addr(u.holder), u.nonces)))
	return &authorization{u: u, value: big.NewInt(1), validAfter: new(big.Int), validBefore: new(big.Int).SetUint64(u.now() + 3600), nonce: nonce, signer: u.holder}
}

func (u *token) now() uint64 {
	u.t.Helper()
	head, err := u.client.HeaderByNumber(u.t.Context(), nil)
	if err != nil {
		u.t.Fatal(err)
	}
	return head.Time
}

func padded(n *big.Int) []byte { return common.LeftPadBytes(n.Bytes(), 32) }

// sign signs words under the token's domain.
func (u *token) sign(k *ecdsa.PrivateKey, typed string, words ...[]byte) []byte {
	u.t.Helper()
	message := crypto.Keccak256([]byte(typed))
	for _, w := range words {
		message = append(message, common.LeftPadBytes(w, 32)...)
	}
	sig, err := crypto.Sign(crypto.Keccak256([]byte{0x19, 0x01}, u.separator[:], crypto.Keccak256(message)), k)
	if err != nil {
		u.t.Fatal(err)
	}
	sig[64] += 27
	return sig
}

func (a *authorization) sign(kind string) []byte {
	sig := a.u.sign(a.signer, kind+"WithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)",
		addr(a.u.holder).Bytes(), addr(a.u.payee()).Bytes(), padded(a.value), padded(a.validAfter), padded(a.validBefore), a.nonce[:])
	if a.spoil != nil {
		a.spoil(sig)
	}
	if a.stated != nil {
		a.value = a.stated
	}
	return sig
}

func (a *authorization) transfer() []byte {
	sig := a.sign("Transfer")
	return a.u.binding.PackTransferWithAuthorization0(addr(a.u.holder), addr(a.u.payee()), a.value, a.validAfter, a.validBefore, a.nonce,
		sig[64], [32]byte(sig[:32]), [32]byte(sig[32:64]))
}

func (a *authorization) transferBytes() []byte {
	sig := a.sign("Transfer")
	return a.u.binding.PackTransferWithAuthorization(addr(a.u.holder), addr(a.u.payee()), a.value, a.validAfter, a.validBefore, a.nonce, sig)
}

func (a *authorization) receive() []byte {
	sig := a.sign("Receive")
	return a.u.binding.PackReceiveWithAuthorization0(addr(a.u.holder), addr(a.u.payee()), a.value, a.validAfter, a.validBefore, a.nonce,
		sig[64], [32]byte(sig[:32]), [32]byte(sig[32:64]))
}

func (a *authorization) receiveBytes() []byte {
	sig := a.sign("Receive")
	return a.u.binding.PackReceiveWithAuthorization(addr(a.u.holder), addr(a.u.payee()), a.value, a.validAfter, a.validBefore, a.nonce, sig)
}

const wrongSigner = "FiatTokenV2: invalid signature"

func (u *token) refusesSigners() error {
	transfer, receive := u.authorization(), u.authorization()
	transfer.signer, receive.signer = u.payee(), u.payee()
	err := errors.Join(u.refuses(u.holder, transfer.transfer(), wrongSigner), u.refuses(u.payee(), receive.receive(), wrongSigner))
	// The same signature in its second form must not be another one.
	high := u.authorization()
	high.spoil = func(sig []byte) {
		s := new(big.Int).Sub(crypto.S256().Params().N, new(big.Int).SetBytes(sig[32:64]))
		copy(sig[32:64], padded(s))
		sig[64] ^= 27 ^ 28
	}
	words := u.words
	err = errors.Join(err, u.refuses(u.holder, high.transfer(), wrongSigner))
	u.words = words // the real token has words of its own for it, of its library
	return err
}

func (u *token) refusesChanges() error {
	more := u.authorization()
	more.stated = big.NewInt(2)
	other := u.authorization()
	data := other.transfer()
	data[len(data)-129] ^= 1 // of the nonce, four words before the end
	return errors.Join(u.refuses(u.holder, more.transfer(), wrongSigner), u.refuses(u.holder, data, wrongSigner))
}

// windows: an authorization is good after validAfter and before validBefore,
// and at neither. What is estimated runs at a time of the head or after it, so
// the bounds are a little off it where blocks come by themselves.
func (u *token) windows() error {
	early, late := u.authorization(), u.authorization()
	early.validAfter = new(big.Int).SetUint64(u.now() + 3000)
	late.validBefore = new(big.Int).SetUint64(u.now())
	return errors.Join(u.refuses(u.holder, early.transfer(), "FiatTokenV2: authorization is not yet valid"),
		u.refuses(u.holder, late.transfer(), "FiatTokenV2: authorization is expired"))
}

// usedOnce spends one unit.
func (u *token) usedOnce() error {
	a := u.authorization()
	data := a.transfer()
	r, err := u.sends(data)
	if err != nil {
		return err
	}
	used, err := asked(u, u.binding.PackAuthorizationState(addr(u.holder), a.nonce), u.binding.UnpackAuthorizationState)
	if err != nil || !used {
		return fmt.Errorf("authorizationState is %v, %w", used, err)
	}
	event := crypto.Keccak256Hash([]byte("AuthorizationUsed(address,bytes32)"))
	if !slices.ContainsFunc(r.Logs, func(l *types.Log) bool {
		return l.Address == u.at && len(l.Topics) == 3 && l.Topics[0] == event && l.Topics[2] == a.nonce
	}) {
		return errors.New("no event says that the authorization was used")
	}
	return u.refuses(u.holder, data, "FiatTokenV2: authorization is used or canceled")
}

func (u *token) cancels() error {
	a := u.authorization()
	sig := u.sign(u.holder, "CancelAuthorization(address authorizer,bytes32 nonce)", addr(u.holder).Bytes(), a.nonce[:])
	if _, err := u.sends(u.binding.PackCancelAuthorization(addr(u.holder), a.nonce, sig[64], [32]byte(sig[:32]), [32]byte(sig[32:64]))); err != nil {
		return err
	}
	return u.refuses(u.holder, a.transfer(), "FiatTokenV2: authorization is used or canceled")
}

func (u *token) permits() error {
	nonce, err := asked(u, u.binding.PackNonces(addr(u.holder)), u.binding.UnpackNonces)
	if err != nil {
		return err
	}
	permit := func(k *ecdsa.PrivateKey, deadline uint64) []byte {
		until := new(big.Int).SetUint64(deadline)
		sig := u.sign(k, "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)", addr(u.holder).Bytes(), addr(u.payee()).Bytes(),
			padded(big.NewInt(1)), padded(nonce), padded(until))
		return u.binding.PackPermit(addr(u.holder), addr(u.payee()), big.NewInt(1), until, sig[64], [32]byte(sig[:32]), [32]byte(sig[32:64]))
	}
	hour := u.now() + 3600
	return errors.Join(u.accepts(u.payee(), permit(u.holder, hour)), u.refuses(u.payee(), permit(u.payee(), hour), "EIP2612: invalid signature"),
		u.refuses(u.payee(), permit(u.holder, u.now()-1), "FiatTokenV2: permit is expired"))
}

// issuer says what the issuer can do to a payment, and whether it does it now.
func (u *token) issuer() {
	yes := func(data []byte) (bool, error) {
		return asked(u, data, func(out []byte) (bool, error) { return new(big.Int).SetBytes(out).Sign() != 0, nil })
	}
	if paused, err := yes(crypto.Keccak256([]byte("paused()"))[:4]); err == nil {
		u.said = append(u.said, fmt.Sprintf("its issuer can stop all transfers; paused now: %v", paused))
	}
	for _, list := range []string{"isBlacklisted(address)", "frozen(address)"} {
		of := append(crypto.Keccak256([]byte(list))[:4], common.LeftPadBytes(addr(u.holder).Bytes(), 32)...)
		if listed, err := yes(of); err == nil {
			u.said = append(u.said, fmt.Sprintf("its issuer can stop an account; this one is stopped: %v", listed))
		}
	}
}

// TestIssuerOfConformingToken: with the issuer's key, which only the development
// token gives, a pause and a list stop every way to pay, and an authorization
// signed before works after.
func TestIssuerOfConformingToken(t *testing.T) {
	b := newBed(t)
	u := &token{t: t, client: b.chain.Client(), at: b.chain.Token(), holder: b.payer, mine: func() { b.chain.Commit() }}
	u.run()
	issuer, a, p := devnet.DeployerKey(), u.authorization(), u.authorization()
	ways := map[*ecdsa.PrivateKey][]byte{u.holder: a.transfer(), u.payee(): p.receive()}
	const paused, listed = "Pausable: paused", "Blacklistable: account is blacklisted"
	for name, c := range map[string]struct {
		words       string
		stop, again []byte
	}{
		"paused":       {paused, b.tok.PackSetPaused(true), b.tok.PackSetPaused(false)},
		"payee listed": {listed, b.tok.PackSetFrozen(addr(u.payee()), true), b.tok.PackSetFrozen(addr(u.payee()), false)},
		"payer listed": {listed, b.tok.PackSetFrozen(addr(u.holder), true), b.tok.PackSetFrozen(addr(u.holder), false)},
	} {
		b.send(issuer, u.at, c.stop)
		for from, data := range ways {
			if err := u.refuses(from, data, c.words); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := u.refuses(u.holder, u.binding.PackTransfer(addr(u.payee()), big.NewInt(1)), c.words); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.send(issuer, u.at, c.again)
		for from, data := range ways {
			if err := u.accepts(from, data); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
		}
	}
	if len(u.words) > 0 {
		t.Error(errors.Join(u.words...))
	}
}
