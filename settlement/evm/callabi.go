package evm

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"strings"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/backbay-labs/chio-node/wire"
)

// Why a call is not made.
var (
	ErrFunction  = errors.New("not a function this node calls")
	ErrArguments = errors.New("arguments do not fit the function")
)

// The bounds of one call.
const (
	maxParameters = 16
	maxCallBytes  = 8 << 10 // of one bytes or string
	maxCallItems  = 64      // of one array
)

// Function is a function of a contract, as its operator wrote it down:
// name(type name, …), for a view also returns (type name, …). Types are those of
// the ABI and arrays of them; no tuples, no arrays of arrays.
type Function struct {
	Name    string
	inputs  abi.Arguments
	outputs abi.Arguments
	id      [4]byte
}

// EventType is an event of a contract: Name(type indexed name, …).
type EventType struct {
	Name   string
	inputs abi.Arguments
	topic  common.Hash
}

var (
	functionForm  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]{0,63})\(([^()]*)\)(?: returns ?\(([^()]*)\))?$`)
	parameterForm = regexp.MustCompile(`^([a-z0-9]{1,10})(\[[0-9]{0,3}\])?( indexed)?(?: ([A-Za-z_][A-Za-z0-9_]{0,63}))?$`)
)

// ParseFunction reads a signature. Every parameter has a name of its own.
func ParseFunction(text string) (*Function, error) {
	m := functionForm.FindStringSubmatch(text)
	if m == nil {
		return nil, fmt.Errorf("%w: %.200q; write name(type name, …)", ErrFunction, text)
	}
	f := &Function{Name: m[1]}
	var err error
	if f.inputs, err = parameters(m[2], false, true); err != nil {
		return nil, err
	}
	if f.outputs, err = parameters(m[3], false, false); err != nil {
		return nil, err
	}
	copy(f.id[:], crypto.Keccak256([]byte(canonical(f.Name, f.inputs))))
	return f, nil
}

// ParseEvent reads the signature of an event.
func ParseEvent(text string) (*EventType, error) {
	m := functionForm.FindStringSubmatch(text)
	if m == nil || m[3] != "" {
		return nil, fmt.Errorf("%w: event %.200q; write Name(type indexed name, …)", ErrFunction, text)
	}
	inputs, err := parameters(m[2], true, true)
	if err != nil {
		return nil, err
	}
	e := &EventType{Name: m[1], inputs: inputs}
	e.topic = crypto.Keccak256Hash([]byte(canonical(e.Name, inputs)))
	return e, nil
}

func canonical(name string, args abi.Arguments) string {
	kinds := make([]string, len(args))
	for i := range args {
		kinds[i] = args[i].Type.String()
	}
	return name + "(" + strings.Join(kinds, ",") + ")"
}

func parameters(text string, indexed, named bool) (abi.Arguments, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > maxParameters {
		return nil, fmt.Errorf("%w: %d parameters, limit %d", ErrFunction, len(parts), maxParameters)
	}
	seen := map[string]bool{}
	out := make(abi.Arguments, 0, len(parts))
	for i, part := range parts {
		m := parameterForm.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil || m[3] != "" && !indexed {
			return nil, fmt.Errorf("%w: parameter %.80q; write a type and a name", ErrFunction, part)
		}
		name := m[4]
		if name == "" && !named {
			name = fmt.Sprintf("out%d", i)
		}
		if name == "" || seen[name] {
			return nil, fmt.Errorf("%w: parameter %.80q has no name of its own", ErrFunction, part)
		}
		seen[name] = true
		kind := m[1]
		if kind == "uint" || kind == "int" {
			kind += "256"
		}
		t, err := abi.NewType(kind+m[2], "", nil)
		if err != nil || !callable(&t) {
			return nil, fmt.Errorf("%w: type %.40q", ErrFunction, m[1]+m[2])
		}
		out = append(out, abi.Argument{Name: name, Type: t, Indexed: m[3] != ""})
	}
	return out, nil
}

func callable(t *abi.Type) bool {
	switch t.T {
	case abi.UintTy, abi.IntTy:
		return t.Size > 0 && t.Size <= 256 && t.Size%8 == 0
	case abi.FixedBytesTy:
		return t.Size > 0 && t.Size <= 32
	case abi.BoolTy, abi.AddressTy, abi.BytesTy, abi.StringTy:
		return true
	case abi.SliceTy:
		return t.Elem.T != abi.SliceTy && t.Elem.T != abi.ArrayTy && callable(t.Elem)
	case abi.ArrayTy:
		return t.Size > 0 && t.Size <= maxCallItems && t.Elem.T != abi.SliceTy && t.Elem.T != abi.ArrayTy && callable(t.Elem)
	}
	return false
}

// Has reports whether a parameter of that name is an unsigned integer, as an
// amount is.
func (f *Function) Has(name string) bool {
	for i := range f.inputs {
		if f.inputs[i].Name == name {
			return f.inputs[i].Type.T == abi.UintTy
		}
	}
	return false
}

// Schema is the JSON schema of the arguments.
func (f *Function) Schema() wire.Raw {
	properties, required := map[string]any{}, []string{}
	for i := range f.inputs {
		properties[f.inputs[i].Name] = schemaOf(&f.inputs[i].Type)
		required = append(required, f.inputs[i].Name)
	}
	return wire.MustMarshal(map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

func schemaOf(t *abi.Type) map[string]any {
	switch t.T {
	case abi.UintTy, abi.IntTy:
		least, digits := int64(0), "^(0|[1-9][0-9]{0,77})$"
		if t.T == abi.IntTy {
			least, digits = -wire.MaxUnits, "^(0|-?[1-9][0-9]{0,77})$"
		}
		return map[string]any{"description": t.String(), "anyOf": []any{
			map[string]any{"type": "integer", "minimum": least, "maximum": int64(wire.MaxUnits)}, map[string]any{"type": "string", "pattern": digits}}}
	case abi.AddressTy:
		return map[string]any{"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}
	case abi.BoolTy:
		return map[string]any{"type": "boolean"}
	case abi.BytesTy:
		return map[string]any{"type": "string", "pattern": "^0x([0-9a-f]{2})*$", "maxLength": 2 + 2*maxCallBytes}
	case abi.FixedBytesTy:
		return map[string]any{"type": "string", "pattern": fmt.Sprintf("^0x[0-9a-f]{%d}$", 2*t.Size)}
	case abi.StringTy:
		return map[string]any{"type": "string", "maxLength": maxCallBytes}
	case abi.ArrayTy:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem), "minItems": t.Size, "maxItems": t.Size}
	default:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem), "maxItems": maxCallItems}
	}
}

// Encode makes the calldata of an object with exactly the parameters:
//
//	1 every parameter is there, and nothing else
//	2 integers are JSON integers up to 2^53-1 or decimal text, within their type
//	3 addresses have a right checksum or are lower case; bytes are 0x and lower hex
//	4 arrays, texts and bytes are bounded
func (f *Function) Encode(args wire.Raw) ([]byte, error) {
	members, err := f.members(args)
	if err != nil {
		return nil, err
	}
	values := make([]any, len(f.inputs))
	for i := range f.inputs {
		v, err := valueOf(&f.inputs[i].Type, members[f.inputs[i].Name])
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrArguments, f.inputs[i].Name, err)
		}
		values[i] = v.Interface()
	}
	packed, err := f.inputs.Pack(values...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArguments, err)
	}
	return append(f.id[:], packed...), nil
}

func (f *Function) members(args wire.Raw) (map[string]wire.Raw, error) {
	var members map[string]wire.Raw
	if err := wire.Unmarshal(args, &members, wire.ForeignLimits); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArguments, err)
	}
	for i := range f.inputs { // 1
		if _, ok := members[f.inputs[i].Name]; !ok {
			return nil, fmt.Errorf("%w: %s is missing", ErrArguments, f.inputs[i].Name)
		}
	}
	if len(members) != len(f.inputs) { // 1
		return nil, fmt.Errorf("%w: %d given, %s has %d", ErrArguments, len(members), f.Name, len(f.inputs))
	}
	return members, nil
}

// Amount is what the named argument says, in minor units.
func (f *Function) Amount(name string, args wire.Raw) (uint64, error) {
	members, err := f.members(args)
	if err != nil {
		return 0, err
	}
	n, err := integerOf(members[name])
	if err != nil {
		return 0, fmt.Errorf("%w: %s: %w", ErrArguments, name, err)
	}
	if n.Sign() < 0 || !n.IsUint64() || n.Uint64() > wire.MaxUnits {
		return 0, fmt.Errorf("%w: %s: %s is not an amount", ErrArguments, name, n)
	}
	return n.Uint64(), nil
}

var integerForm = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,77})$`)

