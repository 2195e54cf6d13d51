// Package random makes random flows that are valid, and says what they must
// come to: a generator of flow.yaml texts and a naive interpreter of the typed
// graph, against which engines are compared. The interpreter shares nothing
// with the plan, the runtime or an engine: it walks the graph and keeps every
// value in memory.
package random

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// Flow draws the text of a valid flow. Every step runs Script, so that
// [Interpret] knows what it leaves.
func Flow(t *rapid.T) string {
	g := &generator{t: t, budget: rapid.IntRange(3, 14).Draw(t, "size")}
	g.line(0, "flow: random")
	g.line(0, "params:")
	g.line(1, "p: {type: int, default: %d}", g.pick(0, 5))
	g.line(1, "flag: {type: bool, default: %t}", g.chance(2))
	g.line(1, "xs: {type: list<int>, default: %s}", []string{"[]", "[7]", "[3, 1, 2]"}[g.pick(0, 2)])
	g.line(0, "steps:")
	top := &scope{values: []value{{"params.p", "int"}, {"params.flag", "bool"}, {"params.xs", "list<int>"}}}
	before := len(top.values)
	g.block(1, top, 0)
	g.line(0, "export:")
	for i, v := range top.values[before:] {
		g.line(1, "e%d: %s", i, v.text)
	}
	return g.out.String()
}

// value is something that an expression can name, with its type as written.
type value struct{ text, typ string }

// scope is what a place in the flow can see. Inner scopes start as copies.
type scope struct{ values []value }

func (s *scope) add(text, typ string) { s.values = append(s.values, value{text, typ}) }

func (s *scope) inner() *scope { return &scope{values: slices.Clone(s.values)} }

func (s *scope) of(typ string) []value {
	var out []value
	for _, v := range s.values {
		if v.typ == typ {
			out = append(out, v)
		}
	}
	return out
}

type generator struct {
	t      *rapid.T
	out    strings.Builder
	names  int
	budget int // nodes that may still be made
}

func (g *generator) pick(from, to int) int { return rapid.IntRange(from, to).Draw(g.t, "pick") }

// chance is true once in n.
func (g *generator) chance(n int) bool { return g.pick(1, n) == n }

func (g *generator) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *generator) line(indent int, format string, args ...any) {
	g.out.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(&g.out, format, args...)
	g.out.WriteByte('\n')
}

// block writes the nodes of a block and adds what they hand out to s.
func (g *generator) block(indent int, s *scope, depth int) {
	n := g.pick(1, 4)
	for i := 0; i < n; i++ {
		g.node(indent, s, depth)
	}
}

func (g *generator) node(indent int, s *scope, depth int) {
	g.budget--
	kind := g.pick(0, 9)
	if g.budget <= 0 || depth >= 3 {
		kind = 0
	}
	switch kind {
	case 4:
		g.foreachStep(indent, s)
	case 5, 6:
		g.foreachBlock(indent, s, depth)
	case 7:
		g.choice(indent, s, depth)
	case 8:
		g.loop(indent, s, depth)
	case 9:
		g.group(indent, s, depth)
	default:
		g.step(indent, s)
	}
}

// outputs of every step, with their types.
var outputs = []value{{"v", "int"}, {"xs", "list<int>"}, {"mode", "enum"}, {"go", "bool"}}

func (g *generator) step(indent int, s *scope) {
	name := g.name("s")
	g.line(indent, "%s:", name)
	optional := g.order(indent+1, s, true)
	g.action(indent+1, name, s)
	for _, o := range outputs {
		s.add(name+"."+o.text, opt(o.typ, optional))
	}
}

// order writes when and catch, sometimes; it reports whether ports become optional.
func (g *generator) order(indent int, s *scope, catch bool) (optional bool) {
	if g.chance(4) {
		g.line(indent, "when: %s", g.boolean(s))
		optional = true
	}
	if catch && g.chance(4) {
		g.line(indent, "catch: true")
		optional = true
	}
	return optional
}

