package types

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MarshalValue is the canonical JSON of v as a value of type t: no white space,
// keys sorted by their bytes, no escapes but the needed ones. An int has all
// its digits; a float is the shortest text that reads back as it and always has
// a fraction or an exponent, NaN and infinities are the strings "NaN",
// "Infinity" and "-Infinity"; json is its own text; nil is null, also in the
// fields of a record; a blob is {"blob": DIGEST, "ext": EXT, "size": BYTES},
// without ext where there is none.
//
// A value that is none of t is a [*ValueError] that names the part. An int64
// is accepted for a float.
func MarshalValue(t Type, v any) ([]byte, error) {
	b, err := appendValue(nil, t, v)
	if err != nil {
		return nil, err
	}
	return b, nil
}

func appendValue(b []byte, t Type, v any) ([]byte, *ValueError) {
	bad := func() ([]byte, *ValueError) {
		return b, &ValueError{Message: fmt.Sprintf("%s is not %v", Describe(v), t)}
	}
	switch t := t.(type) {
	case Optional:
		if v == nil {
			return append(b, "null"...), nil
		}
		return appendValue(b, t.Elem, v)
	case List:
		list, ok := v.([]any)
		if !ok {
			return bad()
		}
		return appendList(b, t.Elem, list)
	case Map:
		m, ok := v.(map[string]any)
		if !ok {
			return bad()
		}
		return appendMap(b, t.Elem, m)
	case Record:
		m, ok := v.(map[string]any)
		if !ok {
			return bad()
		}
		return appendRecord(b, t, m)
	case Enum:
		s, ok := v.(string)
		if !ok || !slices.Contains(t.Values, s) {
			return bad()
		}
		return appendString(b, s), nil
	case Basic:
		if t == Any {
			return appendAny(b, v)
		}
		if !isBasic(t, v) {
			return bad()
		}
		if i, ok := v.(int64); ok && t == Float {
			return appendFloat(b, float64(i)), nil
		}
		return appendAny(b, v)
	}
	return bad()
}

// isBasic reports whether v is a value of t, with int64 allowed for a float.
func isBasic(t Basic, v any) bool {
	switch v := v.(type) {
	case nil:
		return t == Nil
	case bool:
		return t == Bool
	case int64:
		return t == Int || t == Float
	case float64:
		return t == Float
	case string:
		return t == String && utf8.ValidString(v) || t == Date && isDate(v)
	case JSON:
		return t == JSONType
	case Blob:
		return (t == File || t == Dir || t == Artifact) && v.check() == ""
	}
	return false
}

func appendList(b []byte, elem Type, list []any) (_ []byte, err *ValueError) {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendValue(b, elem, v); err != nil {
			return b, err.at(indexStep(i))
		}
	}
	return append(b, ']'), nil
}

func appendMap(b []byte, elem Type, m map[string]any) (_ []byte, err *ValueError) {
	b = append(b, '{')
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		if !utf8.ValidString(key) {
			return b, &ValueError{Message: fmt.Sprintf("the key %q is not valid UTF-8", key)}
		}
		b = append(appendString(b, key), ':')
		if b, err = appendValue(b, elem, m[key]); err != nil {
			return b, err.at(keyStep(key))
		}
	}
	return append(b, '}'), nil
}

func appendRecord(b []byte, t Record, m map[string]any) (_ []byte, err *ValueError) {
	b = append(b, '{')
	for i, f := range sortedFields(t.Fields) {
		v, ok := m[f.Name]
		if !ok && !IsOptional(f.Type) {
			return b, &ValueError{Message: fmt.Sprintf("the field %s of %v is missing", f.Name, t)}
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, f.Name), ':')
		if b, err = appendValue(b, f.Type, v); err != nil {
			return b, err.at(keyStep(f.Name))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if _, ok := t.Field(key); !ok {
			return b, &ValueError{Message: fmt.Sprintf("%v has no field %s", t, key)}
		}
	}
	return append(b, '}'), nil
}

// appendAny writes a value by what it is in memory.
func appendAny(b []byte, v any) ([]byte, *ValueError) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case float64:
		return appendFloat(b, v), nil
	case string:
		if !utf8.ValidString(v) {
			return b, &ValueError{Message: "the string is not valid UTF-8"}
		}
		return appendString(b, v), nil
	case JSON:
		r := &reader{data: []byte(v)}
		out, err := r.canonical(b)
		if err == nil {
			err = r.end()
		}
		return out, err
	case []any:
		return appendList(b, Any, v)
	case map[string]any:
		return appendMap(b, Any, v)
	case Blob:
		return v.appendJSON(b)
	}
	return b, &ValueError{Message: fmt.Sprintf("%T is no value", v)}
}

