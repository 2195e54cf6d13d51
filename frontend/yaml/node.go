package yaml

import (
	"regexp"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
)

// kind is what a YAML value is, by our own rules: the language must not depend
// on which version of YAML a library follows.
type kind uint8

const (
	badKind    kind = iota // reported already; silences what would follow from it
	nullKind               // nothing, ~ or null
	boolKind               // true or false
	numberKind             // whatever looks like a number, also .nan and 0x1f
	textKind
	listKind
	mapKind
)

// describe is the kind with its article, for messages.
func (k kind) describe() string {
	return [...]string{"nothing", "nothing", "true or false", "a number", "text", "a list", "a mapping"}[k]
}

// node is a YAML value at its place.
type node struct {
	kind   kind
	plain  bool      // a scalar without quotes
	block  bool      // a scalar written with | or >
	flow   bool      // a list or mapping in brackets
	text   diag.Text // of a scalar: its decoded value
	span   diag.Span // empty where nothing was written
	items  []*node   // of a list
	pairs  []pair    // of a mapping
	indent int       // spaces before the lines of a list or mapping in block style
}

type pair struct{ key, value *node }

// empty reports whether nothing was written, as opposed to null or ~.
func (n *node) empty() bool { return n.kind == nullKind && n.text.Value == "" }

// isTrue reports whether a bool is true.
func (n *node) isTrue() bool { return n.text.Value[0]|0x20 == 't' }

// find returns the value of a key, or nil.
func (n *node) find(key string) *node {
	i := slices.IndexFunc(n.pairs, func(p pair) bool { return p.key.text.Value == key })
	if i < 0 {
		return nil
	}
	return n.pairs[i].value
}

var (
	numberText  = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	specialText = regexp.MustCompile(`^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$`)
	otherNumber = regexp.MustCompile(`^[-+]?(0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|0[bB][01_]+|[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?)$`)
	sexagesimal = regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)
)

// plainKind says what a scalar without quotes is.
func plainKind(s string) kind {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return nullKind
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return boolKind
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9', c == '-', c == '+', c == '.':
		if numberText.MatchString(s) || specialText.MatchString(s) || otherNumber.MatchString(s) {
			return numberKind
		}
	}
	return textKind
}

// oldBool returns what YAML 1.1 makes of yes, no, on and off.
func oldBool(s string) (value string, ok bool) {
	switch strings.ToLower(s) {
	case "yes", "on":
		return "true", true
	case "no", "off":
		return "false", true
	}
	return "", false
}
