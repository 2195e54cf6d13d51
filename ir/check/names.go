package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
)

// MaxName is the number of characters that a name may have, so that it fits
// every target together with what the compiler adds to it.
const MaxName = 48

// ownPrefix begins the names of tasks that the compiler adds.
const ownPrefix = "flowc_"

// nameRole says where a name is used, which decides what else is forbidden.
type nameRole uint8

const (
	plainName nameRole = iota // input, field, or behind a dot: param, output, export
	scopeName                 // written alone in expressions: step, block, bind
)

// checkName reports a name that is not one. An empty name was reported by the
// front end. Names of functions are free: a function is always followed by a
// parenthesis, and a flow must not break when the table of functions grows.
func (c *checker) checkName(n ast.Name, what string, role nameRole) bool {
	if n.Value == "" {
		return false
	}
	if why := badName(n.Value); why != "" {
		d := c.diags.Error(diag.BadName, n.Span, fmt.Sprintf("`%s` can't be the name of %s: %s", clip(n.Value), what, why)).
			Because("A name is lower-case letters, digits and single `_`, a letter first, at most 48 characters, to be legal on every target.")
		if better := betterName(n.Value); better != "" {
			c.spell(d, n.Span, n.Value, better, "call it `"+better+"`")
		}
		return false
	}
	reserved := ""
	switch {
	case role != scopeName:
	case n.Value == "params":
		reserved = "in expressions `params` holds the flow's params"
	case n.Value == "error":
		reserved = "it is the output that `catch` adds"
	case slices.Contains(expr.Keywords, n.Value):
		reserved = "it is a word of expressions"
	}
	if reserved != "" {
		c.diags.Error(diag.ReservedName, n.Span, fmt.Sprintf("`%s` can't be the name of %s: %s", n.Value, what, reserved)).
			Advise("choose another name, like `" + n.Value + "_" + lastWord(what) + "`")
		return false
	}
	return true
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

// badName says in what a name breaks the grammar, or "".
func badName(name string) string {
	if strings.HasPrefix(name, ownPrefix) {
		return "names that begin with `flowc_` are the compiler's own"
	}
	for i, r := range name {
		switch {
		case r >= 'a' && r <= 'z', i > 0 && (r >= '0' && r <= '9' || r == '_'):
		case r == '-':
			return "in an expression `-` is minus"
		case r >= 'A' && r <= 'Z':
			return "it has a capital letter"
		case i == 0 && r >= '0' && r <= '9':
			return "it begins with a digit"
		case i == 0 && r == '_':
			return "it begins with `_`"
		case r == '.':
			return "the dot separates a step from its outputs"
		case r == ' ' || r == '\t':
			return "it has a space"
		default:
			return fmt.Sprintf("it has the character %q", r)
		}
	}
	switch {
	case strings.HasSuffix(name, "_"):
		return "it ends in `_`"
	case strings.Contains(name, "__"):
		return "it has `__`"
	case len(name) > MaxName:
		return fmt.Sprintf("it has %d characters", len(name))
	}
	return ""
}

// betterName is the legal name that comes nearest, or "".
func betterName(name string) string {
	name = strings.TrimPrefix(name, ownPrefix)
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
			lower = true
			continue
		case r >= 'A' && r <= 'Z':
			if lower {
				b.WriteByte('_') // trainModel
			}
			b.WriteRune(r - 'A' + 'a')
		case r > 0x7f:
			return ""
		default:
			b.WriteByte('_')
		}
		lower = false
	}
	parts := strings.FieldsFunc(b.String(), func(r rune) bool { return r == '_' })
	out := strings.Join(parts, "_")
	out = strings.TrimLeft(out, "0123456789_")
	if len(out) > MaxName || badName(out) != "" || slices.Contains(expr.Keywords, out) || slices.Contains(pythonWords, out) {
		return ""
	}
	return out
}

// checkTypeName reports a name that no record may have. Capitals are allowed:
// names of types never reach a target.
func (c *checker) checkTypeName(n ast.Name) bool {
	if n.Value == "" {
		return false
	}
	switch why := badName(strings.ToLower(n.Value)); {
	case strings.Contains(n.Value, "-"):
		why = "it has a `-`"
		fallthrough
	case why != "":
		c.diags.Error(diag.BadName, n.Span, fmt.Sprintf("`%s` can't be the name of a type: %s", clip(n.Value), why)).
			Advise("begin with a letter and go on with letters, digits and single `_`, like `Config`")
	case n.Value == errorTypeName:
		c.diags.Error(diag.ReservedName, n.Span, "`Error` is the type of what `catch` gives").
			Advise("choose another name")
	case slices.Contains(typeWords, n.Value):
		c.diags.Error(diag.ReservedName, n.Span, fmt.Sprintf("`%s` is a type of the language", n.Value)).
			Advise("choose another name, like `" + strings.ToUpper(n.Value[:1]) + n.Value[1:] + "`")
	default:
		return true
	}
	return false
}

// spell offers the replacement of a word by another, where the place holds
// exactly that word.
func (c *checker) spell(d *diag.Diagnostic, span diag.Span, word, better, message string) {
	if span.Valid() && int(span.End-span.Start) == len(word) {
		d.Replace(span, better, message)
		return
	}
	d.Advise(message)
}

// unique reports names that occur more than once in one list.
func (c *checker) unique(what string, names []ast.Name) {
	if len(names) < 2 {
		return
	}
	first := make(map[string]ast.Name, len(names))
	for _, n := range names {
		if n.Value == "" {
			continue
		}
		if other, ok := first[n.Value]; ok {
			c.diags.Error(diag.DuplicateName, n.Span, fmt.Sprintf("there are two %s `%s`", what, clip(n.Value))).
				See(other.Span, "the other one")
			continue
		}
		first[n.Value] = n
	}
}

// clip shortens what a user wrote for a message.
func clip(s string) string {
	const limit = 60
	r := []rune(s)
	if len(r) <= limit {
		return s
	}
	return string(r[:limit]) + "…"
}

// checkShadowing reports names that mean two things in one place: a bind and a
// step, or two binds, of which one can be seen where the other is.
func (c *checker) checkShadowing() {
	for _, b := range c.blocks {
		seen := map[string]*symbol{}
		for _, s := range b.scope.binds {
			switch other := seen[s.text]; {
			case s.text == "":
			case other != nil:
				c.diags.Error(diag.DuplicateName, s.span, fmt.Sprintf("`%s` has two names `%s`", b.owner.name, clip(s.text))).
					See(other.span, "the other one").Advise("rename one of them")
			default:
				seen[s.text] = s
				if outer := b.scope.parent.bind(s.text); outer != nil {
					c.shadowed(s.text, s.span, outer.span, "a name of the block around it")
				} else if n := c.nodes[s.text]; n != nil && n.scope != b.scope && b.scope.within(n.scope) {
					c.shadowed(s.text, s.span, n.ast.Name.Span, "a step that can be seen here")
				}
			}
		}
	}
	for _, n := range c.all {
		if n.inner || n.name == "" || c.nodes[n.name] != n {
			continue
		}
		if b := n.scope.bind(n.name); b != nil {
			c.shadowed(n.name, n.ast.Name.Span, b.span, "a name of the block around it")
		}
	}
}

func (c *checker) shadowed(name string, span, other diag.Span, what string) {
	c.diags.Error(diag.ShadowedName, span, fmt.Sprintf("`%s` is also %s", clip(name), what)).
		See(other, "the other one").
		Because("A name means one thing wherever it can be used.").
		Advise("rename one of them")
}