func (b Blob) appendJSON(out []byte) ([]byte, *ValueError) {
	if why := b.check(); why != "" {
		return out, &ValueError{Message: why}
	}
	out = append(out, `{"blob":"`...)
	out = append(out, b.Digest...)
	out = append(out, '"')
	if b.Ext != "" {
		out = appendString(append(out, `,"ext":`...), b.Ext)
	}
	out = append(out, `,"size":`...)
	return append(strconv.AppendInt(out, b.Size, 10), '}'), nil
}

// check says why b cannot refer to anything, or "".
func (b Blob) check() string {
	switch {
	case len(b.Digest) != 64 || strings.Trim(b.Digest, "0123456789abcdef") != "":
		return fmt.Sprintf("%q is not the digest of a blob (64 hex digits)", clip(b.Digest))
	case b.Size < 0:
		return fmt.Sprintf("a blob cannot have %d bytes", b.Size)
	case b.Ext != "" && (b.Ext[0] != '.' || len(b.Ext) > 255 || !utf8.ValidString(b.Ext) ||
		strings.ContainsAny(b.Ext, "/\\") || strings.ContainsFunc(b.Ext, func(r rune) bool { return r < ' ' || r == 0x7f })):
		return fmt.Sprintf("%q is not a file extension", clip(b.Ext))
	}
	return ""
}

// Describe says in a few words what a value is, for messages: `the int 3`,
// `the string "abc"`, `a list of 4`.
func Describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool:
		return fmt.Sprintf("the bool %t", v)
	case int64:
		return fmt.Sprintf("the int %d", v)
	case float64:
		return "the float " + strings.Trim(string(appendFloat(nil, v)), `"`)
	case string:
		return fmt.Sprintf("the string %q", clip(v))
	case JSON:
		return "the json " + clip(string(v))
	case []any:
		return fmt.Sprintf("a list of %d", len(v))
	case map[string]any:
		return fmt.Sprintf("a mapping of %d", len(v))
	case Blob:
		return "a file"
	}
	return fmt.Sprintf("a Go %T", v)
}

// clip shortens a text for messages.
func clip(s string) string {
	const limit = 40
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "..."
}

// Widen turns v, a value of type from, into the form that values of type to
// have in memory; from must be assignable to to. An int becomes a float, and
// anything becomes JSON where to is json, also inside lists, maps and records.
// From may be nil where it is not known: v then says what it is. What needs no
// change is returned as it is, and v itself is never changed.
func Widen(from, to Type, v any) any {
	if v == nil || !widens(to) || from != nil && from != Any && Equal(from, to) {
		return v
	}
	switch t := Unopt(to).(type) {
	case Basic:
		switch t {
		case Float:
			if i, ok := v.(int64); ok {
				return float64(i)
			}
		case JSONType:
			if _, ok := v.(JSON); ok {
				return v
			}
			if b, err := appendAny(nil, v); err == nil {
				return JSON(b)
			}
		}
	case List:
		if list, ok := v.([]any); ok {
			out := make([]any, len(list))
			for i, e := range list {
				out[i] = Widen(nil, t.Elem, e)
			}
			return out
		}
	case Map:
		if m, ok := v.(map[string]any); ok {
			out := make(map[string]any, len(m))
			for k, e := range m {
				out[k] = Widen(nil, t.Elem, e)
			}
			return out
		}
	case Record:
		if m, ok := v.(map[string]any); ok {
			out := make(map[string]any, len(m))
			for k, e := range m {
				if f, ok := t.Field(k); ok {
					e = Widen(nil, f, e)
				}
				out[k] = e
			}
			return out
		}
	}
	return v
}

// widens reports whether any value may have to change to become a to.
func widens(to Type) bool {
	switch t := to.(type) {
	case Basic:
		return t == Float || t == JSONType
	case Optional:
		return widens(t.Elem)
	case List:
		return widens(t.Elem)
	case Map:
		return widens(t.Elem)
	case Record:
		return slices.ContainsFunc(t.Fields, func(f Field) bool { return widens(f.Type) })
	}
	return false
}
