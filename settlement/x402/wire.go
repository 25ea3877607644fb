package x402

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/settlement/evm"
	"github.com/backbay-labs/chio-node/wire"
)

// The headers of the protocol.
const (
	HeaderRequired  = "Payment-Required"  // of an answer 402: Required
	HeaderSignature = "Payment-Signature" // of a request: Payment
	HeaderResponse  = "Payment-Response"  // of an answer: Settlement
)

const (
	// Version is the one version spoken.
	Version = 2
	// SchemeExact pays each call with a transfer of its own.
	SchemeExact = "exact"
	// SchemeBatch pays calls from a deposit, with cumulative vouchers that the
	// payee claims now and then.
	SchemeBatch = "batch-settlement"
	// MaxHeader bounds one encoded object, in characters.
	MaxHeader = 16 << 10
	// maxAccepts bounds how many ways to pay are looked at.
	maxAccepts = 32
)

var (
	// ErrMalformed: an object of the other side cannot be read.
	ErrMalformed = errors.New("malformed x402 object")
	// ErrMismatch: a payment is not what was asked for.
	ErrMismatch = errors.New("payment differs from what is asked for")
	// ErrExpired: a payment is not valid yet, or not for long enough.
	ErrExpired = errors.New("payment is outside its validity")
	// ErrSpent: the nonce of a payment is used on the chain, or by another call.
	ErrSpent = errors.New("payment is already used")
	// ErrFunds: the payer does not hold the amount.
	ErrFunds = errors.New("payer does not hold the amount")
)

// limits of one object.
var limits = wire.Limits{Bytes: MaxHeader, Depth: 16}

// Resource is what is sold.
type Resource struct {
	URL         string `json:"url"`
	Description string `json:"description,omitzero"`
	MimeType    string `json:"mimeType,omitzero"`
}

// Extra names the token's EIP-712 domain.
type Extra struct {
	Name    string `json:"name,omitzero"`
	Version string `json:"version,omitzero"`
	// Method is how the asset moves; absent means EIP-3009.
	Method string `json:"assetTransferMethod,omitzero"`

	// Of batch-settlement: who claims, after how many seconds a payer has back what
	// it announced to take back, the least deposit that is taken, and, where a payment
	// does not go on from what was charged, what the payee has of the channel.
	ReceiverAuthorizer string        `json:"receiverAuthorizer,omitzero"`
	WithdrawDelay      uint64        `json:"withdrawDelay,omitzero"`
	MinDeposit         string        `json:"minDeposit,omitzero"`
	ChannelState       *ChannelState `json:"channelState,omitzero"`
	VoucherState       *VoucherState `json:"voucherState,omitzero"`
}

// ChannelState is what a payee says of a channel of batch-settlement.
type ChannelState struct {
	Channel     string `json:"channelId"`
	Balance     string `json:"balance"`
	Claimed     string `json:"totalClaimed"`
	WithdrawAt  uint64 `json:"withdrawRequestedAt"`
	RefundNonce string `json:"refundNonce"`
	Charged     string `json:"chargedCumulativeAmount"`
}

// VoucherState is the newest voucher that a payee has: its payer knows its own
// signature.
type VoucherState struct {
	Signed    string `json:"signedMaxClaimable"`
	Signature string `json:"signature"`
}

// Requirements is one way to pay. Amount is in units of the asset, in decimal.
type Requirements struct {
	Scheme            string `json:"scheme"`
	Network           string `json:"network"` // CAIP-2
	Amount            string `json:"amount"`
	Asset             string `json:"asset"`
	PayTo             string `json:"payTo"`
	MaxTimeoutSeconds uint64 `json:"maxTimeoutSeconds"`
	Extra             Extra  `json:"extra,omitzero"`
}

// Required is what an answer 402 says.
type Required struct {
	X402Version uint64         `json:"x402Version"`
	Error       string         `json:"error,omitzero"`
	Resource    Resource       `json:"resource"`
	Accepts     []Requirements `json:"accepts"`
}

// Authorization is the signed transfer as the protocol spells it: decimal
// numbers, and 0x before hex.
type Authorization struct {
	From        string `json:"from"`
	To          string `json:"to"`
	Value       string `json:"value"`
	ValidAfter  string `json:"validAfter"`
	ValidBefore string `json:"validBefore"`
	Nonce       string `json:"nonce"`
}

// Exact is the payload of scheme exact on EVM chains.
type Exact struct {
	Signature     string        `json:"signature"`
	Authorization Authorization `json:"authorization"`
}

// Payment is what a client repeats its request with.
type Payment struct {
	X402Version uint64       `json:"x402Version"`
	Resource    Resource     `json:"resource,omitzero"`
	Accepted    Requirements `json:"accepted"`
	Payload     Exact        `json:"payload"`
}

// Settlement is what became of a payment.
type Settlement struct {
	Success     bool   `json:"success"`
	ErrorReason string `json:"errorReason,omitzero"`
	Payer       string `json:"payer,omitzero"`
	Transaction string `json:"transaction"` // 0x and 64 hex characters, or ""
	Network     string `json:"network"`
	Amount      string `json:"amount,omitzero"`

	Extra *SettlementExtra `json:"extra,omitzero"` // of batch-settlement
}

