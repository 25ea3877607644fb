package vchttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/backbay-labs/chio-node/store"
	"github.com/backbay-labs/chio-node/vc"
	"github.com/backbay-labs/chio-node/vc/status"
	"github.com/backbay-labs/chio-node/wire"
)

// statusRequest is the body of /credentials/status.
type statusRequest struct {
	CredentialID string `json:"credentialId"`
	Entry        struct {
		Type    string `json:"type"`
		Purpose string `json:"statusPurpose"`
		ID      string `json:"id"`
		Index   string `json:"statusListIndex"`
		List    string `json:"statusListCredential"`
	} `json:"credentialStatus"`
	Status *bool  `json:"status"`
	Note   string `json:"indexAllocator"` // of the VC-API; we have one allocator
}

// changeStatus sets an entry of a credential issued here, or lifts a
// suspension. Without status it sets.
func (s *Service) changeStatus(r *http.Request, b body) (int, any, error) {
	var q statusRequest
	if err := b.read(&q); err != nil {
		return 0, nil, err
	}
	switch {
	case s.cfg.Book == nil:
		return 0, nil, bad("no status is kept here: start the service with a status list")
	case q.CredentialID == "":
		return 0, nil, bad("credentialId is missing")
	case q.Entry.Type != "" && q.Entry.Type != "BitstringStatusListEntry":
		return 0, nil, bad("credentialStatus.type %.60q: use BitstringStatusListEntry", q.Entry.Type)
	}
	set := q.Status == nil || *q.Status
	err := s.cfg.Book.Set(r.Context(), q.CredentialID, q.Entry.Purpose, set)
	switch {
	case errors.Is(err, status.ErrUnknown):
		return 0, nil, &failure{http.StatusNotFound, err, nil}
	case errors.Is(err, status.ErrIrreversible), errors.Is(err, status.ErrKind):
		return 0, nil, bad("%w", err)
	case err != nil:
		return 0, nil, err
	}
	return http.StatusOK, struct {
		ID      string `json:"credentialId"`
		Purpose string `json:"statusPurpose"`
		Status  bool   `json:"status"`
	}{q.CredentialID, q.Entry.Purpose, set}, nil
}

// statusList answers a list credential, signed for now.
func (s *Service) statusList(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseUint(r.PathValue("list"), 10, 32)
	if err != nil || strconv.FormatUint(n, 10) != r.PathValue("list") {
		refuse(w, http.StatusNotFound, fmt.Errorf("no status list %.40q", r.PathValue("list")))
		return
	}
	doc, err := s.cfg.Book.List(r.Context(), n, s.cfg.Now().Unix())
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, status.ErrUnknown) {
		refuse(w, http.StatusNotFound, fmt.Errorf("no status list %d", n))
		return
	}
	if err != nil {
		fail(w, err)
		return
	}
	write(w, http.StatusOK, wire.Raw(doc))
}

// lists answers the gate's question for our own lists from the book, and hands
// others on.
func (s *Service) lists(g vc.Gate) func(string) (*vc.StatusList, error) {
	others, inner := g.StatusList, g
	inner.StatusList = nil
	return func(url string) (*vc.StatusList, error) {
		number, own := strings.CutPrefix(url, s.cfg.Book.base)
		if !own {
			if others == nil {
				return nil, fmt.Errorf("list %.140q is another's, and nothing is fetched", url)
			}
			return others(url)
		}
		n, err := strconv.ParseUint(number, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("list %.140q: %w", url, status.ErrUnknown)
		}
		ctx := g.Context
		if ctx == nil {
			ctx = context.Background()
		}
		doc, err := s.cfg.Book.List(ctx, n, g.Now)
		if err != nil {
			return nil, fmt.Errorf("list %d: %w", n, err)
		}
		return vc.OpenStatusListWith(doc, s.cfg.DID, inner)
	}
}
