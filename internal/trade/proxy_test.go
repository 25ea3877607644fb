package trade

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// proxy stands between the nodes and a chain and can stall: it takes requests
// and answers nothing until it is released.
type proxy struct {
	server *http.Server
	url    string

	mu      sync.Mutex // guards stalled
	stalled chan struct{}
}

func newProxy(rpc string) (*proxy, error) {
	target, err := url.Parse(rpc)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{url: "http://" + l.Addr().String()}
	to := httputil.NewSingleHostReverseProxy(target)
	p.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		stalled := p.stalled
		p.mu.Unlock()
		if stalled != nil {
			select {
			case <-stalled:
			case <-r.Context().Done():
				return
			}
		}
		to.ServeHTTP(w, r)
	})}
	go func() { _ = p.server.Serve(l) }() // ends with close
	return p, nil
}

// stall answers nothing until release.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled == nil {
		p.stalled = make(chan struct{})
	}
}

func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stalled != nil {
		close(p.stalled)
		p.stalled = nil
	}
}

func (p *proxy) close() error {
	p.release()
	return p.server.Shutdown(context.Background())
}
