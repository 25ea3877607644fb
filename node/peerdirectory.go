package node

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/backbay-labs/chio-node/did/resolver"
	"github.com/backbay-labs/chio-node/federation"
	"github.com/backbay-labs/chio-node/wire"
)

// minDirectoryRefresh bounds how often peer directories are fetched.
const minDirectoryRefresh = 60

// PublishDirectory asks "federate/directory/publish". Peers is the file: YAML
// with the key peers.
type PublishDirectory struct {
	Peers      string `json:"peers"`
	TTLSeconds int64  `json:"ttl_seconds,omitzero"`
}

// PublishedDirectory answers it.
type PublishedDirectory struct {
	DirectoryInfo
	Document wire.Raw `json:"document"`
}

// AddDirectory asks "federate/directory/add": a document, or a URL that it is
// fetched from.
type AddDirectory struct {
	Issuer          string `json:"issuer"`
	Document        string `json:"document,omitempty"`
	URL             string `json:"url,omitempty"`
	DespiteEvidence bool   `json:"despite_evidence,omitzero"`
}

// DirectoryIssuer asks for one peer directory: "federate/directory/show",
// "remove", "evidence"; and "refresh", where no issuer is every one.
type DirectoryIssuer struct {
	Issuer string `json:"issuer,omitempty"`
}

// DirectoryInfo is one peer directory. Times are unix seconds.
type DirectoryInfo struct {
	Issuer       string      `json:"issuer"`
	State        string      `json:"state"` // current, expired, not_yet, contradicted, removed
	Source       string      `json:"source,omitempty"`
	Sequence     uint64      `json:"sequence"`
	SHA256       wire.Digest `json:"sha256"`
	IssuedAt     int64       `json:"issued_at"`
	Expires      int64       `json:"expires"`
	Peers        int         `json:"peers"`
	FetchedAt    int64       `json:"fetched_at,omitzero"`
	Failures     uint64      `json:"failures,omitzero"`      // of fetching it, since
	OlderOffered uint64      `json:"older_offered,omitzero"` // an older edition that came later
	Evidence     bool        `json:"evidence,omitzero"`      // its issuer signed two that contradict each other
}

// DirectoryList answers "federate/directory/list" and "refresh".
type DirectoryList struct {
	Directories []DirectoryInfo `json:"directories"`
}

// DirectoryCard answers "federate/directory/show".
type DirectoryCard struct {
	DirectoryInfo
	Entries  []federation.DirectoryEntry `json:"entries"`
	Document wire.Raw                    `json:"document"` // signed
}

// DirectoryEvidence answers "federate/directory/evidence": the two editions.
type DirectoryEvidence struct {
	Issuer string                   `json:"issuer"`
	Fork   federation.DirectoryFork `json:"editions"`
}

func (n *Node) directoryInfo(v federation.ListingView) (DirectoryInfo, error) {
	_, err := n.network.listings.Fork(v.Issuer)
	if err != nil && !errors.Is(err, federation.ErrNoEvidence) {
		return DirectoryInfo{}, err
	}
	return DirectoryInfo{Issuer: v.Issuer.String(), State: v.State, Source: v.Source, Sequence: v.Sequence, SHA256: v.SHA256, IssuedAt: v.IssuedAt,
		Expires: v.Expires, Peers: len(v.Entries), FetchedAt: v.FetchedAt, Failures: v.Failures, OlderOffered: v.OlderOffered, Evidence: err == nil}, nil
}

