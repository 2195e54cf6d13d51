package expr

import (
	"encoding/json"
	"math"
	"math/big"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/flowc-dev/flowc/types"
)

func overflow(op string, a, b int64) *Error {
	return fail(Overflow, "%d %s %d does not fit an int (64 bits)", a, op, b)
}

func negate(v any) (any, *Error) {
	switch v := v.(type) {
	case int64:
		if v == math.MinInt64 {
			return nil, fail(Overflow, "-(%d) does not fit an int (64 bits)", v)
		}
		return -v, nil
	case float64:
		return -v, nil
	}
	return nil, wrong("a number", v)
}

// add joins numbers, strings and lists.
func (e *evaluator) add(a, b any) (any, *Error) {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		if !ok {
			return nil, wrong("a string", b)
		}
		if len(x)+len(y) > MaxText {
			return nil, fail(TooLarge, "the text is longer than %d bytes", MaxText)
		}
		return x + y, e.spend((len(x) + len(y)) / 64)
	case []any:
		y, ok := b.([]any)
		if !ok {
			return nil, wrong("a list", b)
		}
		n := len(x) + len(y)
		if n > MaxElements {
			return nil, fail(TooLarge, "the list has more than %d elements", MaxElements)
		}
		if err := e.spend(n); err != nil {
			return nil, err
		}
		return append(append(make([]any, 0, n), x...), y...), nil
	}
	return arithmetic(OpAdd, a, b)
}

func arithmetic(op Op, a, b any) (any, *Error) {
	x, xInt := a.(int64)
	y, yInt := b.(int64)
	if xInt && yInt && op != OpDiv {
		return asAny(integer(op, x, y))
	}
	f, ok := number(a)
	if !ok {
		return nil, wrong("a number", a)
	}
	g, ok := number(b)
	if !ok {
		return nil, wrong("a number", b)
	}
	switch op {
	case OpAdd:
		return f + g, nil
	case OpSub:
		return f - g, nil
	case OpMul:
		return f * g, nil
	case OpPow:
		if f == 0 && g < 0 {
			return nil, fail(DivisionByZero, "0 ** %s", types.Text(types.Any, b))
		}
		return math.Pow(f, g), nil
	case OpDiv:
		if g == 0 {
			return nil, fail(DivisionByZero, "%s / 0", types.Text(types.Any, a))
		}
		if xInt && yInt {
			return quotient(x, y), nil
		}
		return f / g, nil
	}
	if g == 0 {
		return nil, fail(DivisionByZero, "%s %% 0", types.Text(types.Any, a))
	}
	m := math.Mod(f, g)
	if m != 0 && (m < 0) != (g < 0) {
		m += g
	}
	return m, nil
}

// quotient is x / y rounded once, also where x or y is no float.
func quotient(x, y int64) float64 {
	const exact = 1 << 53
	if -exact <= x && x <= exact && -exact <= y && y <= exact {
		return float64(x) / float64(y)
	}
	f, _ := big.NewRat(x, y).Float64()
	return f
}

func integer(op Op, a, b int64) (int64, *Error) {
	switch op {
	case OpAdd:
		if s := a + b; (s > a) == (b > 0) {
			return s, nil
		}
	case OpSub:
		if d := a - b; (d < a) == (b > 0) {
			return d, nil
		}
	case OpMul:
		if p, ok := multiply(a, b); ok {
			return p, nil
		}
	case OpMod:
		if b == 0 {
			return 0, fail(DivisionByZero, "%d %% 0", a)
		}
		if b == -1 {
			return 0, nil
		}
		m := a % b
		if m != 0 && (m < 0) != (b < 0) {
			m += b
		}
		return m, nil
	case OpPow:
		return power(a, b)
	}
	return 0, overflow(string(op), a, b)
}

