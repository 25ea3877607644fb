package ld

import (
	"encoding/json"
	"fmt"
	"strings"
)

// maxScopes bounds how deep scoped contexts nest.
const maxScopes = 8

// checkContext checks the value of an @context member: the URL of an embedded
// context, an object, or an array of these. An object may
//
//	1 set @version 1.1, @protected, @vocab (an absolute IRI), @language and
//	  @direction, and no other keyword
//	2 define terms that are not keywords, not empty and not IRIs themselves
//	3 as an IRI; of the keywords only id as @id and type as @type, since a type
//	  that was signed could vanish under another alias
//	4 with @type, @language, @direction, @protected and @prefix, a container
//	  @set, @list, @language or @graph, and a scoped context of the same kind
//
// at most MaxTerms in all. Nothing may be set to null: what nullifies a term
// can only make a member disappear.
func (w *walker) checkContext(v any, depth int) error {
	if depth > maxScopes {
		return fmt.Errorf("%w: scoped contexts nest deeper than %d", ErrLimit, maxScopes)
	}
	switch v := v.(type) {
	case string:
		for _, e := range embedded {
			if e.url == v {
				return nil
			}
		}
		return unknownContext(v)
	case []any:
		if len(v) > MaxContexts {
			return fmt.Errorf("%w: more than %d contexts", ErrLimit, MaxContexts)
		}
		for _, e := range v {
			if _, nested := e.([]any); nested {
				return fmt.Errorf("%w: an array in an array", ErrContext)
			}
			if err := w.checkContext(e, depth); err != nil {
				return err
			}
		}
		return nil
	case map[string]any:
		for name, def := range v {
			if err := w.checkEntry(name, def, depth); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%w: it is neither a URL nor an object", ErrContext)
}

func (w *walker) checkEntry(name string, def any, depth int) error {
	ok := true
	switch name { // 1
	case "@version":
		n, isNumber := def.(json.Number)
		ok = isNumber && n == "1.1"
	case "@protected":
		_, ok = def.(bool)
	case "@vocab":
		iri, isText := def.(string)
		ok = isText && isVocabulary(iri)
	case "@language":
		tag, isText := def.(string)
		ok = isText && isLanguage(tag)
	case "@direction":
		ok = def == "ltr" || def == "rtl"
	default:
		return w.checkTerm(name, def, depth)
	}
	if !ok {
		return fmt.Errorf("%w: bad %s", ErrContext, name)
	}
	return nil
}

func (w *walker) checkTerm(name string, def any, depth int) error {
	if name == "" || name[0] == '@' || strings.ContainsAny(name, ":/") { // 2
		return fmt.Errorf("%w: it defines %.60q", ErrContext, name)
	}
	if w.terms++; w.terms > MaxTerms {
		return fmt.Errorf("%w: more than %d terms defined", ErrLimit, MaxTerms)
	}
	switch def := def.(type) {
	case string:
		if isTarget(name, def) { // 3
			return nil
		}
	case map[string]any:
		for key, v := range def {
			if err := w.checkProperty(name, key, v, depth); err != nil {
				return fmt.Errorf("%w, of term %.60q", err, name)
			}
		}
		return nil
	}
	return fmt.Errorf("%w: term %.60q is not defined as an IRI", ErrContext, name)
}

func (w *walker) checkProperty(name, key string, v any, depth int) error {
	text, isText := v.(string)
	ok := false
	switch key { // 4
	case "@id":
		ok = isText && isTarget(name, text) // 3
	case "@type":
		ok = isText && (text == "@id" || text == "@vocab" || text == "@json" || text == "@none" || text != "" && text[0] != '@')
	case "@language":
		ok = isText && isLanguage(text)
	case "@direction":
		ok = text == "ltr" || text == "rtl"
	case "@protected", "@prefix":
		_, ok = v.(bool)
	case "@container":
		ok = isContainer(v)
	case "@context":
		return w.checkContext(v, depth+1)
	}
	if !ok {
		return fmt.Errorf("%w: bad %.60q", ErrContext, key)
	}
	return nil
}

// isTarget reports whether a term may be defined as s: text that the processor
// expands to an IRI, or the keyword it is the usual alias of.
func isTarget(name, s string) bool {
	if s == "@id" || s == "@type" {
		return name == s[1:]
	}
	return s != "" && s[0] != '@'
}

func isContainer(v any) bool {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, e := range list {
		switch e {
		case "@set", "@list", "@language", "@graph":
		default:
			return false
		}
	}
	return len(list) > 0
}

// inlineNumbers turns the numbers of a checked context, which are versions,
// into what the processor compares them with.
func inlineNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = inlineNumbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = inlineNumbers(e)
		}
	case json.Number:
		f, _ := v.Float64()
		return f
	}
	return v
}
