package types

import (
	"fmt"
	"slices"
)

// Opt is t or absent: T becomes T?. Types that contain nil already (T?, nil,
// any) and Invalid stay as they are.
func Opt(t Type) Type {
	switch t {
	case Nil, Any, Invalid, nil:
		return t
	}
	if _, ok := t.(Optional); ok {
		return t
	}
	return Optional{t}
}

// Unopt takes the ? away: T? becomes T, anything else stays.
func Unopt(t Type) Type {
	for {
		o, ok := t.(Optional)
		if !ok {
			return t
		}
		t = o.Elem
	}
}

// IsOptional reports whether a value of type t may be nil: T? and nil.
func IsOptional(t Type) bool {
	_, ok := t.(Optional)
	return ok || t == Nil
}

// HasBlob reports whether a value of type t can contain a file, dir or artifact.
func HasBlob(t Type) bool {
	switch t := t.(type) {
	case Basic:
		return t == File || t == Dir || t == Artifact
	case List:
		return HasBlob(t.Elem)
	case Map:
		return HasBlob(t.Elem)
	case Optional:
		return HasBlob(t.Elem)
	case Record:
		return slices.ContainsFunc(t.Fields, func(f Field) bool { return HasBlob(f.Type) })
	}
	return false
}

// Equal compares by structure: names of records, the order of fields and the
// order of enum values don't count.
func Equal(a, b Type) bool {
	switch a := a.(type) {
	case Basic:
		return a == b
	case Enum:
		b, ok := b.(Enum)
		return ok && subset(a.Values, b.Values) && subset(b.Values, a.Values)
	case List:
		b, ok := b.(List)
		return ok && Equal(a.Elem, b.Elem)
	case Map:
		b, ok := b.(Map)
		return ok && Equal(a.Elem, b.Elem)
	case Optional:
		b, ok := b.(Optional)
		return ok && Equal(Unopt(a), Unopt(b))
	case Record:
		b, ok := b.(Record)
		if !ok || len(a.Fields) != len(b.Fields) {
			return false
		}
		bs := sortedFields(b.Fields)
		for i, f := range sortedFields(a.Fields) {
			if f.Name != bs[i].Name || !Equal(f.Type, bs[i].Type) {
				return false
			}
		}
		return true
	}
	return a == nil && b == nil
}

func subset(a, b []string) bool {
	if len(a) > 16 {
		set := make(map[string]bool, len(b))
		for _, v := range b {
			set[v] = true
		}
		return !slices.ContainsFunc(a, func(v string) bool { return !set[v] })
	}
	return !slices.ContainsFunc(a, func(v string) bool { return !slices.Contains(b, v) })
}

// Assignable reports whether a value of type from can be used where type to is
// wanted. The widenings are T to T?, int to float, an enum to string and to an
// enum with more values, and anything without files to json; lists, maps and
// records follow their parts. Any fits everywhere, both ways, and is checked at
// run time; so does Invalid, which was reported already.
//
// Where the two types differ in memory, [Widen] converts the value.
func Assignable(from, to Type) bool { return Explain(from, to) == "" }

