package passport_test

import (
	"bytes"
	"testing"

	"github.com/backbay-labs/chio-node/vc/passport"
)

// Nothing but the file itself is accepted as the file.
func FuzzVerifyFile(f *testing.F) {
	_, doc, lists, file := issued(f)
	for _, b := range [][]byte{file, doc, lists[0], []byte(`{"passport":{},"schema":"chio.passport_file.v1","status_list":{}}`), []byte(`{"passport":{},"schema":"chio.passport_file.v2","status_lists":[]}`)} {
		f.Add(b)
	}
	g := gate(f, lists, t0)
	f.Fuzz(func(t *testing.T, b []byte) {
		if r := passport.VerifyFile(b, g); r.Err() == nil && !bytes.Equal(b, file) {
			t.Fatalf("accepted %s", b)
		}
	})
}
