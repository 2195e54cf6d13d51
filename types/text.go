package types

import (
	"slices"
	"strings"
)

var basicNames = [...]string{
	Invalid: "invalid", Bool: "bool", Int: "int", Float: "float", String: "string",
	Date: "date", JSONType: "json", File: "file", Dir: "dir", Artifact: "artifact",
	Any: "any", Nil: "nil",
}

func (b Basic) String() string {
	if int(b) < len(basicNames) {
		return basicNames[b]
	}
	return "invalid"
}

func (t Enum) String() string     { return string(appendType(nil, t, false)) }
func (t List) String() string     { return string(appendType(nil, t, false)) }
func (t Map) String() string      { return string(appendType(nil, t, false)) }
func (t Record) String() string   { return string(appendType(nil, t, false)) }
func (t Optional) String() string { return string(appendType(nil, t, false)) }

// Encode is the canonical text of a type for programs; [Decode] is its inverse.
// Records are written out, with their name if they have one: the fields sorted
// by name, the values of an enum sorted. Equal types with equal names of
// records have equal text. Invalid has a text that Decode refuses.
func Encode(t Type) string { return string(appendType(nil, t, true)) }

func appendType(b []byte, t Type, canonical bool) []byte {
	switch t := t.(type) {
	case Enum:
		values := t.Values
		if canonical {
			values = slices.Sorted(slices.Values(values))
		}
		b = append(b, "enum<"...)
		for i, v := range values {
			if i > 0 {
				b = append(b, '|')
			}
			b = appendWord(b, v)
		}
		return append(b, '>')
	case List:
		b = append(b, "list<"...)
		b = appendType(b, t.Elem, canonical)
		return append(b, '>')
	case Map:
		b = append(b, "map<"...)
		b = appendType(b, t.Elem, canonical)
		return append(b, '>')
	case Record:
		if !canonical && t.Name != "" {
			return append(b, t.Name...)
		}
		fields := t.Fields
		if canonical {
			b = append(b, t.Name...)
			fields = sortedFields(fields)
		}
		b = append(b, '{')
		for i, f := range fields {
			if i > 0 {
				b = append(b, ", "...)
			}
			b = appendWord(b, f.Name)
			b = append(b, ": "...)
			b = appendType(b, f.Type, canonical)
		}
		return append(b, '}')
	case Optional:
		b = appendType(b, t.Elem, canonical)
		if b[len(b)-1] == '?' {
			return b
		}
		return append(b, '?')
	case Basic:
		return append(b, t.String()...)
	}
	return append(b, "invalid"...) // nil
}

// appendWord writes a word as it is and any other text as a JSON string.
func appendWord(b []byte, s string) []byte {
	if isWord(s) {
		return append(b, s...)
	}
	return appendString(b, s)
}

// isWord reports whether s can stand in a type without quotes.
func isWord(s string) bool {
	if s == "" {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) }) < 0
}

func wordRune(r rune) bool {
	return r == '_' || r == '.' || r == '-' || r == '+' ||
		'0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

func sortedFields(fields []Field) []Field {
	if slices.IsSortedFunc(fields, compareFields) {
		return fields
	}
	fields = slices.Clone(fields)
	slices.SortStableFunc(fields, compareFields)
	return fields
}

func compareFields(a, b Field) int { return strings.Compare(a.Name, b.Name) }
