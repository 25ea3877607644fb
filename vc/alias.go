package vc

import (
	"fmt"
	"strings"
)

// reserved are the vocabularies of the data model and of proofs.
var reserved = [...]string{"https://www.w3.org/2018/credentials#", "https://w3id.org/security#"}

// checkTerm refuses the name of a member that only a vocabulary knows if it
// could be another name of one that is known here. The suites over RDF sign
// what a name means and not how it is written: validUntil under another name
// would still be signed, and no longer be seen. So a name is a plain term,
// neither a keyword nor an IRI, compact or not.
func checkTerm(quoted []byte) error {
	if name := string(quoted); strings.HasPrefix(name, `"@`) || strings.ContainsAny(name, `:\`) {
		return fmt.Errorf("a member that is not of the data model has a plain term as its name")
	}
	return nil
}

// checkAliases refuses contexts, written into a document with such members,
// from whose texts a term of a reserved vocabulary could be put together: one
// that begins like its IRIs, or with which they begin.
func checkAliases(context []byte) error {
	list, err := items(context)
	if err != nil {
		return err
	}
	for _, c := range list {
		for i := 0; isObject(c) && i < len(c); i++ {
			if c[i] != '"' {
				continue
			}
			end := quoteEnd(c, i+1)
			s, _ := text(c[i : end+1])
			for _, ns := range reserved {
				if s != "" && (strings.HasPrefix(s, ns) || strings.HasPrefix(ns, s)) {
					return fmt.Errorf("%.60q gives a term of the data model another name", s)
				}
			}
			i = end
		}
	}
	return nil
}