// publishDirectory signs the next edition of this organisation's list.
func (n *Node) publishDirectory(ctx context.Context, req PublishDirectory) (*PublishedDirectory, error) {
	if err := n.alive(); err != nil {
		return nil, err
	}
	entries, err := federation.LoadPeers([]byte(req.Peers))
	if err != nil {
		return nil, usage("%v", err)
	}
	if req.TTLSeconds == 0 {
		req.TTLSeconds = federation.DefaultDirectorySeconds
	}
	if req.TTLSeconds < 0 || req.TTLSeconds > federation.MaxDirectorySeconds {
		return nil, usage("a peer directory counts for 1 to %d seconds, not %d", federation.MaxDirectorySeconds, req.TTLSeconds)
	}
	env, err := n.network.listings.Publish(ctx, n.keys.Org(), entries, req.TTLSeconds)
	if errors.Is(err, wire.ErrTooLarge) {
		return nil, usage("%v", err)
	}
	if err != nil {
		return nil, directoryProblem(err)
	}
	card, err := n.showDirectory(ctx, DirectoryIssuer{Issuer: n.DID().String()})
	if err != nil {
		return nil, err
	}
	return &PublishedDirectory{DirectoryInfo: card.DirectoryInfo, Document: env.Bytes()}, nil
}

// addDirectory takes an issuer's list into use.
func (n *Node) addDirectory(ctx context.Context, req AddDirectory) (*DirectoryInfo, error) {
	issuer, err := parseDID(req.Issuer)
	if err != nil {
		return nil, err
	}
	if (req.URL == "") == (req.Document == "") {
		return nil, usage("a peer directory is added as a document, or from a URL")
	}
	o := federation.Offer{Issuer: issuer, Doc: []byte(strings.TrimSuffix(req.Document, "\n")), Source: req.URL, Despite: req.DespiteEvidence}
	if req.URL != "" {
		if o.Doc, err = n.fetchDirectory(ctx, req.URL); err != nil {
			return nil, directoryProblem(err)
		}
	}
	v, err := n.network.listings.Take(ctx, o)
	if err != nil {
		return nil, directoryProblem(err)
	}
	info, err := n.directoryInfo(v)
	return &info, err
}

// fetchDirectory gets a document as those of other strangers are got: over
// https, from public addresses, within limits of size and time.
func (n *Node) fetchDirectory(ctx context.Context, url string) ([]byte, error) {
	f, err := resolver.NewFetcher(*n.fetching(), n.opts.Now)
	if err != nil {
		return nil, err
	}
	doc, err := f.Get(ctx, url, wire.DocumentLimits.Bytes+1, "application/json")
	return bytes.TrimSuffix(doc, []byte("\n")), err
}

func (n *Node) listDirectories(context.Context, Empty) (*DirectoryList, error) {
	list := &DirectoryList{Directories: []DirectoryInfo{}}
	for _, v := range n.network.listings.List() {
		info, err := n.directoryInfo(v)
		if err != nil {
			return nil, err
		}
		list.Directories = append(list.Directories, info)
	}
	return list, nil
}

func (n *Node) showDirectory(_ context.Context, req DirectoryIssuer) (*DirectoryCard, error) {
	issuer, err := parseDID(req.Issuer)
	if err != nil {
		return nil, err
	}
	v, env, err := n.network.listings.Show(issuer)
	if err != nil {
		return nil, directoryProblem(err)
	}
	info, err := n.directoryInfo(v)
	if err != nil {
		return nil, err
	}
	return &DirectoryCard{DirectoryInfo: info, Entries: v.Entries, Document: env.Bytes()}, nil
}

func (n *Node) removeDirectory(ctx context.Context, req DirectoryIssuer) (*DirectoryInfo, error) {
	issuer, err := parseDID(req.Issuer)
	if err != nil {
		return nil, err
	}
	if err := n.network.listings.Remove(ctx, issuer); err != nil {
		return nil, directoryProblem(err)
	}
	card, err := n.showDirectory(ctx, req)
	if err != nil {
		return nil, err
	}
	return &card.DirectoryInfo, nil
}

