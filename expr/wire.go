package expr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/flowc-dev/flowc/types"
)

// A Code on the wire is a JSON list: the operation, then its operands.
//
//	["ref", 0]
//	["nil"]  ["bool", true]  ["int", "5"]  ["float", 0.5]  ["string", "a"]
//	["const", "list<int>", [1,2]]
//	["field", X, "lr"]   ["call", "len", X]   ["as", "float?", X]   ["matches", X, "^a"]
//	["+", X, Y]   ["if", C, X, Y]   ["item"]
//
// An int is text, since many JSON readers round numbers. A predicate of
// filter, map and the like is its last operand; ["item"] in it is the element.

// MarshalJSON writes the canonical form: no white space, one way to write each Code.
func (c Code) MarshalJSON() ([]byte, error) {
	if c.n == nil {
		return []byte("null"), nil
	}
	return c.n.append(nil)
}

func (n *node) append(b []byte) (_ []byte, err error) {
	switch n.op {
	case OpRef:
		return fmt.Appendf(b, `["ref",%d]`, n.index), nil
	case OpConst:
		return n.appendConst(b)
	}
	b = appendText(append(b, '['), string(n.op))
	switch n.op {
	case OpCall:
		b = appendText(append(b, ','), n.name)
	case OpAs:
		b = appendText(append(b, ','), types.Encode(n.typ))
	}
	for _, a := range n.args {
		if b, err = a.append(append(b, ',')); err != nil {
			return nil, err
		}
	}
	switch n.op {
	case OpField, OpTryField, OpMatches:
		b = appendText(append(b, ','), n.name)
	}
	return append(b, ']'), nil
}

func (n *node) appendConst(b []byte) ([]byte, error) {
	value, err := types.MarshalValue(n.typ, n.value)
	if err != nil {
		return nil, err
	}
	switch n.typ {
	case types.Nil:
		return append(b, `["nil"]`...), nil
	case types.Bool:
		return fmt.Appendf(b, `["bool",%s]`, value), nil
	case types.Int:
		return fmt.Appendf(b, `["int","%s"]`, value), nil
	case types.Float:
		return fmt.Appendf(b, `["float",%s]`, value), nil
	case types.String:
		return fmt.Appendf(b, `["string",%s]`, value), nil
	}
	b = appendText(append(b, `["const",`...), types.Encode(n.typ))
	return append(append(append(b, ','), value...), ']'), nil
}

func appendText(b []byte, s string) []byte {
	text, err := types.MarshalValue(types.String, s)
	if err != nil { // not UTF-8; check refuses such text
		text = []byte(`"\ufffd"`)
	}
	return append(b, text...)
}

