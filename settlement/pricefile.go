package settlement

import (
	"bytes"
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/oracle"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// PricesSchema is the schema of a statement's price evidence.
const PricesSchema = "chio.statement_prices.v1"

// Prices is the evidence for every conversion of a statement, in the order of
// its rounds. ID is the SHA-256 of the canonical body.
type Prices struct {
	Body PricesBody  `json:"body"`
	ID   wire.Digest `json:"id"`
}

// PricesBody names the statement and repeats each conversion with its round.
type PricesBody struct {
	Schema    string            `json:"schema"`
	Statement wire.Digest       `json:"statement"`
	Evidence  []oracle.Evidence `json:"evidence"`
}

// PriceFile returns the bytes of price.json for a statement: one piece of
// evidence per price round.
func (s *Settler) PriceFile(r store.Reader, peer did.DID, channel wire.Digest, sequence uint64) ([]byte, error) {
	rec, err := readRecord(r, channel, sequence)
	if err != nil {
		return nil, err
	}
	st, env, err := rec.open()
	if err != nil {
		return nil, err
	}
	t, err := s.termsOf(peer, st.Treaty)
	if err != nil {
		return nil, err
	}
	file := Prices{Body: PricesBody{Schema: PricesSchema, Statement: env.ID(), Evidence: []oracle.Evidence{}}}
	used := s.newPrices(r, t)
	for _, total := range st.Rounds {
		price, err := used.of(total.Round)
		if err != nil {
			return nil, err
		}
		gross := wire.MonetaryAmount{Units: total.Gross, Currency: st.Gross.Currency}
		e, err := s.converter().Prove(gross, used.round[total.Round], price, st.Net.Currency, settleRule)
		if err != nil {
			return nil, err
		}
		file.Body.Evidence = append(file.Body.Evidence, *e)
	}
	file.ID = wire.Hash(wire.MustMarshal(file.Body))
	return wire.MustMarshal(file), nil
}

// VerifyPrices judges a price file offline. With a statement the two must
// belong together:
//
//	1 the file is its own canonical form, of our schema, and its id is the hash
//	  of the body, so that no byte is free
//	2 every piece of evidence verifies: rounds signed by the operators, and the
//	  conversions recompute (oracle.VerifyEvidence), by the rule of statements
//	3 it is for the statement, and its conversions are the statement's
func VerifyPrices(doc []byte, operators oracle.Operators, verify oracle.Verifier, currencies wire.Currencies, st *Statement) (*Prices, error) {
	var p Prices
	if err := wire.UnmarshalCanonical(doc, &p, rowLimits); err != nil { // 1
		return nil, fmt.Errorf("statement prices: %w", err)
	}
	if again, err := wire.Marshal(&p); err != nil || !bytes.Equal(again, doc) { // 1
		return nil, fmt.Errorf("statement prices: %w: a field is missing", wire.ErrNotCanonical)
	}
	if p.Body.Schema != PricesSchema || wire.Hash(wire.MustMarshal(p.Body)) != p.ID { // 1
		return nil, fmt.Errorf("%w: schema %.40q or id", oracle.ErrEvidence, p.Body.Schema)
	}
	for i := range p.Body.Evidence {
		e := &p.Body.Evidence[i]
		if e.Body.Rule != settleRule { // 2
			return nil, fmt.Errorf("%w: conversion %d is by rule %.20q", oracle.ErrEvidence, i, e.Body.Rule)
		}
		if _, err := oracle.VerifyEvidence(e, operators, verify, currencies); err != nil { // 2
			return nil, fmt.Errorf("conversion %d: %w", i, err)
		}
	}
	if st == nil {
		return &p, nil
	}
	return &p, p.fits(st)
}

// fits is rule 3.
func (p *Prices) fits(st *Statement) error {
	id, err := wire.DigestOf(st)
	if err != nil {
		return err
	}
	if p.Body.Statement != id || len(p.Body.Evidence) != len(st.Rounds) {
		return fmt.Errorf("%w: it is for statement %s with %d rounds", oracle.ErrEvidence, p.Body.Statement, len(p.Body.Evidence))
	}
	for i, total := range st.Rounds {
		b := p.Body.Evidence[i].Body
		from := wire.MonetaryAmount{Units: total.Gross, Currency: st.Gross.Currency}
		to := wire.MonetaryAmount{Units: total.Net, Currency: st.Net.Currency}
		if b.RoundID != total.Round || b.From != from || b.To != to {
			return fmt.Errorf("%w: conversion %d is not the statement's", oracle.ErrEvidence, i)
		}
	}
	return nil
}
