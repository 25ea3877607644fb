package vc_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/wire"
)

var updateStatus = flag.Bool("update-status", false, "write the vectors of testdata/status again")

// statusVector is a credential, the lists a verifier has, and what it must
// answer. The keys are those of seeds 0x07… (issuer) and 0x0b… (another).
type statusVector struct {
	Description string     `json:"description"`
	Credential  wire.Raw   `json:"credential"`
	Lists       []wire.Raw `json:"lists"`
	Issuer      string     `json:"issuer"` // trusted
	Delegate    string     `json:"status_delegate,omitempty"`
	Now         int64      `json:"now"`                             // unix seconds
	MaxAge      int64      `json:"max_status_age_seconds,omitzero"` // 0: as the list says
	Integrity   bool       `json:"integrity"`
	Authorized  bool       `json:"authorized"`
	Status      vc.Status  `json:"status"`
}

// run verifies the credential with the lists that open.
func (v *statusVector) run(t testing.TB) *vc.Report {
	t.Helper()
	lists := map[string]*vc.StatusList{}
	for _, doc := range v.Lists {
		var head struct {
			Issuer string `json:"issuer"`
		}
		if err := wire.UnmarshalLenient(doc, &head, wire.ForeignLimits); err != nil {
			t.Fatal(err)
		}
		if l, err := vc.OpenStatusList(doc, head.Issuer); err == nil {
			lists[l.ID()] = l
		} else if !errors.Is(err, vc.ErrStatusList) {
			t.Errorf("the list: %v", err)
		}
	}
	return vc.VerifyCredential(v.Credential, vc.Gate{Now: v.Now, MaxStatusAgeSeconds: v.MaxAge,
		TrustedIssuer:  func(issuer string) bool { return issuer == v.Issuer },
		StatusDelegate: func(issuer, d string) bool { return issuer == v.Issuer && d == v.Delegate && d != "" },
		StatusList:     func(url string) (*vc.StatusList, error) { return lists[url], nil }})
}

// pack is encodedList of bits, made without the limits of the package.
func pack(t testing.TB, bits []byte, after ...byte) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(bits); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return "u" + base64.RawURLEncoding.EncodeToString(append(out.Bytes(), after...))
}

