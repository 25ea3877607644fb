package chainlink

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"github.com/backbay-labs/chio-node/oracle"
)

// The reasons a reading is refused. Match with errors.Is.
var (
	// ErrAnswer: the contract does not answer as an aggregator does, or says
	// that its answer is none.
	ErrAnswer = errors.New("aggregator has no usable answer")
	// ErrDecimals: the aggregator counts in other decimals than configured.
	ErrDecimals = errors.New("aggregator has other decimals")
)

// Address is a contract.
type Address [20]byte

// Block is what is asked: the state after a block, at its time.
type Block struct {
	Number uint64
	Hash   [32]byte
	Time   int64 // unix seconds
}

// Caller calls a view function of a contract in the state after a block. An
// error means that nothing is known.
type Caller interface {
	Call(ctx context.Context, to Address, data []byte, at Block) ([]byte, error)
}

// The functions asked: the first four bytes of the Keccak-256 of
// latestRoundData() and decimals().
var (
	latestRoundData = []byte{0xfe, 0xaf, 0x96, 0x8c}
	decimals        = []byte{0x31, 0x3c, 0xe5, 0x67}
)

const word = 32

// answer is what latestRoundData returns.
type answer struct {
	phase           uint16 // of the aggregator behind the proxy
	round           uint64 // within the phase
	value           *big.Int
	startedAt       int64
	updatedAt       int64
	answeredInPhase uint16
	answeredInRound uint64
}

// ask reads the last round of a contract:
//
//	1 the answer is five words, each within its type
//	2 the round is one: its number is not 0
//	3 it was answered in itself, not carried over from one before
//	4 it began, and was answered, not in that order reversed, and not after the
//	  block but for aheadSeconds
func ask(ctx context.Context, c Caller, to Address, at Block, aheadSeconds int64) (*answer, error) {
	raw, err := c.Call(ctx, to, latestRoundData, at)
	if err != nil {
		return nil, fmt.Errorf("asking %x for its last round: %w", to, err)
	}
	a, err := parse(raw) // 1
	if err != nil {
		return nil, err
	}
	switch {
	case a.round == 0: // 2
		return nil, fmt.Errorf("%w: it has no round", ErrAnswer)
	case a.answeredInPhase < a.phase || a.answeredInPhase == a.phase && a.answeredInRound < a.round: // 3
		return nil, fmt.Errorf("%w: round %d was answered in round %d", ErrAnswer, a.round, a.answeredInRound)
	case a.startedAt <= 0 || a.updatedAt < a.startedAt || a.updatedAt > at.Time+aheadSeconds: // 4
		return nil, fmt.Errorf("%w: round %d began at %d and was answered at %d, the block is of %d", ErrAnswer, a.round, a.startedAt, a.updatedAt, at.Time)
	}
	return a, nil
}

// parse is the ABI of (uint80, int256, uint256, uint256, uint80), whose round
// numbers are a phase and a number within it.
func parse(raw []byte) (*answer, error) {
	if len(raw) != 5*word {
		return nil, fmt.Errorf("%w: %d bytes, a round has %d", ErrAnswer, len(raw), 5*word)
	}
	a := &answer{value: signedWord(raw[word:])}
	var ok [4]bool
	a.phase, a.round, ok[0] = roundWord(raw)
	a.startedAt, ok[1] = timeWord(raw[2*word:])
	a.updatedAt, ok[2] = timeWord(raw[3*word:])
	a.answeredInPhase, a.answeredInRound, ok[3] = roundWord(raw[4*word:])
	for i, fits := range ok {
		if !fits {
			return nil, fmt.Errorf("%w: number %d of its round is out of range", ErrAnswer, i+1)
		}
	}
	return a, nil
}

// signedWord is an int256.
func signedWord(raw []byte) *big.Int {
	v := new(big.Int).SetBytes(raw[:word])
	if raw[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), 8*word))
	}
	return v
}

// roundWord is a uint80: sixteen bits of phase above sixty-four of number.
func roundWord(raw []byte) (phase uint16, round uint64, ok bool) {
	for _, b := range raw[:word-10] {
		if b != 0 {
			return 0, 0, false
		}
	}
	return binary.BigEndian.Uint16(raw[word-10:]), binary.BigEndian.Uint64(raw[word-8:]), true
}

// maxTime is far: it only keeps arithmetic with times within 64 bits.
const maxTime = 1 << 53

// timeWord is a uint256 of unix seconds.
func timeWord(raw []byte) (int64, bool) {
	for _, b := range raw[:word-8] {
		if b != 0 {
			return 0, false
		}
	}
	t := binary.BigEndian.Uint64(raw[word-8:])
	return int64(t), t < maxTime
}

// roundBits leaves sixteen for the phase of a number below 2^53.
const roundBits = 37

// sequence orders the rounds of all phases.
func (a *answer) sequence() (uint64, error) {
	if a.round >= 1<<roundBits {
		return 0, fmt.Errorf("%w: round %d of phase %d is not a number of rounds", ErrAnswer, a.round, a.phase)
	}
	return uint64(a.phase)<<roundBits | a.round, nil
}

// Phase is that of a sample's sequence: it changes when another aggregator
// stands behind the address.
func Phase(s *oracle.Sample) uint16 { return uint16(s.Sequence >> roundBits) }

// Round is the number within the phase.
func Round(s *oracle.Sample) uint64 { return s.Sequence & (1<<roundBits - 1) }
