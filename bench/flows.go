package main

import (
	"fmt"
	"strings"
)

// linear is a flow of n steps, each reading what the one before left.
func linear(n int) string {
	var b strings.Builder
	b.WriteString("flow: linear\nsteps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  s%d:\n", i)
		if i > 0 {
			fmt.Fprintf(&b, "    inputs: {x: s%d.x}\n", i-1)
		}
		b.WriteString("    run: echo 1 > \"$FLOWC_OUT/x\"\n    outputs: {x: int}\n")
	}
	return b.String()
}

// mixed is a flow of n steps of which a tenth are foreaches with a gather and a
// tenth the heads of diamonds.
func mixed(n int) string {
	var b strings.Builder
	b.WriteString("flow: mixed\nparams: {xs: {type: list<int>, default: [1, 2, 3]}}\nsteps:\n")
	step := func(name, keys string) {
		fmt.Fprintf(&b, "  %s:\n    run: echo 1 > \"$FLOWC_OUT/x\"\n    outputs: {x: int}\n%s", name, keys)
	}
	last := ""
	after := func() string {
		if last == "" {
			return ""
		}
		return fmt.Sprintf("    inputs: {x: %s.x}\n", last)
	}
	for i := range n / 10 {
		head := fmt.Sprintf("a%d", i)
		step(head, after())
		step(fmt.Sprintf("b%d", i), fmt.Sprintf("    inputs: {x: %s.x}\n", head))
		step(fmt.Sprintf("c%d", i), fmt.Sprintf("    inputs: {x: %s.x}\n", head))
		step(fmt.Sprintf("d%d", i), fmt.Sprintf("    inputs: {x: b%d.x, y: c%d.x}\n", i, i))
		step(fmt.Sprintf("e%d", i), fmt.Sprintf("    foreach: {v: params.xs}\n    inputs: {v: v, x: d%d.x}\n", i))
		step(fmt.Sprintf("f%d", i), fmt.Sprintf("    inputs: {xs: e%d.x}\n", i))
		step(fmt.Sprintf("g%d", i), fmt.Sprintf("    when: f%d.x > 0\n    inputs: {x: f%d.x}\n", i, i))
		step(fmt.Sprintf("h%d", i), fmt.Sprintf("    inputs: {x: g%d.x ?? 0}\n", i))
		step(fmt.Sprintf("i%d", i), fmt.Sprintf("    inputs: {x: h%d.x}\n", i))
		step(fmt.Sprintf("j%d", i), fmt.Sprintf("    inputs: {x: i%d.x, y: a%d.x}\n", i, i))
		last = fmt.Sprintf("j%d", i)
	}
	return b.String()
}
