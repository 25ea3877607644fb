package jose_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/jose"
)

var update = flag.Bool("update", false, "write testdata/vectors anew")

// example is one vector: a token, and what becomes of it at t0 with a verifier
// that trusts every issuer, needs no status and knows did:chio and did:key.
type example struct {
	Name  string `json:"name"`
	Media string `json:"media_type"`
	Token string `json:"token"`
	Now   int64  `json:"now"`
	Error string `json:"error,omitempty"` // what the refusal says; "": it is accepted
}

// recorder keeps the cases of a table as vectors, in a file of their own.
type recorder struct {
	media string
	list  []example
}

// maxVector leaves out what is refused for its size.
const maxVector = 8 << 10

func (r *recorder) add(name string, token []byte, want error) {
	if len(token) > maxVector {
		return
	}
	e := example{Name: name, Media: r.media, Token: string(token), Now: t0}
	if want != nil {
		e.Error = want.Error()
	}
	r.list = append(r.list, e)
}

// compare checks that the file holds exactly these, or writes it.
func (r *recorder) compare(t *testing.T, file string) {
	t.Helper()
	slices.SortFunc(r.list, func(a, b example) int { return strings.Compare(a.Name, b.Name) })
	want, err := json.MarshalIndent(r.list, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	path := "testdata/vectors/" + file
	if *update {
		if err := os.WriteFile(path, append(want, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != string(want)+"\n" {
		t.Errorf("%s is not of these cases (%v): run go test ./vc/jose -update", path, err)
	}
}

// The files alone, as another implementation would read them.
func TestVectors(t *testing.T) {
	files, err := os.ReadDir("testdata/vectors")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile("testdata/vectors/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		var list []example
		if err := json.Unmarshal(b, &list); err != nil {
			t.Fatal(err)
		}
		accepted := 0
		for _, e := range list {
			g := gate()
			g.Now = e.Now
			err := error(nil)
			if e.Media == jose.MediaSD {
				sd := sdGate()
				sd.Now = e.Now
				err = jose.VerifySD([]byte(e.Token), sd).Err()
			} else {
				err = vc.VerifyEnvelope(e.Media, []byte(e.Token), g).Err()
			}
			if e.Error == "" {
				accepted++
			}
			if (err == nil) != (e.Error == "") || err != nil && !strings.Contains(err.Error(), e.Error) {
				t.Errorf("%s: %s: %v", f.Name(), e.Name, err)
			}
		}
		if accepted == 0 || accepted == len(list) {
			t.Errorf("%s: %d of %d are accepted", f.Name(), accepted, len(list))
		}
	}
}
