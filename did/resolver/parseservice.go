package resolver

import (
	"fmt"

	"github.com/backbay-labs/chio-node/wire"
)

type rawService struct {
	ID       string   `json:"id"`
	Type     texts    `json:"type"`
	Endpoint wire.Raw `json:"serviceEndpoint"`
}

func (p *parser) services(list []wire.Raw) error {
	if len(list) > maxList { // 1
		return fmt.Errorf("more than %d services", maxList)
	}
	for _, doc := range list {
		var raw rawService
		if err := wire.UnmarshalLenient(doc, &raw, DocumentLimits); err != nil { // 1
			return fmt.Errorf("service: %w", err)
		}
		id, err := p.own(raw.ID) // 5
		if err != nil {
			return fmt.Errorf("service %.140q: %w", raw.ID, err)
		}
		ends, err := endpoints(raw.Endpoint)
		if err != nil { // 8
			return fmt.Errorf("service %s: %w", id, err)
		}
		if len(raw.Type) == 0 || len(raw.Type) > maxList || raw.Type[0] == "" { // 8
			return fmt.Errorf("service %s has no type", id)
		}
		p.doc.Services = append(p.doc.Services, Service{ID: id, Types: raw.Type, Endpoints: ends, JSON: doc})
	}
	return nil
}

// endpoints reads a URI, an object, or a list of them.
func endpoints(raw wire.Raw) ([]string, error) {
	list := []wire.Raw{raw}
	if raw.Kind() == '[' {
		if err := wire.Unmarshal(raw, &list, DocumentLimits); err != nil {
			return nil, err
		}
	}
	if len(list) == 0 || len(list) > maxList {
		return nil, fmt.Errorf("it has %d endpoints", len(list))
	}
	var uris []string
	for _, e := range list {
		if e.Kind() == '{' {
			continue
		}
		var uri string
		if err := wire.Unmarshal(e, &uri, DocumentLimits); err != nil {
			return nil, fmt.Errorf("an endpoint is neither a URI nor an object: %w", err)
		}
		if !isURI(uri) {
			return nil, fmt.Errorf("endpoint %.140q is not a URI", uri)
		}
		uris = append(uris, uri)
	}
	return uris, nil
}
