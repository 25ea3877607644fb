package offline

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// fork judges evidence against the issuer of a peer directory. The issuer's DID
// is the key, so a trust set has no say.
func fork(f *Finding, doc []byte, _ Options) {
	r, err := federation.VerifyDirectoryFork(doc)
	if err != nil {
		f.refuse(CodeDirectory, err)
		return
	}
	f.detail(r)
	f.Integrity, f.Valid = true, true
	f.Status = fmt.Sprintf("proven: %s signed editions %d and %d, which contradict each other", r.Issuer, r.Sequences[0], r.Sequences[1])
}

// dispute judges a dispute file. Nothing in it says whose kernel a key is, so
// without a trust set that names both sides it proves nothing. Whom it speaks
// against is an answer, and the file is valid either way.
func dispute(f *Finding, doc []byte, o Options) {
	if o.Trust == nil {
		f.refuse(receipt.CodeUntrusted, ErrTrust)
		return
	}
	all := kernels(o.Trust)
	r, err := federation.VerifyDispute(doc, func(id did.DID) []wire.PublicKey { return all[id] })
	if err != nil {
		f.refuse(CodeDispute, err)
		return
	}
	f.detail(r)
	f.Status = r.Conclusion
	f.sound(true, "")
}
