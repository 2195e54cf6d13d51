package yaml

import (
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

var wholeNumber = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)$`)

// int reads a whole number that is at least least.
func (d *decoder) int(f field, least int64) ast.Int {
	if !d.usable(f) {
		return ast.Int{}
	}
	const want = "a whole number"
	switch f.kind {
	case numberKind:
	case textKind:
		if wholeNumber.MatchString(f.text.Value) {
			d.errorf(diag.WrongKind, f.span, "%s wants a whole number, this is text", f.name).
				Replace(f.span, f.text.Value, "remove the quotes")
			return ast.Int{}
		}
		if f.plain && !sexagesimal.MatchString(f.text.Value) {
			d.errorf(diag.WrongKind, f.span, "%s wants a whole number as it stands, not an expression or text", f.name)
			return ast.Int{}
		}
		d.wrongKind(f, want)
		return ast.Int{}
	default:
		d.wrongKind(f, want)
		return ast.Int{}
	}
	if !wholeNumber.MatchString(f.text.Value) {
		if !d.oddNumber(f) {
			e := d.errorf(diag.BadValue, f.span, "%s wants a whole number, not %s", f.name, code(f.text.Value))
			if n, ok := wholeValue(f.text.Value); ok {
				e.Replace(f.span, n, "write "+code(n))
			}
		}
		return ast.Int{}
	}
	n, err := strconv.ParseInt(f.text.Value, 10, 64)
	if err != nil {
		d.errorf(diag.BadValue, f.span, "%s is too large for a 64-bit number", f.name)
		return ast.Int{}
	}
	if n < least {
		d.errorf(diag.BadValue, f.span, "%s is at least %d", f.name, least)
		return ast.Int{}
	}
	return ast.Int{Value: n, Span: f.span}
}

// wholeValue writes a number such as 1e3 or 20.0 as a whole one.
func wholeValue(s string) (string, bool) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != math.Trunc(v) || math.Abs(v) > 1<<53 {
		return "", false
	}
	return strconv.FormatInt(int64(v), 10), true
}

// oddNumber reports a number in a notation on which YAML tools disagree.
func (d *decoder) oddNumber(f field) bool {
	s := f.text.Value
	if !f.plain || f.kind != numberKind && f.kind != textKind {
		return false
	}
	if f.kind == textKind {
		if !sexagesimal.MatchString(s) {
			return false
		}
		q := quote(s)
		d.errorf(diag.YAMLNumber, f.span, "some YAML tools read %s as a number to the base 60", code(s)).
			Replace(f.span, q, "if it is text, quote it: "+q)
		return true
	}
	digits := strings.TrimLeft(s, "+-")
	leadingZero := len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'
	if !leadingZero && numberText.MatchString(s) || specialText.MatchString(s) {
		return false
	}
	e := d.errorf(diag.YAMLNumber, f.span, "YAML tools disagree on what %s is", code(s))
	if leadingZero {
		decimal := strings.TrimLeft(digits, "0")
		if decimal == "" || decimal[0] < '0' || decimal[0] > '9' {
			decimal = "0" + decimal
		}
		e.Because("a leading zero may mean a number to the base 8").
			Advise("write " + code(decimal) + " for the decimal number, or " + code(quote(s)) + " for the text")
		return true
	}
	if n, ok := new(big.Int).SetString(s, 0); ok {
		e.Replace(f.span, n.String(), "write "+code(n.String())+", or quote it if it is text")
		return true
	}
	e.Advise("write it with decimal digits only, or quote it if it is text")
	return true
}

// float reads a number that is at least least.
func (d *decoder) float(f field, least float64) ast.Float {
	if !d.is(f, numberKind, "a number") || d.oddNumber(f) {
		return ast.Float{}
	}
	v, err := strconv.ParseFloat(f.text.Value, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		d.errorf(diag.BadValue, f.span, "%s wants an ordinary number", f.name)
		return ast.Float{}
	}
	if v < least {
		d.errorf(diag.BadValue, f.span, "%s is at least %s", f.name, strconv.FormatFloat(least, 'g', -1, 64))
		return ast.Float{}
	}
	return ast.Float{Value: v, Span: f.span}
}

const maxDuration = 10 * 366 * 24 * time.Hour

var (
	durationText = regexp.MustCompile(`^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$`)
	durationUnit = []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second, time.Millisecond}
)

// duration reads a time span like 90s or 1h30m: units d, h, m, s and ms, the
// largest first.
func (d *decoder) duration(f field) ast.Duration {
	if !d.usable(f) {
		return ast.Duration{}
	}
	const want = "a duration like 30s, 10m or 1h30m"
	s := f.text.Value
	switch f.kind {
	case textKind:
	case numberKind:
		e := d.errorf(diag.BadValue, f.span, "%s wants a unit: 30s, 10m or 1h30m", f.name)
		if wholeNumber.MatchString(s) && s[0] != '-' && s != "0" {
			e.Replace(f.span, s+"s", "for seconds write "+code(s+"s"))
		}
		return ast.Duration{}
	default:
		d.wrongKind(f, want)
		return ast.Duration{}
	}
	m := durationText.FindStringSubmatch(s)
	if m == nil || s == "" {
		d.errorf(diag.BadValue, f.span, "%s wants %s, not %s", f.name, want, code(s)).
			Advise("the units are d, h, m, s and ms, the largest first, without spaces")
		return ast.Duration{}
	}
	var total time.Duration
	for i, digits := range m[1:] {
		if digits == "" {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n > int64(maxDuration/durationUnit[i]) {
			total = maxDuration + 1
			break
		}
		total += time.Duration(n) * durationUnit[i]
	}
	switch {
	case total > maxDuration:
		d.errorf(diag.BadValue, f.span, "%s is at most ten years", f.name)
	case total <= 0:
		d.errorf(diag.BadValue, f.span, "%s is more than nothing", f.name)
	default:
		return ast.Duration{Value: total, Span: f.span}
	}
	return ast.Duration{}
}

var (
	bytesText = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)$`)
	cpuText   = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(m?)$`)
	bytesUnit = map[string]int64{
		"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
		"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50,
	}
	meantUnit = map[string]string{
		"KB": "K", "MB": "M", "GB": "G", "TB": "T", "kb": "K", "mb": "M", "gb": "G", "tb": "T", "kB": "K",
		"KiB": "Ki", "MiB": "Mi", "GiB": "Gi", "TiB": "Ti", "m": "M", "g": "G", "t": "T", "ki": "Ki", "mi": "Mi", "gi": "Gi", "ti": "Ti",
	}
)

// bytes reads an amount of memory like 2Gi or 500M.
func (d *decoder) bytes(f field) ast.Int {
	if !d.usable(f) {
		return ast.Int{}
	}
	const want = "an amount with a unit, like 512Mi or 2Gi"
	s := f.text.Value
	switch f.kind {
	case textKind:
	case numberKind:
		d.errorf(diag.BadValue, f.span, "%s wants %s", f.name, want).
			Advise("for gibibytes write " + code(strings.TrimSuffix(s, ".0")+"Gi"))
		return ast.Int{}
	default:
		d.wrongKind(f, want)
		return ast.Int{}
	}
	m := bytesText.FindStringSubmatch(s)
	unit, known := int64(0), false
	if m != nil {
		unit, known = bytesUnit[m[2]]
	}
	if !known {
		e := d.errorf(diag.BadValue, f.span, "%s wants %s, not %s", f.name, want, code(s))
		if m != nil && meantUnit[m[2]] != "" {
			fixed := m[1] + meantUnit[m[2]]
			e.Replace(f.span, fixed, "did you mean "+code(fixed)+"?")
		} else {
			e.Advise("the units are Ki, Mi, Gi, Ti, Pi (powers of 1024) and K, M, G, T, P (of 1000)")
		}
		return ast.Int{}
	}
	n, ok := times(m[1], unit)
	if !ok || n < 1 {
		d.errorf(diag.BadValue, f.span, "%s is not a usable amount", code(s))
		return ast.Int{}
	}
	return ast.Int{Value: n, Span: f.span}
}

// times multiplies a decimal number exactly and rounds up.
func times(decimal string, by int64) (int64, bool) {
	if len(decimal) > 32 {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(decimal)
	if !ok {
		return 0, false
	}
	r.Mul(r, new(big.Rat).SetInt64(by))
	n := new(big.Int).Add(r.Num(), r.Denom())
	n.Sub(n, big.NewInt(1)).Quo(n, r.Denom())
	return n.Int64(), n.IsInt64()
}

// cpu reads a number of cores like 2, 0.5 or 500m.
func (d *decoder) cpu(f field) (ast.Str, int64) {
	if !d.usable(f) {
		return ast.Str{}, 0
	}
	if f.kind != numberKind && f.kind != textKind {
		d.wrongKind(f, "a number of cores like 2, 0.5 or 500m")
		return ast.Str{}, 0
	}
	if f.kind == numberKind && d.oddNumber(f) {
		return ast.Str{}, 0
	}
	s := f.text.Value
	m := cpuText.FindStringSubmatch(s)
	if m == nil {
		d.errorf(diag.BadValue, f.span, "%s wants a number of cores like 2, 0.5 or 500m, not %s", f.name, code(s))
		return ast.Str{}, 0
	}
	unit := int64(1000)
	if m[2] != "" {
		unit = 1
	}
	n, ok := times(m[1], unit)
	if !ok || n < 1 || n > 1_000_000_000 {
		d.errorf(diag.BadValue, f.span, "%s is not a usable number of cores", code(s))
		return ast.Str{}, 0
	}
	return ast.Str{Value: s, Span: f.span}, n
}
