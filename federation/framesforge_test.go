package federation

import (
	"encoding/base64"

	"github.com/backbay-labs/chio-node/kernel/capability"
	"github.com/backbay-labs/chio-node/kernel/receipt"
	"github.com/backbay-labs/chio-node/wire"
)

// forge is a frame after a has signed again whatever in it is said to be by a's
// keys: a changed member is then a lie, and no broken signature. Whoever has
// all keys of an organisation can do no more.
func (w *framesWorld) forge(doc []byte) []byte {
	var v any
	if wire.UnmarshalLenient(doc, &v, frameLimits) != nil {
		return doc
	}
	if m, ok := v.(map[string]any); ok {
		w.bindArguments(m)
	}
	out, err := wire.Marshal(w.forgeValue(v))
	if err != nil {
		return doc
	}
	return out
}

// bindArguments has continuation and proof name the arguments that came along.
func (w *framesWorld) bindArguments(frame map[string]any) {
	args, err := wire.Marshal(frame["arguments"])
	if err != nil || frame["arguments"] == nil {
		return
	}
	for _, name := range []string{"continuation", "proof"} {
		env, _ := frame[name].(map[string]any)
		if body, ok := env["body"].(map[string]any); ok {
			body["args_sha256"] = wire.Hash(args).String()
		}
	}
}

func (w *framesWorld) forgeValue(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = w.forgeValue(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = w.forgeValue(v[name])
		}
		return w.forgeObject(v)
	}
	return v
}

// forgeObject signs an object again if it is of a signed kind.
func (w *framesWorld) forgeObject(m map[string]any) any {
	doc, err := wire.Marshal(m)
	if err != nil {
		return m
	}
	switch {
	case m["body"] != nil && m["signatures"] != nil:
		return w.forgeEnvelope(m)
	case m["scope"] != nil && m["signature"] != nil:
		var tok capability.Token
		if wire.UnmarshalCanonical(doc, &tok, frameLimits) != nil {
			return m
		}
		if k := w.keyOfA(tok.Issuer.String()); k != nil {
			if again, err := capability.Sign(tok, k); err == nil {
				return again
			}
		}
	case m["kernel_key"] != nil && m["signature"] != nil:
		r, err := receipt.Parse(doc)
		if err != nil {
			return m
		}
		if k := w.keyOfA(r.KernelKey.String()); k != nil {
			if again, err := receipt.Sign(r, k); err == nil {
				return wire.Raw(again)
			}
		}
	case m["payload"] != nil && m["payloadType"] != nil:
		text, _ := m["payload"].(string)
		if payload, err := base64.StdEncoding.DecodeString(text); err == nil {
			d := newDSSE(payload)
			if d.sign(payload, w.a.kernel) == nil {
				return d
			}
		}
	}
	return m
}

func (w *framesWorld) forgeEnvelope(m map[string]any) any {
	body, err := wire.Marshal(m["body"])
	list, ok := m["signatures"].([]any)
	if err != nil || !ok {
		return m
	}
	schema := ""
	if b, ok := m["body"].(map[string]any); ok {
		schema, _ = b["schema"].(string)
	}
	for _, s := range list {
		sig, _ := s.(map[string]any)
		name, _ := sig["key"].(string)
		if k := w.keyOfA(name); k != nil {
			if made, err := k.Sign(wire.SigningInput(schema, body)); err == nil {
				sig["signature"] = made.String()
			}
		}
	}
	return m
}

// keyOfA is the key of a with that public half, or nil.
func (w *framesWorld) keyOfA(public string) *wire.Key {
	for _, k := range []*wire.Key{w.a.org.org, w.a.kernel, w.a.transport, w.a.agent} {
		if k.Public().String() == public {
			return k
		}
	}
	return nil
}
