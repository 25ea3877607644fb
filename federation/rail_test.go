package federation

import (
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/settlement"
	"github.com/backbay-labs/chio-node/wire"
)

const railAddress = "0x00000000000000000000000000000000000000aa"

// What a rail has no use for must be empty: one agreement has one digest.
func TestSettlementTermsOfRails(t *testing.T) {
	const chain = "eip155:31337"
	for name, c := range map[string]struct {
		terms SettlementTerms
		want  string // in the error, "" for none
	}{
		"channel":                {SettlementTerms{ChainID: chain, Token: railAddress, ChannelContract: railAddress, Address: railAddress}, ""},
		"channel spelled out":    {SettlementTerms{Rail: "channel", ChainID: chain, Token: railAddress, ChannelContract: railAddress, Address: railAddress}, "settlement.rail"},
		"unknown":                {SettlementTerms{Rail: "Note", ChainID: chain, Token: railAddress, Address: railAddress}, "settlement.rail"},
		"note":                   {SettlementTerms{Rail: "note", ChainID: chain, Token: railAddress, Address: railAddress}, ""},
		"note with a contract":   {SettlementTerms{Rail: "note", ChainID: chain, Token: railAddress, ChannelContract: railAddress, Address: railAddress}, "channel_contract"},
		"note without a token":   {SettlementTerms{Rail: "note", ChainID: chain, Address: railAddress}, "settlement.token"},
		"note without a chain":   {SettlementTerms{Rail: "note", Token: railAddress, Address: railAddress}, "chain_id"},
		"offchain":               {SettlementTerms{Rail: "offchain"}, ""},
		"offchain with a chain":  {SettlementTerms{Rail: "offchain", ChainID: chain}, "chain_id"},
		"stripe":                 {SettlementTerms{Rail: "stripe"}, ""},
		"stripe with an address": {SettlementTerms{Rail: "stripe", Address: railAddress}, "settlement_address"},
	} {
		err := c.terms.check()
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != "" && (!errors.Is(err, ErrTerms) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want it to name %s", name, err, c.want)
		}
	}
}

// Two sides that name different rails do not meet; a treaty on a channel has
// the bytes it had before rails had names.
func TestTreatyNamesTheRail(t *testing.T) {
	attest := func(issuer string, s SettlementTerms) *Attestation {
		return &Attestation{Money: &MoneyTerms{Currency: "USDC", SettleCurrency: "USDC", CreditMinor: 5}, Settlement: &s}
	}
	other := strings.Replace(railAddress, "aa", "bb", 1)
	channel := SettlementTerms{ChainID: "eip155:1", Token: railAddress, ChannelContract: railAddress, Address: railAddress}
	note := SettlementTerms{Rail: settlement.RailNote, ChainID: "eip155:1", Token: railAddress, Address: other}
	if _, err := meetMoney(attest("a", channel), attest("b", note)); !errors.Is(err, ErrNoMeet) || !strings.Contains(err.Error(), "rail is channel") {
		t.Errorf("channel and note met: %v", err)
	}
	second := channel
	second.Address = other
	m, err := meetMoney(attest("a", channel), attest("b", second))
	if err != nil {
		t.Fatal(err)
	}
	if doc := string(wire.MustMarshal(m)); strings.Contains(doc, "rail") {
		t.Errorf("a channel's money terms name a rail: %s", doc)
	}
	first := note
	first.Address = railAddress
	if m, err = meetMoney(attest("a", first), attest("b", note)); err != nil || m.Rail != settlement.RailNote {
		t.Errorf("note and note: %+v, %v", m, err)
	}
	off := SettlementTerms{Rail: settlement.RailOffchain}
	m, err = meetMoney(attest("a", off), attest("b", off))
	if err != nil || m.Rail != settlement.RailOffchain {
		t.Fatalf("offchain and offchain: %+v, %v", m, err)
	}
	terms, err := moneyTerms(wire.Hash([]byte("t")), m, Settlers{}, "did:chio:x", wire.PublicKey{1})
	if err != nil || terms.Rail != settlement.RailOffchain || terms.ChainID != "chio:offchain" {
		t.Errorf("terms %+v, %v", terms, err)
	}
}
