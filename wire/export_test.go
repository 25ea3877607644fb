package wire

// MarshalAny is Marshal through the JSON engine, which the encoder must equal.
func MarshalAny(v any) ([]byte, error) { return marshalAny(v) }

// Planned reports whether the encoder wrote v itself.
func Planned(v any) bool { _, err := encode(v); return err == nil }

// CanonicalQuick is the one-pass check.
func CanonicalQuick(doc []byte, depth int) bool { return canonicalQuick(doc, depth) }
