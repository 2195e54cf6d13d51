package types

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// UnmarshalValue reads JSON as a value of type t. It is strict: a record has
// exactly the fields of its type (an optional one may be absent, which is nil),
// no key is there twice, an int is an integer literal that fits 64 bits (3.0 is
// a float: a step that computes floats where ints are declared is worth an
// error), dates exist, enums have the value, strings are UTF-8. An integer
// literal is a float too. The JSON need not be canonical. Errors are of type
// [*ValueError].
//
// A value of type any becomes what its JSON looks like: an integer literal is
// an int if it fits, an object in the form of a blob is one.
func UnmarshalValue(t Type, data []byte) (any, error) {
	r := &reader{data: data}
	v, err := r.value(t)
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (r *reader) value(t Type) (any, *ValueError) {
	switch t := t.(type) {
	case Optional:
		if r.literal("null") {
			return nil, nil
		}
		return r.value(t.Elem)
	case List:
		if r.peek() != '[' {
			return nil, r.mismatch(t)
		}
		list := []any{}
		err := r.list(func(int) *ValueError {
			v, err := r.value(t.Elem)
			list = append(list, v)
			return err
		})
		return list, err
	case Map:
		if r.peek() != '{' {
			return nil, r.mismatch(t)
		}
		return r.mapping(t.Elem)
	case Record:
		if r.peek() != '{' {
			return nil, r.mismatch(t)
		}
		return r.record(t)
	case Enum:
		if r.peek() != '"' {
			return nil, r.mismatch(t)
		}
		offset := r.pos
		s, err := r.string()
		if err != nil {
			return nil, err
		}
		if why := notInEnum(t, s); why != "" {
			return nil, r.fail(offset, "%s", why)
		}
		return s, nil
	case Basic:
		return r.basic(t)
	}
	return nil, r.fail(r.pos, "there is no value of an unknown type")
}

func (r *reader) mapping(elem Type) (any, *ValueError) {
	m := map[string]any{}
	err := r.object(func(key string, offset int) (err *ValueError) {
		if _, ok := m[key]; ok {
			return r.duplicate(offset)
		}
		m[key], err = r.value(elem)
		return err
	})
	return m, err
}

func (r *reader) record(t Record) (any, *ValueError) {
	start := r.pos
	m := make(map[string]any, len(t.Fields))
	var unknown *ValueError // found first, but a broken text matters more
	err := r.object(func(key string, offset int) (err *ValueError) {
		ft, ok := t.Field(key)
		if !ok {
			names := make([]string, len(t.Fields))
			for i, f := range t.Fields {
				names[i] = f.Name
			}
			hint := ""
			if near := Suggest(key, names); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			if unknown == nil {
				unknown = r.fail(offset, "%v has no field %s%s", t, appendWord(nil, clip(key)), hint).at(keyStep(key))
			}
			_, err = r.canonical(nil)
			return err
		}
		if _, ok := m[key]; ok {
			return r.duplicate(offset)
		}
		m[key], err = r.value(ft)
		return err
	})
	if err == nil {
		err = unknown
	}
	if err != nil {
		return nil, err
	}
	for _, f := range t.Fields {
		if _, ok := m[f.Name]; ok {
			continue
		}
		if !IsOptional(f.Type) && f.Type != Any {
			return nil, r.fail(start, "the field %s of %v is missing", f.Name, t)
		}
		m[f.Name] = nil
	}
	return m, nil
}

func (r *reader) basic(t Basic) (any, *ValueError) {
	c := r.peek()
	number := c == '-' || '0' <= c && c <= '9'
	start := r.pos
	switch {
	case t == Any:
		return r.any()
	case t == JSONType:
		outer := r.depth // the limit is for the json alone, wherever it stands
		r.depth = 0
		b, err := r.canonical(nil)
		r.depth = outer
		return JSON(b), err
	case t == Nil && r.literal("null"):
		return nil, nil
	case t == Bool && r.literal("true"):
		return true, nil
	case t == Bool && r.literal("false"):
		return false, nil
	case t == Int && number:
		text, err := r.number()
		if err != nil {
			return nil, err
		}
		i, why := parseInt(text)
		if why != "" {
			return nil, r.fail(start, "%s", why)
		}
		return i, nil
	case t == Float && number:
		text, err := r.number()
		if err != nil {
			return nil, err
		}
		f, e := strconv.ParseFloat(text, 64)
		if e != nil {
			return nil, r.fail(start, "%s does not fit a float", clip(text))
		}
		return f, nil
	case t == Float && c == '"':
		s, err := r.string()
		if err != nil {
			return nil, err
		}
		switch s {
		case "NaN":
			return math.NaN(), nil
		case "Infinity":
			return math.Inf(1), nil
		case "-Infinity":
			return math.Inf(-1), nil
		}
		return nil, r.fail(start, `the string %q is not float; the only strings there are "NaN", "Infinity" and "-Infinity"`, clip(s))
	case t == String && c == '"':
		s, err := r.string()
		return s, err
	case t == Date && c == '"':
		s, err := r.string()
		if err != nil {
			return nil, err
		}
		if why := notADate(s); why != "" {
			return nil, r.fail(start, "%s", why)
		}
		return s, nil
	case (t == File || t == Dir || t == Artifact) && c == '{':
		return r.blob()
	}
	return nil, r.mismatch(t)
}

// parseInt reads the text of a JSON number or a command line as an int.
func parseInt(text string) (int64, string) {
	i, err := strconv.ParseInt(text, 10, 64)
	if err == nil {
		return i, ""
	}
	f, ferr := strconv.ParseFloat(text, 64)
	switch {
	case err.(*strconv.NumError).Err == strconv.ErrRange:
		return 0, fmt.Sprintf("%s does not fit an int (64 bits)", clip(text))
	case ferr == nil && f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return 0, fmt.Sprintf("%s is a float, not an int; write %.0f", clip(text), f)
	case ferr == nil:
		return 0, fmt.Sprintf("%s is a float, not an int", clip(text))
	}
	return 0, fmt.Sprintf("%q is not an int", clip(text))
}

var blobRecord = Record{Name: "blob", Fields: []Field{{"blob", String}, {"ext", Optional{String}}, {"size", Int}}}

func (r *reader) blob() (any, *ValueError) {
	start := r.pos
	v, err := r.record(blobRecord)
	if err != nil {
		return nil, err
	}
	b, why := toBlob(v.(map[string]any))
	if why != "" {
		return nil, r.fail(start, "%s", why)
	}
	return b, nil
}

func toBlob(m map[string]any) (Blob, string) {
	digest, ok1 := m["blob"].(string)
	size, ok2 := m["size"].(int64)
	ext, ok3 := m["ext"].(string)
	if !ok1 || !ok2 || !ok3 && m["ext"] != nil {
		return Blob{}, "not a blob"
	}
	b := Blob{digest, size, ext}
	return b, b.check()
}

func (r *reader) any() (any, *ValueError) {
	switch c := r.peek(); {
	case c == '{':
		v, err := r.mapping(Any)
		if err != nil {
			return nil, err
		}
		m := v.(map[string]any)
		if _, ext := m["ext"]; len(m) == 2 || len(m) == 3 && ext {
			if b, why := toBlob(m); why == "" {
				return b, nil
			}
		}
		return m, nil
	case c == '[':
		return r.value(List{Any})
	case c == '"':
		s, err := r.string()
		return s, err
	case c == '-' || '0' <= c && c <= '9':
		start := r.pos
		text, err := r.number()
		if err != nil {
			return nil, err
		}
		if i, e := strconv.ParseInt(text, 10, 64); e == nil {
			return i, nil
		}
		f, e := strconv.ParseFloat(text, 64)
		if e != nil {
			return nil, r.fail(start, "%s does not fit a float", clip(text))
		}
		return f, nil
	case r.literal("true"):
		return true, nil
	case r.literal("false"):
		return false, nil
	case r.literal("null"):
		return nil, nil
	}
	_, err := r.canonical(nil) // says what is wrong
	if err == nil {
		err = r.fail(r.pos, "not JSON")
	}
	return nil, err
}

// mismatch says that what comes next is no value of t, or no JSON at all.
func (r *reader) mismatch(t Type) *ValueError {
	start := r.pos
	probe := &reader{data: r.data, pos: r.pos, depth: r.depth}
	canonical, err := probe.canonical(nil)
	if err != nil {
		return err
	}
	what := ""
	switch canonical[0] {
	case '{':
		what = "an object"
	case '[':
		what = "a list"
	case '"':
		what = "the string " + clip(string(canonical))
	case 'n':
		what = "null"
	case 't', 'f':
		what = "the bool " + string(canonical)
	default:
		what = "the number " + clip(string(canonical))
	}
	return r.fail(start, "%s is not %v", what, t)
}

func notInEnum(t Enum, s string) string {
	if slices.Contains(t.Values, s) {
		return ""
	}
	if near := Suggest(s, t.Values); near != "" {
		return fmt.Sprintf("%q is not in %v; did you mean %s?", clip(s), t, near)
	}
	return fmt.Sprintf("%q is not in %v", clip(s), t)
}

func isDate(s string) bool { return notADate(s) == "" }

func notADate(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	switch {
	case err == nil && t.Year() >= 1:
		return ""
	case len(s) == 10 && s[4] == '-' && s[7] == '-':
		return fmt.Sprintf("there is no day %q", s)
	}
	return fmt.Sprintf("%q is not a date; write YYYY-MM-DD", clip(s))
}