func multiply(a, b int64) (int64, bool) {
	neg := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	switch {
	case hi != 0:
		return 0, false
	case neg:
		return -int64(lo), lo <= 1<<63
	}
	return int64(lo), lo < 1<<63
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func power(a, b int64) (int64, *Error) {
	if b < 0 {
		return 0, fail(BadValue, "%d ** %d is not an int; make one of them a float", a, b)
	}
	result, base, ok := int64(1), a, true
	for n := b; n > 0; {
		if n&1 == 1 {
			if result, ok = multiply(result, base); !ok {
				return 0, overflow("**", a, b)
			}
		}
		if n >>= 1; n > 0 {
			if base, ok = multiply(base, base); !ok {
				return 0, overflow("**", a, b)
			}
		}
	}
	return result, nil
}

// number is v as a float.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// compareNumbers is exact; ok is false with NaN.
func compareNumbers(a, b any) (c int, ok bool) {
	switch a := a.(type) {
	case int64:
		switch b := b.(type) {
		case int64:
			return order(a, b), true
		case float64:
			return compareMixed(a, b)
		}
	case float64:
		switch b := b.(type) {
		case int64:
			c, ok = compareMixed(b, a)
			return -c, ok
		case float64:
			return order(a, b), a == a && b == b
		}
	}
	return 0, false
}

func compareMixed(i int64, f float64) (c int, ok bool) {
	switch {
	case f != f:
		return 0, false
	case f >= 1<<63:
		return -1, true
	case f < -(1 << 63):
		return 1, true
	}
	whole := math.Trunc(f)
	if c := order(i, int64(whole)); c != 0 {
		return c, true
	}
	return order(0, f-whole), true
}

func order[T int64 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// ordered compares numbers, and texts by their bytes.
func ordered(op Op, a, b any) (any, *Error) {
	var c int
	ok := true
	switch x := a.(type) {
	case string:
		y, isText := b.(string)
		if !isText {
			return nil, wrong("a string", b)
		}
		c = strings.Compare(x, y)
	case int64, float64:
		if _, isNumber := number(b); !isNumber {
			return nil, wrong("a number", b)
		}
		c, ok = compareNumbers(a, b)
	default:
		return nil, wrong("a number or a string", a)
	}
	switch op {
	case OpLt:
		return ok && c < 0, nil
	case OpLe:
		return ok && c <= 0, nil
	case OpGt:
		return ok && c > 0, nil
	}
	return ok && c >= 0, nil
}

// equal compares any two values; values of different kinds are unequal.
func equal(a, b any) bool {
	switch x := a.(type) {
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			w, ok := y[k]
			if !ok || !equal(v, w) {
				return false
			}
		}
		return true
	case int64, float64:
		if _, ok := number(b); !ok {
			return false
		}
		c, ok := compareNumbers(a, b)
		return ok && c == 0
	case nil, bool, string, types.JSON, types.Blob:
		return a == b
	}
	return false
}

// in looks for an element of a list or a key of a map.
func (e *evaluator) in(x, where any) (any, *Error) {
	switch w := where.(type) {
	case []any:
		for _, v := range w {
			if err := e.spend(size(v)); err != nil {
				return nil, err
			}
			if equal(x, v) {
				return true, nil
			}
		}
		return false, nil
	case map[string]any:
		key, ok := x.(string)
		if !ok {
			return nil, wrong("a string", x)
		}
		_, ok = w[key]
		return ok, nil
	}
	return nil, wrong("a list or a map", where)
}

// field reads a field of a record or of a JSON object. With try, nil and a
// missing field give nil.
func field(x any, name string, try bool) (any, *Error) {
	switch x := x.(type) {
	case map[string]any:
		if v, ok := x[name]; ok || try {
			return v, nil
		}
		return nil, fail(OutOfRange, "there is no field %s", name)
	case types.JSON:
		return jsonKey(x, name, try)
	case nil:
		if try {
			return nil, nil
		}
		return nil, fail(Absent, "the value whose field %s is read is absent", name)
	}
	return nil, wrong("a value with fields", x)
}

// index reads an element of a list, a value of a map, a character of a string,
// or a part of a JSON value. Negative indices count from the end.
func index(x, i any, try bool) (any, *Error) {
	if x == nil && try {
		return nil, nil
	}
	switch x := x.(type) {
	case []any:
		at, err := position(i, len(x), try)
		if err != nil || at < 0 {
			return nil, err
		}
		return x[at], nil
	case string:
		at, err := position(i, utf8.RuneCountInString(x), try)
		if err != nil || at < 0 {
			return nil, err
		}
		return cut(x, at, at+1), nil
	case map[string]any:
		key, ok := i.(string)
		if !ok {
			return nil, wrong("a string as key", i)
		}
		if v, ok := x[key]; ok || try {
			return v, nil
		}
		return nil, fail(OutOfRange, "there is no key %q", key)
	case types.JSON:
		if key, ok := i.(string); ok {
			return jsonKey(x, key, try)
		}
		return jsonAt(x, i, try)
	}
	return nil, wrong("a list, a map or a string", x)
}

// position turns an index into 0..n-1; -1 where try allows that there is none.
func position(i any, n int, try bool) (int, *Error) {
	at, ok := i.(int64)
	if !ok {
		return 0, wrong("an int as index", i)
	}
	if at < 0 {
		at += int64(n)
	}
	switch {
	case at >= 0 && at < int64(n):
		return int(at), nil
	case try:
		return -1, nil
	case n == 0:
		return 0, fail(OutOfRange, "index %v of an empty list", i)
	}
	return 0, fail(OutOfRange, "index %v is out of range: there are %d, 0 to %d", i, n, n-1)
}

// cut is the characters from..to of a string.
func cut(s string, from, to int) string {
	start, n := len(s), 0
	for at := range s {
		if n == from {
			start = at
		}
		if n == to {
			return s[start:at]
		}
		n++
	}
	return s[start:]
}

// slice is x[from:to] with the rules of Python: what is out of range is left out.
func (e *evaluator) slice(x, from, to any) (any, *Error) {
	n := 0
	switch x := x.(type) {
	case []any:
		n = len(x)
	case string:
		n = utf8.RuneCountInString(x)
	default:
		return nil, wrong("a list or a string", x)
	}
	start, err := clamp(from, 0, n)
	if err != nil {
		return nil, err
	}
	end, err := clamp(to, n, n)
	if err != nil {
		return nil, err
	}
	end = max(start, end)
	if s, ok := x.(string); ok {
		return cut(s, start, end), e.spend(n / 64)
	}
	return append(make([]any, 0, end-start), x.([]any)[start:end]...), e.spend(end - start)
}

func clamp(i any, absent, n int) (int, *Error) {
	if i == nil {
		return absent, nil
	}
	at, ok := i.(int64)
	if !ok {
		return 0, wrong("an int as index", i)
	}
	if at < 0 {
		at += int64(n)
	}
	return int(max(0, min(at, int64(n)))), nil
}

func jsonKey(x types.JSON, name string, try bool) (any, *Error) {
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(x), &parts); err != nil {
		return nil, fail(BadValue, "%s is not an object; it has no %q", types.Describe(x), name)
	}
	part, ok := parts[name]
	switch {
	case ok:
		return types.JSON(part), nil
	case try:
		return nil, nil
	case parts == nil:
		return nil, fail(BadValue, "the json is null; it has no %q", name)
	}
	return nil, fail(OutOfRange, "the json has no %q", name)
}

func jsonAt(x types.JSON, i any, try bool) (any, *Error) {
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(x), &parts); err != nil {
		return nil, fail(BadValue, "%s is not a list", types.Describe(x))
	}
	if parts == nil {
		if try {
			return nil, nil
		}
		return nil, fail(BadValue, "the json is null, not a list")
	}
	at, err := position(i, len(parts), try)
	if err != nil || at < 0 {
		return nil, err
	}
	return types.JSON(parts[at]), nil
}
