package oidc

import (
	"errors"
	"strings"
	"unicode"
)

// The causes a caller can act on.
var (
	// ErrUnknownProvider: no provider of that name is configured.
	ErrUnknownProvider = errors.New("no such identity provider is configured")
	// ErrProvider: the provider cannot be reached, or what it says of itself
	// cannot be used.
	ErrProvider = errors.New("the identity provider cannot be used")
	// ErrUnknownLogin: the login was never started here, has ended, or was
	// answered before.
	ErrUnknownLogin = errors.New("no login of this id waits for an answer")
	// ErrPending: the person has not logged in at the device's page yet.
	ErrPending = errors.New("the login is not complete yet")
	// ErrRefused: the provider refused, or the answer is not this login's.
	ErrRefused = errors.New("the login was refused")
	// ErrToken: the ID token does not verify.
	ErrToken = errors.New("the ID token does not verify")
	// ErrRequirement: the token is good, and does not say what the
	// configuration requires.
	ErrRequirement = errors.New("the login does not meet what is required")
	// ErrUsed: another passport already rests on this login.
	ErrUsed = errors.New("this login was used before")
	// ErrTooMany: too many logins are open.
	ErrTooMany = errors.New("too many logins are open")
)

// brief makes a text of the provider's, or of a library about it, fit for an
// error: it may hold anything, and a whole response.
func brief(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	if r := []rune(s); len(r) > 160 {
		return string(r[:160]) + "…"
	}
	return s
}
