package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/backbay-labs/chio-node/did"
	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/p2p"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// The sizes of a result that travels.
const (
	// maxInlineBytes is the largest that is part of the answer. More is fetched
	// in chunks, by call id.
	maxInlineBytes = 256 << 10
	chunkBytes     = 64 << 10
	// maxResultBytes is the most the kernel passes on; nothing above is fetched.
	maxResultBytes = kernel.MaxRelayedBytes
	// chunksPerUpdate keeps a transaction of chunks below what a store takes.
	chunksPerUpdate = 16
)

// chunkHead is what a chunk begins with: its index, four bytes big-endian, and
// the SHA-256 of the result from its beginning to the end of this chunk. A frame
// that begins with '{' is a protocol error instead; no index is that large.
const chunkHead = 4 + sha256.Size

// resultLimits bound a peer's result before anything of it is interpreted.
var resultLimits = wire.Limits{Bytes: maxResultBytes, Depth: wire.ForeignLimits.Depth}

// ErrChunk refuses a piece of a result: what was received so far is kept, and
// nothing of it is released.
var ErrChunk = errors.New("the peer's result does not fit together")

func chunkKey(k callKey, index int) string { return contentKey(k) + "/" + ordered(uint64(index)) }

func chunksOf(size int64) int { return int((size + chunkBytes - 1) / chunkBytes) }

