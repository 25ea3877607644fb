package openid4vp_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc/openid4vp"
	"github.com/backbay-labs/chio-node/wire"
)

func TestParseQuery(t *testing.T) {
	const sd = `"format":"dc+sd-jwt","meta":{"vct_values":["urn:x"]}`
	const w3c = `"meta":{"type_values":[["VerifiableCredential"]]}`
	one := func(members string) string { return `{"credentials":[{"id":"a",` + members + `}]}` }
	claims := func(list string) string { return one(sd + `,"claims":` + list) }
	sets := func(list string) string {
		return `{"credentials":[{"id":"a",` + sd + `},{"id":"b","format":"ldp_vc",` + w3c + `}],"credential_sets":` + list + `}`
	}
	long := strings.Repeat("x", 513)
	for doc, good := range map[string]bool{
		one(sd):                                       true,
		one(`"format":"ldp_vc",` + w3c):               true,
		one(`"format":"jwt_vc_json",` + w3c):          true,
		claims(`[{"path":["a"]},{"path":["a","b"]}]`): true,
		claims(`[{"id":"i","path":["a"],"values":["x",1,true,false]}]`):              true,
		sets(`[{"options":[["a"],["b"]]},{"options":[["a","b"]],"required":false}]`): true,

		``: false, `{}`: false, `[]`: false, `{"credentials":[]}`: false, `{"credentials":{}}`: false,
		one(`"format":"mso_mdoc","meta":{"doctype_value":"x"}`):                    false,
		one(`"format":"vc+sd-jwt","meta":{"vct_values":["x"]}`):                    false,
		one(`"format":"ldp_vc"`):                                                   false,
		one(`"format":"ldp_vc","meta":{}`):                                         false,
		one(`"format":"ldp_vc","meta":{"type_values":[]}`):                         false,
		one(`"format":"ldp_vc","meta":{"type_values":[[]]}`):                       false,
		one(`"format":"ldp_vc","meta":{"type_values":["x"]}`):                      false,
		one(`"format":"ldp_vc","meta":{"vct_values":["x"]}`):                       false,
		one(`"format":"ldp_vc","meta":{"type_values":[["x"]],"vct_values":["x"]}`): false,
		one(`"format":"dc+sd-jwt","meta":{"type_values":[["x"]]}`):                 false,
		one(`"format":"dc+sd-jwt","meta":{"vct_values":[""]}`):                     false,
		one(`"format":"dc+sd-jwt","meta":{"vct_values":["` + long + `"]}`):         false,
		one(sd + `,"multiple":true`):                                               false,
		one(sd + `,"require_cryptographic_holder_binding":false`):                  false,
		one(sd + `,"trusted_authorities":[{"type":"aki","values":["x"]}]`):         false,
		one(sd + `,"claims":[{"id":"i","path":["a"]}],"claim_sets":[["i"]]`):       false,
		claims(`[]`):                                                false,
		claims(`[{"path":[]}]`):                                     false,
		claims(`[{"path":["a",null]}]`):                             false,
		claims(`[{"path":["a",0]}]`):                                false,
		claims(`[{"path":[""]}]`):                                   false,
		claims(`[{"path":["a"]},{"path":["a"]}]`):                   false,
		claims(`[{"id":"i","path":["a"]},{"id":"i","path":["b"]}]`): false,
		claims(`[{"id":"i i","path":["a"]}]`):                       false,
		claims(`[{"path":["a"],"values":[]}]`):                      false,
		claims(`[{"path":["a"],"values":[1.5]}]`):                   false,
		claims(`[{"path":["a"],"values":[null]}]`):                  false,
		claims(`[{"path":["a"],"values":[{}]}]`):                    false,
		claims(`[{"path":["a"],"intent_to_retain":true}]`):          false,
		claims(`[{"path":["iss"]}]`):                                false,
		claims(`[{"path":["cnf","jwk"]}]`):                          false,
		claims(`[{"path":["1","2","3","4","5","6","7","8","9"]}]`):  false,
		sets(`[]`):                                                      false,
		sets(`[{"options":[]}]`):                                        false,
		sets(`[{"options":[[]]}]`):                                      false,
		sets(`[{"options":[["c"]]}]`):                                   false,
		sets(`[{"options":[["a","a"]]}]`):                               false,
		sets(`[{"options":[["a"]],"purpose":"x"}]`):                     false,
		`{"credentials":[{"id":"",` + sd + `}]}`:                        false,
		`{"credentials":[{"id":"a b",` + sd + `}]}`:                     false,
		`{"credentials":[{"id":"a",` + sd + `},{"id":"a",` + sd + `}]}`: false,
		`{"credentials":[{"id":"a",` + sd + `}],"scope":"x"}`:           false,
		`{"credentials":[{"id":"a","id":"b",` + sd + `}]}`:              false,
		`{"credentials":[` + strings.Repeat(`{"id":"a",`+sd+`},`, 17) + `{"id":"a",` + sd + `}]}`: false,
	} {
		q, err := openid4vp.ParseQuery([]byte(doc))
		if (err == nil) != good || err != nil && !errors.Is(err, openid4vp.ErrQuery) {
			t.Errorf("%.200s: %v", doc, err)
		}
		if err == nil && q.Check() != nil {
			t.Errorf("%.200s: %v", doc, q.Check())
		}
	}
}

