package secrets_test

import (
	"testing"

	"github.com/backbay-labs/chio-node/kernel/guards/secrets"
)

// FuzzDetect: whatever the bytes, detection ends without a panic, says the
// same twice, and what it finds in a text it finds in a longer one.
func FuzzDetect(f *testing.F) {
	for _, s := range []string{"", "password=", "\"kty\" \"d\":", "-----BEGIN PRIVATE KEY-----", "eyJ.eyJ.", "https://a:b@", "curl -u a:b", "$6$", "::::5432:", " -p", "q~", "%4", `\u00`, "\"+\"",
		"ghp_R7kQm2Zx9LpT4vWc8NsYb3HdFg6JtUe1AoXi", "auth\"", "cookie=", "Basic ", "mnemonic:", "pat", ":aa", ".atlasv1.", "putty-user-key-file"} {
		f.Add("password", s)
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		id, found := secrets.DetectNamed(name, text)
		again, foundAgain := secrets.DetectNamed(name, text)
		if id != again || found != foundAgain || found != (id != "") {
			t.Fatal(id, again)
		}
	})
}
