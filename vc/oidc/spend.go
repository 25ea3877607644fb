package oidc

import (
	"errors"
	"fmt"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc/passport"
	"github.com/backbay-labs/chio-node/wire"
)

// spentPrefix begins the rows of logins that were used: + digest of the ID
// token: until when it would still be taken for a new one.
const spentPrefix = "v/login/"

// spentSeconds is how long after its verification the same token could pass
// rule 5 of verify once more.
const spentSeconds = maxTokenAge + 2*skewSeconds

type spent struct {
	Until int64 `json:"until"`
}

// Spend makes the login count, once: what rests on it belongs into the same
// transaction. Rows that are of no more use are swept.
func (l *Login) Spend(tx store.Tx, now int64) error {
	var ended []string
	err := tx.Scan(spentPrefix, "", func(key string, value []byte) error {
		var s spent
		if err := wire.UnmarshalCanonical(value, &s, wire.DocumentLimits); err != nil {
			return fmt.Errorf("read a used login: %w", err)
		}
		if now >= s.Until {
			ended = append(ended, key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range ended {
		tx.Delete(key)
	}
	key := spentPrefix + l.token.String()
	switch _, err := tx.Get(key); {
	case err == nil:
		return ErrUsed
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	tx.Set(key, wire.MustMarshal(spent{Until: max(now, l.VerifiedAt) + spentSeconds}))
	return nil
}

// Record is what the organisation keeps of the login that an agent's passport
// rests on.
func (l *Login) Record(issuer did.DID, agent string, rand io.Reader) (*passport.ProvenanceRecord, error) {
	return passport.NewProvenanceRecord(passport.ProvenanceRecord{Provider: l.Provider, Method: passport.MethodOIDC, Issuer: issuer, Agent: agent,
		Principal: l.Facts.Principal, Tenant: l.Facts.Tenant, Organization: l.Facts.Organization, Groups: l.Facts.Groups, Roles: l.Facts.Roles,
		AuthTime: l.Facts.AuthTime, ACR: l.Facts.ACR, AMR: l.Facts.AMR, VerifiedAt: l.VerifiedAt}, rand)
}
