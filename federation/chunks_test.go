package federation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/backbay-labs/chio-node/kernel"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/wire"
)

// resultOfSize is a canonical result of exactly so many bytes, no two chunks of
// which are alike.
func resultOfSize(size int) wire.Raw {
	doc := make([]byte, 0, size)
	doc = append(doc, `{"text":"`...)
	for i := 0; len(doc) < size-2; i++ {
		doc = append(doc, byte('a'+(i+i/977)%26))
	}
	return append(doc, `"}`...)
}

func returns(content wire.Raw) func(*kernel.Mandate) (kernel.Result, error) {
	return func(*kernel.Mandate) (kernel.Result, error) { return kernel.Result{Content: content}, nil }
}

// chunkRows counts the stored chunks of a call.
func (p *peerNode) chunkRows(key callKey) (n int) {
	p.t.Helper()
	err := p.db.View(func(r store.Reader) error {
		return r.Scan(contentKey(key)+"/", "", func(string, []byte) error { n++; return nil })
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// TestResultInChunks: a result that no frame and no row holds arrives whole, is
// what the host's receipt says, and leaves the host's store when both have signed.
func TestResultInChunks(t *testing.T) {
	a, b := federated(t)
	for _, size := range []int{maxInlineBytes, maxInlineBytes + 1, 5*chunkBytes - 1, 5 * chunkBytes, 5<<20 + 7} {
		want := resultOfSize(size)
		b.tool.set(returns(want))
		m := a.mandate(b, "read_file", readArgs)
		out := a.kernelOf.Mediate(t.Context(), m)
		if out.Verdict != kernel.Allow || !bytes.Equal(out.Content, want) || out.Receipt.ContentHash != wire.Hash(want).String() {
			t.Fatalf("%d bytes: %s %+v, %d came", size, out.Ended, out.Denial, len(out.Content))
		}
		key, rows := callKey{a.did(), m.CallID}, 0
		if size > maxInlineBytes {
			rows = chunksOf(int64(size))
		}
		if got := b.chunkRows(key); got != rows {
			t.Fatalf("%d bytes: %d rows, want %d", size, got, rows)
		}
		a.sync(b)
		if got := b.chunkRows(key); got != 0 {
			t.Fatalf("%d bytes: %d rows are left of a result that was signed for", size, got)
		}
	}
}

// TestConnectionLostInTheMiddle: a result is fetched on from where it broke, and
// nothing runs twice.
func TestConnectionLostInTheMiddle(t *testing.T) {
	a, b := federated(t)
	want := resultOfSize(20 * chunkBytes)
	b.tool.set(returns(want))
	sent := 0
	b.failAt(func(name string) {
		if name != "host.chunk_read_before_sent" {
			return
		}
		if sent++; sent%7 == 0 && sent <= 21 {
			panic("the stream breaks here")
		}
	})
	out := a.call(b)
	if out.Verdict != kernel.Allow || !bytes.Equal(out.Content, want) || b.ran.Load() != 1 {
		t.Fatalf("outcome %s %+v, ran %d", out.Ended, out.Denial, b.ran.Load())
	}
	if sent > 20+21 { // what three broken connections lost is read again
		t.Fatalf("%d chunks were read for a result of 20", sent)
	}
}

// TestLyingChunks: a result that is not what the host's receipt was signed for
// is released to nobody; that the host ran the call is filed and owed.
func TestLyingChunks(t *testing.T) {
	for name, lie := range map[string]func(tx store.Tx, key callKey, row *arrived) error{
		"another result": func(tx store.Tx, key callKey, row *arrived) error {
			running, other := sha256.New(), []byte(strings.ToUpper(string(resultOfSize(int(row.ContentBytes)))))
			for i := range chunksOf(row.ContentBytes) {
				data := other[i*chunkBytes : min((i+1)*chunkBytes, len(other))]
				running.Write(data)
				tx.Set(chunkKey(key, i), append(running.Sum(nil), data...))
			}
			return nil
		},
		"a changed chunk": func(tx store.Tx, key callKey, _ *arrived) error {
			chunk, err := tx.Get(chunkKey(key, 3))
			if err == nil {
				chunk[len(chunk)-1] ^= 1
				tx.Set(chunkKey(key, 3), chunk)
			}
			return err
		},
		"a shorter one":  func(_ store.Tx, _ callKey, row *arrived) error { row.ContentBytes -= 10; return nil },
		"a longer one":   func(_ store.Tx, _ callKey, row *arrived) error { row.ContentBytes += chunkBytes; return nil },
		"more than ever": func(_ store.Tx, _ callKey, row *arrived) error { row.ContentBytes = maxResultBytes + 1; return nil },
		"none at all":    func(_ store.Tx, _ callKey, row *arrived) error { row.Delivered = true; return nil },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := federated(t)
			b.tool.set(returns(resultOfSize(6 * chunkBytes)))
			m := a.mandate(b, "read_file", readArgs)
			b.failAt(func(name string) {
				if name != "host.receipt_committed_before_reply" {
					return
				}
				key := callKey{a.did(), m.CallID}
				b.forget(key)
				err := b.db.Update(context.Background(), func(tx store.Tx) error {
					var row arrived
					if _, err := load(tx, inKey(key), &row); err != nil {
						return err
					}
					return errors.Join(lie(tx, key, &row), save(tx, inKey(key), row))
				})
				if err != nil {
					t.Error(err)
				}
			})
			out := a.kernelOf.Mediate(t.Context(), m)
			if out.Verdict != kernel.Deny || out.Ended != receipt.Incomplete || len(out.Content) != 0 {
				t.Fatalf("outcome %s %+v with %d bytes", out.Ended, out.Denial, len(out.Content))
			}
			b.failAt(nil)
			a.sync(b)
			if j := a.joints(b); len(j) != 1 || !j[0].Accrued {
				t.Fatalf("joint records %+v", j)
			}
		})
	}
}

// TestChunkRules checks each rule of gathering.add by itself.
func TestChunkRules(t *testing.T) {
	content := resultOfSize(2*chunkBytes + 10)
	chunk := func(index int, data []byte) []byte {
		end := min(len(content), (index+1)*chunkBytes)
		sum := sha256.Sum256(content[:end])
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(index)), sum[:]...), data...)
	}
	first := chunk(0, content[:chunkBytes])
	for name, c := range map[string]struct {
		have  int
		frame []byte
		is    error
	}{
		"an error":          {0, errorFrame(refusal(refusedNotFound, "gone")), ErrRefused},
		"nothing":           {0, nil, ErrChunk},
		"a head alone":      {0, first[:chunkHead], ErrChunk},
		"an index too far":  {0, chunk(1, content[chunkBytes:2*chunkBytes]), ErrChunk},
		"an index again":    {1, first, ErrChunk},
		"a short chunk":     {0, first[:len(first)-1], ErrChunk},
		"a long last chunk": {2, chunk(2, make([]byte, 11)), ErrChunk},
		"another hash":      {0, append(append([]byte(nil), first[:chunkHead-1]...), append([]byte{first[chunkHead-1] ^ 1}, first[chunkHead:]...)...), ErrChunk},
		"another byte":      {2, chunk(2, make([]byte, 10)), ErrChunk},
		"the next":          {1, chunk(1, content[chunkBytes:2*chunkBytes]), nil},
		"the last":          {2, chunk(2, content[2*chunkBytes:]), nil},
	} {
		g := &gathering{total: int64(len(content)), running: sha256.New()}
		for i := range c.have {
			if err := g.add(chunk(i, content[i*chunkBytes:(i+1)*chunkBytes])); err != nil {
				t.Fatal(err)
			}
		}
		if err := g.add(c.frame); !errors.Is(err, c.is) || (err == nil) != (c.is == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.is)
		}
	}
}

