package node

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"

	"github.com/backbay-labs/chio-node/wire"
)

// Problem is every error the API answers: a stable code, what was wrong, and
// what to do next. Exit is the command line's exit code for it.
type Problem struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Exit    int    `json:"exit,omitzero"`
	// Cause is what the message was made of, in the process that made it.
	Cause error `json:"-"`
}

func (p *Problem) Error() string { return p.Message }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// cause is an error that an operator can act on: its code, what to do, and how
// a command ends with it.
type cause struct {
	err        error
	code, hint string
	exit       int
}

// named makes an error the problem of the first cause it wraps. Without one it
// stays as it is, and what is a problem already is what it was named first.
func named(err error, causes []cause) error {
	if errors.As(err, new(*Problem)) {
		return err
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return &Problem{Code: c.code, Message: err.Error(), Hint: c.hint, Exit: c.exit, Cause: err}
		}
	}
	return err
}

// The exit codes of the command line, DESIGN §2.
const (
	ExitOK           = 0
	ExitFailure      = 1
	ExitUsage        = 2
	ExitDenied       = 3
	ExitUnverifiable = 4
)

// problemOf turns any error into a Problem.
func problemOf(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return &Problem{Code: "CHIO-FAILED", Message: err.Error(), Exit: ExitFailure}
}

func usage(format string, args ...any) *Problem {
	return &Problem{Code: "CHIO-USAGE", Message: fmt.Sprintf(format, args...), Exit: ExitUsage}
}

// handler serves one operation: a strict JSON request, a JSON answer.
type handler func(ctx context.Context, n *Node, body []byte) ([]byte, error)

// operation adapts a typed function to a handler.
func operation[Req, Res any](fn func(*Node, context.Context, Req) (Res, error)) handler {
	return func(ctx context.Context, n *Node, body []byte) ([]byte, error) {
		var req Req
		if len(body) == 0 {
			body = []byte("{}")
		}
		if err := wire.Unmarshal(body, &req, wire.ForeignLimits); err != nil {
			return nil, usage("request: %v", err)
		}
		res, err := fn(n, ctx, req)
		if err != nil {
			return nil, err
		}
		return wire.Marshal(res)
	}
}

// Call runs one operation in this process: the same code the HTTP API and the
// command line run.
func (n *Node) Call(ctx context.Context, op string, body []byte) ([]byte, error) {
	h, ok := operations[op]
	if !ok {
		return nil, &Problem{Code: "CHIO-API-UNKNOWN", Message: fmt.Sprintf("no operation %.60q", op),
			Hint: "one of " + strings.Join(operationNames(), ", "), Exit: ExitUsage}
	}
	return h(ctx, n, body)
}

func operationNames() []string {
	names := make([]string, 0, len(operations))
	for name := range operations {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// api serves POST /v1/<operation> to whoever presents the operator's token.
func (n *Node) api(token string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/{op...}", func(w http.ResponseWriter, r *http.Request) {
		if !n.admit(w, r, token) {
			return
		}
		if op := r.PathValue("op"); op == attachOperation {
			n.attach(w, r)
			return
		}
		n.answer(w, r, r.PathValue("op"))
	})
	mux.HandleFunc("POST /agent/call", func(w http.ResponseWriter, r *http.Request) {
		n.answer(w, r, "agent/call")
	})
	mux.HandleFunc("POST /agent/approval", n.serveApproval)
	mux.HandleFunc("POST /agent/capability", func(w http.ResponseWriter, r *http.Request) {
		n.answer(w, r, "capability/request")
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		if n.admit(w, r, token) {
			n.serveMetrics(w)
		}
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := n.ready(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return n.rejectForeignHost(mux)
}

// answer runs one operation for an HTTP request.
func (n *Node) answer(w http.ResponseWriter, r *http.Request, op string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(wire.ForeignLimits.Bytes)))
	if err != nil {
		n.junk.Add(1)
		writeProblem(w, http.StatusRequestEntityTooLarge, usage("request body: %v", err))
		return
	}
	answer, err := n.Call(r.Context(), op, body)
	if err != nil {
		p := problemOf(err)
		if p.Exit == ExitUsage { // it could not be parsed: counted, not receipted
			n.junk.Add(1)
		}
		writeProblem(w, http.StatusUnprocessableEntity, p)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // a client that went away has nobody to tell
}

// rejectForeignHost keeps a browser page from reaching a loopback API through
// a DNS name it controls.
func (n *Node) rejectForeignHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != "chio" && loopback(r.Host) != nil || r.Header.Get("Origin") != "" {
			n.junk.Add(1)
			http.Error(w, "this API answers loopback callers only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// admit answers a request without the operator's token.
func (n *Node) admit(w http.ResponseWriter, r *http.Request, token string) bool {
	if authorized(r, token) {
		return true
	}
	n.junk.Add(1)
	writeProblem(w, http.StatusUnauthorized, &Problem{Code: "CHIO-API-TOKEN", Message: "the operator's token is missing or wrong",
		Hint: "send Authorization: Bearer with the content of api.token in the home", Exit: ExitFailure})
	return false
}

func authorized(r *http.Request, token string) bool {
	got, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && token != "" && subtle.ConstantTimeCompare([]byte(got), []byte(token)) == 1
}

func writeProblem(w http.ResponseWriter, status int, p *Problem) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(wire.MustMarshal(struct {
		Error *Problem `json:"error"`
	}{p}))
}