// UnmarshalJSON reads what MarshalJSON writes, and refuses anything else:
// unknown operations and functions, wrong numbers of operands, constants that are
// not of their type, anything beyond the limits. How the JSON itself is
// written (white space, escapes) does not matter.
func (c *Code) UnmarshalJSON(data []byte) error {
	if len(data) > 16<<20 {
		return errors.New("expression: too large")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	d := decoder{dec: dec}
	out, err := d.code()
	if err != nil {
		return fmt.Errorf("expression: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("expression: something follows it")
	}
	*c = out
	return nil
}

type decoder struct {
	dec   *json.Decoder
	depth int
	nodes int
}

var (
	errDeep  = fmt.Errorf("nests deeper than %d operations", MaxDepth)
	errLarge = fmt.Errorf("has more than %d operations", MaxNodes)
)

// code reads one operation, with its brackets.
func (d *decoder) code() (Code, error) {
	if tok, err := d.dec.Token(); err != nil {
		return Code{}, err
	} else if tok != json.Delim('[') {
		return Code{}, errors.New("an operation must be a list")
	}
	return d.rest()
}

// rest reads an operation after its opening bracket.
func (d *decoder) rest() (Code, error) {
	if d.nodes++; d.nodes > MaxNodes {
		return Code{}, errLarge
	}
	if d.depth++; d.depth > MaxDepth {
		return Code{}, errDeep
	}
	defer func() { d.depth-- }()
	name, err := d.text()
	if err != nil {
		return Code{}, err
	}
	c, err := d.operation(Op(name))
	if err != nil {
		return Code{}, err
	}
	if tok, err := d.dec.Token(); err != nil {
		return Code{}, err
	} else if tok != json.Delim(']') {
		return Code{}, fmt.Errorf("%q has too many operands", name)
	}
	return c, nil
}

func (d *decoder) operation(op Op) (Code, error) {
	switch op {
	case "nil":
		return Const(types.Nil, nil), nil
	case "bool":
		return d.constant(types.Bool)
	case "float":
		return d.constant(types.Float)
	case "string":
		return d.constant(types.String)
	case "int":
		text, err := d.text()
		if err != nil {
			return Code{}, err
		}
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(i, 10) != text {
			return Code{}, fmt.Errorf("bad int %q", text)
		}
		return Const(types.Int, i), nil
	case OpConst:
		t, err := d.typ()
		if err != nil {
			return Code{}, err
		}
		switch t {
		case types.Nil, types.Bool, types.Int, types.Float, types.String:
			return Code{}, fmt.Errorf("a constant of type %v has a form of its own", t)
		}
		return d.constant(t)
	case OpRef:
		tok, err := d.dec.Token()
		if err != nil {
			return Code{}, err
		}
		num, _ := tok.(json.Number)
		i, err := strconv.Atoi(num.String())
		if err != nil || i < 0 || i > MaxRef || strconv.Itoa(i) != num.String() {
			return Code{}, fmt.Errorf("bad reference %v", tok)
		}
		return Ref(i), nil
	case OpField, OpTryField, OpMatches:
		x, err := d.code()
		if err != nil {
			return Code{}, err
		}
		name, err := d.text()
		if err != nil {
			return Code{}, err
		}
		if op == OpMatches {
			return Matches(x, name)
		}
		return Field(x, name, op == OpTryField), nil
	case OpAs:
		t, err := d.typ()
		if err != nil {
			return Code{}, err
		}
		x, err := d.code()
		return As(t, x), err
	case OpCall:
		name, err := d.text()
		if err != nil {
			return Code{}, err
		}
		f := FunctionNamed(name)
		if f == nil {
			return Code{}, fmt.Errorf("unknown function %q", name)
		}
		args, err := d.args()
		if err != nil {
			return Code{}, err
		}
		if len(args) < f.MinArgs || f.MaxArgs >= 0 && len(args) > f.MaxArgs {
			return Code{}, fmt.Errorf("%s with %d operands", name, len(args))
		}
		return Call(f, args...), nil
	}
	n, ok := arity[op]
	if !ok && op != OpList {
		return Code{}, fmt.Errorf("unknown operation %q", op)
	}
	args, err := d.args()
	if err != nil {
		return Code{}, err
	}
	if ok && len(args) != n {
		return Code{}, fmt.Errorf("%q with %d operands", op, len(args))
	}
	return New(op, args...), nil
}

func (d *decoder) args() ([]Code, error) {
	var out []Code
	for d.dec.More() {
		c, err := d.code()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func (d *decoder) text() (string, error) {
	tok, err := d.dec.Token()
	if err != nil {
		return "", err
	}
	s, ok := tok.(string)
	if !ok {
		return "", fmt.Errorf("expected a string, found %v", tok)
	}
	return s, nil
}

func (d *decoder) typ() (types.Type, error) {
	text, err := d.text()
	if err != nil {
		return nil, err
	}
	return types.Decode(text)
}

func (d *decoder) constant(t types.Type) (Code, error) {
	var raw json.RawMessage
	if err := d.dec.Decode(&raw); err != nil {
		return Code{}, err
	}
	v, err := types.UnmarshalValue(t, raw)
	if err != nil {
		return Code{}, err
	}
	want, err := types.MarshalValue(t, v)
	if err != nil {
		return Code{}, err
	}
	// Whoever wrote the document may have indented it, or escaped more than needed.
	if got, err := types.Canonical(raw); err != nil || !bytes.Equal(got, want) {
		return Code{}, fmt.Errorf("a constant of type %v is not in its canonical form", t)
	}
	return Const(t, v), nil
}
