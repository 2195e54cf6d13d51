package yaml

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// shape is a mapping with a fixed set of keys.
type shape struct {
	what  string   // how messages call it: "a step"
	keys  []string // that it can have
	later []string // that it will have: reported by unsupported
	// advice for keys that people write there and that mean something elsewhere
	advice map[string]string
	// renamed are keys that people write there, with what they are called
	renamed map[string]string
}

// object is a mapping of a shape whose keys are checked.
type object struct {
	d    *decoder
	node *node
	name label     // of the value, for messages
	at   diag.Span // where to point for something that is missing
	// unknown: a key was reported as unknown, and so one that seems to be
	// missing may be there in a wrong spelling.
	unknown bool
}

// object reads f as a mapping of a shape. A mapping that isn't one is reported;
// the object then has no keys.
func (d *decoder) object(f field, s *shape) (object, bool) {
	if !d.is(f, mapKind, "a mapping") {
		return object{d: d, node: &node{}}, false
	}
	d.unique(f.node)
	o := object{d: d, node: f.node, name: f.name, at: f.key}
	for _, p := range f.pairs {
		if !d.checkKey(p, s) {
			o.unknown = true
		}
	}
	return o, true
}

func (o object) get(key string) field {
	for _, p := range o.node.pairs {
		if p.key.text.Value == key && p.key.kind == textKind {
			return field{node: p.value, name: label{word: key}, key: p.key.span}
		}
	}
	return field{name: label{word: key}}
}

// require is get for a key that must be there.
func (o object) require(key, advice string) field {
	f := o.get(key)
	if !f.present() && o.node.kind == mapKind && !o.unknown {
		o.d.errorf(diag.MissingKey, o.at, "%s has no %s", o.name, code(key)).Advise(advice)
	}
	return f
}

// unique reports keys that a mapping has twice.
func (d *decoder) unique(n *node) {
	if len(n.pairs) < 2 {
		return
	}
	seen := make(map[string]*node, len(n.pairs))
	for _, p := range n.pairs {
		switch p.key.kind {
		case textKind, numberKind, boolKind, nullKind:
		default:
			continue
		}
		if other, ok := seen[p.key.text.Value]; ok && !p.key.empty() {
			d.errorf(diag.DuplicateKey, p.key.span, "the key %s is there twice", code(p.key.text.Value)).
				See(other.span, "the other one").Advise("remove or rename one of them")
			continue
		}
		seen[p.key.text.Value] = p.key
	}
}

// checkKey reports a key that s doesn't have. It returns false for one that may
// be a misspelling of one that it has.
func (d *decoder) checkKey(p pair, s *shape) bool {
	k := p.key
	switch {
	case k.kind == badKind:
		*d.partial = true
		return false
	case k.kind == listKind || k.kind == mapKind:
		d.errorf(diag.WrongKind, k.span, "a key of %s is text, this is %s", s.what, k.kind.describe())
		return false
	case k.kind == textKind && (slices.Contains(s.keys, k.text.Value) || slices.Contains(s.later, k.text.Value)):
		return true
	case k.empty():
		d.errorf(diag.WrongKind, k.span.To(p.value.span), "there is no key before the colon")
		return false
	}
	d.unknownKey(p, s)
	_, elsewhere := s.advice[k.text.Value]
	_, renamed := s.renamed[k.text.Value]
	return elsewhere && !renamed
}

// elsewhere are keys of other tools, with what they are called here.
var elsewhere = map[string]string{
	"needs": "after", "depends_on": "after", "dependencies": "after", "depends": "after",
	"if": "when", "condition": "when", "script": "run", "cmd": "command", "args": "command", "bash": "run",
	"with_items": "foreach", "for_each": "foreach", "map": "foreach", "matrix": "foreach",
	"parallel": "max_parallel", "parallelism": "max_parallel", "concurrency": "max_parallel",
	"environment": "env", "description": "doc", "retries": "retry", "retry_policy": "retry",
	"container": "image", "docker": "image", "input": "inputs", "output": "outputs", "parameters": "params",
	"arguments": "inputs", "with": "inputs", "jobs": "steps", "tasks": "steps", "stages": "steps",
	"while": "until", "repeat": "loop", "do": "steps", "fallback": "catch", "on_error": "catch", "continue_on_error": "catch",
}

func (d *decoder) unknownKey(p pair, s *shape) {
	k := p.key
	name := k.text.Value
	if other, ok := s.renamed[name]; ok {
		d.errorf(diag.UnknownKey, k.span, "%s has no key %s", s.what, code(name)).Because(s.advice[name]).
			Replace(k.span, other, "it is called "+code(other)+" here")
		return
	}
	if advice, ok := s.advice[name]; ok {
		d.errorf(diag.MisplacedKey, k.span, "%s can't have %s", s.what, code(name)).Advise(advice)
		return
	}
	if n := strings.IndexByte(name, ':'); n > 0 && k.plain && p.value.empty() {
		colon := k.text.Sub(n, n+1)
		d.errorf(diag.YAMLSpace, colon, "there is no space behind the colon, so YAML reads the whole as a key").
			Replace(colon, ": ", "write "+code(name[:n]+": ")+" with a space")
		return
	}
	e := d.errorf(diag.UnknownKey, k.span, "%s has no key %s", s.what, code(printable(name)))
	if other, ok := elsewhere[name]; ok && slices.Contains(s.keys, other) {
		e.Replace(k.span, other, "it is called "+code(other)+" here")
		return
	}
	if best, ok := diag.Suggest(name, s.keys); ok {
		e.Replace(k.span, best, "did you mean "+code(best)+"?")
		return
	}
	e.Because("its keys are " + strings.Join(s.keys, ", "))
}

// printable makes characters that nobody sees visible.
func printable(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return isInvisible(r) || r < ' ' }) {
		q := fmt.Sprintf("%+q", s)
		return q[1 : len(q)-1]
	}
	return s
}

// named is one entry of a mapping from names.
type named struct {
	name  ast.Name
	value field
}

// named reads f as a mapping from names to values of any kind. What says what
// each entry is, as in "param"; the value's name for messages is made of it.
func (d *decoder) named(f field, what string) []named {
	if !d.is(f, mapKind, "a mapping from names") {
		return nil
	}
	d.unique(f.node)
	out := make([]named, 0, len(f.pairs))
	seen := make(map[string]bool, len(f.pairs))
	for _, p := range f.pairs {
		name, ok := d.keyName(p.key, article(what))
		if !ok || seen[name.Value] {
			continue
		}
		if n := strings.IndexByte(name.Value, ':'); n > 0 && p.key.plain && p.value.empty() {
			d.unknownKey(p, &shape{what: f.name.String()})
			continue
		}
		seen[name.Value] = true
		out = append(out, named{name, field{node: p.value, name: label{what: what, word: name.Value}, key: p.key.span}})
	}
	return out
}

func article(what string) string {
	if strings.ContainsRune("aeiou", rune(what[0])) {
		return "an " + what
	}
	return "a " + what
}