// signRaw signs whatever JSON it is given.
func signRaw(t testing.TB, signer byte, doc string) wire.Raw {
	t.Helper()
	out, err := vc.Sign([]byte(doc), key(t, signer), t0)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// rawList signs a list credential with the members of a subject as given.
func rawList(t testing.TB, signer byte, subject string) wire.Raw {
	t.Helper()
	return signRaw(t, signer, `{"@context":["`+vc.ContextV2+`"],"id":"`+listURL+`","type":["VerifiableCredential","BitstringStatusListCredential"],"issuer":"`+
		didOf(t, signer).String()+`","validFrom":"`+vc.Time(t0).String()+`","validUntil":"`+vc.Time(t0+7*day).String()+`","credentialSubject":`+subject+`}`)
}

func subjectOf(encoded string) string {
	return `{"type":"BitstringStatusList","statusPurpose":"revocation","encodedList":"` + encoded + `"}`
}

// withStatus signs a credential with a credentialStatus as given.
func withStatus(t testing.TB, status string) wire.Raw {
	t.Helper()
	return signRaw(t, 7, `{"@context":["`+vc.ContextV2+`"],"id":"urn:uuid:01a0c450-6c00-75af-b763-ddbbc067392e","type":["VerifiableCredential"],"issuer":"`+
		didOf(t, 7).String()+`","validFrom":"`+vc.Time(t0).String()+`","credentialSubject":{"id":"`+didOf(t, 9).String()+`"},"credentialStatus":`+status+`}`)
}

func entryJSON(purpose, index string, more ...string) string {
	return `{"type":"BitstringStatusListEntry","statusPurpose":"` + purpose + `","statusListIndex":` + index +
		`,"statusListCredential":"` + listURL + `"` + strings.Join(more, "") + `}`
}

// statusVectors makes every vector; names begin with valid/ or must-reject/.
func statusVectors(t testing.TB) map[string]*statusVector {
	t.Helper()
	out := map[string]*statusVector{}
	clear, set := vc.NewBits(), bitsWith(5)
	good := withStatus(t, entryJSON("revocation", `"5"`))
	add := func(name, description string, credential wire.Raw, status vc.Status, list wire.Raw, change ...func(*statusVector)) {
		v := &statusVector{Description: description, Credential: credential, Lists: []wire.Raw{}, Issuer: didOf(t, 7).String(), Now: t0 + 60,
			Integrity: true, Authorized: strings.HasPrefix(name, "valid/"), Status: status}
		if list != nil {
			v.Lists = append(v.Lists, list)
		}
		for _, c := range change {
			c(v)
		}
		out[name] = v
	}
	malformed := func(v *statusVector) { v.Integrity = false }
	listOf := func(bits []byte) wire.Raw { return rawList(t, 7, subjectOf(pack(t, bits))) }
	bad := func(name, description, subject string) {
		add("must-reject/list-"+name, description, good, vc.StatusUnknown, rawList(t, 7, subject))
	}

	add("valid/clear", "the bit is clear", good, vc.StatusActive, listOf(clear))
	add("valid/array", "one entry in an array", withStatus(t, "["+entryJSON("revocation", `"5"`)+"]"), vc.StatusActive, listOf(clear))
	add("valid/last-index", "the last entry of the least list", withStatus(t, entryJSON("revocation", `"131071"`)), vc.StatusActive, listOf(clear))
	add("valid/largest", "a list of 2^23 entries", good, vc.StatusActive, listOf(make([]byte, vc.MaxListBits/8)))
	add("valid/purposes", "a list for two purposes", good, vc.StatusActive,
		rawList(t, 7, `{"type":"BitstringStatusList","statusPurpose":["revocation","suspension"],"ttl":60000,"encodedList":"`+pack(t, clear)+`"}`))
	add("valid/refresh", "a newer credential is to be had", withStatus(t, entryJSON("refresh", `"5"`)), vc.StatusActive,
		rawList(t, 7, strings.Replace(subjectOf(pack(t, set)), "revocation", "refresh", 1)))
	add("valid/delegate", "the list of a delegate the verifier names", good, vc.StatusActive, rawList(t, 11, subjectOf(pack(t, clear))),
		func(v *statusVector) { v.Delegate = didOf(t, 11).String() })

	add("must-reject/revoked", "the bit is set", good, vc.StatusRevoked, listOf(set))
	add("must-reject/revoked-stale-list", "the bit is set in a list that is over", good, vc.StatusRevoked, listOf(set), func(v *statusVector) { v.Now = t0 + 30*day })
	add("must-reject/suspended", "the bit is set", withStatus(t, entryJSON("suspension", `"5"`)), vc.StatusSuspended,
		rawList(t, 7, strings.Replace(subjectOf(pack(t, set)), "revocation", "suspension", 1)))
	add("must-reject/one-of-two-revoked", "two entries, the second revoked", withStatus(t, "["+entryJSON("revocation", `"4"`)+","+entryJSON("revocation", `"5"`)+"]"), vc.StatusRevoked, listOf(set))
	add("must-reject/message", "a message the verifier has no judge for", withStatus(t, entryJSON("message", `"5"`)), vc.StatusUnknown,
		rawList(t, 7, strings.Replace(subjectOf(pack(t, set)), "revocation", "message", 1)))
	add("must-reject/stale-list", "clear, in a list that is over", good, vc.StatusUnknown, listOf(clear), func(v *statusVector) { v.Now = t0 + 7*day })
	add("must-reject/old-list", "clear, in a list older than the verifier accepts", good, vc.StatusUnknown, listOf(clear), func(v *statusVector) { v.MaxAge = 59 })
	add("must-reject/future-list", "clear, in a list that has not begun", good, vc.StatusUnknown,
		signedList(t, clear, func(c *vc.ListContent) { c.ValidFrom = t0 + 120 }))
	add("must-reject/no-list", "the list is not at hand", good, vc.StatusUnknown, nil)
	add("must-reject/other-issuer", "the list of another issuer", good, vc.StatusUnknown, rawList(t, 11, subjectOf(pack(t, clear))))
	add("must-reject/other-list", "a list of another URL", good, vc.StatusUnknown, signedList(t, clear, func(c *vc.ListContent) { c.ID += "0" }))
	add("must-reject/other-purpose", "a list for another purpose", good, vc.StatusUnknown,
		rawList(t, 7, strings.Replace(subjectOf(pack(t, clear)), "revocation", "suspension", 1)))
	add("must-reject/outside", "an index outside the list", withStatus(t, entryJSON("revocation", `"131072"`)), vc.StatusUnknown, listOf(clear))
	add("must-reject/too-short-for-size", "131072 bits are too few entries of two bits", withStatus(t, entryJSON("revocation", `"5"`, `,"statusSize":2,"statusMessage":[`+
		`{"status":"0x0","message":"a"},{"status":"0x1","message":"b"},{"status":"0x2","message":"c"},{"status":"0x3","message":"d"}]`)), vc.StatusUnknown, listOf(clear))
	add("must-reject/unknown-type", "a type of status that is not understood",
		withStatus(t, `{"id":"`+listURL+`#5","type":"StatusList2021Entry","statusPurpose":"revocation","statusListIndex":"5","statusListCredential":"`+listURL+`"}`),
		vc.StatusUnknown, listOf(clear))
	add("must-reject/unknown-purpose", "a purpose that is not understood", withStatus(t, entryJSON("holiday", `"5"`)), vc.StatusUnknown,
		rawList(t, 7, strings.Replace(subjectOf(pack(t, clear)), "revocation", "holiday", 1)))
	for name, index := range map[string]string{"empty": `""`, "number": `5`, "sign": `"+5"`, "negative": `"-5"`, "zero-first": `"05"`, "fraction": `"5.0"`, "hexadecimal": `"0x5"`,
		"space": `" 5"`, "exponent": `"5e0"`, "huge": `"18446744073709551621"`, "null": `null`, "other-digits": `"٥"`} {
		add("must-reject/index-"+name, "statusListIndex "+index, withStatus(t, entryJSON("revocation", index)), vc.StatusUnknown, listOf(clear), malformed)
	}
	for name, more := range map[string]string{"size-zero": `,"statusSize":0`, "size-nine": `,"statusSize":9`, "size-without-messages": `,"statusSize":2`,
		"member-unknown": `,"statusSince":"2026"`, "id-is-the-list": `,"id":"` + listURL + `"`, "message-missing": `,"statusMessage":[{"status":"0x0","message":"a"}]`,
		"message-twice": `,"statusMessage":[{"status":"0x0","message":"a"},{"status":"0x0","message":"b"}]`} {
		add("must-reject/entry-"+name, "an entry with "+more[1:], withStatus(t, entryJSON("revocation", `"5"`, more)), vc.StatusUnknown, listOf(clear), malformed)
	}
	add("must-reject/no-entries", "credentialStatus is an empty array", withStatus(t, "[]"), vc.StatusUnknown, listOf(clear), malformed)

	encoded := pack(t, clear)
	tampered := bytes.Replace(rawList(t, 7, subjectOf(pack(t, set))), []byte(pack(t, set)), []byte(encoded), 1)
	add("must-reject/list-tampered", "the set bit was cleared after signing", good, vc.StatusUnknown, tampered)
	bad("short", "one byte less than 131072 bits", subjectOf(pack(t, clear[1:])))
	bad("oversized", "one byte more than 2^23 bits", subjectOf(pack(t, make([]byte, vc.MaxListBits/8+1))))
	bad("gzip-bomb", "64 MiB of zeros in 64 KiB", subjectOf(pack(t, make([]byte, 64<<20))))
	bad("trailing-bytes", "a byte after the gzip stream", subjectOf(pack(t, clear, 0)))
	bad("second-stream", "a second gzip stream after the first", subjectOf(pack(t, clear, packed(t, clear)...)))
	bad("cut", "the gzip stream ends early", subjectOf(encoded[:len(encoded)-8]))
	bad("not-gzip", "bits that are not compressed", subjectOf("u"+base64.RawURLEncoding.EncodeToString(clear)))
	bad("no-multibase", "no multibase prefix", subjectOf(encoded[1:]))
	bad("other-multibase", "base64 with padding has another prefix", subjectOf("U"+encoded[1:]))
	bad("padded", "padding", subjectOf(encoded+"="))
	bad("line-break", "a line break in the middle", subjectOf(encoded[:20]+`\n`+encoded[20:]))
	bad("empty", "an empty text", subjectOf(""))
	bad("type", "another type of subject", strings.Replace(subjectOf(encoded), "BitstringStatusList", "StatusList2021", 1))
	bad("no-purpose", "no purpose", strings.Replace(subjectOf(encoded), `"revocation"`, `[]`, 1))
	bad("purpose-twice", "a purpose twice", strings.Replace(subjectOf(encoded), `"revocation"`, `["revocation","revocation"]`, 1))
	bad("size-differs", "entries of two bits, where the credential's have one", strings.Replace(subjectOf(encoded), `"type"`, `"statusSize":2,"type"`, 1))
	bad("unknown-member", "a member nobody looks at", strings.Replace(subjectOf(encoded), `"type"`, `"offset":1,"type"`, 1))
	bad("absurd-ttl", "a ttl of ten years", strings.Replace(subjectOf(encoded), `"type"`, `"ttl":315360000000,"type"`, 1))
	return out
}

func packed(t testing.TB, bits []byte) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(pack(t, bits)[1:])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestStatusVectors runs testdata/status, which other verifiers share.
func TestStatusVectors(t *testing.T) {
	root := filepath.Join("testdata", "status")
	if *updateStatus {
		for name, v := range statusVectors(t) {
			path := filepath.Join(root, filepath.FromSlash(name)+".json")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, wire.MustMarshal(v), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	paths, err := filepath.Glob(filepath.Join(root, "*", "*.json"))
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d vectors: %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			doc, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var v statusVector
			if err := wire.UnmarshalCanonical(doc, &v, wire.ForeignLimits); err != nil {
				t.Fatal(err)
			}
			if v.Authorized != (filepath.Base(filepath.Dir(path)) == "valid") {
				t.Error("it lies in the wrong folder")
			}
			r := v.run(t)
			if r.Integrity != v.Integrity || r.Authorized != v.Authorized || r.Status != v.Status {
				t.Errorf("%s: integrity %t, authorized %t, %s: %v", v.Description, r.Integrity, r.Authorized, r.Status, r.Err())
			}
		})
	}
}

