package vc

import (
	"bytes"
	"fmt"
	"slices"
)

// reading is a credential while it is read: what of it must be compared at the
// end.
type reading struct {
	*Credential
	open        bool // a vocabulary will judge members that are not known here
	foreign     bool // there are some
	from, until *instant
}

// decode reads the members of a credential and applies rule 2:
//
//	2a @context is an array that begins with that of VC 2.0 or 1.1; further
//	   ones are URLs or objects, none twice
//	2b type is one or more terms or absolute URLs, VerifiableCredential among them
//	2c issuer is a URL or an object with one; id, if there, is a URL
//	2d credentialSubject is one or more objects, none empty, their ids URLs
//	2e times have an offset; the end is not before the beginning; VC 1.1 has
//	   an issuanceDate, and the times of one version are not those of the other
//	2f entries of credentialStatus, credentialSchema, refreshService, termsOfUse,
//	   evidence, confidenceMethod and renderMethod are objects with a type; an
//	   id is a URL, and is there where the version wants it
//	2g name and description are texts or language value objects
//	2h relatedResource lists digests (resources)
//	2i no other member, unless a vocabulary judges it, and then under no name
//	   that could hide one of these (checkTerm, checkAliases)
func (c *Credential) decode(ms []member, open bool) error {
	r := reading{Credential: c, open: open}
	c.members = ms
	if err := r.context(find(ms, "@context")); err != nil { // 2a
		return malformed("@context: %w", err)
	}
	for _, m := range ms {
		if err := r.member(m); err != nil {
			return malformed("%s: %w", bytes.Trim(m.name, `"`), err)
		}
	}
	if c.Type == nil || c.Issuer == "" || c.Subject == nil { // 2b, 2c, 2d
		return malformed("a credential has a type, an issuer and a credentialSubject")
	}
	if r.foreign { // 2i
		if err := checkAliases(c.Context); err != nil {
			return malformed("@context: %w", err)
		}
	}
	if c.Version == Version1 && r.from == nil { // 2e
		return malformed("a credential of version 1.1 has an issuanceDate")
	}
	if r.from != nil && r.until != nil && r.from.after(*r.until) { // 2e
		return malformed("it is valid until %s but only from %s", *c.ValidUntil, *c.ValidFrom)
	}
	return nil
}

func (r *reading) context(v []byte) error {
	if !isArray(v) {
		return fmt.Errorf("it is not an array that begins with %s", ContextV2)
	}
	r.Context = v
	list, err := items(v)
	if err != nil {
		return err
	}
	switch string(list[0]) {
	case `"` + ContextV2 + `"`:
		r.Version = Version2
	case `"` + ContextV1 + `"`:
		r.Version, r.Plain = Version1, false
	default:
		return fmt.Errorf("%.100q is first, want %s", list[0], ContextV2)
	}
	for i, item := range list[1:] {
		if isString(item) {
			if _, err := urlOf(item); err != nil {
				return err
			}
		} else if !isObject(item) {
			return fmt.Errorf("%.60q is neither a URL nor an object", item)
		}
		if slices.ContainsFunc(list[:i+1], func(v []byte) bool { return bytes.Equal(v, item) }) {
			return fmt.Errorf("%.60q is listed twice", item)
		}
	}
	return nil
}

// member reads one member. The values that make a credential not Plain say so.
func (r *reading) member(m member) (err error) {
	v := m.value
	switch string(m.name) {
	case `"@context"`, `"proof"`:
	case `"id"`:
		r.ID, err = urlOf(v) // 2c
	case `"type"`:
		r.Plain = r.Plain && isArray(v)
		if r.Type, err = types(v); err == nil && !slices.Contains(r.Type, TypeCredential) { // 2b
			err = fmt.Errorf("%s is not among them", TypeCredential)
		}
	case `"issuer"`:
		r.Plain = r.Plain && isString(v)
		r.Issuer, err = party(v, r.open) // 2c
	case `"credentialSubject"`:
		r.Plain = r.Plain && isObject(v)
		r.Subject, err = v, subjects(v) // 2d
	case `"validFrom"`:
		err = r.begin(v, Version2) // 2e
	case `"validUntil"`:
		err = r.end(v, Version2)
	case `"issuanceDate"`:
		err = r.begin(v, Version1)
	case `"expirationDate"`:
		err = r.end(v, Version1)
	case `"credentialStatus"`:
		err = r.status(v)
	default:
		r.Plain = false
		err = r.optional(string(m.name), v)
	}
	return err
}