// SettlementExtra is what one call took from a channel, and what the channel is
// like after it.
type SettlementExtra struct {
	Charged string       `json:"chargedAmount"`
	Channel ChannelState `json:"channelState"`
}

// Encode is the form of an object in a header.
func Encode(v any) string { return base64.StdEncoding.EncodeToString(wire.MustMarshal(v)) }

// decode reads a header into v and returns the JSON bytes, which are what
// evidence is a hash of.
func decode(header string, v any) ([]byte, error) {
	if header == "" || len(header) > MaxHeader {
		return nil, fmt.Errorf("%w: header of %d characters, want 1 … %d", ErrMalformed, len(header), MaxHeader)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(header)
	if err != nil {
		return nil, fmt.Errorf("%w: not base64", ErrMalformed)
	}
	if err := wire.UnmarshalLenient(raw, v, limits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return raw, nil
}

func version(n uint64) error {
	if n != Version {
		return fmt.Errorf("%w: x402Version %d, want %d", ErrMalformed, n, Version)
	}
	return nil
}

// DecodeRequired reads the header of an answer 402, and returns its JSON.
func DecodeRequired(header string) (*Required, []byte, error) {
	var r Required
	raw, err := decode(header, &r)
	if err != nil {
		return nil, nil, err
	}
	if len(r.Accepts) == 0 || len(r.Accepts) > maxAccepts {
		return nil, nil, fmt.Errorf("%w: %d ways to pay, want 1 … %d", ErrMalformed, len(r.Accepts), maxAccepts)
	}
	return &r, raw, version(r.X402Version)
}

// DecodePayment reads the header of a paid request, and returns its JSON.
func DecodePayment(header string) (*Payment, []byte, error) {
	var p Payment
	raw, err := decode(header, &p)
	if err != nil {
		return nil, nil, err
	}
	return &p, raw, version(p.X402Version)
}

// DecodeSettlement reads the header of an answer, and returns its JSON.
func DecodeSettlement(header string) (*Settlement, []byte, error) {
	var s Settlement
	raw, err := decode(header, &s)
	if err != nil {
		return nil, nil, err
	}
	return &s, raw, nil
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]{0,15})$`)

// parseUnits reads a decimal number of at most 2^53−1: no sign, no leading zero.
func parseUnits(what, s string) (uint64, error) {
	if !decimal.MatchString(s) {
		return 0, fmt.Errorf("%w: %s %.40q is not a decimal number up to 2^53-1", ErrMalformed, what, s)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n > wire.MaxUnits {
		return 0, fmt.Errorf("%w: %s %.40q is not a decimal number up to 2^53-1", ErrMalformed, what, s)
	}
	return n, nil
}

// unhex strips the 0x that this protocol writes before hex.
func unhex(what, s string) (string, error) {
	rest, ok := strings.CutPrefix(s, "0x")
	if !ok {
		return "", fmt.Errorf("%w: %s %.80q does not begin with 0x", ErrMalformed, what, s)
	}
	return strings.ToLower(rest), nil
}

// anyCase reads an address whose spelling does not matter, because what it must
// be is known.
func anyCase(what, s string) (evm.Address, error) {
	a, err := evm.ParseAddress(strings.ToLower(s))
	if err != nil {
		return a, fmt.Errorf("%w: %s: %w", ErrMalformed, what, err)
	}
	return a, nil
}

// read takes the signed transfer of a payload apart.
func (e *Exact) read() (a evm.Authorization, signature string, err error) {
	w := e.Authorization
	if a.From, err = anyCase("from", w.From); err != nil {
		return a, "", err
	}
	if a.To, err = anyCase("to", w.To); err != nil {
		return a, "", err
	}
	for _, n := range []struct {
		what, text string
		into       *uint64
	}{{"value", w.Value, &a.Value}, {"validAfter", w.ValidAfter, &a.ValidAfter}, {"validBefore", w.ValidBefore, &a.ValidBefore}} {
		if *n.into, err = parseUnits(n.what, n.text); err != nil {
			return a, "", err
		}
	}
	nonce, err := unhex("nonce", w.Nonce)
	if err != nil {
		return a, "", err
	}
	if a.Nonce, err = wire.ParseDigest(nonce); err != nil {
		return a, "", fmt.Errorf("%w: nonce: %w", ErrMalformed, err)
	}
	signature, err = unhex("signature", e.Signature)
	return a, signature, err
}

// spell is the inverse of read.
func spell(a evm.Authorization, signature string) Exact {
	return Exact{Signature: "0x" + signature, Authorization: Authorization{
		From: a.From.String(), To: a.To.String(), Value: strconv.FormatUint(a.Value, 10),
		ValidAfter: strconv.FormatUint(a.ValidAfter, 10), ValidBefore: strconv.FormatUint(a.ValidBefore, 10),
		Nonce: "0x" + a.Nonce.String(),
	}}
}

// NewPayment is what a client that signed a transfer sends.
func NewPayment(r Resource, accepted Requirements, a evm.Authorization, signature string) Payment {
	return Payment{X402Version: Version, Resource: r, Accepted: accepted, Payload: spell(a, signature)}
}