// Prepare implements admit.Preparer: a result that no single transaction holds
// is stored in rows before the one that closes its call. If that one never
// commits, the call ends as incomplete and its rows go.
func (p *participant) Prepare(ctx context.Context, c *kernel.Closing) error {
	origin := c.Call.Mandate.Origin
	if origin == nil || len(c.Content) <= maxInlineBytes {
		return nil
	}
	key := callKey{did.DID(origin.PeerDID), c.Call.Mandate.CallID}
	running, rest := sha256.New(), []byte(c.Content)
	for index := 0; len(rest) > 0; {
		rows := make([][]byte, 0, chunksPerUpdate)
		for len(rows) < chunksPerUpdate && len(rest) > 0 {
			data := rest[:min(chunkBytes, len(rest))]
			rest = rest[len(data):]
			running.Write(data)
			rows = append(rows, append(running.Sum(make([]byte, 0, sha256.Size+len(data))), data...))
		}
		first := index
		err := p.x.s.cfg.DB.Update(ctx, func(tx store.Tx) error {
			for i, row := range rows {
				tx.Set(chunkKey(key, first+i), row)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("store the result of call %s: %w", key.callID, err)
		}
		index += len(rows)
	}
	p.x.failpoint("host.chunks_stored_before_receipt")
	return nil
}

// dropChunks removes the stored chunks of a call.
func dropChunks(tx store.Tx, key callKey) error {
	var keys []string
	err := tx.Scan(contentKey(key)+"/", "", func(row string, _ []byte) error {
		keys = append(keys, row)
		return nil
	})
	for _, row := range keys {
		tx.Delete(row)
	}
	return err
}

// delivered removes the chunks of a call that we ran when the origin has signed
// for its receipt: it closed the call, so it asks for them no more.
func delivered(tx store.Tx, j *Joint) error {
	key := callKey{j.Peer, j.CallID}
	var row arrived
	if j.Role != RoleHost {
		return nil
	}
	if have, err := load(tx, inKey(key), &row); err != nil || !have || row.ContentBytes == 0 || row.Delivered {
		return err
	}
	return clearResult(tx, key, &row)
}

// sendContent writes the chunks of a result that was released to the asking
// peer, from an offset on. The stream holds it back to the peer's pace.
func (x *Exchange) sendContent(ctx context.Context, key callKey, offset int64, stream *p2p.Stream) error {
	if err := wire.CheckUUIDv7(key.callID); err != nil {
		return refusal(refusedMalformed, "%v", err)
	}
	var row arrived
	err := x.s.cfg.DB.View(func(r store.Reader) error {
		_, err := load(r, inKey(key), &row)
		return err
	})
	if err != nil {
		return err
	}
	if !row.Done || row.ContentBytes == 0 || row.Delivered {
		return refusal(refusedNotFound, "call %s has no result in chunks", key.callID)
	}
	if offset < 0 || offset >= row.ContentBytes || offset%chunkBytes != 0 {
		return refusal(refusedMalformed, "a result of %d bytes has no chunk at %d", row.ContentBytes, offset)
	}
	for index := int(offset / chunkBytes); index < chunksOf(row.ContentBytes); index++ {
		frame := binary.BigEndian.AppendUint32(make([]byte, 0, chunkHead+chunkBytes), uint32(index))
		err := x.s.cfg.DB.View(func(r store.Reader) error {
			chunk, err := r.Get(chunkKey(key, index))
			frame = append(frame, chunk...)
			return err
		})
		if err != nil {
			return fmt.Errorf("chunk %d of call %s: %w", index, key.callID, err)
		}
		x.failpoint("host.chunk_read_before_sent")
		if err := stream.Write(ctx, frame); err != nil {
			return err
		}
	}
	return nil
}

// gathering is a result as far as it has arrived.
type gathering struct {
	total   int64
	content []byte
	running hash.Hash
}

// add takes the next chunk:
//
//	1 it is no protocol error, and has a head and at least one byte
//	2 its index is the next
//	3 it is as long as that chunk of the declared total must be
//	4 its hash is that of everything so far
func (g *gathering) add(frame []byte) error {
	if len(frame) > 0 && frame[0] == '{' { // 1
		return errors.Join(readAnswer(frame, new(answerHead)), ErrChunk)
	}
	if len(frame) <= chunkHead { // 1
		return fmt.Errorf("%w: a chunk of %d bytes", ErrChunk, len(frame))
	}
	data, have := frame[chunkHead:], int64(len(g.content))
	if index := binary.BigEndian.Uint32(frame); have != int64(index)*chunkBytes { // 2
		return fmt.Errorf("%w: chunk %d after %d bytes", ErrChunk, index, have)
	}
	if want := min(chunkBytes, g.total-have); int64(len(data)) != want { // 3
		return fmt.Errorf("%w: %d bytes where %d are left", ErrChunk, len(data), g.total-have)
	}
	g.running.Write(data)
	if sum := g.running.Sum(nil); !bytes.Equal(sum, frame[4:chunkHead]) { // 4
		return fmt.Errorf("%w: chunk at %d is not what its hash says", ErrChunk, have)
	}
	g.content = append(g.content, data...)
	return nil
}

// fetch collects a result that the host declared, beginning again where the
// connection broke. The buffer grows with what arrives, and every byte of it is
// accounted to the peer before. What it returns is not yet compared with the
// receipt.
func (x *Exchange) fetch(ctx context.Context, c *Continuation, size int64) (wire.Raw, error) {
	g := &gathering{total: size, running: sha256.New()}
	wait := x.cfg.QueryBackoff
	for attempt := 0; ; attempt++ {
		before := len(g.content)
		err := x.fetchOnce(ctx, c, g)
		if err == nil {
			return g.content, nil
		}
		if errors.Is(err, ErrChunk) || errors.Is(err, ErrRefused) || attempt == maxQueries {
			return nil, fmt.Errorf("%d of %d bytes of the result arrived: %w", len(g.content), size, err)
		}
		if len(g.content) > before {
			attempt, wait = 0, x.cfg.QueryBackoff
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(2*wait, maxQueryBackoff)
	}
}

func (x *Exchange) fetchOnce(ctx context.Context, c *Continuation, g *gathering) error {
	rec, err := x.s.Connect(ctx, c.To)
	if err != nil {
		return err
	}
	stream, err := x.s.cfg.Host.Open(ctx, rec.PeerID, ProtocolInvoke)
	if err != nil {
		return err
	}
	defer stream.Reset()
	err = stream.Hold(len(g.content))
	if err == nil {
		err = stream.Write(ctx, object(part{"type", text("content")}, part{"call_id", text(c.CallID)},
			part{"offset", wire.MustMarshal(int64(len(g.content)))}))
	}
	if err == nil {
		err = stream.CloseWrite()
	}
	for err == nil && int64(len(g.content)) < g.total {
		var frame []byte
		if frame, err = stream.Read(ctx); err == nil {
			err = stream.Hold(len(frame))
		}
		if err == nil {
			err = g.add(frame)
		}
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the peer ended the result early: %w", io.ErrUnexpectedEOF)
	}
	if err != nil {
		return err
	}
	if err := stream.ExpectEnd(ctx); err != nil {
		return errors.Join(ErrChunk, err)
	}
	return stream.Close()
}

// gather completes an answer whose result the host declared, and compares it
// with what the host's receipt was signed for.
func (x *Exchange) gather(ctx context.Context, a *callAnswer, h *hostReceipt, c *Continuation) error {
	if a.ContentBytes == 0 {
		return nil
	}
	content, err := x.fetch(ctx, c, a.ContentBytes)
	if err != nil {
		return err
	}
	a.Content = content
	return checkContent(a, h)
}

// checkDeclared bounds a result that is to be fetched.
func checkDeclared(a *callAnswer, h *hostReceipt) error {
	if h.verdict != receipt.Allow || len(a.Content) > 0 || a.ContentBytes <= maxInlineBytes || a.ContentBytes > maxResultBytes {
		return fmt.Errorf("%w: a result of %d bytes is declared", ErrPeerReceipt, a.ContentBytes)
	}
	return nil
}