// action writes inputs, the script and outputs of a step.
func (g *generator) action(indent int, name string, s *scope) {
	fragile := g.chance(6)
	n := g.pick(0, 3)
	if n > 0 {
		g.line(indent, "inputs:")
	}
	var vars []string
	for i := 0; i < n; i++ {
		v := fmt.Sprintf("in%d", i)
		text := g.integer(s)
		if opts := s.of("int?"); len(opts) > 0 && g.chance(3) {
			text = "{from: " + opts[g.pick(0, len(opts)-1)].text + ", type: int?}"
		} else if lists := s.of("list<int>"); len(lists) > 0 && g.chance(3) {
			text = lists[g.pick(0, len(lists)-1)].text
		}
		g.line(indent+1, "%s: %s", v, text)
		vars = append(vars, v)
	}
	if g.chance(8) {
		g.line(indent, "retry: {attempts: 2, delay: 1ms}")
	}
	g.line(indent, "run: |")
	for _, l := range strings.Split(strings.TrimSpace(Script(name, vars, fragile)), "\n") {
		g.line(indent+1, "%s", l)
	}
	g.line(indent, "outputs: {v: int, xs: list<int>, mode: enum<a|b|c>, go: bool}")
}

func (g *generator) foreachStep(indent int, s *scope) {
	name := g.name("f")
	g.line(indent, "%s:", name)
	inner := s.inner()
	g.over(indent+1, s, inner, true)
	gated := false
	if g.chance(5) {
		g.line(indent+1, "when: %s", g.boolean(s))
		gated = true
	}
	caught := g.chance(4)
	if caught {
		g.line(indent+1, "catch: true")
	}
	g.action(indent+1, name, inner)
	s.add(name+".v", opt("list<"+opt("int", caught)+">", gated))
}

func (g *generator) foreachBlock(indent int, s *scope, depth int) {
	name := g.name("f")
	g.line(indent, "%s:", name)
	inner := s.inner()
	before := len(inner.values)
	before += g.over(indent+1, s, inner, false)
	gated := false
	if g.chance(5) {
		g.line(indent+1, "when: %s", g.boolean(s))
		gated = true
	}
	caught := g.chance(4)
	if caught {
		g.line(indent+1, "catch: true")
	}
	g.line(indent+1, "steps:")
	g.block(indent+2, inner, depth+1)
	g.line(indent+1, "export:")
	for i, v := range g.some(inner.values[before:]) {
		g.line(indent+2, "o%d: %s", i, v.text)
		s.add(fmt.Sprintf("%s.o%d", name, i), opt("list<"+opt(v.typ, caught)+">", gated))
	}
}

// over writes what a foreach runs over; it returns how many names it added to inner.
func (g *generator) over(indent int, s, inner *scope, batch bool) int {
	item, index := g.name("x"), g.name("i")
	list := fmt.Sprintf("range(%s %% 4)", g.integer(s))
	if lists := s.of("list<int>"); len(lists) > 0 && g.chance(2) {
		list = lists[g.pick(0, len(lists)-1)].text
	} else if g.chance(4) {
		list = "[5, 8]"
	}
	if g.chance(4) {
		second := g.name("y")
		g.line(indent, "foreach: {%s: %s, %s: [1, 2]}", item, flow(list), second)
		g.line(indent, "combine: product")
		g.line(indent, "index: %s", index)
		inner.add(item, "int")
		inner.add(second, "int")
		inner.add(index, "int")
		return 3
	}
	g.line(indent, "foreach: {%s: %s}", item, flow(list))
	g.line(indent, "index: %s", index)
	if batch && g.chance(4) {
		g.line(indent, "batch: 2")
	}
	if g.chance(5) {
		g.line(indent, "max_parallel: 2")
	}
	inner.add(item, "int")
	inner.add(index, "int")
	return 2
}

// flow quotes an expression for a place inside {...}.
func flow(text string) string {
	if strings.HasPrefix(text, "[") {
		return text
	}
	return `"` + text + `"`
}

func (g *generator) choice(indent int, s *scope, depth int) {
	name := g.name("w")
	g.line(indent, "%s:", name)
	on, labels := g.boolean(s), []string{"true", "false"}
	if enums := s.of("enum"); len(enums) > 0 && g.chance(2) {
		on, labels = enums[g.pick(0, len(enums)-1)].text, []string{"a", "b", "c"}
	}
	g.line(indent+1, "switch: %s", on)
	missing := g.pick(0, len(labels)) // that case is left to else
	g.line(indent+1, "cases:")
	everywhere := true
	for i, label := range labels {
		if i == missing && len(labels) > 1 {
			everywhere = false
			continue
		}
		inner := s.inner()
		g.line(indent+2, "%s:", label)
		g.line(indent+3, "steps:")
		g.block(indent+4, inner, depth+1)
		g.line(indent+3, "export: {o: %s}", flow(g.integer(inner)))
	}
	if !everywhere {
		g.line(indent+1, "else: {}")
	}
	s.add(name+".o", opt("int", !everywhere))
}

