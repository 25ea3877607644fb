package budget

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/store"
)

const (
	nodeRows    = "b/n/"
	bucketRows  = "b/w/"
	nodeVersion = 1
)

// usage is what counts in a window: calls not given back, and money held,
// committed or retained.
type usage struct{ calls, units uint64 }

func (u *usage) add(v usage) (err error) {
	if u.calls, err = sum(u.calls, v.calls); err != nil {
		return err
	}
	u.units, err = sum(u.units, v.units)
	return err
}

func (u *usage) subtract(v usage) error {
	if v.calls > u.calls || v.units > u.units {
		return fmt.Errorf("%w: taking %d calls and %d units from %d and %d", ErrCorrupt, v.calls, v.units, u.calls, u.units)
	}
	u.calls, u.units = u.calls-v.calls, u.units-v.units
	return nil
}

// nodeRow is what one node of the tree has used. The account is of the node's
// whole life; rule, epoch, mark, oldest and used are of its window.
type nodeRow struct {
	rule    rule
	epoch   uint64  // the counters were begun this often
	clock   int64   // the latest time seen
	mark    int64   // calendar: start of the window; rolling: second of the newest bucket
	oldest  int64   // rolling: there is no bucket before it
	used    usage   // in the window; zero for Total, which is the account
	account Account //
}

func nodeKey(id string) string { return nodeRows + id }

// readNode returns a node's row; epoch 0 says that there is none yet.
func readNode(r store.Reader, id string) (nodeRow, error) {
	b, err := r.Get(nodeKey(id))
	if errors.Is(err, store.ErrNotFound) {
		return nodeRow{}, nil
	}
	if err != nil {
		return nodeRow{}, err
	}
	return decodeNode(b)
}

func (r *nodeRow) encode() []byte {
	b := append(make([]byte, 0, 96), nodeVersion, byte(r.rule.window.number()))
	b = binary.AppendUvarint(b, uint64(r.rule.seconds))
	b = appendString(b, r.rule.currency)
	for _, v := range [...]uint64{r.epoch, uint64(r.clock), uint64(r.mark), uint64(r.oldest), r.used.calls, r.used.units} {
		b = binary.AppendUvarint(b, v)
	}
	return r.account.appendTo(b)
}

func decodeNode(b []byte) (nodeRow, error) {
	d := decoder{rest: b}
	d.version(nodeVersion)
	window := d.byte()
	if int(window) >= len(windows) {
		return nodeRow{}, fmt.Errorf("%w: budget node with window %d", ErrCorrupt, window)
	}
	r := nodeRow{rule: rule{window: windows[window], seconds: d.time(), currency: d.currency()},
		epoch: d.uint(), clock: d.time(), mark: d.time(), oldest: d.time(), used: usage{calls: d.uint(), units: d.uint()}}
	d.bad = d.bad || r.epoch == 0
	var err error
	if r.account, err = d.account(); err != nil {
		return nodeRow{}, err
	}
	return r, d.end("budget node")
}

// bucket is what a rolling window holds of one second.
func (u *usage) encode() []byte {
	return binary.AppendUvarint(binary.AppendUvarint(append(make([]byte, 0, 16), nodeVersion), u.calls), u.units)
}

func decodeBucket(b []byte) (usage, error) {
	d := decoder{rest: b}
	d.version(nodeVersion)
	u := usage{calls: d.uint(), units: d.uint()}
	return u, d.end("budget bucket")
}

// bucketKey has twenty digits each, so that keys sort as numbers do.
func bucketKey(id string, epoch uint64, second int64) string {
	return bucketPrefix(id, epoch) + digits(uint64(second))
}

func bucketPrefix(id string, epoch uint64) string { return bucketRows + id + "/" + digits(epoch) + "/" }

func digits(v uint64) string {
	s := strconv.FormatUint(v, 10)
	return "00000000000000000000"[len(s):] + s
}

// parseBucketKey is the inverse of bucketKey.
func parseBucketKey(key string) (id string, epoch uint64, second int64, err error) {
	parts := strings.Split(strings.TrimPrefix(key, bucketRows), "/")
	if len(parts) == 3 {
		epoch, err = strconv.ParseUint(parts[1], 10, 64)
		if err == nil {
			second, err = strconv.ParseInt(parts[2], 10, 64)
		}
		if err == nil && second >= 0 && second <= maxTime && bucketKey(parts[0], epoch, second) == key {
			return parts[0], epoch, second, nil
		}
	}
	return "", 0, 0, fmt.Errorf("%w: key %.120q", ErrCorrupt, key)
}

// scanBuckets calls fn for the buckets of a node's window, oldest first.
func scanBuckets(r store.Reader, id string, epoch uint64, fn func(second int64, u usage) error) error {
	return r.Scan(bucketPrefix(id, epoch), "", func(key string, value []byte) error {
		_, _, second, err := parseBucketKey(key)
		if err != nil {
			return err
		}
		u, err := decodeBucket(value)
		if err != nil {
			return err
		}
		return fn(second, u)
	})
}
