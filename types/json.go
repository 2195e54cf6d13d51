package types

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxValueDepth is how deep lists and objects may nest in a JSON value.
const MaxValueDepth = 256

// Canonical returns the canonical form of a JSON text: no white space, keys of
// objects sorted by their bytes, strings with the fewest escapes, numbers
// exact. A number without fraction and exponent keeps all its digits; any other
// one keeps its exact decimal value and, by a fraction or an exponent, the mark
// that it is not an integer. Duplicate keys, bytes that are not UTF-8, halves
// of surrogate pairs and nesting beyond [MaxValueDepth] are errors, of type
// [*ValueError]. Canonical of its own result is that result.
func Canonical(json []byte) ([]byte, error) {
	r := &reader{data: json}
	out, err := r.canonical(make([]byte, 0, len(json)))
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ValueError says what is wrong with a value, and in which part of it.
type ValueError struct {
	Path    string // of the part: "[3].lr", keys that are no words as `["a b"]`; "" for the whole
	Offset  int    // byte offset in the JSON text, where there is one
	Message string // one line, without a final stop
}

func (e *ValueError) Error() string {
	if e.Path == "" {
		return e.Message
	}
	return "at " + e.Path + ": " + e.Message
}

// at returns e as an error of the whole whose part step it concerns.
func (e *ValueError) at(step string) *ValueError {
	e.Path = step + e.Path
	return e
}

func indexStep(i int) string { return "[" + strconv.Itoa(i) + "]" }

func keyStep(key string) string {
	if isWord(key) && !strings.ContainsAny(key, ".+-") {
		return "." + key
	}
	return "[" + string(appendString(nil, key)) + "]"
}

// reader is a strict JSON reader over bytes in memory.
type reader struct {
	data  []byte
	pos   int
	depth int
}

func (r *reader) fail(offset int, format string, args ...any) *ValueError {
	return &ValueError{Offset: offset, Message: fmt.Sprintf(format, args...)}
}

func (r *reader) spaces() {
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// peek returns the next byte after white space, or 0 at the end.
func (r *reader) peek() byte {
	r.spaces()
	if r.pos < len(r.data) {
		return r.data[r.pos]
	}
	return 0
}

func (r *reader) end() *ValueError {
	if r.peek(); r.pos < len(r.data) {
		return r.fail(r.pos, "unexpected %s after the value", r.near())
	}
	return nil
}

// near describes the text at pos for messages.
func (r *reader) near() string {
	if r.pos >= len(r.data) {
		return "end of the text"
	}
	rest := r.data[r.pos:]
	n := 0
	for n < len(rest) && n < 24 && !strings.ContainsRune(" \t\r\n,]}:", rune(rest[n])) {
		n++
	}
	n = max(n, 1)
	for n < len(rest) && n < 28 && !utf8.RuneStart(rest[n]) {
		n++
	}
	return strconv.Quote(string(rest[:n]))
}

func (r *reader) enter() *ValueError {
	if r.depth++; r.depth > MaxValueDepth {
		return r.fail(r.pos, "nests deeper than %d levels", MaxValueDepth)
	}
	r.pos++
	return nil
}

// literal takes the word if it stands next.
func (r *reader) literal(word string) bool {
	r.spaces()
	if len(r.data)-r.pos < len(word) || string(r.data[r.pos:r.pos+len(word)]) != word {
		return false
	}
	if end := r.pos + len(word); end < len(r.data) && wordRune(rune(r.data[end])) {
		return false
	}
	r.pos += len(word)
	return true
}

// number takes a number and returns its text.
func (r *reader) number() (string, *ValueError) {
	r.spaces()
	start, i, d := r.pos, r.pos, r.data
	digits := func() bool {
		from := i
		for i < len(d) && '0' <= d[i] && d[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(d) && d[i] == '-' {
		i++
	}
	zero := i < len(d) && d[i] == '0'
	from := i
	ok := digits() && !(zero && i > from+1)
	if ok && i < len(d) && d[i] == '.' {
		i++
		ok = digits()
	}
	if ok && i < len(d) && (d[i] == 'e' || d[i] == 'E') {
		i++
		if i < len(d) && (d[i] == '+' || d[i] == '-') {
			i++
		}
		ok = digits()
	}
	if !ok || i < len(d) && wordRune(rune(d[i])) {
		return "", r.fail(start, "%s is not JSON", r.near())
	}
	r.pos = i
	return string(d[start:i]), nil
}

// string takes a string and returns what it means.
func (r *reader) string() (string, *ValueError) {
	if r.peek() != '"' {
		return "", r.fail(r.pos, "expected a string, found %s", r.near())
	}
	open := r.pos
	start := r.pos + 1
	var b []byte // what was decoded so far, once there was an escape
	for i := start; i < len(r.data); {
		switch c := r.data[i]; {
		case c == '"':
			if !utf8.Valid(r.data[start:i]) {
				return "", r.fail(open, "the string is not valid UTF-8")
			}
			r.pos = i + 1
			if b == nil {
				return string(r.data[start:i]), nil
			}
			return string(append(b, r.data[start:i]...)), nil
		case c < 0x20:
			return "", r.fail(i, "a control character inside a string must be escaped")
		case c == '\\':
			if !utf8.Valid(r.data[start:i]) {
				return "", r.fail(open, "the string is not valid UTF-8")
			}
			b = append(b, r.data[start:i]...)
			char, n := unescape(r.data[i:])
			if n == 0 {
				return "", r.fail(i, "bad escape in a string")
			}
			b = utf8.AppendRune(b, char)
			i += n
			start = i
		default:
			i++
		}
	}
	return "", r.fail(open, "the string is not closed")
}

// unescape decodes the escape at the start of d; n is its length, 0 if it is bad.
func unescape(d []byte) (char rune, n int) {
	if len(d) < 2 {
		return 0, 0
	}
	if i := strings.IndexByte(`"\/bfnrt`, d[1]); i >= 0 {
		return rune("\"\\/\b\f\n\r\t"[i]), 2
	}
	char, ok := hex4(d)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(char) {
		return char, 6
	}
	low, ok := hex4(d[6:])
	if char = utf16.DecodeRune(char, low); !ok || char == utf8.RuneError {
		return 0, 0
	}
	return char, 12
}

func hex4(d []byte) (rune, bool) {
	if len(d) < 6 || d[0] != '\\' || d[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(d[2:6]), 16, 16)
	return rune(n), err == nil
}

// list takes a list, calling item at each element.
func (r *reader) list(item func(i int) *ValueError) *ValueError {
	if r.peek() != '[' {
		return r.fail(r.pos, "expected a list, found %s", r.near())
	}
	if err := r.enter(); err != nil {
		return err
	}
	defer func() { r.depth-- }()
	if r.peek() == ']' {
		r.pos++
		return nil
	}
	for i := 0; ; i++ {
		r.spaces()
		if err := item(i); err != nil {
			return err.at(indexStep(i))
		}
		switch r.peek() {
		case ',':
			r.pos++
		case ']':
			r.pos++
			return nil
		default:
			return r.fail(r.pos, "expected a comma or ] in a list, found %s", r.near())
		}
	}
}

// object takes an object, calling member at the value of each key. Duplicate
// keys are the caller's to find.
func (r *reader) object(member func(key string, offset int) *ValueError) *ValueError {
	if r.peek() != '{' {
		return r.fail(r.pos, "expected an object, found %s", r.near())
	}
	if err := r.enter(); err != nil {
		return err
	}
	defer func() { r.depth-- }()
	if r.peek() == '}' {
		r.pos++
		return nil
	}
	for {
		r.spaces()
		offset := r.pos
		key, err := r.string()
		if err != nil {
			return err
		}
		if r.peek() != ':' {
			return r.fail(r.pos, "expected a colon after the key %q, found %s", key, r.near())
		}
		r.pos++
		r.spaces()
		if err := member(key, offset); err != nil {
			return err.at(keyStep(key))
		}
		switch r.peek() {
		case ',':
			r.pos++
		case '}':
			r.pos++
			return nil
		default:
			return r.fail(r.pos, "expected a comma or } in an object, found %s", r.near())
		}
	}
}

func (r *reader) duplicate(offset int) *ValueError {
	return r.fail(offset, "the key is there twice")
}

// canonical takes any value and appends its canonical form to b.
func (r *reader) canonical(b []byte) ([]byte, *ValueError) {
	switch c := r.peek(); {
	case c == '{':
		return r.canonicalObject(b)
	case c == '[':
		b = append(b, '[')
		err := r.list(func(i int) (err *ValueError) {
			if i > 0 {
				b = append(b, ',')
			}
			b, err = r.canonical(b)
			return err
		})
		return append(b, ']'), err
	case c == '"':
		s, err := r.string()
		return appendString(b, s), err
	case c == '-' || '0' <= c && c <= '9':
		offset := r.pos
		text, err := r.number()
		if err != nil {
			return b, err
		}
		b, ok := appendNumber(b, text)
		if !ok {
			return b, r.fail(offset, "the exponent of %s is too large", text)
		}
		return b, nil
	case r.literal("true"):
		return append(b, "true"...), nil
	case r.literal("false"):
		return append(b, "false"...), nil
	case r.literal("null"):
		return append(b, "null"...), nil
	}
	if r.pos >= len(r.data) {
		return b, r.fail(r.pos, "a value is missing at the end of the text")
	}
	return b, r.fail(r.pos, "%s is not JSON", r.near())
}

func (r *reader) canonicalObject(b []byte) ([]byte, *ValueError) {
	type member struct {
		key        string
		start, end int // in values
		offset     int
	}
	var members []member
	var values []byte
	err := r.object(func(key string, offset int) (err *ValueError) {
		start := len(values)
		values, err = r.canonical(values)
		members = append(members, member{key, start, len(values), offset})
		return err
	})
	if err != nil {
		return b, err
	}
	slices.SortStableFunc(members, func(x, y member) int { return strings.Compare(x.key, y.key) })
	b = append(b, '{')
	for i, m := range members {
		if i > 0 {
			if members[i-1].key == m.key {
				return b, r.duplicate(m.offset).at(keyStep(m.key))
			}
			b = append(b, ',')
		}
		b = append(appendString(b, m.key), ':')
		b = append(b, values[m.start:m.end]...)
	}
	return append(b, '}'), nil
}

// appendNumber appends the canonical form of a JSON number; ok is false if its
// exponent cannot be held.
func appendNumber(b []byte, text string) (_ []byte, ok bool) {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			text = "0"
		}
		return append(b, text...), true
	}
	if text[0] == '-' {
		b = append(b, '-')
		text = text[1:]
	}
	mantissa, exponent := text, int64(0)
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		var err error
		exponent, err = strconv.ParseInt(text[i+1:], 10, 32)
		if err != nil {
			return b, false
		}
		mantissa = text[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	point := exponent + int64(len(whole)) - int64(len(whole)+len(fraction)-len(digits))
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return append(b, "0.0"...), true
	}
	return appendDecimal(b, digits, point), true
}

// appendDecimal writes 0.DIGITS * 10^point, like Python's repr of a float
// does: plain where that is short, else with an exponent.
func appendDecimal(b []byte, digits string, point int64) []byte {
	n := int64(len(digits))
	switch {
	case point > 16 || point < -3:
		b = append(b, digits[0])
		if n > 1 {
			b = append(append(b, '.'), digits[1:]...)
		}
		return strconv.AppendInt(append(b, 'e'), point-1, 10)
	case point <= 0:
		b = append(b, "0."...)
		b = append(b, strings.Repeat("0", int(-point))...)
		return append(b, digits...)
	case point >= n:
		b = append(b, digits...)
		b = append(b, strings.Repeat("0", int(point-n))...)
		return append(b, ".0"...)
	}
	b = append(append(b, digits[:point]...), '.')
	return append(b, digits[point:]...)
}

// appendFloat writes the shortest text that reads back as f. It is never the
// text of an integer. NaN and infinities are strings.
func appendFloat(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Infinity"`...)
	}
	var buf [32]byte
	b, _ = appendNumber(b, string(strconv.AppendFloat(buf[:0], f, 'e', -1, 64)))
	return b
}

// appendString writes a JSON string with the fewest escapes. Bytes that are
// not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch j := strings.IndexByte("\"\\\b\f\n\r\t", c); {
		case j >= 0:
			b = append(b, '\\', `"\bfnrt`[j])
		default:
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}
