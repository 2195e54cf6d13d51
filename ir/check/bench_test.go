package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend/yaml"
	"github.com/flowc-dev/flowc/ir/check"
)

// linearFlow has n steps, each of which reads the one before it.
func linearFlow(n int) string {
	var b strings.Builder
	b.WriteString("flow: linear\nparams: {day: date}\ndefaults: {image: python:3.12-slim, retry: {attempts: 3, delay: 30s}}\nsteps:\n")
	b.WriteString("  s0: {inputs: [params.day], run: ./s.sh, outputs: {rows: file, n: int}}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "  s%d: {inputs: [s%d.rows, s%d.n], run: ./s.sh, outputs: {rows: file, n: int}}\n", i, i-1, i-1)
	}
	return b.String()
}

// gatedFlow is linearFlow with a gate on each step and computed inputs.
func gatedFlow(n int) string {
	var b strings.Builder
	b.WriteString("flow: gated\nsteps:\n  s0: {when: len(\"x\") > 0, run: ./s.sh, outputs: {rows: file, n: int}}\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "  s%d: {when: s%d.n != nil and s%d.n > %d, inputs: {rows: must(s%d.rows), n: s%d.n * 2 + 1}, run: ./s.sh, outputs: {rows: file, n: int}}\n", i, i-1, i-1, i, i-1, i-1)
	}
	return b.String()
}

// mixedFlow has about n steps, of them foreaches with two steps inside, diamonds
// of four steps, and the rest in a row.
func mixedFlow(n, foreaches, diamonds int) string {
	var b strings.Builder
	b.WriteString("flow: mixed\nsteps:\n  start: {run: ./s.sh, outputs: {rows: file, xs: list<int>}}\n")
	last := "start"
	for i := range foreaches {
		fmt.Fprintf(&b, "  f%d:\n    foreach: {x: %s.xs}\n    steps:\n", i, last)
		fmt.Fprintf(&b, "      f%d_a: {inputs: [x, %s.rows], run: ./a.sh, outputs: {v: int}}\n", i, last)
		fmt.Fprintf(&b, "      f%d_b: {inputs: {v: f%d_a.v + x}, run: ./b.sh, outputs: {rows: file, v: int}}\n", i, i)
		fmt.Fprintf(&b, "    export: [f%d_b.rows, f%d_b.v]\n", i, i)
		fmt.Fprintf(&b, "  f%d_join: {inputs: {parts: f%d.rows, xs: f%d.v}, run: ./j.sh, outputs: {rows: file, xs: list<int>}}\n", i, i, i)
		last = fmt.Sprintf("f%d_join", i)
	}
	for i := range diamonds {
		fmt.Fprintf(&b, "  d%d_a: {inputs: [%s.rows], run: ./a.sh, outputs: {rows: file, xs: list<int>}}\n", i, last)
		fmt.Fprintf(&b, "  d%d_b: {inputs: [d%d_a.rows], run: ./b.sh, outputs: {rows: file}}\n", i, i)
		fmt.Fprintf(&b, "  d%d_c: {inputs: [d%d_a.rows], run: ./c.sh, outputs: {rows: file}}\n", i, i)
		fmt.Fprintf(&b, "  d%d_d: {inputs: {b: d%d_b.rows, c: d%d_c.rows}, run: ./d.sh, outputs: {rows: file, xs: list<int>}}\n", i, i, i)
		last = fmt.Sprintf("d%d_d", i)
	}
	for i := 0; i < n-4*foreaches-4*diamonds-1; i++ {
		fmt.Fprintf(&b, "  s%d: {inputs: [%s.rows, %s.xs], run: ./s.sh, outputs: {rows: file, xs: list<int>}}\n", i, last, last)
		last = fmt.Sprintf("s%d", i)
	}
	return b.String()
}

func load(tb testing.TB, text string) *ast.Flow {
	tb.Helper()
	srcs := &diag.Sources{}
	f, list := yaml.Frontend{}.Load(srcs, "flow.yaml", []byte(text))
	if list.HasErrors() {
		tb.Fatal(render(list[:1], srcs))
	}
	return f
}

func benchmark(b *testing.B, text string) {
	f := load(b, text)
	b.ReportAllocs()
	for b.Loop() {
		if _, list := check.Build(f); list.HasErrors() {
			b.Fatal(list[0].Summary)
		}
	}
}

func BenchmarkBuildLinear1000(b *testing.B)  { benchmark(b, linearFlow(1000)) }
func BenchmarkBuildLinear10000(b *testing.B) { benchmark(b, linearFlow(10_000)) }
func BenchmarkBuildGated10000(b *testing.B)  { benchmark(b, gatedFlow(10_000)) }
func BenchmarkBuildMixed1000(b *testing.B)   { benchmark(b, mixedFlow(1000, 100, 100)) }
func BenchmarkBuildMixed10000(b *testing.B)  { benchmark(b, mixedFlow(10_000, 1000, 1000)) }

// Every reference is wrong: findings cost no more than what is right.
func BenchmarkBuildErrors10000(b *testing.B) {
	f := load(b, strings.ReplaceAll(mixedFlow(10_000, 1000, 1000), ".rows,", ".row,"))
	b.ReportAllocs()
	for b.Loop() {
		if _, list := check.Build(f); len(list) < 1000 {
			b.Fatal(len(list))
		}
	}
}

// TestLargeFlows builds the flows of the benchmarks.
func TestLargeFlows(t *testing.T) {
	for _, text := range []string{linearFlow(1000), gatedFlow(1000), mixedFlow(1000, 100, 100)} {
		f, list, srcs := build(text)
		if list.HasErrors() {
			t.Fatal(render(list[:1], srcs))
		}
		verify(t, f)
	}
}

// Exports of groups are inlined where they are read. What doubles at each level
// is refused once, not computed.
func TestDoublingExports(t *testing.T) {
	var b strings.Builder
	b.WriteString("flow: doubling\nsteps:\n  g0:\n    steps: {s: {run: ./s.sh, outputs: {x: int}}}\n    export: [s.x]\n")
	for i := 1; i < 200; i++ {
		fmt.Fprintf(&b, "  g%d:\n    steps: {s%d: {run: ./s.sh}}\n    export: {x: g%d.x + g%d.x}\n", i, i, i-1, i-1)
	}
	b.WriteString("  end: {inputs: {x: g199.x}, run: ./end.sh}\n")
	_, list, srcs := build(b.String())
	if len(list) != 1 || list[0].Code != diag.ExprTooLarge {
		t.Fatalf("%d findings:\n%s", len(list), render(list[:min(3, len(list))], srcs))
	}
}

// A long tail behind a cycle, and a cycle of ten thousand steps.
func TestLongCycles(t *testing.T) {
	for _, back := range []int{1, 9999} {
		text := strings.Replace(linearFlow(10_000), "[params.day]", fmt.Sprintf("{r: s%d.rows, d: params.day}", back), 1)
		_, list, srcs := build(text)
		if len(list) != 1 || list[0].Code != diag.Cycle {
			t.Fatalf("%d findings:\n%s", len(list), render(list[:min(3, len(list))], srcs))
		}
	}
}
