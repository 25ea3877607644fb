package signed

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/oracle"
)

// The reasons a signature is refused.
var (
	// ErrRaw: the raw bytes are not those of the fields.
	ErrRaw = errors.New("raw bytes are not the encoding of the observation")
	// ErrSignature: the signature is malformed, malleable or of another key.
	ErrSignature = errors.New("oracle signature does not verify")
)

// The EIP-712 types of the feed.
const (
	domainType      = "EIP712Domain(string name,string version)"
	observationType = "PriceObservation(string base,string quote,int256 value,int32 expo,uint64 observedAt,uint64 validUntil,bytes32 source,uint64 sequence)"
	domainName      = "ChioPriceFeed"
	domainVersion   = "1"
)

// Verify is an oracle.Verifier for observations of this feed:
//
//	1 the raw bytes are the EIP-712 encoding of the fields
//	2 the signature is 65 bytes r‖s‖v with low s and v 27 or 28
//	3 the key recovered from it is the operator's
func Verify(pair oracle.Pair, o oracle.Observation) error {
	raw := preimage(pair, o)
	if hex.EncodeToString(raw) != o.Raw { // 1
		return ErrRaw
	}
	sig, err := parseSignature(o.Signature) // 2
	if err != nil {
		return err
	}
	public, err := crypto.SigToPub(crypto.Keccak256(raw), sig)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if got := operatorOf(public); got != o.Operator { // 3
		return fmt.Errorf("%w: signed by %s", ErrSignature, got)
	}
	return nil
}

// parseSignature returns r‖s‖v with v 0 or 1, as the library takes it.
func parseSignature(s string) ([]byte, error) {
	sig, err := hex.DecodeString(s)
	if err != nil || len(sig) != 65 || hex.EncodeToString(sig) != s {
		return nil, fmt.Errorf("%w: want 130 lowercase hex characters", ErrSignature)
	}
	if sig[64] != 27 && sig[64] != 28 {
		return nil, fmt.Errorf("%w: v is %d", ErrSignature, sig[64])
	}
	sig[64] -= 27
	if highS(sig[32:64]) {
		return nil, fmt.Errorf("%w: s is in the upper half", ErrSignature)
	}
	return sig, nil
}

// highS reports s > n/2.
func highS(s []byte) bool {
	const half = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
	return hex.EncodeToString(s) > half
}

// preimage is 0x19 0x01 ‖ domain separator ‖ struct hash (EIP-712).
func preimage(pair oracle.Pair, o oracle.Observation) []byte {
	domain := crypto.Keccak256(keccak(domainType), keccak(domainName), keccak(domainVersion))
	message := crypto.Keccak256(
		keccak(observationType), keccak(pair.Base), keccak(pair.Quote),
		signedWord(o.Value), signedWord(int64(o.Expo)),
		signedWord(o.ObservedAt), signedWord(o.ValidUntil), o.Source[:], word(o.Sequence))
	raw := make([]byte, 0, 66)
	raw = append(raw, 0x19, 0x01)
	raw = append(raw, domain...)
	return append(raw, message...)
}

func keccak(s string) []byte { return crypto.Keccak256([]byte(s)) }

func word(n uint64) []byte {
	var w [32]byte
	binary.BigEndian.PutUint64(w[24:], n)
	return w[:]
}

// signedWord is the two's complement of n in 256 bits.
func signedWord(n int64) []byte {
	w := word(uint64(n))
	if n < 0 {
		for i := range 24 {
			w[i] = 0xff
		}
	}
	return w
}
