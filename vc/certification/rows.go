package certification

import (
	"errors"
	"fmt"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The rows of a registry. None is ever changed or deleted.
const (
	listingPrefix  = "v/cert/doc/"      // + id: certification and report
	recordPrefix   = "v/cert/record/"   // + id / sequence, 8 digits: envelope
	manifestPrefix = "v/cert/manifest/" // + manifest digest / id: a mark
	namePrefix     = "v/cert/name/"     // + SHA-256 of the server's name / id: a mark
)

// listing is what was published.
type listing struct {
	Certification *wire.Envelope `json:"certification"`
	Report        wire.Raw       `json:"report"`
	Home          *Home          `json:"home,omitempty"` // somebody else's certification: the chain of its certifier
}

// rowLimits bound one row: a certification, its report and its home chain, which
// came in one bundle.
var rowLimits = wire.Limits{Bytes: 2 * bundleLimits.Bytes, Depth: bundleLimits.Depth + 4}

func putListing(tx store.Tx, f *Finding, l *listing) {
	tx.Set(listingPrefix+f.ID.String(), wire.MustMarshal(l))
	s := &f.Certification.Server
	tx.Set(manifestPrefix+s.ManifestSHA256.String()+"/"+f.ID.String(), []byte{1})
	tx.Set(namePrefix+wire.Hash([]byte(s.Name)).String()+"/"+f.ID.String(), []byte{1})
}

func getListing(r store.Reader, id wire.Digest) (*listing, error) {
	value, err := r.Get(listingPrefix + id.String())
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%w: %s", ErrUnknown, id)
	}
	if err != nil {
		return nil, err
	}
	var l listing
	if err := wire.Unmarshal(value, &l, rowLimits); err != nil {
		return nil, fmt.Errorf("read certification %s: %w", id, err)
	}
	return &l, nil
}

func recordRow(id wire.Digest, sequence uint64) string {
	return fmt.Sprintf("%s%s/%08d", recordPrefix, id, sequence)
}

// putRecord adds a record. A row that is there already is never written over.
func putRecord(tx store.Tx, id wire.Digest, sequence uint64, env *wire.Envelope) error {
	row := recordRow(id, sequence)
	if _, err := tx.Get(row); !errors.Is(err, store.ErrNotFound) {
		return errors.Join(fmt.Errorf("%w: record %d of %s is there already", ErrChain, sequence, id), err)
	}
	value, err := wire.Marshal(env)
	if err != nil {
		return err
	}
	tx.Set(row, value)
	return nil
}

func getRecords(r store.Reader, id wire.Digest) (records []*wire.Envelope, err error) {
	err = r.Scan(recordPrefix+id.String()+"/", "", func(_ string, value []byte) error {
		env := new(wire.Envelope)
		if err := wire.Unmarshal(value, env, wire.DocumentLimits); err != nil {
			return fmt.Errorf("read a record of certification %s: %w", id, err)
		}
		records = append(records, env)
		return nil
	})
	return records, err
}

// ids lists the ids that a prefix marks.
func ids(r store.Reader, prefix string, limit int) (found []wire.Digest, err error) {
	err = r.Scan(prefix, "", func(row string, _ []byte) error {
		id, err := wire.ParseDigest(strings.TrimPrefix(row, prefix))
		if err != nil {
			return fmt.Errorf("row %q: %w", row, err)
		}
		if len(found) >= limit {
			return fmt.Errorf("%w: more than %d certifications: ask for one server", ErrTooMany, limit)
		}
		found = append(found, id)
		return nil
	})
	return found, err
}
