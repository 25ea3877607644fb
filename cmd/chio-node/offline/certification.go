package offline

import (
	"fmt"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/vc/certification"
)

// KindCertification is a certification bundle.
const KindCertification Kind = "certification"

// CodeCertification: a certification bundle does not hold.
const CodeCertification = "CHIO-VERIFY-CERTIFICATION"

// judgeCertification judges a certification bundle. One that was revoked,
// superseded or disputed, or whose time is over, is intact and says so; one
// without a registry's chain is unpublished.
func judgeCertification(f *Finding, doc []byte, o Options) {
	r := certification.VerifyBundle(doc, certification.Options{Now: o.At, Trusted: func(d did.DID) bool { return o.names(d.String()) }})
	f.detail(r)
	if err := r.Err(); err != nil {
		f.refuse(CodeCertification, err)
		return
	}
	f.Status = string(r.State)
	f.sound(r.CertifierTrusted, fmt.Sprintf("the trust set does not name the certifier %s", r.Certification.Certifier))
}