// The query that a passport policy makes is one that can be asked, names the
// claims the policy judges, and takes any one form of a passport.
func TestPassportQuery(t *testing.T) {
	p := policy(t)
	p.MinTier, p.KeyCustody, p.MinReceipts = "direct", "own", 1
	q := openid4vp.PassportQuery(p)
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	if len(q.Sets) != 1 || len(q.Sets[0].Options) != len(q.Credentials) {
		t.Errorf("%s", raw(q))
	}
	for _, c := range q.Credentials {
		var names []string
		for _, claim := range c.Claims {
			names = append(names, claim.Path[len(claim.Path)-1])
		}
		if fmt.Sprint(names) != "[autonomyTier roles assurance reputation]" {
			t.Errorf("%s asks for %v", c.ID, names)
		}
	}
}

// Of several credentials the sets say which are enough; one that is shown and
// does not hold spoils all.
func TestCredentialSets(t *testing.T) {
	other := "urn:other"
	two := func(sets ...openid4vp.CredentialSet) *openid4vp.Query {
		q := badges()
		q.Credentials = append(q.Credentials, openid4vp.CredentialQuery{ID: "o", Format: openid4vp.FormatSDJWT, Meta: openid4vp.Meta{VCT: []string{other}}})
		q.Sets = sets
		return q
	}
	set := func(required *bool, options ...[]string) openid4vp.CredentialSet {
		return openid4vp.CredentialSet{Options: options, Required: required}
	}
	for name, c := range map[string]struct {
		query *openid4vp.Query
		shows []string
		want  string
	}{
		"all of them":                  {two(), []string{"q", "o"}, openid4vp.StatusAccepted},
		"one of all":                   {two(), []string{"q"}, openid4vp.StatusRefused},
		"one of either":                {two(set(nil, []string{"q"}, []string{"o"})), []string{"o"}, openid4vp.StatusAccepted},
		"half of an option":            {two(set(nil, []string{"q", "o"})), []string{"q"}, openid4vp.StatusRefused},
		"an optional one left out":     {two(set(nil, []string{"q"}), set(new(false), []string{"o"})), []string{"q"}, openid4vp.StatusAccepted},
		"an optional one that is bad":  {two(set(nil, []string{"q"}), set(new(false), []string{"o"})), []string{"q", "bad"}, openid4vp.StatusRefused},
		"only an optional one":         {two(set(nil, []string{"q"}), set(new(false), []string{"o"})), []string{"o"}, openid4vp.StatusRefused},
		"both where either was enough": {two(set(nil, []string{"q"}, []string{"o"})), []string{"q", "o"}, openid4vp.StatusAccepted},
	} {
		w := newWorld(t)
		r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: c.query})
		presentations := members{}
		for _, id := range c.shows {
			switch id {
			case "q":
				presentations["q"] = []any{shown(t, o, badge(t, nil))}
			case "o":
				presentations["o"] = []any{shown(t, o, otherBadge(t, other))}
			case "bad":
				presentations["o"] = []any{shown(t, o, badge(t, nil))}
			}
		}
		w.respond(t, o, token(o, presentations))
		if got := w.result(t, r.ID); got.Status != c.want {
			t.Errorf("%s: %s: %s", name, got.Status, got.Reason)
		}
	}
}

// Claims inside of a claim count as they were asked for.
func TestNestedClaims(t *testing.T) {
	for name, c := range map[string]struct {
		path []string
		ok   bool
	}{
		"the object": {[]string{"address"}, true}, "a member": {[]string{"address", "city"}, true},
		"no such member": {[]string{"address", "zip"}, false}, "through a text": {[]string{"address", "city", "x"}, false},
		"through an array": {[]string{"list", "0"}, false},
	} {
		w := newWorld(t)
		r, o := w.ask(t, openid4vp.Ask{Policy: trusting(t), Query: badges(c.path)})
		issued := badge(t, map[string]wire.Raw{"address": raw(members{"city": "Ulm"}), "list": raw([]int{1})})
		w.respond(t, o, token(o, members{"q": []any{shown(t, o, issued, c.path[0])}}))
		got := w.result(t, r.ID)
		if (got.Status == openid4vp.StatusAccepted) != c.ok {
			t.Errorf("%s: %s %s", name, got.Status, got.Reason)
		}
	}
}
