package check_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/ir"
)

const digested = `flow: d
params: {n: {type: int, default: 3, max: 9, help: a number}, s: string}
types: {Cfg: {lr: float, deep: bool}}
timeout: 6h
steps:
  a:
    run: ./a.sh
    inputs: {n: params.n + 1, s: params.s}
    outputs: {xs: list<int>, cfg: Cfg}
    retry: {attempts: 2}
    env: {A: "1"}
  b: {foreach: {x: a.xs}, max: 20, inputs: [x], run: ./b.sh, outputs: {v: int}, catch: true}
  c: {when: len(b.v) > 2, inputs: {vs: compact(b.v)}, command: [tool, {input: vs}], after: [a]}
export: {xs: a.xs}
`

func digest(t *testing.T, text string) string {
	t.Helper()
	f, list, srcs := build(text)
	if list.HasErrors() {
		t.Fatalf("%s\n%s", text, render(list, srcs))
	}
	return f.Digest()
}

// How a flow is written, and prose, do not count.
func TestDigestIgnores(t *testing.T) {
	want := digest(t, digested)
	for _, edit := range [][2]string{
		{"flow: d", "# a comment\n\nflow:   d\ndoc: What it is about."},
		{"help: a number", "help: another text"},
		{"    run: ./a.sh", "    doc: The first.\n    run: './a.sh'"},
		{"params.n + 1", "params.n  +  (1)"},
		{"max: 9, help", "max: 9 , help"},
		{"{lr: float, deep: bool}", "{deep: bool, lr: float}"},
		{`{A: "1"}`, `{A: '1'}`},
		{"compact(b.v)", "compact( b.v )"},
	} {
		if got := digest(t, replace(t, edit)); got != want {
			t.Errorf("%q for %q changes the digest", edit[1], edit[0])
		}
	}
}

// Everything that runs mean does.
func TestDigestCovers(t *testing.T) {
	seen := map[string]string{digest(t, digested): "nothing"}
	for _, edit := range [][2]string{
		{"flow: d", "flow: e"},
		{"default: 3", "default: 4"},
		{"max: 9", "max: 8"},
		{"max: 9, help: a number}", "help: a number}"},
		{"type: int, default: 3, max: 9", "type: float, default: 3, max: 9"},
		{"s: string}", "s: string?}"},
		{"lr: float", "lr: int"},
		{"Cfg: {", "Cfgs: {"},
		{"timeout: 6h", "timeout: 7h"},
		{"./a.sh", "./aa.sh"},
		{"params.n + 1", "params.n + 2"},
		{"attempts: 2", "attempts: 3"},
		{"attempts: 2", "attempts: 2, for: [oom]"},
		{`A: "1"`, `A: "2"`},
		{"max: 20", "max: 21"},
		{"max: 20", "max: 20, batch: 2"},
		{"max: 20", "max: 20, max_parallel: 2"},
		{"max: 20", "max: 20, index: i"},
		{", catch: true", ""},
		{"{when: len(b.v) > 2, ", "{"},
		{"> 2", "> 3"},
		{"[tool, {input: vs}]", "[tool, vs]"},
		{", after: [a]", ""},
		{"export: {xs: a.xs}", "export: {ys: a.xs}"},
		{"run: ./b.sh", "python: ./b.sh"},
	} {
		text := replace(t, edit)
		text = strings.Replace(text, "python: ./b.sh", "python: 'b.py:f'", 1)
		text = strings.Replace(text, "Cfg}", map[bool]string{true: "Cfgs}", false: "Cfg}"}[strings.Contains(text, "Cfgs:")], 1)
		if strings.Contains(text, "string?") {
			text = strings.Replace(text, "s: params.s", `s: params.s ?? ""`, 1)
		}
		d := digest(t, text)
		if other, twice := seen[d]; twice {
			t.Errorf("%q for %q has the digest of %s", edit[1], edit[0], other)
		}
		seen[d] = edit[1]
	}
}

func replace(t *testing.T, edit [2]string) string {
	t.Helper()
	if !strings.Contains(digested, edit[0]) {
		t.Fatalf("%q is not there", edit[0])
	}
	return strings.Replace(digested, edit[0], edit[1], 1)
}

// A graph prints the same every time, and builds of one text print alike.
func TestPrintIsStable(t *testing.T) {
	var first bytes.Buffer
	for range 5 {
		f, _, _ := build(digested)
		var out bytes.Buffer
		if err := ir.Print(&out, f); err != nil {
			t.Fatal(err)
		}
		if first.Len() == 0 {
			first = out
		}
		if !bytes.Equal(first.Bytes(), out.Bytes()) {
			t.Fatalf("printed differently:\n%s\n%s", first.String(), out.String())
		}
	}
}
