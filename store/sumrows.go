package store

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"sync"

	"github.com/backbay-labs/chio-node/wire"
)

// Splitter is a Backend whose snapshots may be scanned by several goroutines at
// once. Splits returns keys, ascending, that divide the rows into parts of
// similar size; they need not be keys of rows.
type Splitter interface {
	Splits() []string
}

func splitsOf(b Backend) []string {
	if s, ok := b.(Splitter); ok {
		return s.Splits()
	}
	return nil
}

// maxSumWorkers bounds how many parts are read at one time.
const maxSumWorkers = 8

// part is the keys above after, up to and including last ("" has no end), and
// what reading them found.
type part struct {
	after, last string
	rows        uint64
	sum         rowsSum
	any         bool // it has a key, the engine's own included
	beyond      bool // and reading went on to a key after it
	err         error
}

func partsOf(splits []string) []part {
	var parts []part
	after := ""
	for _, s := range splits {
		if s > after {
			parts = append(parts, part{after: after, last: s})
			after = s
		}
	}
	return append(parts, part{after: after})
}

// sumRows counts and hashes every row but the engine's own. Because the digest
// is a sum, the parts between the splits are summed apart. Reading a part goes
// on to the first key after it, so that, as in one long scan, nothing between
// two rows is passed over, and a scan that a damaged block ends early is told
// from one that has reached the end.
func sumRows(r Reader, splits []string) (rows uint64, sum wire.Digest, err error) {
	parts := partsOf(splits)
	queue := make(chan *part, len(parts))
	for i := range parts {
		queue <- &parts[i]
	}
	close(queue)
	var workers sync.WaitGroup
	for range max(1, min(runtime.GOMAXPROCS(0), maxSumWorkers, len(parts))) {
		workers.Go(func() {
			for p := range queue {
				p.read(r)
			}
		})
	}
	workers.Wait()
	return joinParts(parts)
}

func joinParts(parts []part) (rows uint64, sum wire.Digest, err error) {
	var total rowsSum
	more := false // a later part has a key
	for i := len(parts) - 1; i >= 0; i-- {
		p := &parts[i]
		if p.err != nil {
			return 0, sum, p.err
		}
		if more && !p.beyond {
			return 0, sum, fmt.Errorf("%w: reading the rows above %.80q ended before %.80q", ErrCorrupt, p.after, p.last)
		}
		rows, total, more = rows+p.rows, total.add(p.sum), more || p.any
	}
	return rows, total.digest(), nil
}

// read fills in what is found. A backend that panics on what it reads has
// damaged rows.
func (p *part) read(r Reader) {
	defer func() {
		if v := recover(); v != nil {
			p.err = fmt.Errorf("%w: reading the rows above %.80q: %v", ErrCorrupt, p.after, v)
		}
	}()
	h := sha256.New()
	p.err = r.Scan("", p.after, func(key string, value []byte) error {
		if p.last != "" && key > p.last {
			p.beyond = true
			return ErrStop
		}
		p.any = true
		if key != "" && key[0] == reserved {
			return nil
		}
		p.rows++
		p.sum = p.sum.add(hashRow(h, key, value))
		return nil
	})
}
