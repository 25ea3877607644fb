package resolver

import "errors"

// FetchError is why a document could not be had from a web server. Its text is the same for every
// cause of a code, because whoever asks may be a stranger, and the cause names
// addresses and ports of the network the node stands in. errors.Is and
// errors.As reach the cause; Cause is for the operator's log.
type FetchError struct {
	Code  Code
	Cause error
}

func (e *FetchError) Error() string {
	if e.Code == NotFound {
		return string(e.Code) + ": the host publishes no such document"
	}
	return string(e.Code) + ": the document could not be fetched, or is not valid"
}

func (e *FetchError) Unwrap() error { return e.Cause }

// fetchFailed keeps the cause of a failed fetch out of its text.
func fetchFailed(err error) error {
	if err == nil {
		return nil
	}
	code := InternalError
	if errors.Is(err, NotFound) {
		code = NotFound
	}
	return &FetchError{Code: code, Cause: err}
}