func integerOf(raw wire.Raw) (*big.Int, error) {
	text, quoted := string(raw), len(raw) > 0 && raw[0] == '"'
	if quoted {
		if err := wire.Unmarshal(raw, &text, wire.ForeignLimits); err != nil {
			return nil, err
		}
	}
	if !integerForm.MatchString(text) {
		return nil, fmt.Errorf("%.40q is not an integer", text)
	}
	n, _ := new(big.Int).SetString(text, 10) // the form is that of a number
	if !quoted && (!n.IsInt64() || new(big.Int).Abs(n).Uint64() > wire.MaxUnits) {
		return nil, fmt.Errorf("%s is above 2^53-1; write it as text", text)
	}
	return n, nil
}

// valueOf is an argument in the Go type that the ABI packs.
func valueOf(t *abi.Type, raw wire.Raw) (reflect.Value, error) {
	switch t.T {
	case abi.UintTy, abi.IntTy:
		return integerValue(t, raw)
	case abi.BoolTy:
		var b bool
		err := wire.Unmarshal(raw, &b, wire.ForeignLimits)
		if string(raw) != "true" && string(raw) != "false" {
			err = errors.New("want true or false")
		}
		return reflect.ValueOf(b), err
	case abi.SliceTy, abi.ArrayTy:
		return arrayValue(t, raw)
	}
	if len(raw) == 0 || raw[0] != '"' {
		return reflect.Value{}, errors.New("want a text")
	}
	var text string
	if err := wire.Unmarshal(raw, &text, wire.ForeignLimits); err != nil {
		return reflect.Value{}, err
	}
	switch t.T {
	case abi.StringTy:
		if len(text) > maxCallBytes { // 4
			return reflect.Value{}, fmt.Errorf("%d bytes, limit %d", len(text), maxCallBytes)
		}
		return reflect.ValueOf(text), nil
	case abi.AddressTy:
		a, err := ParseAddress(text) // 3
		return reflect.ValueOf(common.Address(a)), err
	}
	b, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	switch {
	case err != nil || text != "0x"+hex.EncodeToString(b): // 3
		return reflect.Value{}, errors.New("want 0x and lowercase hex")
	case t.T == abi.FixedBytesTy && len(b) != t.Size || len(b) > maxCallBytes: // 4
		return reflect.Value{}, fmt.Errorf("%d bytes do not fit %s", len(b), t)
	case t.T == abi.FixedBytesTy:
		v := reflect.New(t.GetType()).Elem()
		reflect.Copy(v, reflect.ValueOf(b))
		return v, nil
	}
	return reflect.ValueOf(b), nil
}

