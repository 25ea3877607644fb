package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Config is what an engine is built from.
type Config struct {
	// Backend holds the rows. The engine owns it from Open on, also when Open
	// fails.
	Backend Backend
	// HeadPath is the two-slot head file; empty keeps none, which suits tests
	// and embedders whose data does not outlive the process.
	HeadPath string
}

// Engine is a DB over one backend. Its methods are safe for concurrent use.
type Engine struct {
	backend Backend
	report  Report

	queue   chan *request
	stopped chan struct{} // closed when the committer has drained the queue
	cause   atomic.Pointer[error]

	lifecycle sync.Mutex // guards closed against senders.Add and views.Add
	closed    bool
	senders   sync.WaitGroup
	views     sync.WaitGroup

	snapshots sync.Mutex // guards latest and its references
	latest    *shared    // the last committed state

	unsigned atomic.Bool // writes wait for SetHead: earlier heads were signed
	commit   sync.Mutex  // owner: whoever advances chain or writes the head file
	chain    chain
	heads    *headFile // nil without HeadPath
	source   HeadSource
	signer   headSigner
}

var _ DB = (*Engine)(nil)

// Open checks the backend against its head file (see Report) and starts the
// committer. It returns ErrCorrupt, naming what differs, when anything below
// the last head is missing, altered or rolled back.
func Open(c Config) (*Engine, error) {
	if c.Backend == nil {
		return nil, errors.New("open store: no backend")
	}
	e, err := openChecked(c)
	if err != nil {
		return nil, errors.Join(err, c.Backend.Close())
	}
	if err := e.publish(); err != nil {
		return nil, errors.Join(err, c.Backend.Close())
	}
	go e.run()
	return e, nil
}

// View reads the last committed state. It works on a latched store too.
func (e *Engine) View(fn func(Reader) error) error {
	e.lifecycle.Lock()
	if e.closed {
		e.lifecycle.Unlock()
		return fmt.Errorf("%w: it is closed", ErrNotReady)
	}
	e.views.Add(1)
	e.lifecycle.Unlock()
	defer e.views.Done()

	snapshot := e.acquire()
	defer e.release(snapshot)
	return fn(layers{base: snapshot})
}

// Update queues fn and waits for its outcome. fn must not call Update.
func (e *Engine) Update(ctx context.Context, fn func(Tx) error) error {
	if err := e.Ready(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("queue for the store: %w", err)
	}
	e.lifecycle.Lock()
	if e.closed {
		e.lifecycle.Unlock()
		return fmt.Errorf("%w: it is closed", ErrNotReady)
	}
	e.senders.Add(1)
	e.lifecycle.Unlock()

	r := &request{fn: fn, done: make(chan struct{})}
	select {
	case e.queue <- r:
		e.senders.Done()
	case <-ctx.Done():
		e.senders.Done()
		return fmt.Errorf("queue for the store: %w", ctx.Err())
	}
	<-r.done
	return r.err
}

// Ready returns nil while Update is accepted, else an error that wraps
// ErrNotReady and the cause.
func (e *Engine) Ready() error {
	if cause := e.cause.Load(); cause != nil {
		return *cause
	}
	if e.unsigned.Load() {
		return fmt.Errorf("%w: its heads are signed and the signer is not set yet", ErrNotReady)
	}
	return nil
}

// latch refuses every later Update. The first cause stays.
func (e *Engine) latch(cause error) error {
	err := fmt.Errorf("%w: %w", ErrNotReady, cause)
	e.cause.CompareAndSwap(nil, &err)
	return *e.cause.Load()
}

// Close refuses new work, runs what is queued, waits for open views, and
// closes the backend. A second Close does nothing.
func (e *Engine) Close() error {
	e.lifecycle.Lock()
	if e.closed {
		e.lifecycle.Unlock()
		<-e.stopped
		return nil
	}
	e.closed = true
	e.lifecycle.Unlock()

	e.senders.Wait()
	close(e.queue)
	<-e.stopped
	e.views.Wait()
	e.commit.Lock()
	defer e.commit.Unlock()
	e.release(e.latest)
	err := e.backend.Close()
	if e.heads != nil {
		err = errors.Join(err, e.heads.close())
	}
	return err
}
