package settlement

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/wire"
)

// ErrUntrusted: a statement is sound, but not signed by both kernels that the
// verifier trusts.
var ErrUntrusted = errors.New("statement is not signed by the trusted kernels of both parties")

// Kernels is whose kernel keys a verifier takes for granted; several keys of
// one organisation are its key before and after rotations.
type Kernels map[did.DID][]wire.PublicKey

func (k Kernels) has(party did.DID, key string) bool {
	return slices.ContainsFunc(k[party], func(have wire.PublicKey) bool { return have.String() == key })
}

// ParseStatement decodes the canonical bytes of a statement's envelope and
// checks what needs no trust: every signature verifies, and it adds up.
func ParseStatement(doc []byte) (*Statement, *wire.Envelope, error) {
	var st Statement
	env, err := wire.OpenEnvelope(doc, StatementSchema, &st, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	if again, err := wire.Marshal(&st); err != nil || !bytes.Equal(again, env.Body) {
		return nil, nil, fmt.Errorf("%w: %w: a field is missing", ErrStatement, wire.ErrNotCanonical)
	}
	return &st, env, st.Check()
}

// VerifyStatement judges a statement file offline:
//
//	1 the file is its own canonical form, strictly decodable, and each
//	  signature verifies, so that no byte is free
//	2 it adds up (Statement.Check)
//	3 exactly two have signed: a trusted kernel key of the payer and one of the
//	  payee
//
// That the receipts exist is for who has them: see ReceiptsRoot.
func VerifyStatement(doc []byte, trust Kernels) (*Statement, error) {
	st, env, err := ParseStatement(doc) // 1, 2
	if err != nil {
		return nil, err
	}
	if len(env.Signatures) != 2 { // 3
		return nil, fmt.Errorf("%w: %d signatures", ErrUntrusted, len(env.Signatures))
	}
	first, second := env.Signatures[0].Key, env.Signatures[1].Key
	if !(trust.has(st.Payer, first) && trust.has(st.Payee, second)) && !(trust.has(st.Payer, second) && trust.has(st.Payee, first)) { // 3
		return nil, fmt.Errorf("%w: %s and %s have signed for %s and %s", ErrUntrusted, first, second, st.Payer, st.Payee)
	}
	return st, nil
}

// ErrVoucher refuses a voucher that does not fit its statement or channel.
var ErrVoucher = errors.New("voucher does not fit")

// VerifyVoucher judges a voucher file offline. parse is a rail's: it decodes
// strictly and verifies the payer's signature, so that no byte is free. With a
// statement the two must belong together:
//
//	1 the voucher parses and its signature is the payer's
//	2 it names the statement, its chain and its channel
//	3 it promises what the statement says is owed in total
func VerifyVoucher(doc []byte, parse func([]byte) (Voucher, error), st *Statement) (Voucher, error) {
	v, err := parse(doc) // 1
	if err != nil || st == nil {
		return v, err
	}
	id, err := wire.DigestOf(st)
	if err != nil {
		return v, err
	}
	return v, v.fits(st, id)
}

func (v *Voucher) fits(st *Statement, id wire.Digest) error {
	switch {
	case v.Statement != id || v.ChainID != st.ChainID || v.Channel != st.Channel: // 2
		return fmt.Errorf("%w: it is for statement %s on channel %s of %s", ErrVoucher, v.Statement, v.Channel, v.ChainID)
	case v.Cumulative != st.Cumulative: // 3
		return fmt.Errorf("%w: it promises %d, the statement owes %d in total", ErrVoucher, v.Cumulative, st.Cumulative)
	}
	return nil
}