// Explain says in one line where from cannot be used as to: "field depth:
// string is not int". It is empty where [Assignable] holds.
func Explain(from, to Type) string {
	if from == Invalid || to == Invalid || from == Any || to == Any || from == nil || to == nil {
		return ""
	}
	if o, ok := to.(Optional); ok {
		if from == Nil {
			return ""
		}
		return Explain(Unopt(from), Unopt(o))
	}
	switch f := from.(type) {
	case Optional:
		return fmt.Sprintf("%v may be absent and %v may not", from, to)
	case Basic:
		if f == to || f == Int && to == Float {
			return ""
		}
		if f == Nil {
			return fmt.Sprintf("nil is not %v; only %v? may be absent", to, to)
		}
	case Enum:
		if to == String {
			return ""
		}
		if t, ok := to.(Enum); ok {
			for _, v := range f.Values {
				if !slices.Contains(t.Values, v) {
					return fmt.Sprintf("the value %s is not in %v", appendWord(nil, v), to)
				}
			}
			return ""
		}
	case List:
		if t, ok := to.(List); ok {
			return inside("elements", Explain(f.Elem, t.Elem))
		}
	case Map:
		if t, ok := to.(Map); ok {
			return inside("values", Explain(f.Elem, t.Elem))
		}
	case Record:
		if t, ok := to.(Record); ok {
			return explainFields(f, t)
		}
	}
	if to == JSONType {
		if HasBlob(from) {
			return fmt.Sprintf("%v holds files, which json cannot", from)
		}
		return ""
	}
	return fmt.Sprintf("%v is not %v", from, to)
}

func inside(part, why string) string {
	if why == "" {
		return ""
	}
	return part + ": " + why
}

func explainFields(from, to Record) string {
	for _, t := range to.Fields {
		f, ok := from.Field(t.Name)
		if !ok {
			return fmt.Sprintf("field %s is missing in %v", t.Name, from)
		}
		if why := Explain(f, t.Type); why != "" {
			return inside("field "+t.Name, why)
		}
	}
	for _, f := range from.Fields {
		if _, ok := to.Field(f.Name); !ok {
			return fmt.Sprintf("field %s is unknown to %v", f.Name, to)
		}
	}
	return ""
}

// Field returns the type of the field of that name.
func (t Record) Field(name string) (Type, bool) {
	for _, f := range t.Fields {
		if f.Name == name {
			return f.Type, true
		}
	}
	return nil, false
}

// Join is the least type that values of both a and b can be used as, if there
// is one: the type of `c ? a : b`, of `a ?? b` and of the elements of a list
// literal. Enums are united, nil makes the other one optional, Invalid gives way.
func Join(a, b Type) (Type, bool) {
	switch {
	case a == Invalid || a == nil:
		return b, true
	case b == Invalid || b == nil:
		return a, true
	case a == Any || b == Any:
		return Any, true
	case a == Nil:
		return Opt(b), true
	case b == Nil:
		return Opt(a), true
	}
	if IsOptional(a) || IsOptional(b) {
		t, ok := Join(Unopt(a), Unopt(b))
		return Opt(t), ok
	}
	switch a := a.(type) {
	case Enum:
		if b, ok := b.(Enum); ok {
			return Enum{union(a.Values, b.Values)}, true
		}
	case List:
		if b, ok := b.(List); ok {
			if t, ok := Join(a.Elem, b.Elem); ok {
				return List{t}, true
			}
		}
	case Map:
		if b, ok := b.(Map); ok {
			if t, ok := Join(a.Elem, b.Elem); ok {
				return Map{t}, true
			}
		}
	case Record:
		if b, ok := b.(Record); ok {
			if t, ok := joinRecords(a, b); ok {
				return t, true
			}
		}
	}
	switch {
	case Assignable(a, b):
		return b, true
	case Assignable(b, a):
		return a, true
	}
	return Invalid, false
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	seen := make(map[string]bool, len(a)+len(b))
	for _, v := range a {
		seen[v] = true
	}
	for _, v := range b {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

func joinRecords(a, b Record) (Type, bool) {
	if len(a.Fields) != len(b.Fields) {
		return nil, false
	}
	out := Record{Name: a.Name, Fields: make([]Field, len(a.Fields))}
	for i, f := range a.Fields {
		g, ok := b.Field(f.Name)
		if !ok {
			return nil, false
		}
		t, ok := Join(f.Type, g)
		if !ok {
			return nil, false
		}
		out.Fields[i] = Field{f.Name, t}
	}
	switch {
	case Equal(out, a): // keeps a's name
	case Equal(out, b):
		out.Name = b.Name
	default:
		out.Name = ""
	}
	return out, true
}