// TestContentIsForItsOrigin: who did not send the call, names no chunk's
// beginning, or asks for what is not there, is refused.
func TestContentIsForItsOrigin(t *testing.T) {
	a, b := federated(t)
	b.tool.set(returns(resultOfSize(6 * chunkBytes)))
	frame, out := a.frame(a.mandate(b, "read_file", readArgs), nil)
	_ = a.raw(b, frame)
	ask := func(p *peerNode, callID, offset string) error {
		doc := p.raw(b, object(part{"type", text("content")}, part{"call_id", text(callID)}, part{"offset", []byte(offset)}))
		return readAnswer(doc, new(answerHead))
	}
	c := newParty(t, 30, callTerms())
	b.peers = append(b.peers, c.did())
	b.reopen()
	federate(t, c.org, b.org)
	a.meet(b)
	for name, err := range map[string]error{
		"another peer": ask(c, out.body.CallID, "65536"), "no call": ask(a, "x", "65536"), "no chunk's beginning": ask(a, out.body.CallID, "7"),
		"before it": ask(a, out.body.CallID, "-65536"), "behind it": ask(a, out.body.CallID, "393216"),
	} {
		if !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOrphanedChunksAreSwept: the process ends between the chunks and the
// receipt; at the next start the call is incomplete and the chunks are gone.
func TestOrphanedChunksAreSwept(t *testing.T) {
	a, b := federated(t)
	b.dies.set(true)
	b.reopen()
	a.meet(b)
	m := a.mandate(b, "read_file", readArgs)
	_ = a.kernelOf.Mediate(t.Context(), m)
	key := callKey{a.did(), m.CallID}
	p := &participant{b.exchange}
	err := p.Prepare(t.Context(), &kernel.Closing{Content: resultOfSize(40 * chunkBytes),
		Call: &kernel.Call{Mandate: &kernel.Mandate{CallID: m.CallID, Origin: &kernel.Origin{PeerDID: a.did().String()}}}})
	if err != nil || b.chunkRows(key) != 40 {
		t.Fatalf("%d rows, %v", b.chunkRows(key), err)
	}
	b.dies.set(false)
	b.reopen()
	if got := b.chunkRows(key); got != 0 {
		t.Fatalf("%d rows of a call that ended as incomplete", got)
	}
}

// TestResultsHaveABound: the tool ran, and its result is withheld.
func TestResultsHaveABound(t *testing.T) {
	a, b := federated(t)
	b.tool.set(returns(make(wire.Raw, maxResultBytes+1)))
	out := a.call(b)
	if out.Denial == nil || out.Denial.Code != kernel.CodePeerDenied || out.Peer.Code != string(kernel.CodeOutputBlocked) {
		t.Fatalf("outcome %s %+v", out.Ended, out.Denial)
	}
}

// FuzzChunk: what is taken is what was hashed, in order, and never more than
// was declared.
func FuzzChunk(f *testing.F) {
	content := resultOfSize(chunkBytes + 100)
	sum := sha256.Sum256(content[:chunkBytes])
	good := append(append(binary.BigEndian.AppendUint32(nil, 0), sum[:]...), content[:chunkBytes]...)
	f.Add(good, int64(len(content)))
	f.Add(good[:chunkHead+1], int64(1))
	f.Add([]byte(`{"status":"error"}`), int64(5))
	f.Fuzz(func(t *testing.T, frame []byte, total int64) {
		g := &gathering{total: total, running: sha256.New()}
		if g.add(frame) != nil {
			return
		}
		if int64(len(g.content)) > total || len(g.content) == 0 || wire.Hash(g.content) != wire.Digest(frame[4:chunkHead]) {
			t.Fatalf("%d bytes were taken of %d", len(g.content), total)
		}
	})
}