func integerValue(t *abi.Type, raw wire.Raw) (reflect.Value, error) {
	n, err := integerOf(raw)
	if err != nil {
		return reflect.Value{}, err
	}
	low, high := new(big.Int), new(big.Int).Lsh(big.NewInt(1), uint(t.Size))
	if t.T == abi.IntTy {
		high.Rsh(high, 1)
		low.Neg(high)
	}
	if n.Cmp(low) < 0 || n.Cmp(high) >= 0 { // 2
		return reflect.Value{}, fmt.Errorf("%s does not fit %s", n, t)
	}
	native := t.GetType()
	if native == reflect.TypeFor[*big.Int]() {
		return reflect.ValueOf(n), nil
	}
	if t.T == abi.UintTy {
		return reflect.ValueOf(n.Uint64()).Convert(native), nil
	}
	return reflect.ValueOf(n.Int64()).Convert(native), nil
}

func arrayValue(t *abi.Type, raw wire.Raw) (reflect.Value, error) {
	if len(raw) == 0 || raw[0] != '[' {
		return reflect.Value{}, errors.New("want an array")
	}
	var items []wire.Raw
	if err := wire.Unmarshal(raw, &items, wire.ForeignLimits); err != nil {
		return reflect.Value{}, err
	}
	if len(items) > maxCallItems || t.T == abi.ArrayTy && len(items) != t.Size { // 4
		return reflect.Value{}, fmt.Errorf("%d items do not fit %s, limit %d", len(items), t, maxCallItems)
	}
	v := reflect.New(t.GetType()).Elem()
	if t.T == abi.SliceTy {
		v.Set(reflect.MakeSlice(t.GetType(), len(items), len(items)))
	}
	for i, item := range items {
		e, err := valueOf(t.Elem, item)
		if err != nil {
			return reflect.Value{}, fmt.Errorf("item %d: %w", i, err)
		}
		v.Index(i).Set(e)
	}
	return v, nil
}

// Decode reads what a view returned: integers as decimal text, addresses and
// bytes as lowercase hex.
func (f *Function) Decode(data []byte) (map[string]any, error) {
	values, err := f.outputs.Unpack(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s answers in another form: %w", ErrWrongContract, f.Name, err)
	}
	out := make(map[string]any, len(values))
	for i, v := range values {
		out[f.outputs[i].Name] = plain(reflect.ValueOf(v))
	}
	return out, nil
}

// decode reads one log; false if it is of another event.
func (e *EventType) decode(l *types.Log) (map[string]any, bool) {
	if len(l.Topics) == 0 || l.Topics[0] != e.topic {
		return nil, false
	}
	values := map[string]any{}
	var indexed abi.Arguments
	for i := range e.inputs {
		if e.inputs[i].Indexed {
			indexed = append(indexed, e.inputs[i])
		}
	}
	if e.inputs.NonIndexed().UnpackIntoMap(values, l.Data) != nil && len(e.inputs.NonIndexed()) > 0 {
		return nil, false
	}
	if abi.ParseTopicsIntoMap(values, indexed, l.Topics[1:]) != nil {
		return nil, false
	}
	for name, v := range values {
		values[name] = plain(reflect.ValueOf(v))
	}
	return values, true
}

// plain is a decoded value as JSON holds it exactly.
func plain(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case *big.Int:
		return x.String()
	case common.Address:
		return Address(x).String()
	case common.Hash:
		return "0x" + hex.EncodeToString(x[:])
	case []byte:
		return "0x" + hex.EncodeToString(x)
	case string:
		return strings.ToValidUTF8(x, "\uFFFD")
	case bool:
		return x
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Array {
			b := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(b), v)
			return "0x" + hex.EncodeToString(b)
		}
		out := make([]any, v.Len())
		for i := range out {
			out[i] = plain(v.Index(i))
		}
		return out
	}
	return fmt.Sprint(v.Interface()) // an integer of up to 64 bits
}
