package openid4vp

import "errors"

// The reasons a request cannot be fetched or answered.
var (
	ErrUnknown  = errors.New("no such presentation request was made here")
	ErrExpired  = errors.New("presentation request has expired")
	ErrAnswered = errors.New("presentation request was answered already")
	ErrOther    = errors.New("presentation request was made under another name of this verifier")
	ErrTooMany  = errors.New("too many presentation requests are open")
	ErrLife     = errors.New("life of a presentation request is out of bounds")
)

// The reasons a response proves nothing, so that its request stays open.
var (
	ErrUnencrypted = errors.New("response is not encrypted")
	ErrEncryption  = errors.New("encrypted response is not acceptable")
	ErrResponse    = errors.New("response is malformed")
	ErrState       = errors.New("response is for another request")
	ErrHolder      = errors.New("presentation does not prove its holder to this verifier for this request")
)