// optional reads the members that a credential of ours never has.
func (r *reading) optional(name string, v []byte) (err error) {
	switch name {
	case `"name"`, `"description"`:
		return checkName(v) // 2g
	case `"credentialSchema"`:
		return entries(v, true, r.schema)
	case `"relatedResource"`:
		r.resources, err = resources(v) // 2h
		return err
	case `"refreshService"`:
		err = entries(v, r.Version == Version1, nil)
		return err
	case `"termsOfUse"`, `"evidence"`, `"confidenceMethod"`, `"renderMethod"`:
		err = entries(v, false, nil)
		return err
	}
	if !r.open { // 2i
		return fmt.Errorf("this member is not known and no vocabulary defines it")
	}
	r.foreign = true
	return checkTerm([]byte(name)) // 2i
}

func (r *reading) begin(v []byte, of Version) error {
	i, err := r.time(v, of)
	if err == nil {
		t := i.ceil()
		r.from, r.ValidFrom = &i, &t
	}
	return err
}

func (r *reading) end(v []byte, of Version) error {
	i, err := r.time(v, of)
	if err == nil {
		t := i.floor()
		r.until, r.ValidUntil = &i, &t
	}
	return err
}

func (r *reading) time(v []byte, of Version) (instant, error) {
	if r.Version != of {
		return instant{}, fmt.Errorf("this is a member of version %s, the context is that of %s", of, r.Version)
	}
	s, err := text(v)
	if err != nil {
		return instant{}, err
	}
	i, err := parseInstant(s)
	r.Plain = r.Plain && i.plain
	return i, err
}

// status reads credentialStatus. An entry of a type that is not understood is
// kept by its id and type, for rule 9 to refuse.
func (r *reading) status(v []byte) error {
	return entries(v, r.Version == Version1, func(id string, types []string, ms []member, object []byte) error {
		var e StatusEntry
		switch {
		case !slices.Contains(types, TypeStatusEntry):
			e = StatusEntry{ID: id, Type: types[0]}
		case e.plain(ms):
			if err := e.Check(); err != nil {
				return err
			}
		default:
			e = StatusEntry{}
			if err := e.read(object); err != nil {
				return err
			}
		}
		if len(r.Status) == maxStatusEntries {
			return fmt.Errorf("there are more than %d", maxStatusEntries)
		}
		r.Status = append(r.Status, e)
		return nil
	})
}

func (r *reading) schema(id string, types []string, ms []member, _ []byte) (err error) {
	s := Schema{ID: id, Type: types}
	for _, m := range ms {
		if s.digests, err = appendDigests(s.digests, m); err != nil {
			return err
		}
	}
	r.Schemas = append(r.Schemas, s)
	return nil
}

// entries reads one or more objects with a type and, if it is there or wanted,
// an id (2f), and calls fn for each.
func entries(v []byte, wantID bool, fn func(id string, types []string, ms []member, object []byte) error) error {
	list, err := items(v)
	if err != nil {
		return err
	}
	for _, item := range list {
		ms, err := members(item)
		if err != nil {
			return err
		}
		kinds, err := types(find(ms, "type"))
		if err != nil {
			return err
		}
		id := ""
		if raw := find(ms, "id"); raw != nil || wantID {
			if id, err = urlOf(raw); err != nil {
				return fmt.Errorf("id: %w", err)
			}
		}
		if fn != nil {
			if err := fn(id, kinds, ms, item); err != nil {
				return err
			}
		}
	}
	return nil
}

// party reads an issuer or holder: a URL, or an object with one as its id.
func party(v []byte, open bool) (string, error) {
	if !isObject(v) {
		return urlOf(v)
	}
	ms, err := members(v)
	if err != nil {
		return "", err
	}
	for _, m := range ms {
		switch string(m.name) {
		case `"id"`:
		case `"type"`:
			_, err = types(m.value)
		case `"name"`, `"description"`:
			err = checkName(m.value)
		default:
			if err = checkTerm(m.name); !open {
				err = fmt.Errorf("this member is not known and no vocabulary defines it")
			}
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", bytes.Trim(m.name, `"`), err)
		}
	}
	return urlOf(find(ms, "id"))
}

// subjects checks credentialSubject (2d).
func subjects(v []byte) error {
	list, err := items(v)
	if err != nil {
		return err
	}
	for _, item := range list {
		ms, err := members(item)
		if err != nil || len(ms) == 0 {
			return fmt.Errorf("a subject is an object with at least one member, not %.40q", item)
		}
		if id := find(ms, "id"); id != nil {
			if _, err := urlOf(id); err != nil {
				return fmt.Errorf("id: %w", err)
			}
		}
	}
	return nil
}
