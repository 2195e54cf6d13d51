package check_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/diag"
)

// Random graphs of steps: one finding for each knot of cycles and for each step
// that reads itself, and a sorted graph if there is none.
func TestRandomCycles(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "steps")
		reads := make([][]bool, n)
		var b strings.Builder
		b.WriteString("flow: f\nsteps:\n")
		for i := range n {
			reads[i] = make([]bool, n)
			var inputs, after []string
			for j := range n {
				switch rapid.IntRange(0, n+2).Draw(rt, "edge") {
				case 0:
					inputs = append(inputs, fmt.Sprintf("x%d: s%d.x", j, j))
					reads[i][j] = true
				case 1:
					after = append(after, fmt.Sprintf("s%d", j))
					reads[i][j] = true
				}
			}
			fmt.Fprintf(&b, "  s%d: {inputs: {%s}, after: [%s], run: ./s.sh, outputs: {x: int}}\n", i, strings.Join(inputs, ", "), strings.Join(after, ", "))
		}
		f, list, srcs := build(b.String())
		want := selfReaders(reads) + knots(reads)
		got := 0
		for _, d := range list {
			if d.Code != diag.Cycle {
				rt.Fatal(render(list, srcs))
			}
			got++
		}
		if got != want {
			rt.Fatalf("%d cycles, want %d:\n%s\n%s", got, want, b.String(), render(list, srcs))
		}
		if want == 0 {
			verify(t, f)
		}
	})
}

func selfReaders(reads [][]bool) (n int) {
	for i := range reads {
		if reads[i][i] {
			n++
		}
	}
	return n
}

// knots counts the groups of two or more steps that reach each other.
func knots(reads [][]bool) (n int) {
	size := len(reads)
	reach := make([][]bool, size)
	for i := range reach {
		reach[i] = append([]bool(nil), reads[i]...)
	}
	for k := range size {
		for i := range size {
			for j := range size {
				reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
			}
		}
	}
	for i := range size {
		first := true
		some := false
		for j := range size {
			if i != j && reach[i][j] && reach[j][i] {
				some = true
				first = first && j > i
			}
		}
		if some && first {
			n++
		}
	}
	return n
}
