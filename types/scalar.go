package types

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParseText reads a value from text as it stands on a command line or in a
// file that a step wrote; nothing is trimmed.
//
//	bool     true or false (also True, TRUE, False, FALSE)
//	int      decimal digits with an optional sign
//	float    decimal with optional exponent; nan, inf, infinity in any case, with sign
//	string   the text itself, which must be UTF-8
//	date     YYYY-MM-DD
//	enum     one of its values
//	T?       as T; the empty text is nil, unless T is string
//
// Everything else is JSON text, as for [UnmarshalValue]; files have no text.
// Errors are of type [*ValueError].
func ParseText(t Type, text string) (any, error) {
	bad := func(format string, args ...any) (any, error) {
		return nil, &ValueError{Message: fmt.Sprintf(format, args...)}
	}
	switch t := t.(type) {
	case Optional:
		if text == "" && t.Elem != String {
			return nil, nil
		}
		return ParseText(t.Elem, text)
	case Enum:
		if why := notInEnum(t, text); why != "" {
			return bad("%s", why)
		}
		return text, nil
	case Basic:
		switch t {
		case Bool:
			switch text {
			case "true", "True", "TRUE":
				return true, nil
			case "false", "False", "FALSE":
				return false, nil
			}
			return bad("%s is not a bool; write true or false", quoted(text))
		case Int:
			i, why := parseInt(text)
			switch {
			case why == "":
				return i, nil
			case text != strings.TrimSpace(text):
				return bad("%s is not an int: there are spaces or line breaks around it", quoted(text))
			}
			return bad("%s", why)
		case Float:
			f, err := strconv.ParseFloat(text, 64)
			switch {
			case strings.ContainsAny(text, "xX_pP"):
			case err == nil:
				return f, nil
			case math.IsInf(f, 0):
				return bad("%s does not fit a float", clip(text))
			case text != strings.TrimSpace(text):
				return bad("%s is not a float: there are spaces or line breaks around it", quoted(text))
			}
			return bad("%s is not a float", quoted(text))
		case String:
			if !utf8.ValidString(text) {
				return bad("the text is not valid UTF-8")
			}
			return text, nil
		case Date:
			if why := notADate(text); why != "" {
				return bad("%s", why)
			}
			return text, nil
		case File, Dir, Artifact:
			return bad("a value of type %v has no text form", t)
		}
	}
	return UnmarshalValue(t, []byte(text))
}

func quoted(text string) string { return strconv.Quote(clip(text)) }

// Text is v as a shell step sees it: the inverse of [ParseText]. Strings, dates
// and enums are themselves, numbers as in JSON but for NaN, Infinity and
// -Infinity without quotes, nil is empty, and structures are canonical JSON.
// A value that is none of t gives the text of what it is.
func Text(t Type, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case int64:
		if Unopt(t) == Float {
			return Text(t, float64(v))
		}
	case float64:
		return strings.Trim(string(appendFloat(nil, v)), `"`)
	}
	b, err := appendValue(nil, t, v)
	if err != nil {
		b, err = appendAny(nil, v)
	}
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// IsScalar reports whether values of t are written as plain text: bool, int,
// float, string, date, enum and their optionals.
func IsScalar(t Type) bool {
	switch t := Unopt(t).(type) {
	case Enum:
		return true
	case Basic:
		return t >= Bool && t <= Date
	}
	return false
}

// Infer is the type of a JSON value that nothing else gives a type: numbers are
// int or float, strings string, objects records, the elements of a list have
// the least common type, or json if there is none; an empty list is list<json>,
// null is nil. Errors are of type [*ValueError].
func Infer(json []byte) (Type, error) {
	r := &reader{data: json}
	t, err := r.infer()
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return Invalid, err
	}
	if why := CheckSize(t, MaxWrittenDepth); why != "" {
		return JSONType, nil
	}
	return t, nil
}

func (r *reader) infer() (Type, *ValueError) {
	switch c := r.peek(); {
	case c == '[':
		var elem Type = Invalid
		err := r.list(func(int) *ValueError {
			t, err := r.infer()
			if err != nil {
				return err
			}
			j, ok := Join(elem, t)
			if !ok {
				j = JSONType
				if IsOptional(elem) || IsOptional(t) {
					j = Optional{j}
				}
			}
			elem = j
			return nil
		})
		if elem == Invalid {
			elem = JSONType
		}
		return List{elem}, err
	case c == '{':
		rec, seen := Record{}, map[string]bool{}
		err := r.object(func(key string, offset int) *ValueError {
			if seen[key] {
				return r.duplicate(offset)
			}
			seen[key] = true
			t, err := r.infer()
			if len(seen) <= MaxParts {
				rec.Fields = append(rec.Fields, Field{key, t})
			}
			return err
		})
		if len(seen) > MaxParts {
			return JSONType, err
		}
		return rec, err
	case c == '"':
		_, err := r.string()
		return String, err
	case r.literal("true"), r.literal("false"):
		return Bool, nil
	case r.literal("null"):
		return Nil, nil
	}
	start := r.pos
	b, err := r.canonical(nil)
	if err != nil {
		return Invalid, err
	}
	text := string(b)
	if _, e := strconv.ParseInt(text, 10, 64); e == nil {
		return Int, nil
	}
	if _, e := strconv.ParseFloat(text, 64); e != nil {
		return Invalid, r.fail(start, "%s does not fit a float", clip(text))
	}
	if !strings.ContainsAny(text, ".e") {
		return Invalid, r.fail(start, "%s does not fit an int (64 bits)", clip(text))
	}
	return Float, nil
}