func (n *Node) directoryEvidence(_ context.Context, req DirectoryIssuer) (*DirectoryEvidence, error) {
	issuer, err := parseDID(req.Issuer)
	if err != nil {
		return nil, err
	}
	fork, err := n.network.listings.Fork(issuer)
	if err != nil {
		return nil, directoryProblem(err)
	}
	return &DirectoryEvidence{Issuer: req.Issuer, Fork: *fork}, nil
}

// refreshDirectories fetches again what has a URL. What cannot be had, or is
// refused, leaves what is held, and does not keep the others from their turn.
func (n *Node) refreshDirectories(ctx context.Context, req DirectoryIssuer) (*DirectoryList, error) {
	if req.Issuer != "" {
		if _, err := parseDID(req.Issuer); err != nil {
			return nil, err
		}
	}
	list := &DirectoryList{Directories: []DirectoryInfo{}}
	var failed []error
	for _, v := range n.network.listings.List() {
		if v.Source == "" || req.Issuer != "" && v.Issuer.String() != req.Issuer {
			continue
		}
		fresh, err := n.refreshDirectory(ctx, v)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		info, err := n.directoryInfo(fresh)
		if err != nil {
			return nil, err
		}
		list.Directories = append(list.Directories, info)
	}
	if len(failed) > 0 {
		return nil, directoryProblem(errors.Join(failed...))
	}
	if req.Issuer != "" && len(list.Directories) == 0 {
		return nil, usage("no peer directory of %s has a URL", req.Issuer)
	}
	return list, nil
}

func (n *Node) refreshDirectory(ctx context.Context, v federation.ListingView) (federation.ListingView, error) {
	doc, err := n.fetchDirectory(ctx, v.Source)
	if err != nil {
		return v, errors.Join(err, n.network.listings.Unfetched(ctx, v.Issuer))
	}
	fresh, err := n.network.listings.Take(ctx, federation.Offer{Issuer: v.Issuer, Doc: doc, Source: v.Source, Refresh: true})
	if errors.Is(err, federation.ErrPeerDirectory) {
		err = errors.Join(err, n.network.listings.Unfetched(ctx, v.Issuer))
	}
	return fresh, err
}

// keepDirectories fetches peer directories at the configured interval.
func (n *Node) keepDirectories(ctx context.Context) {
	every := time.Duration(n.cfg.Federation.DirectoryRefreshSeconds) * time.Second
	if every == 0 {
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := n.refreshDirectories(ctx, DirectoryIssuer{}); err != nil && ctx.Err() == nil {
			n.log.Warn("not every peer directory could be refreshed", slog.Any("error", err))
		}
	}
}

// directoryProblem gives the causes an operator can act on a code.
func directoryProblem(err error) error {
	return named(err, []cause{
		{federation.ErrDirectoryFork, "CHIO-FED-DIRECTORY-CONTRADICTED", "ask its issuer by another way; --despite-evidence uses it all the same", ExitDenied},
		{federation.ErrDirectoryRollback, "CHIO-FED-DIRECTORY-OLDER", "get the newest edition from its issuer", ExitDenied},
		{federation.ErrPeerDirectory, "CHIO-FED-DIRECTORY-INVALID", "get it from its issuer again, and compare the DID", ExitDenied},
		{federation.ErrNoListing, "CHIO-FED-DIRECTORY-UNKNOWN", "chio-node federate directory list", ExitFailure},
		{federation.ErrNoEvidence, "CHIO-FED-NO-EVIDENCE", "chio-node federate directory list says against whom there is some", ExitFailure},
		{federation.ErrTooMany, "CHIO-FED-DIRECTORY-TOO-MANY", "chio-node federate directory remove", ExitFailure},
		{resolver.ErrFetchURL, "CHIO-USAGE", "write https:// and a domain name", ExitUsage},
		{resolver.NotFound, "CHIO-FED-DIRECTORY-FETCH", "is the URL right?", ExitFailure},
		{resolver.InternalError, "CHIO-FED-DIRECTORY-FETCH", "the node's log says why", ExitFailure},
	})
}
