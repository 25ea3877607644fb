package evm

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/wire"
)

// The EIP-712 types of the contract and of the token (EIP-3009).
const (
	domainType  = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
	voucherType = "Voucher(bytes32 channel,uint96 cumulative,bytes32 statement)"
	receiveType = "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"

	channelName    = "ChioChannel"
	channelVersion = "1"
)

// ChannelParams is what a channel id is made of on one chain and contract.
type ChannelParams struct {
	Payer Address     `json:"payer"`
	Payee Address     `json:"payee"`
	Token Address     `json:"token"`
	Salt  wire.Digest `json:"salt"`
}

// ChannelID is keccak256 of the ABI encoding of chain, contract and parameters.
func ChannelID(chainID uint64, contract Address, p ChannelParams) wire.Digest {
	return keccak(uintWord(chainID), addressWord(contract), addressWord(p.Payer), addressWord(p.Payee), addressWord(p.Token), p.Salt[:])
}

// DepositNonce is the EIP-3009 nonce of the deposit with the sequence number.
func DepositNonce(channel wire.Digest, sequence uint64) wire.Digest {
	return keccak(channel[:], uintWord(sequence))
}

// domainSeparator is the EIP-712 separator of a contract.
func domainSeparator(name, version string, chainID uint64, contract Address) wire.Digest {
	return keccak(typeHash(domainType), typeHash(name), typeHash(version), uintWord(chainID), addressWord(contract))
}

// voucherData is what the payer of a channel signs.
func voucherData(domain, channel wire.Digest, cumulative uint64, statement wire.Digest) typedData {
	return typed(domain, keccak(typeHash(voucherType), channel[:], uintWord(cumulative), statement[:]))
}

// receiveData is what the payer signs to let the contract take a deposit.
func receiveData(domain wire.Digest, from, to Address, value, validBefore uint64, nonce wire.Digest) typedData {
	return typed(domain, keccak(typeHash(receiveType), addressWord(from), addressWord(to),
		uintWord(value), uintWord(0), uintWord(validBefore), nonce[:]))
}

// typedData is EIP-712's encoding of one message: 0x19 0x01, the separator of its
// domain, its hash. What is signed is the Keccak-256 of it.
type typedData [66]byte

func typed(domain, message wire.Digest) (t typedData) {
	t[0], t[1] = 0x19, 0x01
	copy(t[2:], domain[:])
	copy(t[34:], message[:])
	return t
}

func (t typedData) digest() wire.Digest { return keccak(t[:]) }

func keccak(parts ...[]byte) wire.Digest { return wire.Digest(crypto.Keccak256Hash(parts...)) }

func typeHash(s string) []byte { return crypto.Keccak256([]byte(s)) }

func uintWord(n uint64) []byte {
	var w [32]byte
	binary.BigEndian.PutUint64(w[24:], n)
	return w[:]
}

func addressWord(a Address) []byte {
	var w [32]byte
	copy(w[12:], a[:])
	return w[:]
}
