package contract

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// lineWidth is the width in bytes up to which a list or object stays on one line.
const lineWidth = 100

// Canonical returns the canonical bytes of a document: fields in the order of
// their declaration, map keys sorted, nothing escaped that JSON does not ask
// for, lines broken only where a value does not fit, a final newline. Equal
// documents have equal bytes.
func Canonical(doc any) ([]byte, error) {
	var flat bytes.Buffer
	enc := json.NewEncoder(&flat)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	dec := json.NewDecoder(&flat)
	dec.UseNumber()
	var out bytes.Buffer
	l := layout{out: &out}
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return nil, err
	}
	l.value(raw, 0, 0)
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// Digest returns the hex sha256 of canonical bytes.
func Digest(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// layout prints compact JSON anew with line breaks.
type layout struct{ out *bytes.Buffer }

// value prints v, of which the first line starts at column used.
func (l layout) value(v []byte, indent, used int) {
	if len(v) == 0 || v[0] != '{' && v[0] != '[' || used+len(v) <= lineWidth {
		l.out.Write(v)
		return
	}
	open, end := v[0], v[len(v)-1]
	l.out.WriteByte(open)
	for i, part := range split(v[1 : len(v)-1]) {
		if i > 0 {
			l.out.WriteByte(',')
		}
		l.out.WriteByte('\n')
		l.out.WriteString(strings.Repeat("  ", indent+1))
		at := 2 * (indent + 1)
		if open == '{' {
			k := stringEnd(part)
			l.out.Write(part[:k+1])
			l.out.WriteByte(' ')
			at += k + 2
			part = part[k+1:]
		}
		l.value(part, indent+1, at)
	}
	l.out.WriteByte('\n')
	l.out.WriteString(strings.Repeat("  ", indent))
	l.out.WriteByte(end)
}

// split cuts the inside of a compact list or object at its own commas.
func split(v []byte) [][]byte {
	var parts [][]byte
	depth, start := 0, 0
	for i := 0; i < len(v); i++ {
		switch v[i] {
		case '"':
			i += stringEnd(v[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, v[start:i])
				start = i + 1
			}
		}
	}
	if start < len(v) {
		parts = append(parts, v[start:])
	}
	return parts
}

// stringEnd returns the offset behind the JSON string that v starts with.
func stringEnd(v []byte) int {
	for i := 1; i < len(v); i++ {
		switch v[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(v)
}