func FuzzDecodeList(f *testing.F) {
	for _, s := range []string{pack(f, vc.NewBits()), pack(f, bitsWith(0, 5, 131071)), pack(f, make([]byte, 2<<20)), "u", "uH4sI", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		bits, err := vc.DecodeList(s)
		if err != nil {
			if !errors.Is(err, vc.ErrStatusList) {
				t.Fatalf("not a sentinel: %v", err)
			}
			return
		}
		if len(bits) < vc.ListBits/8 || len(bits) > vc.MaxListBits/8 {
			t.Fatalf("%d bytes", len(bits))
		}
		again, err := vc.EncodeList(bits)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := vc.DecodeList(again); err != nil || !bytes.Equal(back, bits) {
			t.Fatalf("it does not come back: %v", err)
		}
	})
}

func FuzzStatusEntries(f *testing.F) {
	for _, s := range []string{entryJSON("revocation", `"5"`), "[" + entryJSON("message", `"0"`, `,"statusSize":1,"statusReference":"urn:a:b"`) + "]",
		`{"type":"X"}`, "[]", "null", entryJSON("revocation", `5`)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var s vc.StatusEntries
		if wire.Unmarshal(doc, &s, wire.ForeignLimits) != nil {
			return
		}
		if len(s) == 0 {
			t.Fatal("no entries were accepted")
		}
		for i := range s {
			if s[i].Type == vc.TypeStatusEntry && s[i].Check() != nil {
				t.Fatalf("accepted %+v", s[i])
			}
		}
	})
}

func FuzzOpenStatusList(f *testing.F) {
	good := signedList(f, bitsWith(5), nil)
	f.Add(good)
	f.Add([]byte(rawList(f, 7, `{"type":"BitstringStatusList","statusPurpose":["revocation","suspension"],"encodedList":"u"}`)))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		l, err := vc.OpenStatusList(doc, didOf(t, 7).String())
		if err == nil && !slices.Equal(l.Bits(), bitsWith(5)) {
			t.Fatalf("accepted %s", doc)
		}
	})
}