func (g *generator) loop(indent int, s *scope, depth int) {
	name, carry, index := g.name("l"), g.name("c"), g.name("i")
	g.line(indent, "%s:", name)
	optional := g.order(indent+1, s, true)
	start := g.integer(s)
	inner := s.inner()
	inner.add(carry, "int")
	inner.add(index, "int")
	before := len(inner.values)
	// The body is written first, into a buffer of its own: until and next read it.
	outer := g.out
	g.out = strings.Builder{}
	g.block(indent+2, inner, depth+1)
	body := g.out.String()
	g.out = outer
	next := g.integer(inner)
	if g.chance(2) {
		next = fmt.Sprintf("(%s + %s) %% 50", carry, next)
	}
	g.line(indent+1, "loop:")
	g.line(indent+2, "carry: {%s: {from: %s, next: %s}}", carry, flow(start), flow(next))
	g.line(indent+2, "index: %s", index)
	g.line(indent+2, "until: %s", g.boolean(inner))
	g.line(indent+2, "max: 4")
	g.line(indent+2, "at_max: stop")
	g.line(indent+1, "steps:")
	g.out.WriteString(body)
	g.line(indent+1, "export:")
	g.line(indent+2, "c: %s", carry)
	s.add(name+".c", opt("int", optional))
	for i, v := range g.some(inner.values[before:]) {
		g.line(indent+2, "o%d: %s", i, v.text)
		s.add(fmt.Sprintf("%s.o%d", name, i), opt(v.typ, optional))
	}
}

func (g *generator) group(indent int, s *scope, depth int) {
	name := g.name("g")
	g.line(indent, "%s:", name)
	optional := g.order(indent+1, s, true)
	inner := s.inner()
	before := len(inner.values)
	g.line(indent+1, "steps:")
	g.block(indent+2, inner, depth+1)
	g.line(indent+1, "export:")
	for i, v := range g.some(inner.values[before:]) {
		g.line(indent+2, "o%d: %s", i, v.text)
		s.add(fmt.Sprintf("%s.o%d", name, i), opt(v.typ, optional))
	}
}

// some picks one to three values.
func (g *generator) some(from []value) []value {
	n := min(len(from), g.pick(1, 3))
	start := g.pick(0, len(from)-n)
	return from[start : start+n]
}

// integer writes an expression of type int, from 0 to below 200 or so.
func (g *generator) integer(s *scope) string {
	switch g.pick(0, 5) {
	case 0:
		if lists := g.lists(s); len(lists) > 0 {
			return "len(" + lists[g.pick(0, len(lists)-1)].text + ")"
		}
	case 1:
		if opts := s.of("int?"); len(opts) > 0 {
			return "(" + opts[g.pick(0, len(opts)-1)].text + " ?? 3)"
		}
	case 2:
		if lists := s.of("list<int?>"); len(lists) > 0 {
			return "sum(compact(" + lists[g.pick(0, len(lists)-1)].text + "))"
		}
	case 3:
		return fmt.Sprint(g.pick(0, 9))
	}
	if ints := s.of("int"); len(ints) > 0 {
		return ints[g.pick(0, len(ints)-1)].text
	}
	return "2"
}

func (g *generator) lists(s *scope) []value {
	var out []value
	for _, v := range s.values {
		if strings.HasPrefix(v.typ, "list<") && !strings.HasSuffix(v.typ, "?") {
			out = append(out, v)
		}
	}
	return out
}

// boolean writes an expression of type bool.
func (g *generator) boolean(s *scope) string {
	switch g.pick(0, 3) {
	case 0:
		if bools := s.of("bool"); len(bools) > 0 {
			return bools[g.pick(0, len(bools)-1)].text
		}
	case 1:
		if opts := s.of("bool?"); len(opts) > 0 {
			return opts[g.pick(0, len(opts)-1)].text + " ?? false"
		}
	case 2:
		if opts := s.of("int?"); len(opts) > 0 {
			return opts[g.pick(0, len(opts)-1)].text + " != nil"
		}
	}
	return fmt.Sprintf("%s %% 2 == 0", g.integer(s))
}

func opt(typ string, optional bool) string {
	if optional && !strings.HasSuffix(typ, "?") {
		return typ + "?"
	}
	return typ
}
