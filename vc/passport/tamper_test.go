package passport_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// Every byte of a passport file, once changed, makes it worthless.
func TestEveryByteIsCovered(t *testing.T) {
	_, _, _, file := issued(t)
	g := gate(t, nil, t0)
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= []byte{0x01, 0x20}[i%2] // 0x20 swaps the case of a letter
		if r := passport.VerifyFile(bad, g); r.Integrity || r.Authorized || r.Err() == nil {
			t.Fatalf("byte %d (%q to %q) changed and accepted", i, file[i], bad[i])
		}
	}
	for _, cut := range []int{0, 1, len(file) / 2, len(file) - 1} {
		if r := passport.VerifyFile(file[:cut], g); r.Integrity {
			t.Fatalf("cut at %d and accepted", cut)
		}
	}
	if r := passport.VerifyFile(append(bytes.Clone(file), '\n'), g); r.Integrity {
		t.Fatal("trailing byte accepted")
	}
}

// resign signs a changed passport again, so that only the named rule can refuse.
func resign(t *testing.T, doc []byte, signer wire.Signer, from, to string) []byte {
	t.Helper()
	var m map[string]wire.Raw
	if err := wire.Unmarshal(doc, &m, wire.ForeignLimits); err != nil {
		t.Fatal(err)
	}
	delete(m, "proof")
	changed := strings.Replace(string(wire.MustMarshal(m)), from, to, 1)
	if from != "" && changed == string(wire.MustMarshal(m)) {
		t.Fatalf("%q is not in the document", from)
	}
	out, err := vc.Sign([]byte(changed), signer, t0)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestI9PassportTable is the passport's part of the table that every edge
// shares: what is expired, revoked, foreign or tampered is refused.
func TestI9PassportTable(t *testing.T) {
	p, doc, lists, _ := issued(t)
	org, thief := key(t, 7), key(t, 11)
	index := `"statusListIndex":"` + p.Status[0].StatusListIndex + `"`
	until := `"validUntil":"` + vc.Time(t0+30*day).String() + `"`
	first, second := string(wire.MustMarshal(p.Status[0])), string(wire.MustMarshal(p.Status[1]))
	third := strings.Replace(first, `#`, `#0`, 1)
	edit := func(from, to string) []byte {
		if !bytes.Contains(doc, []byte(from)) {
			t.Fatalf("%q is not in %s", from, doc)
		}
		return bytes.Replace(doc, []byte(from), []byte(to), 1)
	}
	proof := doc[bytes.Index(doc, []byte(`"proof":`)):bytes.Index(doc, []byte(`,"type":["Verif`))]
	inner := string(proof[len(`"proof":`):])
	for name, c := range map[string]struct {
		doc  []byte
		want error
	}{
		"not JSON":                 {[]byte("passport"), vc.ErrMalformed},
		"an array":                 {[]byte("[]"), vc.ErrMalformed},
		"a string":                 {[]byte(`"x"`), vc.ErrMalformed},
		"empty":                    {nil, vc.ErrMalformed},
		"duplicate member":         {edit(`"issuer":`, `"issuer":"x","issuer":`), wire.ErrDuplicateKey},
		"proof missing":            {edit(string(proof)+",", ""), vc.ErrNoProof},
		"proof null":               {edit(string(proof), `"proof":null`), vc.ErrNoProof},
		"proof empty object":       {edit(string(proof), `"proof":{}`), vc.ErrNoProof},
		"proof empty array":        {edit(string(proof), `"proof":[]`), vc.ErrNoProof},
		"proof array of one":       {edit(string(proof), `"proof":[`+inner+`]`), vc.ErrMalformed},
		"proof a string":           {edit(string(proof), `"proof":"x"`), vc.ErrProof},
		"proof value missing":      {edit(`"proofValue":"z`, `"x":"z`), vc.ErrProof},
		"proof value empty":        {edit(`"proofValue":"z`, `"proofValue":"","x":"z`), vc.ErrProof},
		"proof value in hex":       {edit(`"proofValue":"z`, `"proofValue":"f`), vc.ErrProof},
		"proof member injected":    {edit(`"proofPurpose"`, `"expires":"2030-01-01T00:00:00Z","proofPurpose"`), vc.ErrProof},
		"proof domain injected":    {edit(`"proofPurpose"`, `"domain":"x","proofPurpose"`), vc.ErrProof},
		"proof context dropped":    {edit(`"proof":{"@context":`+passport.Context+`,`, `"proof":{`), wire.ErrBadSignature},
		"proof context other":      {edit(`"proof":{"@context":`+passport.Context, `"proof":{"@context":["`+vc.ContextV2+`"]`), vc.ErrProof},
		"proof purpose":            {edit(`"assertionMethod"`, `"authentication"`), vc.ErrProof},
		"proof suite":              {edit(`"eddsa-jcs-2022"`, `"ecdsa-jcs-2019"`), vc.ErrProof},
		"proof created":            {edit(`"created":"2026-`, `"created":"2025-`), wire.ErrBadSignature},
		"method of another":        {edit(`"verificationMethod":"`+string(didOf(t, 7)), `"verificationMethod":"`+string(didOf(t, 11))), vc.ErrController},
		"method did:key, same key": {edit(didOf(t, 7).KeyID(), didOf(t, 7).DIDKey()+"#"+didOf(t, 7).Multibase()), vc.ErrController},
		"method other fragment":    {edit("#key-1", "#key-2"), vc.ErrProof},
		"method https":             {edit(didOf(t, 7).KeyID(), "https://acme.example/key"), vc.ErrProof},
		"signed by a thief":        {resign(t, doc, thief, "", ""), vc.ErrController},
		"issuer is the thief":      {resign(t, doc, thief, string(didOf(t, 7))+`"`, string(didOf(t, 11))+`"`), vc.ErrUntrustedIssuer},
		"name changed":             {edit(`"researcher"`, `"rootkeeper"`), wire.ErrBadSignature},
		"term injected":            {edit(`"issuer":`, `"admin":true,"issuer":`), vc.ErrMalformed},
		"signed a name":            {resign(t, doc, org, `"issuer":`, `"name":"x","issuer":`), vc.ErrMalformed},
		"issuer a whole object":    {resign(t, doc, org, `"issuer":"`+string(didOf(t, 7))+`"`, `"issuer":{"id":"`+string(didOf(t, 7))+`"}`), vc.ErrMalformed},
		"signed unknown term":      {resign(t, doc, org, `"issuer":`, `"termsOfUse":{},"issuer":`), vc.ErrMalformed},
		"signed unknown subject":   {resign(t, doc, org, `"autonomyTier":"`, `"admin":true,"autonomyTier":"`), vc.ErrMalformed},
		"other first context":      {resign(t, doc, org, `["`+vc.ContextV2+`",`, `["https://www.w3.org/2018/credentials/v1",`), vc.ErrMalformed},
		"further context":          {resign(t, doc, org, `["`+vc.ContextV2+`",`, `["`+vc.ContextV2+`","https://evil.example",`), vc.ErrMalformed},
		"not a credential":         {resign(t, doc, org, `"VerifiableCredential"`, `"VerifiablePresentation"`), vc.ErrMalformed},
		"extra type":               {resign(t, doc, org, `"ChioAgentPassport"]`, `"ChioAgentPassport","X"]`), vc.ErrMalformed},
		"issuer object":            {resign(t, doc, org, `"issuer":"`+string(didOf(t, 7))+`"`, `"issuer":{"id":"x"}`), vc.ErrMalformed},
		"id not uuid":              {resign(t, doc, org, `"urn:uuid:`, `"urn:uuid:x`), vc.ErrMalformed},
		"no validUntil":            {resign(t, doc, org, `,`+until, ``), vc.ErrMalformed},
		"window upside down":       {resign(t, doc, org, until, `"validUntil":"2025-01-01T00:00:00Z"`), vc.ErrMalformed},
		"time with offset":         {resign(t, doc, org, until, `"validUntil":"2026-10-21T00:00:00+00:00"`), vc.ErrMalformed},
		"time with fraction":       {resign(t, doc, org, until, `"validUntil":"2026-10-21T00:00:00.5Z"`), vc.ErrMalformed},
		"status array":             {resign(t, doc, org, `"credentialStatus":`, `"credentialStatus":[],"x":`), vc.ErrMalformed},
		"status type":              {resign(t, doc, org, `"BitstringStatusListEntry"`, `"StatusList2021Entry"`), vc.ErrMalformed},
		"status purpose unknown":   {resign(t, doc, org, `"statusPurpose":"revocation"`, `"statusPurpose":"message"`), vc.ErrMalformed},
		"status purpose other":     {resign(t, doc, org, `"statusPurpose":"revocation"`, `"statusPurpose":"suspension"`), vc.ErrMalformed},
		"status index a number":    {resign(t, doc, org, index, `"statusListIndex":0`), vc.ErrMalformed},
		"status index negative":    {resign(t, doc, org, index, `"statusListIndex":"-1"`), vc.ErrMalformed},
		"status index spelled":     {resign(t, doc, org, index, `"statusListIndex":"0`+p.Status[0].StatusListIndex+`"`), vc.ErrMalformed},
		"status index outside":     {resign(t, doc, org, index, `"statusListIndex":"131072"`), vc.ErrStatusUnknown},
		"status list unknown":      {resign(t, doc, org, `/status/0"`, `/status/1"`), vc.ErrStatusUnknown},
		"status id is the list":    {resign(t, doc, org, `/status/0#`+p.Status[0].StatusListIndex+`"`, `/status/0"`), vc.ErrMalformed},
		"status of three":          {resign(t, doc, org, `"credentialStatus":[`, `"credentialStatus":[`+third+`,`), vc.ErrMalformed},
		"no revocation":            {resign(t, doc, org, `"credentialStatus":[`+first+`,`, `"credentialStatus":[`), vc.ErrMalformed},
		"second purpose other":     {resign(t, doc, org, `"statusPurpose":"suspension"`, `"statusPurpose":"refresh"`), vc.ErrMalformed},
		"second purpose again":     {resign(t, doc, org, `"statusPurpose":"suspension"`, `"statusPurpose":"revocation"`), vc.ErrMalformed},
		"second type":              {resign(t, doc, org, second, strings.Replace(second, "BitstringStatusListEntry", "X", 1)), vc.ErrMalformed},
		"second list unknown":      {resign(t, doc, org, `/status/1"`, `/status/2"`), vc.ErrStatusUnknown},
		"second list the first":    {resign(t, doc, org, `/status/1"`, `/status/0"`), vc.ErrStatusUnknown},
		"status unknown member":    {resign(t, doc, org, `"statusPurpose":`, `"statusSize":2,"statusPurpose":`), vc.ErrMalformed},
	} {
		r := passport.Verify(c.doc, gate(t, lists, t0))
		if !errors.Is(r.Err(), c.want) {
			t.Errorf("%s: %v", name, r.Err())
		}
		if r.Integrity && r.IssuerTrusted && r.Authorized {
			t.Errorf("%s: accepted", name)
		}
	}
	if r := passport.Verify(resign(t, doc, org, "", ""), gate(t, lists, t0)); r.Err() != nil {
		t.Errorf("the control is refused: %v", r.Err())
	}
}

func TestStatusListOfAnotherIssuerDoesNotCount(t *testing.T) {
	_, doc, lists, _ := issued(t)
	url := string(didOf(t, 7)) + "/status/0"
	forged := revocationList(t, key(t, 11), url, vc.NewBits())
	if _, err := vc.OpenStatusList(forged, didOf(t, 7).String()); !errors.Is(err, vc.ErrStatusList) {
		t.Errorf("forged list opens: %v", err)
	}
	l, err := vc.OpenStatusList(forged, didOf(t, 11).String())
	if err != nil {
		t.Fatal(err)
	}
	g := gate(t, lists, t0)
	g.StatusList = func(string) (*vc.StatusList, error) { return l, nil }
	if r := passport.Verify(doc, g); r.Status != vc.StatusUnknown || r.Authorized {
		t.Errorf("foreign list accepted: %s", r.Status)
	}
	other := revocationList(t, key(t, 7), url+"1", vc.NewBits())
	for name, parts := range map[string][][]byte{
		"a foreign list": {doc, forged, lists[1]}, "a foreign second list": {doc, lists[0], forged}, "another list": {doc, other, lists[1]},
		"one list": {doc, lists[0]}, "no list": {doc}, "three lists": {doc, lists[0], lists[1], lists[1]}, "one list twice": {doc, lists[0], lists[0]},
		"lists in another order": {doc, lists[1], lists[0]}, "no passport": {lists[0], lists[0], lists[1]},
	} {
		file, err := passport.NewFile(parts[0], parts[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		if r := passport.VerifyFile(file, gate(t, nil, t0)); r.Integrity || r.Authorized || r.Passport != nil || r.Err() == nil {
			t.Errorf("file with %s accepted", name)
		}
	}
}

func TestCredentialWithoutStatusNeedsPermission(t *testing.T) {
	org := key(t, 7)
	doc, err := vc.Sign([]byte(`{"@context":["`+vc.ContextV2+`"],"type":["VerifiableCredential"],"issuer":"`+
		string(didOf(t, 7))+`","credentialSubject":{"id":"urn:x"}}`), org, t0)
	if err != nil {
		t.Fatal(err)
	}
	g := vc.Gate{Now: t0, TrustedIssuer: func(string) bool { return true }}
	if r := vc.VerifyCredential(doc, g); !r.Integrity || r.Authorized || !errors.Is(r.Err(), vc.ErrStatusUnknown) {
		t.Errorf("%+v", r)
	}
	g.AllowNoStatus = true
	if r := vc.VerifyCredential(doc, g); r.Err() != nil || !r.Authorized {
		t.Errorf("%v", r.Err())
	}
}
